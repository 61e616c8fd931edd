//! What a delivery tells.

use model::rows::Batch;
use model::{Instant, Uuid};

/// What a delivery tells.
#[derive(Clone, Debug)]
pub struct Told {
    /// The workspace, as far as the payload names it.
    pub workspace: Option<WorkspaceMark>,
    /// The repository. After a rename it has the new name.
    pub repository: Option<RepositoryMark>,
    /// When its rows count as seen: the time of the event, and never later than its arrival.
    pub observed_at: Instant,
    /// The rows, to be applied like those of a page.
    pub batch: Batch,
    /// What the payload lacks and should be asked for, without doubles.
    pub due: Vec<Due>,
    /// The branches and tags of a push.
    pub pushes: Vec<RefChange>,
    /// That the repository has another name.
    pub renamed: Option<Renamed>,
}

impl Told {
    /// A delivery that tells nothing.
    pub(super) fn nothing(observed_at: Instant) -> Self {
        Self {
            workspace: None,
            repository: None,
            observed_at,
            batch: Batch::default(),
            due: Vec::new(),
            pushes: Vec::new(),
            renamed: None,
        }
    }
}

/// The workspace of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceMark {
    /// Its UUID; old payloads leave it out.
    pub uuid: Option<Uuid>,
    /// Its name in addresses.
    pub slug: String,
}

/// The repository of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryMark {
    /// Its UUID, which survives a rename.
    pub uuid: Uuid,
    /// `workspace/slug`, as it is now.
    pub full_name: String,
}

/// Something to ask for. Repositories are named by their UUID: what the database knows of them
/// decides whether and how they are asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// The record of a repository: it is new, changed, or gone if it answers 404.
    Repository {
        /// The repository.
        uuid: Uuid,
    },
    /// The feed of a repository, which has an entry that the payload does not tell of.
    RepositoryFeed {
        /// The repository.
        repository: Uuid,
    },
    /// The size of a pull request, whose newest commit may be another one.
    PullSize {
        /// The repository.
        repository: Uuid,
        /// The pull request.
        number: i64,
    },
    /// The commits of a pull request, whose newest commit may be another one.
    PullCommits {
        /// The repository.
        repository: Uuid,
        /// The pull request.
        number: i64,
    },
    /// The comments of a pull request: one changed in a way that the payload does not tell.
    PullComments {
        /// The repository.
        repository: Uuid,
        /// The pull request.
        number: i64,
    },
    /// The commits of a branch, which matter if it is the default branch; payloads do not say.
    Commits {
        /// The repository.
        repository: Uuid,
        /// The branch that was made or moved.
        branch: String,
    },
    /// A run of a pipeline.
    Pipeline {
        /// The repository.
        repository: Uuid,
        /// The run's number in that repository.
        build_number: i64,
    },
}

/// A branch or a tag that was made, moved or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefChange {
    /// What it is.
    pub kind: RefKind,
    /// Its name.
    pub name: String,
    /// The commit that it pointed to; `None` when it is new.
    pub old: Option<String>,
    /// The commit that it points to; `None` when it was deleted.
    pub new: Option<String>,
    /// Whether commits were taken away.
    pub forced: bool,
    /// Whether there are more new commits than the batch has.
    pub truncated: bool,
}

/// What a reference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// A branch.
    Branch,
    /// A tag, or something of a kind that is not known yet.
    Tag,
}

/// That a repository has another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The `full_name` before, where it is told.
    pub old: Option<String>,
    /// The `full_name` now.
    pub new: String,
}
