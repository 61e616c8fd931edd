//! The list of what may be requested, and the check that every request passes.

use model::{Id, Uuid};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::{ClientError, RepositoryRef};

/// An endpoint that this client may request. There is no other way to send a request, and none of
/// these returns source code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    Workspace,
    Members,
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
const ALLOWED: [(Endpoint, &str); 20] = [
    (Endpoint::Workspace, "/workspaces/{workspace}"),
    (Endpoint::Members, "/workspaces/{workspace}/members"),
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
    /// The branch or commit, or the UUID of the run.
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
            ("{pipeline}", _) => {
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

/// Whether this names a branch or a commit, and nothing that a server could take for a way up.
fn is_revision(text: &str) -> bool {
    text.split('/')
        .all(|part| !part.is_empty() && part != "." && !part.contains(".."))
        && !text.contains('\\')
        && !text.chars().any(char::is_control)
}

/// Whether this is what a size is computed of: one commit, or two with a carriage return or two dots
/// between, perhaps after the name of the first one's repository (`acme/fork:1f2e…\r3d4c…`).
fn is_spec(text: &str) -> bool {
    let commits = match text.split_once(':') {
        Some((repository, commits)) => {
            let named = repository
                .split_once('/')
                .is_some_and(|(workspace, slug)| is_name(workspace) && is_name(slug));
            if !named {
                return false;
            }
            commits
        }
        None => text,
    };
    let pair = commits
        .split_once('\r')
        .or_else(|| commits.split_once(".."));
    match pair {
        Some((source, destination)) => is_hash(source) && is_hash(destination),
        None => is_hash(commits),
    }
}

/// Whether this may be a workspace or repository in an address: a slug or a UUID in braces.
fn is_name(text: &str) -> bool {
    let bare = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match bare {
        Some(uuid) => !uuid.is_empty() && uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
        None => {
            !text.is_empty()
                && !text.contains("..")
                && text != "."
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        }
    }
}

/// Whether this is a commit's hash, whole or abbreviated.
pub(crate) fn is_hash(text: &str) -> bool {
    (4..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Reads a UUID as addresses spell it.
fn braced(part: &str) -> Option<Uuid> {
    part.starts_with('{').then(|| Uuid::parse(part)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> RepositoryRef {
        RepositoryRef {
            uuid: Uuid::parse("{0a0a-1}").unwrap(),
            full_name: "acme/Web.site".to_owned(),
            workspace_id: Id::workspace(&Uuid::parse("{ace-1}").unwrap()),
        }
    }

    fn verdict(url: &str, endpoint: Endpoint) -> Result<(), ClientError> {
        let repository = repository();
        let base = Url::parse("https://api.bitbucket.org/2.0").unwrap();
        let scope = Scope {
            endpoint,
            repository: (endpoint.group() == "repositories" && endpoint != Endpoint::Repositories)
                .then_some(&repository),
            number: Some(7),
            name: match endpoint {
                Endpoint::Commits | Endpoint::CommitsFurther => Some("feature/a@b"),
                Endpoint::Commit => Some("0123456789ab"),
                _ => Some("{f00d-1}"),
            },
        };
        Gate::new(&base, "acme").admit(&Url::parse(url).unwrap(), &scope)
    }

    #[test]
    fn what_is_listed_passes() {
        use Endpoint::*;
        for (url, endpoint) in [
            ("https://api.bitbucket.org/2.0/workspaces/acme", Workspace),
            (
                "https://api.bitbucket.org:443/2.0/workspaces/ACME/members?page=2",
                Members,
            ),
            (
                "https://API.bitbucket.org/2.0/repositories/acme?page=2",
                Repositories,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests",
                PullRequests,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/%7BACE-1%7D/%7B0A0A-1%7D/pullrequests?page=2",
                PullRequests,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/acme/Web.site/pullrequests/activity?ctx=x",
                RepositoryActivity,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/acme/Web.site/pullrequests/7/activity",
                PullActivity,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/acme/Web.site/pullrequests/7/comments",
                PullComments,
            ),
            (
                "https://api.bitbucket.org/2.0/repositories/acme/Web.site/pipelines/?page=3",
                Pipelines,
            ),
        ] {
            assert_eq!(verdict(url, endpoint), Ok(()), "{url}");
        }
    }

    #[test]
    fn nothing_else_passes() {
        use Endpoint::PullRequests;
        for url in [
            "http://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org.evil.example/2.0/repositories/acme/web.site/pullrequests",
            "https://evil.example/2.0/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org:8443/2.0/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org@evil.example/2.0/repositories/acme/web.site/pullrequests",
            "https://user@api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests",
            "https://:pass@api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests#x",
            "https://api.bitbucket.org/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org/2.00/repositories/acme/web.site/pullrequests",
            "https://api.bitbucket.org/2.0/../2.0/repositories/acme/web.site/src",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/../src",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/%2e%2e/src",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site%2Fsrc/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme%2Fweb.site/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme/%2e%2e%5cx/pullrequests",
            "https://api.bitbucket.org/2.0/repositories//web.site/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/other/web.site/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme/another/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/%7Bdad-1%7D/web.site/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme/%7Bdad-1%7D/pullrequests",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/7",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/activity",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/src/main/README.md",
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/diff/1",
            "https://api.bitbucket.org/2.0/repositories/acme",
            "https://api.bitbucket.org/2.0",
        ] {
            assert!(
                matches!(
                    verdict(url, PullRequests),
                    Err(ClientError::NotAllowed { .. })
                ),
                "{url}"
            );
        }
        let of_another =
            "https://api.bitbucket.org/2.0/repositories/acme/web.site/pullrequests/77/activity";
        assert!(verdict(of_another, Endpoint::PullActivity).is_err());
    }

    const REPOSITORY: &str = "https://api.bitbucket.org/2.0/repositories/acme/Web.site";

    #[test]
    fn the_other_streams_pass_too() {
        use Endpoint::*;
        for (path, endpoint) in [
            ("", Repository),
            ("/pullrequests/7", PullRequest),
            ("/pullrequests/7/commits?page=8xhd", PullCommits),
            ("/pullrequests/7/diffstat", PullDiffstat),
            ("/commits/feature/a@b?ctx=79edd3&page=2", Commits),
            ("/commits/feature%2Fa%40b", Commits),
            ("/commits?ctx=79edd3&page=2", CommitsFurther),
            ("/commit/0123456789ab", Commit),
            ("/pipelines/%7Bf00d-1%7D", Pipeline),
            ("/pipelines/%7BF00D-1%7D/steps/?page=2", PipelineSteps),
            ("/environments/", Environments),
            ("/deployments/?page=2", Deployments),
        ] {
            let url = format!("{REPOSITORY}{path}");
            assert_eq!(verdict(&url, endpoint), Ok(()), "{url}");
        }
    }

    #[test]
    fn a_size_is_computed_of_commits_and_nothing_else() {
        for spec in [
            "acme/web.site:16182c4698fb%0D1fbd047cd123?from_pullrequest_id=7&topic=true",
            "acme/web.site:16182c4698fb%0d1fbd047cd123?page=2",
            "fork-er/web_site:16182c4698fb%0D1fbd047cd123",
            "%7Bace-1%7D/%7B0a0a-1%7D:16182c4698fb%0D1fbd047cd123",
            "acme%2Fweb.site%3A16182c4698fb..1fbd047cd123",
            "16182c4698fb..1fbd047cd123",
            "16182c4698fb",
            "0123456789012345678901234567890123456789..16182c4698fb",
        ] {
            let url = format!("{REPOSITORY}/diffstat/{spec}");
            assert_eq!(verdict(&url, Endpoint::Diffstat), Ok(()), "{url}");
        }
        for spec in [
            "",
            "acme/web.site:",
            "main",
            "main..feature",
            "16182c4698fb%0D",
            "16182c4698fb...1fbd047cd123",
            "16182c4698fb..1fbd047cd123..16182c4698fb",
            "16182c4698fb%0A1fbd047cd123",
            "16182c4698fb/src/main",
            "acme/web.site:16182c4698fb/1fbd047cd123",
            "acme/web.site/src:16182c4698fb%0D1fbd047cd123",
            "acme:16182c4698fb%0D1fbd047cd123",
            "acme/web.site:16182c4698fb%0D1fbd047cd123:16182c4698fb",
            "../web.site:16182c4698fb%0D1fbd047cd123",
            "%2e%2e%2fdiff%2f16182c4698fb",
            "..%2Fsrc:16182c4698fb%0D1fbd047cd123",
            "acme/..:16182c4698fb%0D1fbd047cd123",
            "%7B%7D/web.site:16182c4698fb",
            "ac%0Dme/web.site:16182c4698fb",
            "16182c4698fb%FF",
            "16182c4698fb%00",
            "16182c4698fb%0D1fbd047cd123/",
        ] {
            let url = format!("{REPOSITORY}/diffstat/{spec}");
            assert!(verdict(&url, Endpoint::Diffstat).is_err(), "{url}");
        }
    }

    #[test]
    fn no_address_of_a_change_or_a_file_passes_as_anything() {
        for path in [
            "/diff/16182c4698fb",
            "/diff/acme/web.site:16182c4698fb%0D1fbd047cd123",
            "/patch/16182c4698fb",
            "/src",
            "/src/16182c4698fb/README.md",
            "/raw/16182c4698fb/README.md",
            "/filehistory/16182c4698fb/README.md",
            "/downloads/x.zip",
            "/pullrequests/7/diff",
            "/pullrequests/7/patch",
            "/pullrequests/7/../../src/16182c4698fb/x",
            "/commit/0123456789ab/../../src/x",
            "/commit/0123456789ab/../../diff/16182c4698fb",
            "/commit/0123456789ab%2F..%2F..%2Fsrc",
            "/commits/feature/a@b/../../src/x",
            "/commits/feature/a@b/%2e%2e/%2e%2e/src/x",
            "/commits/feature%2F..%2F..%2Fsrc",
            "/diffstat/16182c4698fb/../../src/x",
            "/diffstat/..%2Fsrc%2F16182c4698fb",
            "/diffstat/%2e%2e/diff/16182c4698fb",
            "/pipelines/%7Bf00d-1%7D/steps/%7Bf00d-2%7D/log",
            "/pipelines/%7Bf00d-1%7D/steps",
            "/pipelines/%7Bf00d-2%7D/steps/",
            "/pipelines_config/variables/",
            "/deployments_config/environments/%7Bf00d-1%7D/variables",
            "/environments",
            "/deployments",
            "/commits/main",
            "/commit/ffffffffffff",
            "/refs/branches",
        ] {
            let url = format!("{REPOSITORY}{path}");
            for (endpoint, template) in ALLOWED {
                assert!(verdict(&url, endpoint).is_err(), "{url} as {template}");
            }
        }
    }

    #[test]
    fn a_branch_whose_name_leads_up_is_not_asked_for() {
        let repository = repository();
        let base = Url::parse("https://api.bitbucket.org/2.0").unwrap();
        let gate = Gate::new(&base, "acme");
        for name in [
            "..",
            "a/../../src",
            "a\\..\\src",
            "",
            "a//b",
            "a/",
            "/a",
            ".",
            "a\nb",
        ] {
            let scope = Scope::of(Endpoint::Commits, &repository).named(name);
            let encoded: String =
                percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
                    .collect();
            for tail in [name, encoded.as_str()] {
                let url = Url::parse(&format!("{REPOSITORY}/commits/{tail}")).unwrap();
                assert!(gate.admit(&url, &scope).is_err(), "{url}");
            }
        }
    }

    #[test]
    fn no_endpoint_returns_source_code() {
        for (_, template) in ALLOWED {
            for word in [
                "src",
                "diff",
                "patch",
                "raw",
                "filehistory",
                "refs",
                "downloads",
                "log",
                "logs",
            ] {
                assert!(template.split('/').all(|part| part != word), "{template}");
            }
            assert!(template.contains("{workspace}"), "{template}");
        }
    }
}
