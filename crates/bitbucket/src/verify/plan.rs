//! What is to be tried.

use std::collections::BTreeSet;

/// A part of the API that an import reads, under the name of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The workspace's own record.
    Workspace,
    /// Repositories.
    Repositories,
    /// The workspace's members.
    Members,
    /// Pull requests.
    PullRequests,
    /// What happened to pull requests: the repository's feed, and one pull request's own.
    Activity,
    /// Comments.
    Comments,
    /// Pipeline runs.
    Pipelines,
    /// Commits.
    Commits,
    /// Environments.
    Environments,
    /// Deployments.
    Deployments,
    /// Sizes of pull requests.
    PullSizes,
    /// Commits of pull requests.
    PullCommits,
    /// Steps of pipeline runs.
    PipelineSteps,
    /// The workspace's webhooks, which no stream reads.
    Hooks,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Workspace,
        Self::Repositories,
        Self::Members,
        Self::PullRequests,
        Self::Activity,
        Self::Comments,
        Self::Pipelines,
        Self::Commits,
        Self::Environments,
        Self::Deployments,
        Self::PullSizes,
        Self::PullCommits,
        Self::PipelineSteps,
        Self::Hooks,
    ];

    /// The name of its stream.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Repositories => "repositories",
            Self::Members => "members",
            Self::PullRequests => "pull_requests",
            Self::Activity => "activity",
            Self::Comments => "comments",
            Self::Pipelines => "pipelines",
            Self::Commits => "commits",
            Self::Environments => "environments",
            Self::Deployments => "deployments",
            Self::PullSizes => "pull_sizes",
            Self::PullCommits => "pull_commits",
            Self::PipelineSteps => "pipeline_steps",
            Self::Hooks => "hooks",
        }
    }
}

/// What is to be tried. The repositories always are: all else is found through them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    parts: BTreeSet<Part>,
}

impl Plan {
    /// Everything there is.
    pub fn everything() -> Self {
        Self {
            parts: Part::ALL.into(),
        }
    }

    /// What these streams read, and the webhooks; a name that is no stream's stands for nothing.
    pub fn of_streams<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let named = |name: &str| Part::ALL.into_iter().find(|part| part.as_str() == name);
        Self {
            parts: names
                .into_iter()
                .filter_map(named)
                .chain([Part::Repositories, Part::Hooks])
                .collect(),
        }
    }

    /// The same without this part.
    #[must_use]
    pub fn without(mut self, part: Part) -> Self {
        if part != Part::Repositories {
            self.parts.remove(&part);
        }
        self
    }

    /// Whether this part is to be tried.
    pub fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}
