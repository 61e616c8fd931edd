//! Which endpoint a path belongs to, who may call it, and its answer.

mod activity;
mod commits;
mod deployments;
mod hooks;
mod pipelines;
mod pull_requests;
mod repositories;
mod sizes;
mod statuses;
mod workspaces;

use crate::access::Credential;
use crate::answer::{Answer, Outcome};
use crate::request::Request;
use crate::shape::Scene;
use crate::world::{PullRequest, Repository, Shut, World};

/// Every endpoint that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Workspace,
    Members,
    Projects,
    Repositories,
    Repository,
    PullRequests,
    PullRequest,
    RepositoryActivity,
    PullRequestActivity,
    PullRequestComments,
    PullRequestCommits,
    PullRequestDiffstat,
    PullRequestStatuses,
    Diffstat,
    Commits,
    Commit,
    CommitStatuses,
    Pipelines,
    Pipeline,
    Steps,
    Environments,
    Deployments,
    User,
    UserWorkspaces,
    /// The subscriptions of the workspace or of a repository.
    Hooks,
    Hook,
    HookSubjects,
    HookEvents,
    /// Addresses over all workspaces, removed by CHANGE-2770.
    Removed,
}

impl Endpoint {
    /// The endpoint of this request; None if there is none.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        Some(match segments.as_slice() {
            ["workspaces"]
            | ["repositories"]
            // An empty workspace makes the path that of the removed global listing.
            | ["repositories", "", ..]
            | ["user", "permissions", "workspaces" | "repositories"] => Self::Removed,
            ["workspaces", _] => Self::Workspace,
            ["workspaces", _, "members"] => Self::Members,
            ["workspaces", _, "projects"] => Self::Projects,
            ["repositories", _] => Self::Repositories,
            ["repositories", _, _] => Self::Repository,
            ["repositories", _, _, "pullrequests"] => Self::PullRequests,
            ["repositories", _, _, "pullrequests", "activity"] => Self::RepositoryActivity,
            ["repositories", _, _, "pullrequests", _] => Self::PullRequest,
            ["repositories", _, _, "pullrequests", _, "activity"] => Self::PullRequestActivity,
            ["repositories", _, _, "pullrequests", _, "comments"] => Self::PullRequestComments,
            ["repositories", _, _, "pullrequests", _, "commits"] => Self::PullRequestCommits,
            ["repositories", _, _, "pullrequests", _, "diffstat"] => Self::PullRequestDiffstat,
            ["repositories", _, _, "pullrequests", _, "statuses"] => Self::PullRequestStatuses,
            ["repositories", _, _, "diffstat", _, ..] => Self::Diffstat,
            ["repositories", _, _, "commits", ..] => Self::Commits,
            ["repositories", _, _, "commit", _] => Self::Commit,
            ["repositories", _, _, "commit", _, "statuses"] => Self::CommitStatuses,
            ["workspaces", _, "hooks"] | ["repositories", _, _, "hooks"] => Self::Hooks,
            ["workspaces", _, "hooks", _] | ["repositories", _, _, "hooks", _] => Self::Hook,
            ["repositories", _, _, "environments"] => Self::Environments,
            ["repositories", _, _, "deployments"] => Self::Deployments,
            ["repositories", _, _, "pipelines", _, "steps"] => Self::Steps,
            ["repositories", _, _, "pipelines"] => Self::Pipelines,
            ["repositories", _, _, "pipelines", _] => Self::Pipeline,
            ["user"] => Self::User,
            ["user", "workspaces"] => Self::UserWorkspaces,
            ["hook_events"] => Self::HookSubjects,
            ["hook_events", _] => Self::HookEvents,
            _ => return None,
        })
    }

    /// The path with its variable parts named.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Workspace => "/workspaces/{workspace}",
            Self::Members => "/workspaces/{workspace}/members",
            Self::Projects => "/workspaces/{workspace}/projects",
            Self::Repositories => "/repositories/{workspace}",
            Self::Repository => "/repositories/{workspace}/{repo}",
            Self::PullRequests => "/repositories/{workspace}/{repo}/pullrequests",
            Self::PullRequest => "/repositories/{workspace}/{repo}/pullrequests/{id}",
            Self::RepositoryActivity => "/repositories/{workspace}/{repo}/pullrequests/activity",
            Self::PullRequestActivity => {
                "/repositories/{workspace}/{repo}/pullrequests/{id}/activity"
            }
            Self::PullRequestComments => {
                "/repositories/{workspace}/{repo}/pullrequests/{id}/comments"
            }
            Self::PullRequestCommits => {
                "/repositories/{workspace}/{repo}/pullrequests/{id}/commits"
            }
            Self::PullRequestDiffstat => {
                "/repositories/{workspace}/{repo}/pullrequests/{id}/diffstat"
            }
            Self::PullRequestStatuses => {
                "/repositories/{workspace}/{repo}/pullrequests/{id}/statuses"
            }
            Self::Diffstat => "/repositories/{workspace}/{repo}/diffstat/{spec}",
            Self::Commits => "/repositories/{workspace}/{repo}/commits",
            Self::Commit => "/repositories/{workspace}/{repo}/commit/{sha}",
            Self::CommitStatuses => "/repositories/{workspace}/{repo}/commit/{sha}/statuses",
            Self::Hooks => "…/hooks",
            Self::Hook => "…/hooks/{uid}",
            Self::Steps => "/repositories/{workspace}/{repo}/pipelines/{uuid}/steps",
            Self::Environments => "/repositories/{workspace}/{repo}/environments",
            Self::Deployments => "/repositories/{workspace}/{repo}/deployments",
            Self::Pipelines => "/repositories/{workspace}/{repo}/pipelines",
            Self::Pipeline => "/repositories/{workspace}/{repo}/pipelines/{uuid}",
            Self::User => "/user",
            Self::UserWorkspaces => "/user/workspaces",
            Self::HookSubjects => "/hook_events",
            Self::HookEvents => "/hook_events/{subject}",
            Self::Removed => "removed",
        }
    }

    /// Whether anybody may ask.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::HookSubjects | Self::HookEvents | Self::Removed)
    }

    /// The answer to a permitted request.
    pub(crate) fn answer(
        self,
        world: &mut World,
        request: &Request,
        credential: Option<&Credential>,
    ) -> Outcome {
        let call = Call {
            scene: Scene {
                world,
                origin: &request.origin,
            },
            request,
            credential,
        };
        if request.method != "GET" {
            let plan = match self {
                Self::Hooks => call.hook_plan(false)?,
                Self::Hook => call.hook_plan(true)?,
                _ => return Err(Answer::error(405, "Method not allowed")),
            };
            return hooks::apply(world, &request.origin, plan);
        }
        match self {
            Self::Workspace => call.workspace(),
            Self::Members => call.members(),
            Self::Projects => call.projects(),
            Self::Repositories => call.repositories(),
            Self::Repository => call.repository(),
            Self::PullRequests => call.pull_requests(),
            Self::PullRequest => call.pull_request(),
            Self::RepositoryActivity => call.repository_activity(),
            Self::PullRequestActivity => call.pull_request_activity(),
            Self::PullRequestComments => call.comments(),
            Self::PullRequestCommits => call.pull_request_commits(),
            Self::PullRequestDiffstat => call.pull_request_diffstat(),
            Self::PullRequestStatuses => call.pull_request_statuses(),
            Self::Diffstat => call.diffstat(),
            Self::Commits => call.commits(),
            Self::Commit => call.commit(),
            Self::CommitStatuses => call.commit_statuses(),
            Self::Hooks => call.hooks(),
            Self::Hook => call.hook(),
            Self::Steps => call.steps(),
            Self::Environments => call.environments(),
            Self::Deployments => call.deployments(),
            Self::Pipelines => call.pipelines(),
            Self::Pipeline => call.pipeline(),
            Self::User => call.user(),
            Self::UserWorkspaces => call.user_workspaces(),
            Self::HookSubjects => call.hook_subjects(),
            Self::HookEvents => call.hook_events(),
            Self::Removed => Err(Answer::removed()),
        }
    }
}

/// One request to the world.
struct Call<'a> {
    scene: Scene<'a>,
    request: &'a Request,
    credential: Option<&'a Credential>,
}

impl<'a> Call<'a> {
    fn world(&self) -> &'a World {
        self.scene.world
    }

    /// Refuses any workspace but the world's own.
    fn check_workspace(&self) -> Result<(), Answer> {
        let (workspace, asked) = (&self.world().workspace, self.request.segment(1));
        if asked == workspace.slug || asked == workspace.uuid {
            Ok(())
        } else {
            Err(Answer::error(
                404,
                format!("No workspace with identifier '{asked}'."),
            ))
        }
    }

    /// Whether the one who asks sees this repository at all.
    fn sees(&self, repository: &Repository) -> bool {
        let visible = |credential: &Credential| {
            let name = credential.allowance();
            let hidden = repository.hidden_from.iter().any(|one| one == name);
            !hidden && credential.reaches(self.world(), repository)
        };
        repository.away.is_none() && self.credential.is_none_or(visible)
    }

    /// The repository of the path. Its UUID alone is enough: the workspace may then be `{}`. One that
    /// is shut is refused here, though lists show it.
    fn find_repository(&self) -> Result<&'a Repository, Answer> {
        let (workspace, key) = (self.request.segment(1), self.request.segment(2));
        let by_uuid_alone = workspace == "{}" && key.starts_with('{');
        let found = self
            .world()
            .repository(key)
            .filter(|found| self.sees(found));
        match found {
            Some(found) if found.shut == Some(Shut::Forbidden) => Err(Answer::forbidden()),
            Some(found)
                if found.shut.is_none() && (by_uuid_alone || self.check_workspace().is_ok()) =>
            {
                Ok(found)
            }
            _ => Err(Answer::error(
                404,
                format!("Repository {workspace}/{key} not found"),
            )),
        }
    }

    fn find_pull_request(&self) -> Result<(&'a Repository, &'a PullRequest), Answer> {
        let repository = self.find_repository()?;
        let number = self.request.segment(4).parse().ok();
        number
            .and_then(|number| repository.pull_request(number))
            .map(|pull| (repository, pull))
            .ok_or_else(Answer::no_pull_request)
    }
}
