//! What a report can be grouped by.

use serde::Serialize;

/// What tells the rows of a report apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// The repository.
    Repository,
    /// The project of the repository.
    Project,
    /// The team of whoever did the work, on the day that it counts for.
    Team,
    /// The author of the pull request.
    Author,
    /// Whoever reviewed.
    Reviewer,
    /// Who reviews whom: reviewer and author.
    Pair,
    /// Whoever did the work: the author of a pull request, the reviewer of a review.
    Person,
    /// The branch that a pull request targets, or that a pipeline ran on.
    Branch,
    /// The part of the configuration that a pipeline ran.
    Pipeline,
    /// The step of a pipeline.
    Step,
    /// The environment that was deployed to.
    Environment,
    /// The service that was deployed.
    Service,
}

impl Grouping {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Repository,
        Self::Project,
        Self::Team,
        Self::Author,
        Self::Reviewer,
        Self::Pair,
        Self::Person,
        Self::Branch,
        Self::Pipeline,
        Self::Step,
        Self::Environment,
        Self::Service,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Project => "project",
            Self::Team => "team",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::Pair => "pair",
            Self::Person => "person",
            Self::Branch => "branch",
            Self::Pipeline => "pipeline",
            Self::Step => "step",
            Self::Environment => "environment",
            Self::Service => "service",
        }
    }
}
