//! What scopes an endpoint needs, and what granted scopes are worth.

use crate::endpoint::Endpoint;

/// The scopes that a request needs, by the kind of its credential.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// Those of access tokens.
    pub(crate) classic: Vec<&'static str>,
    /// Those of API tokens.
    pub(crate) granular: Vec<&'static str>,
}

impl Requirement {
    fn of(classic: &[&'static str], granular: &[&'static str]) -> Self {
        Self {
            classic: classic.to_vec(),
            granular: granular.to_vec(),
        }
    }
}

impl Endpoint {
    /// The scopes that a request with this method needs, as the description declares them.
    pub(crate) fn requirement(self, method: &str) -> Requirement {
        match self {
            // Any credential of the workspace will do; granular scopes are never silent.
            Self::Workspace => Requirement::of(&[], &["read:workspace:bitbucket"]),
            Self::Members | Self::UserWorkspaces => {
                Requirement::of(&["account"], &["read:workspace:bitbucket"])
            }
            Self::Projects => Requirement::of(&["project"], &["read:project:bitbucket"]),
            Self::Repositories
            | Self::Repository
            | Self::Commits
            | Self::Commit
            | Self::CommitStatuses
            | Self::Diffstat => Requirement::of(&["repository"], &["read:repository:bitbucket"]),
            Self::PullRequests
            | Self::PullRequest
            | Self::RepositoryActivity
            | Self::PullRequestActivity
            | Self::PullRequestCommits
            | Self::PullRequestDiffstat
            | Self::PullRequestStatuses
            | Self::PullRequestComments => {
                Requirement::of(&["pullrequest"], &["read:pullrequest:bitbucket"])
            }
            Self::Pipelines
            | Self::Pipeline
            | Self::Steps
            | Self::Environments
            | Self::Deployments => Requirement::of(&["pipeline"], &["read:pipeline:bitbucket"]),
            Self::User => Requirement::of(&["account"], &["read:user:bitbucket"]),
            // What the events are about has to be readable too: see `event::requirement`.
            Self::Hooks | Self::Hook => {
                let granular: &[&'static str] = match method {
                    "GET" => &["read:webhook:bitbucket"],
                    "DELETE" => &["delete:webhook:bitbucket"],
                    _ => &["read:webhook:bitbucket", "write:webhook:bitbucket"],
                };
                Requirement::of(&["webhook"], granular)
            }
            Self::HookSubjects | Self::HookEvents | Self::Removed => Requirement::default(),
        }
    }
}

/// Whether a classic scope includes another one. Granular scopes stand for themselves alone.
///
/// Only `:write` includes its weaker form: `:admin` and `:delete` say expressly that they do not.
/// Pull requests bring the repositories that they go into, projects all of theirs.
pub(super) fn implies(granted: &str, required: &str) -> bool {
    if granted == required {
        return true;
    }
    match granted {
        "pullrequest:write" => {
            implies("pullrequest", required) || implies("repository:write", required)
        }
        "pullrequest" | "project" => required == "repository",
        _ => granted
            .strip_suffix(":write")
            .is_some_and(|weaker| implies(weaker, required)),
    }
}

#[cfg(test)]
mod tests {
    use super::implies;

    #[test]
    fn only_write_includes_what_is_weaker() {
        for (granted, required, included) in [
            ("pipeline:write", "pipeline", true),
            ("pullrequest:write", "repository:write", true),
            ("pullrequest:write", "repository", true),
            ("pullrequest", "repository", true),
            ("pullrequest", "repository:write", false),
            ("project", "repository", true),
            ("project", "pullrequest", false),
            ("project:admin", "project", false),
            ("project:admin", "repository", false),
            ("repository:admin", "repository", false),
            ("repository:delete", "repository", false),
            ("repository:write", "pullrequest", false),
            ("repository", "repository:write", false),
            ("pipeline:variable", "pipeline", false),
        ] {
            assert_eq!(implies(granted, required), included, "{granted} {required}");
        }
    }
}
