//! Writing, changing, resolving and deleting comments.

use model::Instant;

use super::super::account::AccountId;
use super::super::act::{Act, Deed};
use super::super::comment::{Anchor, Comment};
use super::super::standing::noted;
use super::{Outcome, World, WorldError};

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
            Deed::CommentEdited,
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
            Deed::CommentResolved,
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
            Deed::CommentResolved,
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
            Deed::CommentDeleted,
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
        deed: Deed,
        change: impl FnOnce(&mut Comment, Instant),
    ) -> Outcome<()> {
        let at = self.time_of_act(repository, number)?;
        let index = self.comment_index(repository, number, id)?;
        let deleted = |comment: &Comment| comment.deleted;
        if self
            .pull(repository, number)?
            .comments
            .get(index as usize)
            .is_some_and(deleted)
        {
            return Err(WorldError::UnknownComment(number, id));
        }
        self.change(repository, number, |pull| {
            let mut user = by;
            if let Some(comment) = pull.comments.get_mut(index as usize) {
                change(comment, at);
                comment.updated_on = noted(at);
                user = by.or(comment.user);
            }
            pull.record(Act { at, by: user, deed });
        })
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
