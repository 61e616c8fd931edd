//! The world that is served: a workspace with everything that happened in it.

mod account;
mod act;
mod comment;
mod commit;
mod deployment;
mod derived;
mod dice;
mod generate;
mod history;
mod hook;
mod jira;
mod names;
mod news;
mod pipeline;
mod pull_request;
mod repository;
mod size;
mod spec;
mod standing;
mod status;
mod step;
mod verbs;

use std::fmt;
use std::sync::Arc;

use model::{Clock, Instant};

pub use account::{Account, AccountKind};
pub use comment::Anchor;
pub use hook::Hook;
pub use jira::{JiraSite, JiraUser, JiraUserKind, Shown};
pub use pipeline::PipelineResult;
pub use pull_request::PullRequest;
pub use repository::{Repository, Shut};
pub use spec::{Shape, WorldSpec};
pub use standing::PullState;
pub use verbs::WorldError;

pub(crate) use account::AccountId;
pub(crate) use act::{Act, Deed, EntryKind};
pub(crate) use comment::Comment;
pub(crate) use commit::Commit;
pub(crate) use deployment::{Deployment, ENVIRONMENTS};
pub(crate) use history::UnknownRevision;
pub(crate) use hook::HookChange;
pub(crate) use news::Push;
pub(crate) use pipeline::{Pipeline, Target};
pub(crate) use pull_request::{Side, short};
pub(crate) use repository::{Moment, Project, RepositoryId, Workspace};
pub(crate) use size::{ChangedFile, Size};
pub(crate) use standing::{Participant, Standing};
pub(crate) use status::Status;
pub(crate) use step::Step;

use crate::delivery::Outbox;
use crate::quirks::Quirks;

/// One workspace with its people, repositories, pull requests and pipelines.
pub struct World {
    /// Behaviours that can be switched at any time.
    pub quirks: Quirks,
    /// The Jira site of the same people.
    pub jira: JiraSite,
    pub(crate) shape: Shape,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) workspace: Workspace,
    pub(crate) projects: Vec<Project>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) hooks: Vec<Hook>,
    /// Where what it tells is put.
    pub(crate) outbox: Arc<Outbox>,
    /// The address by which it is served, for links in what it tells.
    pub(crate) origin: String,
    /// Chance for what the verbs make up: uuids and hashes.
    dice: dice::Dice,
    next_comment_id: i64,
    next_comment_ordinal: u64,
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("workspace", &self.workspace.slug)
            .field("accounts", &self.accounts.len())
            .field("repositories", &self.repositories.len())
            .finish_non_exhaustive()
    }
}

impl World {
    /// The slug of the workspace.
    pub fn workspace_slug(&self) -> &str {
        &self.workspace.slug
    }

    /// Everybody, who has left, teams and bots included.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The members who are people.
    pub fn members(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.member)
    }

    /// All repositories, the empty one included.
    pub fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    /// The repository of this slug or UUID.
    pub fn repository(&self, key: &str) -> Option<&Repository> {
        self.repositories
            .iter()
            .find(|repository| repository.slug == key || repository.uuid == key)
    }

    /// How many pull requests there are in all repositories.
    pub fn pull_request_count(&self) -> usize {
        self.repositories
            .iter()
            .map(|repository| repository.pulls.len())
            .sum()
    }

    /// How many pipelines there are in all repositories.
    pub fn pipeline_count(&self) -> usize {
        self.repositories
            .iter()
            .map(|repository| repository.pipelines.len())
            .sum()
    }

    /// How many activity entries all pull requests have.
    pub fn activity_count(&self) -> usize {
        self.repositories
            .iter()
            .map(|repository| repository.feed.len())
            .sum()
    }

    /// The time that the world's clock shows.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn account(&self, id: Option<AccountId>) -> Option<&Account> {
        self.accounts.get(id?.0 as usize)
    }

    pub(crate) fn repository_by_id(&self, id: Option<RepositoryId>) -> Option<&Repository> {
        self.repositories.get(id?.0 as usize)
    }

    pub(crate) fn full_name(&self, repository: &Repository) -> String {
        format!("{}/{}", self.workspace.slug, repository.slug)
    }

    /// The number that the API gives as `comment_count`.
    pub(crate) fn comment_count(&self, standing: &Standing) -> u64 {
        let deleted = if self.quirks.count_deleted_comments {
            standing.deleted_comments
        } else {
            0
        };
        standing.comments + deleted
    }

    /// Whether the repository's feed shows this entry.
    pub(crate) fn feed_shows(&self, repository: &Repository, moment: &Moment) -> bool {
        let Some(pull) = repository.pull_request(moment.number) else {
            return false;
        };
        let Some(act) = pull.acts.get(moment.act as usize) else {
            return false;
        };
        match &act.deed {
            Deed::Commented(index) => match self.quirks.hide_every_nth_comment_from_feed {
                Some(nth) if nth > 0 => pull
                    .comments
                    .get(*index as usize)
                    .is_none_or(|comment| !comment.ordinal.is_multiple_of(nth)),
                _ => true,
            },
            Deed::Opened | Deed::Approved | Deed::ChangesRequested => true,
            deed => deed.closes() || !self.quirks.feed_hides_updates,
        }
    }
}
