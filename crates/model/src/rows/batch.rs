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
