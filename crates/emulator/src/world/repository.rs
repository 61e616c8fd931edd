//! Workspace, projects and repositories.

use model::Instant;

use super::commit::PushedCommit;
use super::deployment::Deployed;
use super::history::Histories;
use super::pipeline::Pipeline;
use super::pull_request::PullRequest;

/// The one workspace of a world.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) uuid: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) created_on: Instant,
}

#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) uuid: String,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) created_on: Instant,
}

/// A repository's place in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RepositoryId(pub(crate) u32);

/// Why a repository is no longer in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    Deleted,
    Transferred,
}

/// How everything at and below a repository is refused, although it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// 403.
    Forbidden,
    /// 404, as if it were not there.
    NotFound,
}

/// A repository with all that happened in it.
#[derive(Debug, Clone)]
pub struct Repository {
    pub(crate) id: RepositoryId,
    /// UUID in braces.
    pub uuid: String,
    /// The name that is shown.
    pub name: String,
    /// The name in addresses.
    pub slug: String,
    pub(crate) language: String,
    pub(crate) private: bool,
    pub(crate) size: u64,
    /// Index of its project; a repository may stand outside all projects.
    pub(crate) project: Option<usize>,
    /// None while the repository is empty.
    pub(crate) main_branch: Option<String>,
    pub(crate) parent: Option<RepositoryId>,
    pub(crate) created_on: Instant,
    pub(crate) updated_on: Instant,
    /// Its pull requests, in the order of their numbers, which leave none out.
    pub(crate) pulls: Vec<PullRequest>,
    /// Its pipelines; build n stands at n - 1.
    pub(crate) pipelines: Vec<Pipeline>,
    /// Every act that has an activity entry, oldest first.
    pub(crate) feed: Vec<Moment>,
    /// How many pull requests it was generated with: each of them set out from a commit of its own.
    pub(crate) generated_pulls: usize,
    /// How many pipelines it was generated with: some of them deployed.
    pub(crate) generated_pipelines: usize,
    /// What verbs pushed to the main branch, oldest first.
    pub(crate) pushed: Vec<PushedCommit>,
    /// When a verb last added to the main branch.
    pub(crate) head_at: Option<Instant>,
    /// What verbs deployed.
    pub(crate) deployed: Vec<Deployed>,
    pub(crate) away: Option<Away>,
    /// The credentials that do not see it.
    pub(crate) hidden_from: Vec<String>,
    pub(crate) pipelines_off: bool,
    pub(crate) deployments_off: bool,
    pub(crate) shut: Option<Shut>,
    pub(crate) histories: Histories,
}

/// The place of one activity entry. It sorts by date and stays the same while other entries come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    pub(crate) number: u64,
    /// Index of the act in its pull request.
    pub(crate) act: u32,
}

impl Repository {
    /// A private repository in which nothing has happened, outside all projects.
    pub(crate) fn empty(id: RepositoryId, uuid: String, slug: &str, created_on: Instant) -> Self {
        Self {
            id,
            uuid,
            name: slug.to_owned(),
            slug: slug.to_owned(),
            language: String::new(),
            private: true,
            size: 0,
            project: None,
            main_branch: None,
            parent: None,
            created_on,
            updated_on: created_on,
            pulls: Vec::new(),
            pipelines: Vec::new(),
            feed: Vec::new(),
            generated_pulls: 0,
            generated_pipelines: 0,
            pushed: Vec::new(),
            head_at: None,
            deployed: Vec::new(),
            away: None,
            hidden_from: Vec::new(),
            pipelines_off: false,
            deployments_off: false,
            shut: None,
            histories: Histories::default(),
        }
    }

    /// Its pull requests, oldest first.
    pub fn pull_requests(&self) -> &[PullRequest] {
        &self.pulls
    }

    /// The pull request of this number.
    pub fn pull_request(&self, number: u64) -> Option<&PullRequest> {
        self.pulls.get(self.index_of(number)?)
    }

    /// Where the pull request of this number stands.
    pub(crate) fn index_of(&self, number: u64) -> Option<usize> {
        let first = self.pulls.first().map_or(1, |pull| pull.number);
        usize::try_from(number.checked_sub(first)?).ok()
    }

    /// The number that the next pull request gets.
    pub(crate) fn next_number(&self) -> u64 {
        self.pulls.last().map_or(1, |pull| pull.number + 1)
    }

    pub(crate) fn pull_request_mut(&mut self, number: u64) -> Option<&mut PullRequest> {
        let index = self.index_of(number)?;
        self.pulls.get_mut(index)
    }

    /// The UUIDs of its pipelines, oldest first.
    pub fn pipeline_uuids(&self) -> Vec<String> {
        self.pipelines
            .iter()
            .map(|pipeline| pipeline.uuid.clone())
            .collect()
    }

    /// Makes the feed anew from all pull requests.
    pub(crate) fn rebuild_feed(&mut self) {
        self.feed = self.pulls.iter().flat_map(PullRequest::moments).collect();
        self.feed.sort_unstable();
    }

    /// Puts one entry at its place in the feed, which is nearly always the end.
    pub(crate) fn add_to_feed(&mut self, moment: Moment) {
        let place = self.feed.partition_point(|other| *other < moment);
        self.feed.insert(place, moment);
    }
}
