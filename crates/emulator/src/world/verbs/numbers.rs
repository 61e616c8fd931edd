//! Numbers and ids at their limits.

use super::super::pipeline::Target;
use super::{Outcome, World};

impl World {
    /// Gives the pull requests of a repository other numbers, from this one on, as if there had
    /// been very many before.
    pub fn number_pull_requests_from(&mut self, repository: &str, first: u64) -> Outcome<()> {
        let id = self.repository_id(repository)?;
        let found = self.repository_mut(id, repository)?;
        let before = found.pulls.first().map_or(1, |pull| pull.number);
        for (number, pull) in (first..).zip(&mut found.pulls) {
            pull.number = number;
        }
        for pipeline in &mut found.pipelines {
            if let Target::PullRequest(number) = &mut pipeline.target {
                *number = *number - before + first;
            }
        }
        found.rebuild_feed();
        Ok(())
    }

    /// Gives all comments other ids, from this one on and in the same order, as if the service
    /// were very old. New comments follow them.
    pub fn number_comments_from(&mut self, first: i64) {
        let mut all: Vec<&mut i64> = self
            .repositories
            .iter_mut()
            .flat_map(|repository| &mut repository.pulls)
            .flat_map(|pull| &mut pull.comments)
            .map(|comment| &mut comment.id)
            .collect();
        all.sort_unstable();
        let mut next = first;
        for id in all {
            *id = next;
            next = next.saturating_add(1);
        }
        self.next_comment_id = next;
    }
}
