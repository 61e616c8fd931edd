//! Trying out a credential.

use jira::{JiraClient, JiraConfig, Site};
use model::verification::{Check, Code, Outcome, Verification};
use serde_json::json;

use crate::server::*;

/// What comes of a site where the account is answered so, and the listing so.
async fn verified(myself: Answer, users: Answer) -> (Verification, Vec<String>) {
    let server = Server::answering(move |_, asked| {
        if asked.is_myself() {
            myself.clone()
        } else {
            users.clone()
        }
    })
    .await;
    let verification = server.client().verify().await;
    (verification, server.targets())
}

/// The one check that failed, which must be the last.
fn failed(verification: &Verification) -> &Check {
    let (last, before) = verification.checks.split_last().unwrap();
    assert!(before.iter().all(|check| check.outcome == Outcome::Ok));
    assert_eq!(last.outcome, Outcome::Failed);
    assert_eq!(last.code, verification.code);
    assert!(!last.mend.is_empty());
    last
}

fn unauthorized() -> Answer {
    let body = json!({ "message": "Client must sign in.", "status-code": 401 });
    Answer::refusal(401, &body)
}

#[tokio::test]
async fn a_credential_that_may_list_accounts_is_usable() {
    let (verification, targets) = verified(Answer::myself(), Answer::accounts([1])).await;
    assert!(verification.is_usable(), "{verification:?}");
    assert_eq!(targets, ["/myself", "/users/search?maxResults=1"]);
    let [myself, users] = verification.checks.as_slice() else {
        panic!("two checks: {verification:?}")
    };
    assert_eq!(myself.endpoint, "/rest/api/3/myself");
    assert_eq!(myself.path, "/rest/api/3/myself");
    assert_eq!(users.endpoint, "/rest/api/3/users/search");
    assert_eq!(users.path, "/rest/api/3/users/search?maxResults=1");
    for check in [myself, users] {
        assert_eq!(
            (check.status, check.outcome, check.code),
            (Some(200), Outcome::Ok, None)
        );
        assert!(check.mend.is_empty() && check.missing_scopes.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_credential_and_a_missing_permission_are_told_apart() {
    let (refused, targets) = verified(unauthorized(), Answer::accounts([])).await;
    assert_eq!(refused.code, Some(Code::InvalidCredentials));
    assert_eq!(failed(&refused).status, Some(401));
    assert!(failed(&refused).what.contains("Client must sign in"));
    // What follows a wrong credential says nothing, so nothing follows.
    assert_eq!(targets, ["/myself"]);

    let forbidden = Answer::refusal(
        403,
        &json!({ "errorMessages": ["You are not allowed to."], "errors": {} }),
    );
    let (refused, _) = verified(Answer::myself(), forbidden.clone()).await;
    assert_eq!(refused.code, Some(Code::InvalidPermissions));
    let check = failed(&refused);
    assert_eq!(check.endpoint, "/rest/api/3/users/search");
    assert!(
        check.mend.contains("Browse users and groups"),
        "{}",
        check.mend
    );
    assert_eq!(check.missing_scopes, ["Browse users and groups"]);

    let (refused, _) = verified(forbidden, Answer::accounts([1])).await;
    assert_eq!(refused.code, Some(Code::InvalidPermissions));
    assert!(failed(&refused).mend.contains("access to Jira"));
}

#[tokio::test]
async fn a_missing_scope_is_a_permission_though_the_gateway_says_401() {
    let unscoped = Answer::refusal(
        401,
        &json!({ "code": 401, "message": "Unauthorized; scope does not match" }),
    );
    let (refused, _) = verified(Answer::myself(), unscoped).await;
    assert_eq!(refused.code, Some(Code::InvalidPermissions));
    assert_eq!(failed(&refused).missing_scopes, ["read:jira-user"]);
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_is_not_taken_for_somebody() {
    let denied = Answer::text(403, "").with("x-seraph-loginreason", "AUTHENTICATION_DENIED");
    let failed_quietly = Answer::myself().with("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    let nobody = Answer::json(&json!({ "displayName": "Anonymous", "active": true }));
    for myself in [denied, failed_quietly, nobody] {
        let (refused, targets) = verified(myself.clone(), Answer::accounts([])).await;
        assert_eq!(refused.code, Some(Code::InvalidCredentials), "{myself:?}");
        assert!(failed(&refused).mend.contains("API token"));
        assert_eq!(targets, ["/myself"]);
    }
}

#[tokio::test]
async fn a_site_that_is_not_there_or_shows_nobody_has_no_resources() {
    let moved = Answer::text(302, "").with("location", "https://new-acme.atlassian.net/");
    for answer in [Answer::html(404), Answer::html(410), moved] {
        let (refused, _) = verified(answer, Answer::accounts([1])).await;
        assert_eq!(refused.code, Some(Code::NoResources));
        assert!(failed(&refused).mend.contains("Open the site in a browser"));
    }
    let (refused, _) = verified(Answer::myself(), Answer::accounts([])).await;
    assert_eq!(refused.code, Some(Code::NoResources));
    assert!(failed(&refused).mend.contains("Browse users and groups"));
}

#[tokio::test]
async fn what_says_nothing_of_the_credential_is_not_blamed_on_it() {
    for answer in [
        Answer::text(503, "down"),
        Answer::html(500),
        Answer::html(200),
        Answer::text(200, "{\"accountId\": "),
        Answer::text(418, "a teapot"),
    ] {
        let (refused, targets) = verified(answer.clone(), Answer::accounts([1])).await;
        assert_eq!(refused.code, Some(Code::Unreachable), "{answer:?}");
        assert!(failed(&refused).mend.contains("not to blame"));
        assert_eq!(targets, ["/myself"], "asked once");
    }
    let (refused, _) = verified(Answer::myself(), Answer::json(&json!({}))).await;
    assert_eq!(refused.code, Some(Code::Unreachable));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let server = Server::saying(vec![Answer::myself()]).await;
    // Nobody listens at a port that was just given back.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = JiraConfig::new(Site::parse(&base).unwrap(), EMAIL, TOKEN.into());
    let verification = server.client_of(config).verify().await;
    assert_eq!(verification.code, Some(Code::Unreachable));
    let check = failed(&verification);
    assert_eq!(check.status, None);
    assert!(
        check.what.contains("no connection came about"),
        "{}",
        check.what
    );
}

#[tokio::test]
async fn a_rate_limit_is_told_and_not_waited_for() {
    let limited = Answer::text(429, "slow down").with("retry-after", "95");
    let server = Server::saying(vec![Answer::myself(), limited]).await;
    let verification = server.client().verify().await;
    assert_eq!(verification.code, Some(Code::RateLimited));
    assert!(failed(&verification).mend.contains("95 s"));
    assert_eq!(server.asked().len(), 2);
    assert_eq!(server.asked()[1].at, start());
}

#[tokio::test]
async fn the_commands_try_the_same_by_hand() {
    let server = Server::saying(vec![Answer::myself(), Answer::accounts([1])]).await;
    let verification = server.client().verify().await;
    let commands: Vec<&str> = verification
        .checks
        .iter()
        .map(|check| check.curl.as_str())
        .collect();
    let base = &server.base;
    let placeholders = "curl -u 'ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN' -H 'Accept: application/json'";
    assert_eq!(
        commands,
        [
            format!("{placeholders} '{base}/rest/api/3/myself'"),
            format!("{placeholders} '{base}/rest/api/3/users/search?maxResults=1'"),
        ]
    );
}

#[tokio::test]
async fn a_token_with_scopes_is_sent_to_its_own_address() {
    let (refused, _) = verified(unauthorized(), Answer::accounts([])).await;
    assert!(failed(&refused).mend.contains("api.atlassian.com/ex/jira/"));
    // There it is of no use to say so.
    let server = Server::saying(vec![unauthorized()]).await;
    let gateway = format!(
        "{}/ex/jira/1a2b3c4d-0000-4e5f-8a9b-0123456789ab",
        server.base.trim_end_matches("/jira")
    );
    let config = JiraConfig::new(Site::parse(&gateway).unwrap(), EMAIL, TOKEN.into());
    let client: JiraClient = server.client_of(config);
    let refused = client.verify().await;
    assert_eq!(refused.code, Some(Code::InvalidCredentials));
    assert!(!failed(&refused).mend.contains("api.atlassian.com/ex/jira/"));
}
