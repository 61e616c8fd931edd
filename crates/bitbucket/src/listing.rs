//! What can be asked for, and what comes back.

use std::fmt;

use model::rows::Batch;
use model::{Id, Instant, Uuid};
use serde::{Deserialize, Serialize};

use crate::endpoint::{Endpoint, Scope};

/// One of Bitbucket's listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The workspace's repositories, in the order of their creation: that order never changes, so
    /// pages do not shift while rows change. Brings workspaces, projects and repositories.
    Repositories,
    /// The workspace's members. Brings accounts and memberships.
    Members,
    /// The pull requests of a repository in all four states, with participants and reviewers.
    /// Brings pull requests, reviewers, accounts and lists of participants.
    PullRequests {
        /// The repository.
        repository: RepositoryRef,
        /// Only those whose `updated_on` is this or later.
        since: Option<Instant>,
        /// In which order.
        order: PullOrder,
    },
    /// What happened to all pull requests of a repository, newest first. Bitbucket documents
    /// neither its completeness nor its depth. Brings events, comments and accounts.
    RepositoryActivity {
        /// The repository.
        repository: RepositoryRef,
    },
    /// What happened to one pull request, newest first. Brings the same.
    PullActivity {
        /// The repository.
        repository: RepositoryRef,
        /// The pull request.
        number: i64,
    },
    /// The comments of one pull request, oldest first. Brings comments and accounts.
    PullComments {
        /// The repository.
        repository: RepositoryRef,
        /// The pull request.
        number: i64,
        /// Only those whose `updated_on` is this or later: new, edited, resolved and deleted ones.
        since: Option<Instant>,
    },
    /// The pipeline runs of a repository, newest first. Brings runs and accounts.
    Pipelines {
        /// The repository.
        repository: RepositoryRef,
    },
    /// The commits of the default branch, newest first. Brings commits and accounts.
    Commits {
        /// The repository.
        repository: RepositoryRef,
        /// The name of its default branch, or a commit of it to begin from.
        revision: String,
        /// Leave out what this commit reaches. Bitbucket answers 404 when it does not know it.
        exclude: Option<String>,
    },
    /// The commits of a pull request, newest first. Brings commits, their places in the pull
    /// request and accounts. Empty or missing once the source branch is deleted.
    PullCommits {
        /// The repository.
        repository: RepositoryRef,
        /// The pull request.
        number: i64,
        /// Its `updated_on`: the version that the commits belong to.
        pull_updated_at: Instant,
    },
    /// The steps of a pipeline run. Brings steps, without their commands: these are not asked for,
    /// and not read where they come anyway.
    PipelineSteps {
        /// The repository.
        repository: RepositoryRef,
        /// The run.
        pipeline: Uuid,
    },
    /// The environments that a repository deploys to. Brings environments.
    Environments {
        /// The repository.
        repository: RepositoryRef,
    },
    /// What a repository deployed, in no documented order. Brings deployments and accounts.
    Deployments {
        /// The repository.
        repository: RepositoryRef,
    },
    /// How many lines each file of a pull request changes. Brings no rows, only rejects: a size is
    /// a sum over all pages, which [`crate::Client::pull_size`] makes.
    PullDiffstat {
        /// The repository.
        repository: RepositoryRef,
        /// The pull request.
        number: i64,
    },
}

impl Listing {
    /// The name of its stream, as rejected records carry it.
    pub fn stream(&self) -> &'static str {
        match self {
            Self::Repositories => "repositories",
            Self::Members => "members",
            Self::PullRequests { .. } => "pull_requests",
            Self::RepositoryActivity { .. } | Self::PullActivity { .. } => "activity",
            Self::PullComments { .. } => "comments",
            Self::Pipelines { .. } => "pipelines",
            Self::Commits { .. } => "commits",
            Self::PullCommits { .. } => "pull_commits",
            Self::PipelineSteps { .. } => "pipeline_steps",
            Self::Environments { .. } => "environments",
            Self::Deployments { .. } => "deployments",
            Self::PullDiffstat { .. } => "pull_sizes",
        }
    }

    /// The repository that it is about, if it is about one.
    pub fn repository(&self) -> Option<&RepositoryRef> {
        match self {
            Self::Repositories | Self::Members => None,
            Self::PullRequests { repository, .. }
            | Self::RepositoryActivity { repository }
            | Self::PullActivity { repository, .. }
            | Self::PullComments { repository, .. }
            | Self::Pipelines { repository }
            | Self::Commits { repository, .. }
            | Self::PullCommits { repository, .. }
            | Self::PipelineSteps { repository, .. }
            | Self::Environments { repository }
            | Self::Deployments { repository }
            | Self::PullDiffstat { repository, .. } => Some(repository),
        }
    }

    /// The pull request that it is about, if it is about one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::PullActivity { number, .. }
            | Self::PullComments { number, .. }
            | Self::PullCommits { number, .. }
            | Self::PullDiffstat { number, .. } => Some(*number),
            _ => None,
        }
    }

    /// Whether it is read by page numbers: those of pipelines and what belongs to them, whose
    /// `next` is missing or forgets what was asked.
    pub(crate) fn is_by_number(&self) -> bool {
        matches!(
            self,
            Self::Pipelines { .. }
                | Self::PipelineSteps { .. }
                | Self::Environments { .. }
                | Self::Deployments { .. }
        )
    }

    /// Whether Bitbucket ever says how many records it has.
    pub(crate) fn tells_its_size(&self) -> bool {
        !matches!(
            self,
            Self::RepositoryActivity { .. }
                | Self::PullActivity { .. }
                | Self::Commits { .. }
                | Self::PullCommits { .. }
        )
    }

    /// Where it may go on beside its own addresses.
    pub(crate) fn further_scope(&self) -> Option<Scope<'_>> {
        let endpoint = match self {
            Self::Commits { .. } => Endpoint::CommitsFurther,
            Self::PullDiffstat { .. } => Endpoint::Diffstat,
            _ => return None,
        };
        Some(self.scope().at(endpoint))
    }

    /// The addresses that requests for it may have.
    pub(crate) fn scope(&self) -> Scope<'_> {
        let endpoint = match self {
            Self::Repositories => Endpoint::Repositories,
            Self::Members => Endpoint::Members,
            Self::PullRequests { .. } => Endpoint::PullRequests,
            Self::RepositoryActivity { .. } => Endpoint::RepositoryActivity,
            Self::PullActivity { .. } => Endpoint::PullActivity,
            Self::PullComments { .. } => Endpoint::PullComments,
            Self::Pipelines { .. } => Endpoint::Pipelines,
            Self::Commits { .. } => Endpoint::Commits,
            Self::PullCommits { .. } => Endpoint::PullCommits,
            Self::PipelineSteps { .. } => Endpoint::PipelineSteps,
            Self::Environments { .. } => Endpoint::Environments,
            Self::Deployments { .. } => Endpoint::Deployments,
            Self::PullDiffstat { .. } => Endpoint::PullDiffstat,
        };
        Scope {
            endpoint,
            repository: self.repository(),
            number: self.number(),
            name: match self {
                Self::Commits { revision, .. } => Some(revision),
                Self::PipelineSteps { pipeline, .. } => Some(pipeline.as_str()),
                _ => None,
            },
        }
    }
}

/// The order of a listing of pull requests, always from the earliest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullOrder {
    /// By `created_on`, which never changes: for a walk over everything.
    Created,
    /// By `updated_on`: for a walk that goes on from the last date it saw. A row that changes
    /// meanwhile moves to the end, so ask anew with a later `since` rather than for the next page.
    Updated,
    /// Without asking for one: Bitbucket answers a sorted listing of some large repositories with
    /// 500 for ever. The order is then unknown.
    Unsorted,
}

/// What must be known of a repository to ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryRef {
    /// Its UUID, from which the ids of its rows are computed.
    pub uuid: Uuid,
    /// `workspace/slug`.
    pub full_name: String,
    /// Its workspace (`bitbucket_workspaces.id`).
    pub workspace_id: Id,
}

impl RepositoryRef {
    /// The id of its row.
    pub fn id(&self) -> Id {
        Id::repository(&self.uuid)
    }

    /// The last part of its address.
    pub fn slug(&self) -> &str {
        self.full_name
            .rsplit_once('/')
            .map_or(self.full_name.as_str(), |(_, slug)| slug)
    }
}

/// Where a listing goes on: kept as it is and given back with the same listing. For pipelines,
/// steps, environments and deployments it is the number of the next page, else what stands behind the API's address in `next`, so that it
/// outlives a change of that address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Cursor {
    /// A cursor that was kept. One that never came from here is refused when it is used.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One page of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its rows, and the records that could not be read.
    pub batch: Batch,
    /// Where the listing goes on; `None` at its end.
    pub next: Option<Cursor>,
    /// How many records the listing has in all, where Bitbucket says it (activity never does): a
    /// walk that meets fewer has missed some, or some went meanwhile.
    pub size: Option<u64>,
    /// How many records the page had, unreadable and meaningless ones included.
    pub values: usize,
    /// Whether Bitbucket left records out: fewer came than the listing's own figures say.
    pub lacks_records: bool,
    /// When the request that brought it was sent.
    pub observed_at: Instant,
    /// Bitbucket's own time, to the second, where it was told.
    pub server_time: Option<Instant>,
    /// For activity and comments: which pull request each readable entry is about, and its date.
    pub entries: Vec<EntryMark>,
}

impl Page {
    /// A page with nothing on it.
    pub fn empty(observed_at: Instant) -> Self {
        Self {
            batch: Batch::default(),
            next: None,
            size: None,
            values: 0,
            lacks_records: false,
            observed_at,
            server_time: None,
            entries: Vec::new(),
        }
    }
}

/// What one activity entry or comment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryMark {
    /// The number of the pull request.
    pub number: i64,
    /// The pull request (`bitbucket_pulls.id`).
    pub pull_id: Id,
    /// The entry's date; for a comment when it was written.
    pub at: Instant,
}
