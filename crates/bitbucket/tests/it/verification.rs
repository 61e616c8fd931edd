//! Trying out a credential.

use std::sync::Arc;

use bitbucket::verify::{Part, Plan, verify};
use bitbucket::{Client, ClientConfig, ClientError, Credential, Holder, Standing};
use emulator::{Emulator, Options, World, WorldSpec};
use model::ManualClock;
use model::verification::{Check, Code, Outcome, Verification};
use serde_json::{Value, json};

use crate::server::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

/// What a workspace with everything answers.
fn sound(asked: &Asked) -> Answer {
    let path = asked.target.split('?').next().unwrap();
    let path = path.strip_prefix("/2.0").unwrap();
    let below = path.strip_prefix("/repositories/acme/website");
    let page = |value: Value| Answer::page(&[value]);
    match (path, below) {
        ("/workspaces/acme", _) => Answer::json(&json!({ "slug": "acme" })),
        ("/workspaces/acme/members" | "/workspaces/acme/hooks", _) => Answer::page(&[]),
        ("/repositories/acme", _) => Answer::page(&[
            repository("attic", "2019-01-01T00:00:00+00:00"),
            repository("website", "2026-03-01T00:00:00+00:00"),
            repository("shop", "2025-03-01T00:00:00+00:00"),
        ]),
        (_, Some("/pullrequests")) => page(json!({ "id": 7 })),
        (_, Some("/pullrequests/7/diffstat")) => Answer::text(302, "").with(
            "location",
            &format!(
                "http://{}/2.0/repositories/acme/website/diffstat/{SHA}",
                asked.headers["host"].to_str().unwrap()
            ),
        ),
        (_, Some("/commits/main")) => page(json!({ "hash": SHA })),
        (_, Some("/pipelines/")) => page(json!({ "uuid": "{dd-1}" })),
        (_, Some(_)) => Answer::page(&[]),
        _ => Answer::error(404, "Repository not found"),
    }
}

fn repository(slug: &str, updated_on: &str) -> Value {
    json!({ "uuid": format!("{{aa-{slug}}}"), "full_name": format!("acme/{slug}"),
        "workspace": { "uuid": "{ee-1}" }, "mainbranch": { "name": "main" },
        "updated_on": updated_on })
}

fn api_token() -> Credential {
    Credential::ApiToken {
        label: "Ada's".to_owned(),
        email: "ada@example.org".to_owned(),
        token: "tok-en-2".to_owned().into(),
    }
}

async fn verified(server: &Server) -> Verification {
    verify(&server.client(), 0, &Plan::everything())
        .await
        .unwrap()
}

async fn verified_by(server: &Server, credential: Credential) -> Verification {
    let mut config = server.config();
    config.credentials = vec![Holder::new(5, credential)];
    let client = server.client_with(config);
    verify(&client, 5, &Plan::everything()).await.unwrap()
}

/// What comes of it when addresses with `part` in them are answered so.
async fn with_answer(part: &'static str, answer: Answer) -> (Server, Verification) {
    let server = Server::answering(move |_, asked| {
        let path = asked.target.split('?').next().unwrap();
        if path.ends_with(part) {
            answer.clone()
        } else {
            sound(asked)
        }
    })
    .await;
    let verification = verified(&server).await;
    (server, verification)
}

fn check<'v>(verification: &'v Verification, end: &str) -> &'v Check {
    verification
        .checks
        .iter()
        .find(|check| check.endpoint.ends_with(end))
        .unwrap_or_else(|| panic!("{end}: {verification:#?}"))
}

#[tokio::test]
async fn every_endpoint_is_tried_once_at_the_liveliest_repository() {
    let server = Server::answering(|_, asked| sound(asked)).await;
    let verification = verified(&server).await;
    assert!(verification.is_usable(), "{verification:#?}");
    assert!(
        verification
            .checks
            .iter()
            .all(|check| check.outcome == Outcome::Ok),
        "{verification:#?}"
    );
    let mut asked: Vec<String> = server
        .asked()
        .iter()
        .map(|asked| asked.target.split('?').next().unwrap().to_owned())
        .collect();
    let requests = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), requests, "{asked:?}");
    let of_website = "/2.0/repositories/acme/website";
    let diffstat = format!("{of_website}/diffstat/{SHA}");
    let commit = format!("{of_website}/commit/{SHA}");
    for path in [
        "/2.0/workspaces/acme",
        "/2.0/workspaces/acme/members",
        "/2.0/workspaces/acme/hooks",
        "/2.0/repositories/acme",
        "/2.0/repositories/acme/website/pullrequests",
        "/2.0/repositories/acme/website/pullrequests/activity",
        "/2.0/repositories/acme/website/pullrequests/7/activity",
        "/2.0/repositories/acme/website/pullrequests/7/comments",
        "/2.0/repositories/acme/website/pullrequests/7/commits",
        "/2.0/repositories/acme/website/pullrequests/7/diffstat",
        "/2.0/repositories/acme/website/commits/main",
        "/2.0/repositories/acme/website/pipelines/",
        "/2.0/repositories/acme/website/pipelines/%7Bdd-1%7D/steps/",
        "/2.0/repositories/acme/website/environments/",
        "/2.0/repositories/acme/website/deployments/",
        &diffstat,
        &commit,
    ] {
        assert!(asked.contains(&path.to_owned()), "{path}: {asked:?}");
    }
    assert_eq!(asked.len(), 17, "{asked:?}");
}

#[tokio::test]
async fn only_what_the_streams_use_is_tried() {
    let server = Server::answering(|_, asked| sound(asked)).await;
    let plan = Plan::of_streams(["repositories", "pull_requests"]).without(Part::Hooks);
    let verification = verify(&server.client(), 0, &plan).await.unwrap();
    let tried: Vec<_> = verification
        .checks
        .iter()
        .map(|check| check.endpoint.as_str())
        .collect();
    assert_eq!(
        tried,
        [
            "/repositories/{workspace}",
            "/repositories/{workspace}/{repo}/pullrequests"
        ]
    );
}

#[tokio::test]
async fn a_wrong_credential_is_told_once_with_what_its_kind_is_sent_with() {
    let server = Server::saying(vec![Answer::error(
        401,
        "Token is invalid, expired, or not supported for this endpoint.",
    )])
    .await;
    for (credential, words) in [
        (
            server.config().credentials.remove(0).credential,
            ["Basic auth", "expired", "2026-07-28"],
        ),
        (
            api_token(),
            ["a user name is refused", "year", "2026-07-28"],
        ),
    ] {
        let verification = verified_by(&server, credential).await;
        assert_eq!(verification.code, Some(Code::InvalidCredentials));
        let [check] = &verification.checks[..] else {
            panic!("{verification:#?}");
        };
        assert_eq!(check.status, Some(401));
        for word in words {
            assert!(check.mend.contains(word), "{word}: {}", check.mend);
        }
    }
    assert_eq!(server.asked().len(), 2);
}

fn lacking(required: &[&str], granted: &[&str]) -> Answer {
    let body = json!({ "type": "error", "error": {
        "message": "Your credentials lack one or more required privilege scopes.",
        "detail": { "required": required, "granted": granted },
    }});
    Answer::new(403, "application/json", &body.to_string())
}

#[tokio::test]
async fn a_missing_scope_is_named_in_the_words_of_the_credentials_kind() {
    for answer in [
        lacking(&["pullrequest"], &["repository"]),
        lacking(&["read:pullrequest:bitbucket"], &["repository"]),
        // It does not always say.
        Answer::error(
            403,
            "Your credentials lack one or more required privilege scopes.",
        ),
    ] {
        let of_all: &'static str = "/pullrequests";
        let refused = answer.clone();
        let server = Server::answering(move |_, asked| {
            if asked.target.contains(of_all) {
                refused.clone()
            } else {
                sound(asked)
            }
        })
        .await;
        let verification = verified(&server).await;
        assert_eq!(verification.code, Some(Code::InvalidPermissions));
        let found = check(&verification, "/pullrequests");
        assert_eq!(found.missing_scopes, ["pullrequest"]);
        assert!(
            found.mend.contains("the scope pullrequest"),
            "{}",
            found.mend
        );
        let verification = verified_by(&server, api_token()).await;
        let found = check(&verification, "/pullrequests");
        assert_eq!(found.missing_scopes, ["read:pullrequest:bitbucket"]);
        // What works is told to work.
        assert_eq!(check(&verification, "/pipelines/").outcome, Outcome::Ok);
    }
}

#[tokio::test]
async fn a_scope_that_is_there_is_not_asked_for() {
    let answer = Answer::error(403, "Forbidden").with("x-oauth-scopes", "account, repository");
    let (_, verification) = with_answer("/members", answer).await;
    assert_eq!(verification.code, Some(Code::InvalidPermissions));
    let found = check(&verification, "/members");
    assert!(found.missing_scopes.is_empty(), "{found:?}");
    assert!(found.mend.contains("The scopes suffice"), "{}", found.mend);
}

#[tokio::test]
async fn what_may_be_off_or_is_not_needed_is_a_warning() {
    for (part, answer) in [
        ("/pipelines/", Answer::error(404, "Not found")),
        ("/pipelines/", lacking(&["pipeline"], &["repository"])),
        ("/steps/", Answer::error(403, "Forbidden")),
        ("/environments/", Answer::text(404, "Not Found")),
        ("/deployments/", Answer::error(403, "Forbidden")),
        ("/diffstat", lacking(&["repository"], &["pullrequest"])),
        ("/diffstat", Answer::text(555, "")),
        ("/hooks", lacking(&["webhook"], &["repository"])),
        ("/hooks", Answer::error(404, "Not found")),
        (
            "/hooks",
            Answer::error(401, "Token is not supported for this endpoint."),
        ),
        ("/commits/main", Answer::error(404, "Commit not found")),
    ] {
        let (_, verification) = with_answer(part, answer).await;
        assert!(verification.is_usable(), "{part}: {verification:#?}");
        let warnings = verification.checks.iter();
        let warnings: Vec<_> = warnings
            .filter(|check| check.outcome == Outcome::Warning)
            .collect();
        assert_eq!(warnings.len(), 1, "{part}: {verification:#?}");
        assert!(!warnings[0].what.is_empty());
    }
}

#[tokio::test]
async fn a_listed_repository_that_is_shut_is_a_matter_of_permission() {
    for answer in [
        Answer::error(404, "Repository acme/website not found"),
        Answer::text(404, "Not Found"),
    ] {
        let (_, verification) = with_answer("/pullrequests", answer).await;
        assert_eq!(verification.code, Some(Code::InvalidPermissions));
        let found = check(&verification, "/pullrequests");
        assert!(found.what.contains("acme/website"), "{}", found.what);
        assert!(found.missing_scopes.is_empty());
    }
}

#[tokio::test]
async fn nothing_to_see_names_both_causes() {
    let (_, empty) = with_answer("/repositories/acme", Answer::page(&[])).await;
    let missing = Server::saying(vec![Answer::error(
        404,
        "No workspace with identifier 'acme'.",
    )])
    .await;
    for verification in [empty, verified(&missing).await] {
        assert_eq!(
            verification.code,
            Some(Code::NoResources),
            "{verification:#?}"
        );
        let found = check(&verification, "/repositories/{workspace}");
        assert_eq!(found.code, Some(Code::NoResources));
        for cause in ["workspace's name", "sees no repository"] {
            assert!(found.mend.contains(cause), "{}", found.mend);
        }
    }
}

#[tokio::test]
async fn what_does_not_answer_is_never_blamed_on_the_token() {
    let html = Answer::new(200, "text/html", "<html>Sign in to the network</html>");
    for answer in [Answer::text(503, ""), html] {
        let server = Server::saying(vec![answer]).await;
        let verification = verified(&server).await;
        assert_eq!(
            verification.code,
            Some(Code::Unreachable),
            "{verification:#?}"
        );
        for check in &verification.checks {
            assert!(
                check.mend.contains("nothing of the credential"),
                "{}",
                check.mend
            );
        }
    }
    // Nobody is there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client_with(config(&format!("http://{closed}/2.0")));
    let verification = verify(&client, 0, &Plan::everything()).await.unwrap();
    assert_eq!(verification.code, Some(Code::Unreachable));
    let [check] = &verification.checks[..] else {
        panic!("{verification:#?}");
    };
    assert_eq!(check.status, None);
}

#[tokio::test]
async fn a_rate_limit_is_told_and_not_waited_for() {
    let server = Server::saying(vec![Answer::text(429, "Rate limit exceeded")]).await;
    let verification = verified(&server).await;
    assert_eq!(verification.code, Some(Code::RateLimited));
    assert_eq!(server.asked().len(), 1);
    assert!(server.log.waits.lock().unwrap().is_empty());
}

#[tokio::test]
async fn trials_are_counted_and_a_credential_that_is_accepted_again_is_used_again() {
    let server = Server::answering(|number, asked| match number {
        0 => Answer::error(401, "Token is invalid."),
        _ => sound(asked),
    })
    .await;
    let client = server.client();
    client.page(&pulls(), None).await.unwrap_err();
    assert!(matches!(
        client.holders()[0].standing,
        Standing::Refused { .. }
    ));
    let verification = verify(&client, 0, &Plan::everything()).await.unwrap();
    assert!(verification.is_usable());
    let state = client.holders().remove(0);
    assert_eq!(state.standing, Standing::Ok);
    let used: i64 = state.groups.values().map(|group| group.used).sum();
    assert_eq!(used, i64::try_from(server.asked().len()).unwrap());
    client.page(&pulls(), None).await.unwrap();
    let error = verify(&client, 9, &Plan::everything()).await.unwrap_err();
    assert!(matches!(error, ClientError::InvalidConfig(_)), "{error}");
}

#[tokio::test]
async fn the_commands_hold_placeholders_and_lead_to_the_same_address() {
    let server = Server::answering(|_, asked| sound(asked)).await;
    let with_token = verified(&server).await;
    let with_address = verified_by(&server, api_token()).await;
    for (verification, login) in [
        (
            with_token,
            "-H 'Authorization: Bearer YOUR_WORKSPACE_TOKEN' ",
        ),
        (with_address, "-u 'ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN' "),
    ] {
        for check in &verification.checks {
            let command = &check.curl;
            assert!(command.starts_with("curl "), "{command}");
            assert!(command.contains(login), "{command}");
            let address = format!("'{}{}'", server.base, check.path);
            assert!(command.ends_with(&address), "{command} {address}");
        }
        let shown = format!("{verification:?}");
        assert!(
            !shown.contains("tok-en") && !shown.contains("ada@"),
            "{shown}"
        );
    }
}

/// A command works as it is printed once the placeholder is replaced: tried with curl itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_works_as_printed() {
    let server = Server::answering(|_, asked| sound(asked)).await;
    let verification = verified_by(&server, api_token()).await;
    let before = server.asked().len();
    for end in ["/pullrequests", "/steps/", "/diffstat"] {
        let command = check(&verification, end).curl.replace(
            "ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN",
            "ada@example.org:tok-en-2",
        );
        let ran = tokio::process::Command::new("sh")
            .args([
                "-c",
                &format!("command -v curl >/dev/null || exit 77; {command} -sf --noproxy '*'"),
            ])
            .output()
            .await
            .unwrap();
        if ran.status.code() == Some(77) {
            println!("curl is not installed here: its commands were not tried");
            return;
        }
        let words = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{command}: {words}");
    }
    let asked = server.asked();
    let sent = &asked[before..];
    assert_eq!(sent.len(), 4);
    for request in sent {
        assert_eq!(
            request.headers["authorization"],
            asked[0].headers["authorization"]
        );
    }
    let tried = |end: &str| check(&verification, end).path.clone();
    assert_eq!(sent[0].target, format!("/2.0{}", tried("/pullrequests")));
    assert_eq!(sent[1].target, format!("/2.0{}", tried("/steps/")));
}

/// The credentials that the documents ask for, against a workspace that holds them to it.
#[tokio::test]
async fn the_documented_scopes_pass() {
    let clock = ManualClock::starting_at(start());
    let world = World::generate(&WorldSpec::small(start()), Arc::new(clock.clone()));
    let workspace = world.workspace_slug().to_owned();
    let options = Options::with_credentials([
        emulator::Credential::workspace_access_token("tok-en-1").with_scopes(&[
            "account",
            "pipeline",
            "pullrequest",
            "repository",
        ]),
        emulator::Credential::api_token("ada@example.org", "tok-en-2").with_scopes(&[
            "read:repository:bitbucket",
            "read:pullrequest:bitbucket",
            "read:pipeline:bitbucket",
            "read:workspace:bitbucket",
        ]),
        emulator::Credential::workspace_access_token("weak").with_scopes(&[
            "pipeline",
            "pullrequest",
            "repository",
        ]),
    ]);
    let emulator = Emulator::start(world, options).await.unwrap();
    let base: url::Url = emulator.base_url().parse().unwrap();
    let token = |token: &str| Credential::AccessToken {
        label: "Importer".to_owned(),
        token: token.to_owned().into(),
    };
    let mut results = Vec::new();
    for credential in [token("tok-en-1"), api_token(), token("weak"), token("none")] {
        let config = ClientConfig::new(base.clone(), workspace.clone(), credential);
        let clock = Arc::new(clock.clone());
        let client = Client::new(config, clock, Arc::new(bitbucket::Silent)).unwrap();
        results.push(verify(&client, 0, &Plan::everything()).await.unwrap());
    }
    for verification in &results[..2] {
        assert!(verification.is_usable(), "{verification:#?}");
        let warnings = verification.checks.iter();
        let warnings: Vec<_> = warnings
            .filter(|check| check.outcome == Outcome::Warning)
            .map(|check| check.endpoint.as_str())
            .collect();
        assert_eq!(warnings, ["/workspaces/{workspace}/hooks"]);
    }
    assert_eq!(results[2].code, Some(Code::InvalidPermissions));
    assert_eq!(check(&results[2], "/members").missing_scopes, ["account"]);
    assert_eq!(results[3].code, Some(Code::InvalidCredentials));
}
