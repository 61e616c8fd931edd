//! Who may ask for what, and what refusals look like.

use emulator::{Credential, Shut, WorldSpec};
use serde_json::json;

use crate::stage::{Stage, TOKEN, column, end};

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

const REPO: &str = "/repositories/acme-rockets/mission-control";

async fn status(stage: &Stage, credential: &Credential, path: &str) -> u16 {
    let sent = credential.authorization();
    stage.get_as(Some(&sent), path).await.status
}

/// The slugs of the repositories that a credential finds listed.
async fn listed(stage: &Stage, credential: &Credential) -> Vec<String> {
    let sent = credential.authorization();
    let path = "/repositories/acme-rockets?pagelen=100";
    let reply = stage.get_as(Some(&sent), path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    column(reply.json()["values"].as_array().unwrap(), "/slug")
}

#[tokio::test]
async fn access_tokens_of_projects_and_repositories_see_what_they_belong_to() {
    let (of_project, of_repository, of_nothing) = (
        Credential::project_access_token("of-a-project", "FLIGHT"),
        Credential::repository_access_token("of-a-repository", "mission-control"),
        Credential::workspace_access_token("of-nothing").seeing(&[]),
    );
    let known = [&of_project, &of_repository, &of_nothing];
    let stage = with_credentials(known.into_iter().cloned().collect()).await;
    assert_eq!(
        listed(&stage, &of_project).await,
        ["mission-control", "new-idea"]
    );
    assert_eq!(listed(&stage, &of_repository).await, ["mission-control"]);
    assert!(listed(&stage, &of_nothing).await.is_empty());
    for (credential, mission, telemetry) in [
        (&of_project, 200, 404),
        (&of_repository, 200, 404),
        (&of_nothing, 404, 404),
    ] {
        assert_eq!(status(&stage, credential, REPO).await, mission);
        let other = "/repositories/acme-rockets/telemetry-ingest/pullrequests";
        assert_eq!(status(&stage, credential, other).await, telemetry);
        let elsewhere = status(&stage, credential, "/repositories/elsewhere").await;
        assert_eq!(elsewhere, 404);
        // Only tokens of the workspace may have the scope of members.
        let members = status(&stage, credential, "/workspaces/acme-rockets/members").await;
        assert_eq!(members, if credential == &of_nothing { 200 } else { 403 });
    }
    let sent = of_repository.authorization();
    let reply = stage.get_as(Some(&sent), REPO).await;
    let kind = reply.header("x-credential-type");
    assert_eq!(kind, Some("repository_access_token"));
}

#[tokio::test]
async fn what_is_dead_is_refused_and_what_comes_back_is_not() {
    let expiring = Credential::workspace_access_token("a").labelled("expiring");
    let expiring = expiring.expiring_at(end().plus_seconds(60));
    let revoked = Credential::api_token(EMAIL, "b").labelled("revoked");
    let useless = Credential::api_token(EMAIL, "c").with_scopes(&[]);
    let known = [&expiring, &revoked, &useless];
    let stage = with_credentials(known.into_iter().cloned().collect()).await;
    let refusal = "Token is invalid, expired, or not supported for this endpoint.";
    assert_eq!(status(&stage, &expiring, REPO).await, 200);
    assert_eq!(status(&stage, &revoked, REPO).await, 200);
    assert_eq!(status(&stage, &useless, REPO).await, 401);
    stage.clock.advance_seconds(60);
    stage.emulator.revoke("revoked");
    for credential in known {
        let reply = stage.get_as(Some(&credential.authorization()), REPO).await;
        assert_eq!((reply.status, reply.message().as_str()), (401, refusal));
        assert_eq!(reply.header("x-oauth-scopes"), None);
    }
    stage.emulator.reinstate("revoked");
    stage
        .emulator
        .change_credential("expiring", |credential| credential.expires_at = None);
    assert_eq!(status(&stage, &expiring, REPO).await, 200);
    assert_eq!(status(&stage, &revoked, REPO).await, 200);
    assert_eq!(stage.emulator.requests_of("expiring"), 3);
    assert_eq!(stage.emulator.requests_of("revoked"), 3);
    assert_eq!(stage.emulator.requests_of("nobody"), 0);
}

#[tokio::test]
async fn granted_admin_rights_let_nobody_read() {
    let admin = Credential::workspace_access_token(TOKEN);
    let admin = admin.with_scopes(&["project:admin", "repository:admin", "repository:delete"]);
    let stage = with_credentials(vec![admin]).await;
    let reply = stage.get(REPO).await;
    assert_eq!(reply.status, 403);
    let detail = &reply.json()["error"]["detail"];
    assert_eq!(detail["required"], json!(["repository"]));
    assert_eq!(detail["granted"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_repository_may_be_listed_and_refuse_everything() {
    let stage = Stage::small().await;
    for (how, expected) in [(Shut::Forbidden, 403), (Shut::NotFound, 404)] {
        stage
            .emulator
            .world()
            .shut_repository("mission-control", how)
            .unwrap();
        let all = stage.all("/repositories/acme-rockets").await;
        assert!(column(&all, "/slug").contains(&"mission-control".to_owned()));
        for rest in [
            "",
            "/pullrequests",
            "/pullrequests/1",
            "/pipelines/",
            "/commits",
        ] {
            let reply = stage.get(&format!("{REPO}{rest}")).await;
            assert_eq!(reply.status, expected, "{rest}");
            assert!(!reply.message().is_empty(), "{rest}");
        }
    }
    stage
        .emulator
        .world()
        .reopen_repository("mission-control")
        .unwrap();
    assert_eq!(stage.get(REPO).await.status, 200);
}
