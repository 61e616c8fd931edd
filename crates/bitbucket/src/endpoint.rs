//! The list of what may be requested, and the check that every request passes.

mod scopes;
mod spelling;

use model::{Id, Uuid};
use percent_encoding::percent_decode_str;
use reqwest::Method;
use url::Url;

use crate::{ClientError, RepositoryRef};
pub(crate) use spelling::is_hash;
use spelling::{is_revision, is_spec};

/// An endpoint that this client may request. There is no other way to send a request, and none of
/// these returns source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    Workspace,
    Members,
    MemberAddresses,
    Hooks,
    CreateHook,
    UpdateHook,
    DeleteHook,
    Repositories,
    Repository,
    PullRequests,
    PullRequest,
    RepositoryActivity,
    PullActivity,
    PullComments,
    PullCommits,
    PullDiffstat,
    Diffstat,
    Commits,
    CommitsFurther,
    Commit,
    Pipelines,
    Pipeline,
    PipelineSteps,
    Environments,
    Deployments,
}

/// All that may be requested: everything else is refused before it is sent. `pipelines/` and its
/// like keep their slash, without which Bitbucket was seen to answer 404.
const ALLOWED: [(Endpoint, &str); 25] = [
    (Endpoint::Workspace, "/workspaces/{workspace}"),
    (Endpoint::Members, "/workspaces/{workspace}/members"),
    // The same with a filter, which needs more: a refusal of one says nothing of the other.
    (Endpoint::MemberAddresses, "/workspaces/{workspace}/members"),
    (Endpoint::Hooks, "/workspaces/{workspace}/hooks"),
    // The only ones that change something: see `Transport::change`.
    (Endpoint::CreateHook, "/workspaces/{workspace}/hooks"),
    (Endpoint::UpdateHook, "/workspaces/{workspace}/hooks/{hook}"),
    (Endpoint::DeleteHook, "/workspaces/{workspace}/hooks/{hook}"),
    (Endpoint::Repositories, "/repositories/{workspace}"),
    (Endpoint::Repository, "/repositories/{workspace}/{repo}"),
    (
        Endpoint::PullRequests,
        "/repositories/{workspace}/{repo}/pullrequests",
    ),
    (
        Endpoint::PullRequest,
        "/repositories/{workspace}/{repo}/pullrequests/{id}",
    ),
    (
        Endpoint::RepositoryActivity,
        "/repositories/{workspace}/{repo}/pullrequests/activity",
    ),
    (
        Endpoint::PullActivity,
        "/repositories/{workspace}/{repo}/pullrequests/{id}/activity",
    ),
    (
        Endpoint::PullComments,
        "/repositories/{workspace}/{repo}/pullrequests/{id}/comments",
    ),
    (
        Endpoint::PullCommits,
        "/repositories/{workspace}/{repo}/pullrequests/{id}/commits",
    ),
    (
        Endpoint::PullDiffstat,
        "/repositories/{workspace}/{repo}/pullrequests/{id}/diffstat",
    ),
    // Where the one above sends on to: counts of lines per file, no line itself.
    (
        Endpoint::Diffstat,
        "/repositories/{workspace}/{repo}/diffstat/{spec}",
    ),
    (
        Endpoint::Commits,
        "/repositories/{workspace}/{repo}/commits/{revision}",
    ),
    // Where the one above goes on, the branch being part of the page's token then.
    (
        Endpoint::CommitsFurther,
        "/repositories/{workspace}/{repo}/commits",
    ),
    (
        Endpoint::Commit,
        "/repositories/{workspace}/{repo}/commit/{sha}",
    ),
    (
        Endpoint::Pipelines,
        "/repositories/{workspace}/{repo}/pipelines/",
    ),
    (
        Endpoint::Pipeline,
        "/repositories/{workspace}/{repo}/pipelines/{pipeline}",
    ),
    (
        Endpoint::PipelineSteps,
        "/repositories/{workspace}/{repo}/pipelines/{pipeline}/steps/",
    ),
    (
        Endpoint::Environments,
        "/repositories/{workspace}/{repo}/environments/",
    ),
    (
        Endpoint::Deployments,
        "/repositories/{workspace}/{repo}/deployments/",
    ),
];

impl Endpoint {
    /// Its address with names left out.
    pub(crate) fn template(self) -> &'static str {
        ALLOWED
            .iter()
            .find(|(endpoint, _)| *endpoint == self)
            .map_or("", |(_, template)| template)
    }

    /// With what method a request is sent that changes something; nothing where it only reads.
    pub(crate) fn changes(self) -> Option<Method> {
        match self {
            Self::CreateHook => Some(Method::POST),
            Self::UpdateHook => Some(Method::PUT),
            Self::DeleteHook => Some(Method::DELETE),
            _ => None,
        }
    }

    /// Whether it tells what changes, and so may be sent on to where that is computed.
    pub(crate) fn is_diffstat(self) -> bool {
        matches!(self, Self::PullDiffstat | Self::Diffstat)
    }

    /// The group whose requests Bitbucket counts together: all of `/repositories/*` is one.
    pub(crate) fn group(self) -> &'static str {
        self.template().split('/').nth(1).unwrap_or_default()
    }
}

/// The addresses that requests for one thing may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) repository: Option<&'a RepositoryRef>,
    pub(crate) number: Option<i64>,
    /// The branch or commit, or the UUID of the run or the webhook.
    pub(crate) name: Option<&'a str>,
}

impl<'a> Scope<'a> {
    /// The addresses of something that belongs to no repository.
    pub(crate) fn of_workspace(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            repository: None,
            number: None,
            name: None,
        }
    }

    /// The addresses of a repository, or of something of it that has neither number nor name.
    pub(crate) fn of(endpoint: Endpoint, repository: &'a RepositoryRef) -> Self {
        Self {
            repository: Some(repository),
            ..Self::of_workspace(endpoint)
        }
    }

    pub(crate) fn numbered(self, number: i64) -> Self {
        Self {
            number: Some(number),
            ..self
        }
    }

    pub(crate) fn named(self, name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }

    /// The same thing at another endpoint.
    pub(crate) fn at(self, endpoint: Endpoint) -> Self {
        Self { endpoint, ..self }
    }
}

/// Lets through what may be requested.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    base: Url,
    prefix: String,
    workspace: String,
}

impl Gate {
    pub(crate) fn new(base: &Url, workspace: &str) -> Self {
        Self {
            base: base.clone(),
            prefix: base.path().trim_end_matches('/').to_owned(),
            workspace: workspace.to_owned(),
        }
    }

    /// The address of the API without a slash at its end.
    pub(crate) fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) fn workspace(&self) -> &str {
        &self.workspace
    }

    /// What stands behind the API's address in `url`: path and query.
    pub(crate) fn behind_base(&self, url: &Url) -> Option<String> {
        let path = url.path().strip_prefix(self.prefix.as_str())?;
        Some(match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }

    /// Passes an address that belongs to `scope`.
    ///
    /// # Errors
    /// [`ClientError::NotAllowed`] says in what it differs.
    pub(crate) fn admit(&self, url: &Url, scope: &Scope<'_>) -> Result<(), ClientError> {
        self.differs(url, scope).map_or(Ok(()), |reason| {
            Err(ClientError::NotAllowed {
                endpoint: scope.endpoint.template(),
                reason,
            })
        })
    }

    /// In what an address differs from those of `scope`.
    pub(crate) fn differs(&self, url: &Url, scope: &Scope<'_>) -> Option<&'static str> {
        if url.scheme() != self.base.scheme() {
            return Some("it has another scheme");
        }
        if url.host() != self.base.host() {
            return Some("it leads to another host");
        }
        if url.port_or_known_default() != self.base.port_or_known_default() {
            return Some("it leads to another port");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Some("it names a user");
        }
        if url.fragment().is_some() {
            return Some("it has a fragment");
        }
        let Some(path) = url.path().strip_prefix(self.prefix.as_str()) else {
            return Some("it leads to another part of the host");
        };
        self.is_another_path(path, scope)
            .then_some("its path is another")
    }

    fn is_another_path(&self, path: &str, scope: &Scope<'_>) -> bool {
        let template = scope.endpoint.template();
        let (template, tail) = match template.rsplit_once('/') {
            Some((front, tail @ ("{spec}" | "{revision}"))) => (front, Some(tail)),
            _ => (template, None),
        };
        let mut parts = path.split('/');
        for expected in template.split('/') {
            let Some(part) = parts.next() else {
                return true;
            };
            if !self.matches(expected, part, scope) {
                return true;
            }
        }
        let rest: Vec<&str> = parts.collect();
        match tail {
            None => !rest.is_empty(),
            Some(tail) => !tail_matches(tail, &rest.join("/"), scope),
        }
    }

    fn matches(&self, expected: &str, part: &str, scope: &Scope<'_>) -> bool {
        if !expected.starts_with('{') {
            return part == expected;
        }
        let Ok(part) = percent_decode_str(part).decode_utf8() else {
            return false;
        };
        // Decoded, a part could hold what a server takes for another path.
        if part.is_empty() || part.contains(['/', '\\']) || part == "." || part == ".." {
            return false;
        }
        match (expected, scope.repository) {
            // Bitbucket also addresses by UUID, so its `next` may.
            ("{workspace}", repository) => {
                part.eq_ignore_ascii_case(&self.workspace)
                    || repository.is_some_and(|repository| {
                        braced(&part)
                            .is_some_and(|uuid| Id::workspace(&uuid) == repository.workspace_id)
                    })
            }
            ("{repo}", Some(repository)) => {
                part.eq_ignore_ascii_case(repository.slug())
                    || braced(&part).is_some_and(|uuid| uuid == repository.uuid)
            }
            ("{id}", _) => scope
                .number
                .is_some_and(|number| *part == number.to_string()),
            ("{sha}", _) => scope.name == Some(&*part) && is_hash(&part),
            ("{pipeline}" | "{hook}", _) => {
                braced(&part).is_some_and(|uuid| scope.name == Some(uuid.as_str()))
            }
            _ => false,
        }
    }
}

/// Whether the end of an address, which may hold slashes, is what was asked for.
fn tail_matches(expected: &str, tail: &str, scope: &Scope<'_>) -> bool {
    let Ok(tail) = percent_decode_str(tail).decode_utf8() else {
        return false;
    };
    match expected {
        "{spec}" => is_spec(&tail),
        "{revision}" => scope.name == Some(&*tail) && is_revision(&tail),
        _ => false,
    }
}

/// Reads a UUID as addresses spell it.
fn braced(part: &str) -> Option<Uuid> {
    part.starts_with('{').then(|| Uuid::parse(part)).flatten()
}

#[cfg(test)]
mod tests;
