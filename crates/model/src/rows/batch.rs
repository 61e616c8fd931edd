//! What one page or one delivery brings.

use super::*;
use crate::{Id, Instant};

/// The rows of one page or one delivery, ready to be applied. Rows may be partial, doubled and in
/// any order; applying a batch twice is the same as once.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Workspaces.
    pub workspaces: Vec<WorkspaceRow>,
    /// Projects.
    pub projects: Vec<ProjectRow>,
    /// Repositories.
    pub repositories: Vec<RepositoryRow>,
    /// Accounts, mostly as embedded in other records.
    pub users: Vec<UserRow>,
    /// Memberships.
    pub members: Vec<MemberRow>,
    /// Pull requests.
    pub pulls: Vec<PullRow>,
    /// Reviewers and participants.
    pub reviewers: Vec<ReviewerRow>,
    /// Activity entries other than comments.
    pub events: Vec<EventRow>,
    /// Comments.
    pub comments: Vec<CommentRow>,
    /// Pipeline runs.
    pub pipelines: Vec<PipelineRow>,
    /// Steps of pipeline runs.
    pub steps: Vec<PipelineStepRow>,
    /// Environments.
    pub environments: Vec<EnvironmentRow>,
    /// Deployments.
    pub deployments: Vec<DeploymentRow>,
    /// Commits.
    pub commits: Vec<CommitRow>,
    /// Which commits belong to which pull requests.
    pub pull_commits: Vec<PullCommitRow>,
    /// Sizes of pull requests.
    pub pull_sizes: Vec<PullSizeRow>,
    /// Accounts as Jira lists them.
    pub jira_users: Vec<JiraUserRow>,
    /// Records that could not be read.
    pub rejects: Vec<RejectRow>,
    /// Pull requests whose commits are here in full: whatever is stored beside them is no longer
    /// part of them.
    pub pull_commit_lists: Vec<CommitList>,
    /// Pull requests whose reviewers are here in full: whoever is stored beside them has left.
    pub participants: Vec<Participants>,
}

impl Batch {
    /// Takes in the rows of a later page.
    pub fn append(&mut self, mut later: Self) {
        self.workspaces.append(&mut later.workspaces);
        self.projects.append(&mut later.projects);
        self.repositories.append(&mut later.repositories);
        self.users.append(&mut later.users);
        self.members.append(&mut later.members);
        self.pulls.append(&mut later.pulls);
        self.reviewers.append(&mut later.reviewers);
        self.events.append(&mut later.events);
        self.comments.append(&mut later.comments);
        self.pipelines.append(&mut later.pipelines);
        self.steps.append(&mut later.steps);
        self.environments.append(&mut later.environments);
        self.deployments.append(&mut later.deployments);
        self.commits.append(&mut later.commits);
        self.pull_commits.append(&mut later.pull_commits);
        self.pull_sizes.append(&mut later.pull_sizes);
        self.jira_users.append(&mut later.jira_users);
        self.rejects.append(&mut later.rejects);
        self.pull_commit_lists.append(&mut later.pull_commit_lists);
        self.participants.append(&mut later.participants);
    }
}

/// A row, by table and id.
pub type RowKey = (&'static str, Id);

impl Batch {
    /// The rows that many batches bring alike: what a record says of the account, the repository and
    /// the workspace that it belongs to.
    pub fn shared_rows(&self) -> Vec<RowKey> {
        let mut keys = Vec::new();
        add_keys(&mut keys, &self.workspaces);
        add_keys(&mut keys, &self.projects);
        add_keys(&mut keys, &self.repositories);
        add_keys(&mut keys, &self.users);
        add_keys(&mut keys, &self.members);
        keys
    }

    /// All other rows.
    pub fn own_rows(&self) -> Vec<RowKey> {
        let mut keys = Vec::new();
        add_keys(&mut keys, &self.pulls);
        add_keys(&mut keys, &self.reviewers);
        add_keys(&mut keys, &self.events);
        add_keys(&mut keys, &self.comments);
        add_keys(&mut keys, &self.pipelines);
        add_keys(&mut keys, &self.steps);
        add_keys(&mut keys, &self.environments);
        add_keys(&mut keys, &self.deployments);
        add_keys(&mut keys, &self.commits);
        add_keys(&mut keys, &self.pull_commits);
        add_keys(&mut keys, &self.pull_sizes);
        add_keys(&mut keys, &self.jira_users);
        add_keys(&mut keys, &self.rejects);
        keys
    }

    /// Puts the rows that many batches bring into the order in which they were seen. Of rows with
    /// one id the last is written, so that after this it is the latest, whatever was taken in first.
    pub fn order_shared_rows(&mut self) {
        self.workspaces.sort_by_key(|row| row.observed_at);
        self.projects.sort_by_key(|row| row.observed_at);
        self.repositories.sort_by_key(|row| row.observed_at);
        self.users.sort_by_key(|row| row.observed_at);
        self.members.sort_by_key(|row| row.observed_at);
    }
}

fn add_keys<R: Row>(keys: &mut Vec<RowKey>, rows: &[R]) {
    keys.extend(rows.iter().map(|row| (R::TABLE.name, row.id())));
}

/// A pull request whose complete list of reviewers and participants is in the batch.
#[derive(Clone, Copy, Debug)]
pub struct Participants {
    /// The pull request.
    pub pull_id: Id,
    /// The version of the pull request that the list belongs to.
    pub source_updated_at: Instant,
}

/// A pull request whose complete list of commits is in the batch.
#[derive(Clone, Copy, Debug)]
pub struct CommitList {
    /// The pull request.
    pub pull_id: Id,
    /// The version of the pull request that the list belongs to.
    pub source_updated_at: Instant,
}
