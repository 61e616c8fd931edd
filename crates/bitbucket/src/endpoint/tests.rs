//! What passes and what does not.

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

#[test]
fn what_changes_something_is_the_webhook_and_nothing_else() {
    let changing: Vec<_> = ALLOWED
        .iter()
        .filter_map(|(endpoint, template)| Some((endpoint.changes()?, *template)))
        .collect();
    let hook = "/workspaces/{workspace}/hooks/{hook}";
    assert_eq!(
        changing,
        [
            (Method::POST, "/workspaces/{workspace}/hooks"),
            (Method::PUT, hook),
            (Method::DELETE, hook)
        ]
    );
    let below = "https://api.bitbucket.org/2.0/workspaces/acme/hooks";
    for endpoint in [Endpoint::UpdateHook, Endpoint::DeleteHook] {
        assert_eq!(verdict(&format!("{below}/%7Bf00d-1%7D"), endpoint), Ok(()));
        for other in [
            "",
            "/",
            "/%7Bf00d-2%7D",
            "/f00d-1",
            "/%7Bf00d-1%7D/x",
            "/..",
        ] {
            let url = format!("{below}{other}");
            assert!(verdict(&url, endpoint).is_err(), "{url}");
        }
    }
}
