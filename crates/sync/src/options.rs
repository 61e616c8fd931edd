//! What an import is asked to do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use model::Instant;
use serde::{Deserialize, Serialize};
use store::{RunReason, Vault};

use crate::people::BotNames;
use crate::{Pace, RepositoryFilter};

/// A kind of thing that can be imported by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamName {
    /// The workspace's own record.
    Workspace,
    /// Repositories and their projects.
    Repositories,
    /// The workspace's members.
    Members,
    /// Pull requests with their participants.
    PullRequests,
    /// What happened to pull requests: votes, pushes, comments, merges.
    Activity,
    /// The proof that no comment or vote is missing, and the repair where one is.
    Comments,
    /// Pipeline runs.
    Pipelines,
    /// Commits of the default branch.
    Commits,
    /// Environments.
    Environments,
    /// Deployments.
    Deployments,
    /// Lines added and removed by each pull request: a request for each.
    PullSizes,
    /// Commits of each pull request: a request for each.
    PullCommits,
    /// Steps of each pipeline run: a request for each.
    PipelineSteps,
}

impl StreamName {
    /// Every stream, in the order in which people are shown them.
    pub const ALL: [Self; 13] = [
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
    ];

    /// The streams that cost a request per row: they are read last, and only when they are asked
    /// for by name.
    pub const PER_ROW: [Self; 3] = [Self::PullSizes, Self::PullCommits, Self::PipelineSteps];

    /// The streams of an import that names none: all that bring many rows with a request.
    pub fn usual() -> BTreeSet<Self> {
        Self::ALL
            .into_iter()
            .filter(|stream| !stream.is_per_row())
            .collect()
    }

    /// Whether it is read for each repository by itself.
    pub fn is_of_repositories(self) -> bool {
        !matches!(self, Self::Workspace | Self::Repositories | Self::Members)
    }

    /// Whether it costs a request per row.
    pub fn is_per_row(self) -> bool {
        Self::PER_ROW.contains(&self)
    }

    /// The name on the command line and in `sync_streams.stream`.
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
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for StreamName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|stream| stream.as_str() == text)
            .ok_or_else(|| {
                let names: Vec<&str> = Self::ALL.iter().map(|stream| stream.as_str()).collect();
                format!("the streams are {}", names.join(", "))
            })
    }
}

/// What an import is asked to do.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The connection's name.
    pub name: String,
    /// The workspace's slug.
    pub workspace: String,
    /// The address of the API, as it is stored with the connection.
    pub base_url: String,
    /// Which streams.
    pub streams: BTreeSet<StreamName>,
    /// Read everything again, whatever is known.
    pub full: bool,
    /// How many requests may be under way at once.
    pub concurrency: usize,
    /// Names this run among all that may work on the database.
    pub run_token: String,
    /// How long the run's claims hold without a sign of life.
    pub lease_seconds: i64,
    /// The window of the rate limit, for which spent requests are remembered.
    pub window_seconds: i64,
    /// When the streams are read.
    pub pace: Pace,
    /// Why this runs.
    pub reason: RunReason,
    /// Which repositories.
    pub filter: RepositoryFilter,
    /// Nothing older of a stream is read.
    pub not_before: BTreeMap<StreamName, Instant>,
    /// The programs that are known by their names.
    pub bots: BotNames,
    /// What opens the digests of people who were forgotten; without it nothing can be imported once
    /// somebody was.
    pub vault: Option<Arc<Vault>>,
}

impl ImportOptions {
    /// The usual streams of a whole workspace, now. `run_token` must be nobody else's.
    pub fn new(
        workspace: impl Into<String>,
        base_url: impl Into<String>,
        run_token: impl Into<String>,
    ) -> Self {
        let workspace = workspace.into();
        Self {
            name: workspace.clone(),
            workspace,
            base_url: base_url.into(),
            streams: StreamName::usual(),
            full: false,
            concurrency: 8,
            run_token: run_token.into(),
            lease_seconds: 20,
            window_seconds: 3_600,
            pace: Pace::Now,
            reason: RunReason::Asked,
            filter: RepositoryFilter::default(),
            not_before: BTreeMap::new(),
            bots: BotNames::default(),
            vault: None,
        }
    }
}
