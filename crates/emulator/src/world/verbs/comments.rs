//! Writing, changing, resolving and deleting comments.

use model::Instant;

use super::super::account::AccountId;
use super::super::act::{Act, Deed};
use super::super::comment::{Anchor, Comment};
use super::super::news::Before;
use super::super::standing::noted;
use super::{Outcome, World, WorldError};

/// How long a comment has to stand before a change of it is told.
const QUIET_SECONDS: i64 = 600;

impl World {
    /// Comments on the whole pull request; returns the comment's id.
    pub fn comment(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        text: &str,
    ) -> Outcome<i64> {
        self.add_comment(repository, number, user, text, None, None)
    }

    /// Comments on a place in a file; returns the comment's id.
    pub fn comment_inline(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        text: &str,
        anchor: Anchor,
    ) -> Outcome<i64> {
        self.add_comment(repository, number, user, text, None, Some(anchor))
    }

    /// Answers a comment; returns the answer's id.
    pub fn reply(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        text: &str,
        parent: i64,
    ) -> Outcome<i64> {
        let index = self.comment_index(repository, number, parent)?;
        let pull = self.pull(repository, number)?;
        let anchor = pull
            .comments
            .get(index as usize)
            .and_then(|found| found.anchor.as_deref());
        let anchor = anchor.cloned();
        self.add_comment(repository, number, user, text, Some(index), anchor)
    }

    fn add_comment(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        text: &str,
        parent: Option<u32>,
        anchor: Option<Anchor>,
    ) -> Outcome<i64> {
        let user = self.account_id(user)?;
        let created_on = self.time_of_act(repository, number)?;
        let (id, ordinal) = (self.next_comment_id, self.next_comment_ordinal);
        self.next_comment_id = self.next_comment_id.saturating_add(7);
        self.next_comment_ordinal += 1;
        self.change(repository, number, |pull| {
            pull.add_comment(Comment {
                id,
                ordinal,
                user: Some(user),
                created_on,
                updated_on: Instant::from_micros(created_on.micros() + 62),
                parent,
                anchor: anchor.map(Box::new),
                text: text.into(),
                deleted: false,
                resolved: None,
            });
        })?;
        self.tell_act(repository, number, Before::default());
        Ok(id)
    }

    /// Changes a comment's text. No entry tells of it; two dates move.
    pub fn edit_comment(
        &mut self,
        repository: &str,
        number: u64,
        id: i64,
        text: &str,
    ) -> Outcome<()> {
        self.change_comment(
            repository,
            number,
            id,
            None,
            (Deed::CommentEdited, "pullrequest:comment_updated"),
            |comment, _| {
                comment.text = text.into();
            },
        )
    }

    /// Resolves the thread that the comment starts.
    pub fn resolve_comment(
        &mut self,
        repository: &str,
        number: u64,
        id: i64,
        user: &str,
    ) -> Outcome<()> {
        let by = self.account_id(user)?;
        self.change_comment(
            repository,
            number,
            id,
            Some(by),
            (Deed::CommentResolved, "pullrequest:comment_resolved"),
            |comment, at| {
                comment.resolved = Some((at, Some(by)));
            },
        )
    }

    /// Opens a resolved thread again.
    pub fn reopen_comment(&mut self, repository: &str, number: u64, id: i64) -> Outcome<()> {
        self.change_comment(
            repository,
            number,
            id,
            None,
            (Deed::CommentResolved, "pullrequest:comment_reopened"),
            |comment, _| {
                comment.resolved = None;
            },
        )
    }

    /// Deletes a comment: it stays listed, without its text.
    pub fn delete_comment(&mut self, repository: &str, number: u64, id: i64) -> Outcome<()> {
        self.change_comment(
            repository,
            number,
            id,
            None,
            (Deed::CommentDeleted, "pullrequest:comment_deleted"),
            |comment, _| {
                comment.deleted = true;
            },
        )
    }

    fn change_comment(
        &mut self,
        repository: &str,
        number: u64,
        id: i64,
        by: Option<AccountId>,
        (deed, event): (Deed, &str),
        change: impl FnOnce(&mut Comment, Instant),
    ) -> Outcome<()> {
        let at = self.time_of_act(repository, number)?;
        let index = self.comment_index(repository, number, id)?;
        let (id_of, found) = {
            let unknown = || WorldError::UnknownRepository(repository.to_owned());
            let home = self.repository(repository).ok_or_else(unknown)?.id;
            (
                home,
                self.pull(repository, number)?.comments.get(index as usize),
            )
        };
        let known = found.filter(|comment| !comment.deleted);
        let known = known.ok_or(WorldError::UnknownComment(number, id))?;
        let user = by.or(known.user);
        let untouched = known
            .updated_on
            .max(known.created_on)
            .plus_seconds(QUIET_SECONDS);
        // Who writes on is left in peace.
        let is_told = !matches!(deed, Deed::CommentEdited) || untouched <= at;
        self.change(repository, number, |pull| {
            if let Some(comment) = pull.comments.get_mut(index as usize) {
                change(comment, at);
                comment.updated_on = noted(at);
            }
            pull.record(Act { at, by: user, deed });
        })?;
        if is_told {
            self.tell_comment(event, id_of, number, index, user, at);
        }
        Ok(())
    }

    fn comment_index(&self, repository: &str, number: u64, id: i64) -> Outcome<u32> {
        self.pull(repository, number)?
            .comments
            .iter()
            .position(|comment| comment.id == id)
            .and_then(|place| u32::try_from(place).ok())
            .ok_or(WorldError::UnknownComment(number, id))
    }
}
