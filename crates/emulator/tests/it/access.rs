//! Who may ask for what, and what refusals look like.

use emulator::{Credential, WorldSpec};
use serde_json::json;

use crate::stage::{Stage, TOKEN, end};

const EMAIL: &str = "marta@example.com";

async fn with_credentials(credentials: Vec<Credential>) -> Stage {
    Stage::with(&WorldSpec::small(end()), |options| {
        options.credentials = credentials
    })
    .await
}

#[tokio::test]
async fn a_credential_counts_only_when_sent_in_its_own_way() {
    let stage = with_credentials(vec![
        Credential::workspace_access_token(TOKEN),
        Credential::api_token(EMAIL, "secret"),
    ])
    .await;
    let basic = |user: &str, secret: &str| Credential::api_token(user, secret).authorization();
    for (sent, status) in [
        (Some(format!("Bearer {TOKEN}")), 200),
        (Some(basic(EMAIL, "secret")), 200),
        (Some(basic("marta", "secret")), 401),
        (Some(basic(EMAIL, TOKEN)), 401),
        (Some("Bearer secret".to_owned()), 401),
        (Some("Bearer nobody".to_owned()), 401),
        (None, 401),
    ] {
        let reply = stage
            .get_as(sent.as_deref(), "/repositories/acme-rockets")
            .await;
        assert_eq!(reply.status, status, "{sent:?}");
        if status == 401 {
            let expected = "Token is invalid, expired, or not supported for this endpoint.";
            assert_eq!(reply.message(), expected);
            assert_eq!(reply.header("x-oauth-scopes"), None);
        }
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_in_an_object() {
    let token = Credential::workspace_access_token(TOKEN).without_scope("pipeline");
    let stage = with_credentials(vec![token]).await;
    let reply = stage
        .get("/repositories/acme-rockets/mission-control/pipelines/")
        .await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json()["error"]["detail"],
        json!({ "required": ["pipeline"], "granted": ["account", "pullrequest", "repository"] })
    );
    assert_eq!(
        reply.header("x-oauth-scopes"),
        Some("account, pullrequest, repository")
    );
    assert_eq!(reply.header("x-accepted-oauth-scopes"), Some("pipeline"));
}

#[tokio::test]
async fn classic_pullrequest_lets_read_repositories_and_granular_scopes_imply_nothing() {
    let granular = Credential::api_token(EMAIL, "secret");
    let stage = with_credentials(vec![
        Credential::workspace_access_token(TOKEN).with_scopes(&["pullrequest:write"]),
        granular
            .clone()
            .with_scopes(&["read:pullrequest:bitbucket"]),
    ])
    .await;
    let path = "/repositories/acme-rockets";
    assert_eq!(stage.get(path).await.status, 200);
    let reply = stage.get_as(Some(&granular.authorization()), path).await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.json()["error"]["detail"]["required"],
        json!(["read:repository:bitbucket"])
    );
}

#[tokio::test]
async fn each_endpoint_needs_its_own_scope() {
    let granular = Credential::api_token(EMAIL, "secret");
    let stage = with_credentials(vec![
        Credential::workspace_access_token(TOKEN),
        granular.clone(),
    ])
    .await;
    let repo = "/repositories/acme-rockets/mission-control";
    for (path, classic, fine) in [
        ("/workspaces/acme-rockets".to_owned(), 200, 200),
        ("/workspaces/acme-rockets/members".to_owned(), 200, 200),
        ("/workspaces/acme-rockets/projects".to_owned(), 403, 403),
        ("/user/workspaces".to_owned(), 200, 200),
        ("/user".to_owned(), 200, 403),
        (format!("{repo}/pullrequests"), 200, 200),
        (format!("{repo}/pullrequests/activity"), 200, 200),
        (format!("{repo}/pullrequests/1/comments"), 200, 200),
        (format!("{repo}/pipelines/"), 200, 200),
    ] {
        assert_eq!(
            stage.get(&path).await.status,
            classic,
            "{path}, access token"
        );
        let reply = stage.get_as(Some(&granular.authorization()), &path).await;
        assert_eq!(reply.status, fine, "{path}, API token");
        assert_eq!(reply.header("x-oauth-scopes"), None);
    }
    assert_eq!(stage.get_as(None, "/hook_events").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_the_recorded_words() {
    let stage = Stage::small().await;
    let reply = stage
        .get("/repositories/acme-rockets/nothing/pullrequests")
        .await;
    assert_eq!(
        (reply.status, reply.message()),
        (404, "Repository acme-rockets/nothing not found".to_owned())
    );
    assert_eq!(stage.get("/repositories/elsewhere").await.status, 404);
    assert_eq!(stage.get("/workspaces/elsewhere").await.status, 404);
    let reply = stage
        .get(&stage.repo("mission-control", "/pullrequests/9999"))
        .await;
    assert_eq!((reply.status, reply.text.as_str()), (404, "Not Found"));
    assert_eq!(reply.header("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn removed_addresses_are_gone_and_unknown_ones_loud() {
    let stage = Stage::small().await;
    for path in [
        "/workspaces",
        "/repositories",
        "/repositories//mission-control",
        "/user/permissions/workspaces",
        "/user/permissions/repositories",
    ] {
        let reply = stage.get(path).await;
        assert_eq!(reply.status, 410, "{path}");
        assert!(reply.message().starts_with("CHANGE-2770"), "{path}");
        assert!(reply.json()["data"]["announcement_url"].is_string());
    }
    let reply = stage
        .get("/repositories/acme-rockets/mission-control/src/main/x")
        .await;
    assert_eq!(reply.status, 501);
    assert!(
        reply
            .text
            .contains("/repositories/acme-rockets/mission-control/src/main/x")
    );
}
