//! Pushing to the main branch.

use model::Instant;

use super::super::commit::PushedCommit;
use super::super::news::Push;
use super::super::repository::Repository;
use super::{Outcome, World};

impl World {
    /// Pushes a commit straight to the main branch; returns its hash of forty characters.
    pub fn add_commit(&mut self, repository: &str, user: &str) -> Outcome<String> {
        let author = self.account_id(user)?;
        let id = self.repository_id(repository)?;
        let (now, hash) = (self.clock.now(), self.dice.hex(40));
        let old = self
            .repository_by_id(Some(id))
            .and_then(|found| self.head(found));
        let found = self.repository_mut(id, repository)?;
        found.main_branch.get_or_insert_with(|| "main".to_owned());
        let at = found.after_head(now);
        found.head_at = Some(at);
        found.updated_on = found.updated_on.max(at);
        found.pushed.push(PushedCommit {
            hash: hash.clone(),
            author,
            at,
        });
        let branch = found.main_branch.clone().unwrap_or_default();
        self.tell_push(
            id,
            Push {
                branch,
                old,
                new: Some(hash.clone()),
                forced: false,
                commits: vec![hash.clone()],
                by: Some(author),
                at,
            },
        );
        Ok(hash)
    }

    /// Pushes a commit to the source branch that replaces all that was there; returns its hash of
    /// forty characters.
    pub fn force_push(&mut self, repository: &str, number: u64, user: &str) -> Outcome<String> {
        let commit = format!("0{}", self.dice.hex(39));
        self.push_commit(repository, number, user, &commit)?;
        Ok(commit)
    }
}

impl Repository {
    /// A time at which something can become the newest of the main branch.
    pub(super) fn after_head(&self, at: Instant) -> Instant {
        let next = |head: Instant| Instant::from_micros(head.micros() + 1);
        self.head_at.map_or(at, |head| at.max(next(head)))
    }
}
