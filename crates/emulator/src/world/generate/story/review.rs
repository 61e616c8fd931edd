//! Reviewing: rounds of remarks, answers, pushes and verdicts.

use std::sync::Arc;

use model::Instant;

use super::super::super::comment::{Anchor, Comment};
use super::super::super::names;
use super::super::super::standing::noted;
use super::super::super::{AccountId, Deed};
use super::Story;

impl Story<'_> {
    pub(super) fn review(&mut self) {
        let mut reviewers = self.pull.standing.reviewers.clone();
        // Somebody may take an interest without having been asked.
        let present = self.cast.present(self.now);
        if self.happens(1, 12)
            && let Some(guest) = self.dice.pick(&present)
            && *guest != self.author
        {
            reviewers.push(*guest);
        }
        for (place, reviewer) in reviewers.into_iter().enumerate() {
            // Not everybody who was asked finds the time.
            if place > 0 && self.dice.chance(30) {
                continue;
            }
            self.wait(if place == 0 { 3 * 3_600 } else { 3_600 }, reviewer);
            self.round(reviewer);
        }
    }

    fn round(&mut self, reviewer: AccountId) {
        let remarks = self.dice.weighted(&[45, 25, 14, 8, 5, 3]);
        let first = self.pull.comments.len();
        for _ in 0..remarks {
            self.remark(reviewer);
        }
        let content = remarks < 3 && self.dice.chance(78);
        if remarks > 0 {
            self.blink();
        }
        if content {
            self.act(Some(reviewer), Deed::Approved);
            if self.happens(10, 2) {
                self.wait(3_600, reviewer);
                self.act(Some(reviewer), Deed::Unapproved);
            }
            return;
        }
        let blocks = self.dice.chance(45) || self.odd;
        if blocks {
            self.act(Some(reviewer), Deed::ChangesRequested);
        }
        if remarks > 0 || blocks {
            self.answer(first);
            self.push();
            self.wait(2 * 3_600, reviewer);
            if self.happens(0, 5) && blocks {
                self.act(Some(reviewer), Deed::ChangeRequestWithdrawn);
            } else if self.dice.chance(85) {
                self.act(Some(reviewer), Deed::Approved);
            }
        }
    }

    /// The author answers what was said, and somebody may resolve it.
    fn answer(&mut self, first: usize) {
        self.wait(2 * 3_600, self.author);
        for parent in first..self.pull.comments.len() {
            let Ok(parent) = u32::try_from(parent) else {
                continue;
            };
            if self.dice.chance(60) {
                self.wait(120, self.author);
                self.write(Some(self.author), Some(parent));
            }
            if self.happens(4, 35) {
                self.blink();
                self.resolve(parent);
            }
        }
    }

    fn remark(&mut self, user: AccountId) {
        self.wait(240, user);
        let nameless = self.odd && self.pull.number % 11 == 8;
        self.write((!nameless).then_some(user), None);
    }

    fn write(&mut self, user: Option<AccountId>, parent: Option<u32>) {
        if self.now > self.ends_at {
            return;
        }
        let anchor = match parent {
            Some(parent) => self
                .pull
                .comments
                .get(parent as usize)
                .and_then(|found| found.anchor.clone()),
            None => self.dice.chance(65).then(|| Box::new(self.anchor())),
        };
        let texts = if parent.is_some() {
            names::REPLIES.as_slice()
        } else {
            &names::REMARKS
        };
        let settling = self.dice.between(40, 12_000);
        self.pull.add_comment(Comment {
            id: 0,
            ordinal: 0,
            user,
            created_on: self.now,
            updated_on: Instant::from_micros(self.now.micros() + settling),
            parent,
            anchor,
            text: Arc::from(self.dice.word(texts)),
            deleted: false,
            resolved: None,
        });
    }

    fn anchor(&mut self) -> Anchor {
        let line = self.dice.between(1, 400).unsigned_abs();
        let (from, to) = match self.dice.weighted(&[75, 12, 13]) {
            0 => (None, Some(line)),
            1 => (Some(line), None),
            _ => (None, None),
        };
        Anchor {
            path: self.dice.word(&names::FILES).to_owned(),
            from,
            to,
        }
    }

    fn resolve(&mut self, index: u32) {
        let by = self.author;
        let at = self.now;
        let open = self
            .pull
            .comments
            .get(index as usize)
            .is_some_and(|comment| comment.parent.is_none() && comment.resolved.is_none());
        if open && self.act(Some(by), Deed::CommentResolved) {
            self.alter(index, |comment| {
                comment.resolved = Some((at, Some(by)));
                comment.updated_on = noted(at);
            });
        }
    }

    /// What happens to comments after they were written: some are edited, some deleted.
    pub(super) fn second_thoughts(&mut self) {
        for index in 0..self.pull.comments.len() {
            let Ok(index) = u32::try_from(index) else {
                continue;
            };
            let Some(user) = self
                .pull
                .comments
                .get(index as usize)
                .map(|comment| comment.user)
            else {
                continue;
            };
            if self.happens(5, 4) {
                self.wait(1_800, self.author);
                let at = self.now;
                if self.act(user, Deed::CommentEdited) {
                    self.alter(index, |comment| {
                        comment.text = Arc::from(format!("{} (edited)", comment.text));
                        comment.updated_on = noted(at);
                    });
                }
            }
            if self.happens(6, 3) {
                self.wait(900, self.author);
                let at = self.now;
                if self.act(user, Deed::CommentDeleted) {
                    self.alter(index, |comment| {
                        comment.deleted = true;
                        comment.updated_on = noted(at);
                    });
                }
            }
        }
    }

    fn alter(&mut self, index: u32, change: impl FnOnce(&mut Comment)) {
        if let Some(comment) = self.pull.comments.get_mut(index as usize) {
            change(comment);
        }
    }
}
