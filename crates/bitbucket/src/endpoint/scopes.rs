//! Which scopes an endpoint takes, as Bitbucket's API description declares them.

use super::Endpoint;
use crate::Credential;

impl Endpoint {
    /// The scopes that a credential needs, in the vocabulary of its kind: classic ones for access
    /// tokens, granular ones, which do not imply one another, for API tokens. None are declared
    /// where any credential will do.
    pub(crate) fn scopes(self, credential: &Credential) -> &'static [&'static str] {
        match credential {
            Credential::AccessToken { .. } => self.classic_scopes(),
            Credential::ApiToken { .. } => self.granular_scopes(),
        }
    }

    fn classic_scopes(self) -> &'static [&'static str] {
        match self {
            Self::Workspace => &[],
            Self::Members | Self::MemberAddresses => &["account"],
            Self::Hooks | Self::CreateHook | Self::UpdateHook | Self::DeleteHook => &["webhook"],
            Self::Repositories
            | Self::Repository
            | Self::Diffstat
            | Self::Commits
            | Self::CommitsFurther
            | Self::Commit => &["repository"],
            Self::PullRequests
            | Self::PullRequest
            | Self::RepositoryActivity
            | Self::PullActivity
            | Self::PullComments
            | Self::PullCommits
            | Self::PullDiffstat => &["pullrequest"],
            Self::Pipelines
            | Self::Pipeline
            | Self::PipelineSteps
            | Self::Environments
            | Self::Deployments => &["pipeline"],
        }
    }

    fn granular_scopes(self) -> &'static [&'static str] {
        match self {
            Self::CreateHook | Self::UpdateHook => {
                return &["read:webhook:bitbucket", "write:webhook:bitbucket"];
            }
            Self::DeleteHook => return &["delete:webhook:bitbucket"],
            _ => {}
        }
        match self.classic_scopes() {
            ["repository"] => &["read:repository:bitbucket"],
            ["pullrequest"] => &["read:pullrequest:bitbucket"],
            ["pipeline"] => &["read:pipeline:bitbucket"],
            ["webhook"] => &["read:webhook:bitbucket"],
            // The workspace and its members.
            _ => &["read:workspace:bitbucket"],
        }
    }
}
