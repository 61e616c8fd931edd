//! News of pull requests.

use std::sync::Arc;

use model::Instant;

use super::super::World;
use super::super::account::AccountId;
use super::super::act::Deed;
use super::super::pull_request::PullRequest;
use super::super::repository::{Repository, RepositoryId};
use super::Push;
use crate::shape::Scene;

/// What a change takes away, and what is told of it afterwards.
#[derive(Debug, Default)]
pub(in crate::world) struct Before {
    source: Option<Arc<str>>,
    head: Option<String>,
}

impl World {
    /// What has to be known of a pull request before it changes.
    pub(in crate::world) fn before(&self, repository: &str, number: u64) -> Before {
        let found = self.repository(repository).filter(|_| self.is_heard());
        let Some(found) = found else {
            return Before::default();
        };
        let pull = found.pull_request(number);
        Before {
            source: pull.and_then(|pull| pull.standing.source_commit.clone()),
            head: self.head(found),
        }
    }

    /// Tells of the opening of a pull request: of its branch first.
    pub(in crate::world) fn tell_opening(&mut self, id: RepositoryId, number: u64) {
        let Some((pull, at)) = self.pull_and_time(id, number) else {
            return;
        };
        let (by, source) = (pull.opened.author, pull.opened.source.clone());
        if let (Some(branch), Some(commit)) = (source.branch, source.commit) {
            let push = Push {
                branch: branch.to_string(),
                old: None,
                new: Some(commit.to_string()),
                forced: false,
                commits: self.newest_commits(id, number, None),
                by,
                at,
            };
            self.tell_push(source.repository.unwrap_or(id), push);
        }
        self.tell_pull("pullrequest:created", id, number, by, at);
    }

    /// Tells of the newest act of a pull request.
    pub(in crate::world) fn tell_act(&mut self, repository: &str, number: u64, before: Before) {
        let found = self.repository(repository).filter(|_| self.is_heard());
        let Some((id, act)) = found.and_then(|found| {
            let pull = found.pull_request(number)?;
            Some((found.id, pull.acts.last()?.clone()))
        }) else {
            return;
        };
        let (by, at) = (act.by, act.at);
        match act.deed {
            Deed::Opened | Deed::Superseded => {}
            Deed::Pushed(_) => {
                self.tell_source(id, number, before.source.as_deref(), by, at);
                self.tell_pull("pullrequest:updated", id, number, by, at);
                self.tell_pull("pullrequest:push", id, number, by, at);
            }
            Deed::Retitled { .. } | Deed::DraftChanged(_) | Deed::ReviewersChanged(_) => {
                self.tell_pull("pullrequest:updated", id, number, by, at);
            }
            Deed::Approved => self.tell_verdict("pullrequest:approved", id, number, by, at),
            Deed::Unapproved => self.tell_verdict("pullrequest:unapproved", id, number, by, at),
            Deed::ChangesRequested => {
                self.tell_verdict("pullrequest:changes_request_created", id, number, by, at);
            }
            Deed::ChangeRequestWithdrawn => {
                self.tell_verdict("pullrequest:changes_request_removed", id, number, by, at);
            }
            Deed::Commented(index) => {
                self.tell_comment("pullrequest:comment_created", id, number, index, by, at);
            }
            // Who changes a comment tells of it: see `change_comment`.
            Deed::CommentEdited | Deed::CommentDeleted | Deed::CommentResolved => {}
            Deed::Merged(_) => {
                self.tell_merge(id, number, before.head, by, at);
                self.tell_pull("pullrequest:fulfilled", id, number, by, at);
            }
            Deed::Declined(_) => self.tell_pull("pullrequest:rejected", id, number, by, at),
        }
    }

    fn pull_and_time(&self, id: RepositoryId, number: u64) -> Option<(&PullRequest, Instant)> {
        let found = self.repository_by_id(Some(id)).filter(|_| self.is_heard());
        let pull = found?.pull_request(number)?;
        Some((pull, pull.opened.created_on))
    }

    /// The commits of the source that come after one, newest first.
    fn newest_commits(&self, id: RepositoryId, number: u64, after: Option<&str>) -> Vec<String> {
        let found = self.repository_by_id(Some(id));
        let Some((found, pull)) = found.and_then(|one| Some((one, one.pull_request(number)?)))
        else {
            return Vec::new();
        };
        let all = self.pull_commits(found, pull).into_iter().rev();
        all.map(|(hash, _)| hash)
            .take_while(|hash| Some(hash.as_str()) != after)
            .collect()
    }

    fn tell_source(
        &mut self,
        id: RepositoryId,
        number: u64,
        old: Option<&str>,
        by: Option<AccountId>,
        at: Instant,
    ) {
        let Some((pull, _)) = self.pull_and_time(id, number) else {
            return;
        };
        let (source, new) = (
            pull.opened.source.clone(),
            pull.standing.source_commit.clone(),
        );
        if let (Some(home), Some(branch), Some(new)) = (source.repository, source.branch, new) {
            let push = Push {
                branch: branch.to_string(),
                old: old.map(str::to_owned),
                forced: new.starts_with('0'),
                new: Some(new.to_string()),
                commits: self.newest_commits(id, number, old),
                by,
                at,
            };
            self.tell_push(home, push);
        }
    }

    /// A merge moves the main branch, and closes the source where that was wished.
    fn tell_merge(
        &mut self,
        id: RepositoryId,
        number: u64,
        old: Option<String>,
        by: Option<AccountId>,
        at: Instant,
    ) {
        let Some((pull, _)) = self.pull_and_time(id, number) else {
            return;
        };
        let (source, closes) = (pull.opened.source.clone(), pull.opened.close_source_branch);
        let last = pull.standing.source_commit.clone();
        let new = pull.standing.merge_commit.as_deref().map(str::to_owned);
        let branch = pull.opened.destination.branch.as_deref().map(str::to_owned);
        let mut commits: Vec<String> = new.iter().cloned().collect();
        commits.extend(self.newest_commits(id, number, None));
        let push = Push {
            branch: branch.unwrap_or_else(|| "main".to_owned()),
            old,
            new,
            forced: false,
            commits,
            by,
            at,
        };
        self.tell_push(id, push);
        if let (true, Some(home), Some(branch), Some(last)) =
            (closes, source.repository, source.branch, last)
        {
            let push = Push {
                branch: branch.to_string(),
                old: Some(last.to_string()),
                new: None,
                forced: false,
                commits: Vec::new(),
                by,
                at,
            };
            self.tell_push(home, push);
        }
    }

    fn tell_pull(
        &mut self,
        event: &str,
        id: RepositoryId,
        number: u64,
        by: Option<AccountId>,
        at: Instant,
    ) {
        self.tell(event, Some(id), at, |scene| {
            let (repository, pull) = places(scene, id, number)?;
            Some(scene.pull_request_event(repository, pull, by, None))
        });
    }

    fn tell_verdict(
        &mut self,
        event: &str,
        id: RepositoryId,
        number: u64,
        by: Option<AccountId>,
        at: Instant,
    ) {
        let name = if event.contains("changes_request") {
            "changes_request"
        } else {
            "approval"
        };
        self.tell(event, Some(id), at, |scene| {
            let (repository, pull) = places(scene, id, number)?;
            let more = (name, scene.verdict(at, by));
            Some(scene.pull_request_event(repository, pull, by, Some(more)))
        });
    }

    pub(in crate::world) fn tell_comment(
        &mut self,
        event: &str,
        id: RepositoryId,
        number: u64,
        index: u32,
        by: Option<AccountId>,
        at: Instant,
    ) {
        self.tell(event, Some(id), at, |scene| {
            let (repository, pull) = places(scene, id, number)?;
            let comment = pull.comments.get(index as usize)?;
            let comment = scene.comment_in_event(repository, pull, comment);
            Some(scene.pull_request_event(repository, pull, by, Some(("comment", comment))))
        });
    }
}

fn places<'a>(
    scene: &Scene<'a>,
    id: RepositoryId,
    number: u64,
) -> Option<(&'a Repository, &'a PullRequest)> {
    let repository = scene.world.repository_by_id(Some(id))?;
    Some((repository, repository.pull_request(number)?))
}
