//! Webhook subscriptions.

use emulator::{Credential, WorldSpec};
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, TOKEN, column, end};

const OF_WORKSPACE: &str = "/workspaces/acme-rockets/hooks";
const OF_REPOSITORY: &str = "/repositories/acme-rockets/mission-control/hooks";

fn token() -> Credential {
    Credential::workspace_access_token(TOKEN).with_scope("webhook")
}

async fn stage(credentials: &[&Credential]) -> Stage {
    Stage::with(&WorldSpec::small(end()), |options| {
        options.credentials = credentials.iter().copied().cloned().collect();
    })
    .await
}

fn wish(events: &[&str]) -> Value {
    json!({
        "description": "Windlass",
        "url": "https://windlass.example.com/webhooks/bitbucket",
        "active": true,
        "secret": "a secret of the tests",
        "events": events,
    })
}

async fn post(stage: &Stage, credential: &Credential, path: &str, body: &Value) -> Reply {
    stage.ask(credential, "POST", path, &body.to_string()).await
}

#[tokio::test]
async fn a_subscription_lives_from_its_making_to_its_end_and_keeps_its_secret() {
    let token = token();
    let stage = stage(&[&token]).await;
    for path in [OF_WORKSPACE, OF_REPOSITORY] {
        let wish = wish(&["pullrequest:created", "repo:push"]);
        let made = post(&stage, &token, path, &wish).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let place = made.header("location").unwrap().to_owned();
        let made = made.json();
        assert_eq!(made["type"], "webhook_subscription");
        assert_eq!(made["events"], wish["events"]);
        assert_eq!(
            (&made["secret_set"], made.get("secret")),
            (&json!(true), None)
        );
        let kind = path[1..].split('/').next().unwrap().trim_end_matches('s');
        let kind = kind.replace("repositorie", "repository");
        assert_eq!(made["subject_type"], kind.as_str());
        assert_eq!(made["subject"]["type"], kind.as_str());
        assert_eq!(stage.json(&place).await, made);
        assert_eq!(stage.all(path).await, std::slice::from_ref(&made));
        let below = place.strip_prefix(&stage.emulator.base_url()).unwrap();

        let change = json!({ "active": false, "description": null });
        let changed = stage.ask(&token, "PUT", below, &change.to_string()).await;
        assert_eq!(changed.status, 200);
        assert_eq!(changed.header("location"), None);
        let changed = changed.json();
        assert_eq!(changed["active"], false);
        assert_eq!(changed["description"], "");
        assert_eq!(changed["secret_set"], true, "what is left out stays");
        assert_eq!(changed["url"], made["url"]);
        for (secret, set) in [
            (json!("new"), true),
            (json!(""), false),
            (json!("n"), true),
            (Value::Null, false),
        ] {
            let change = json!({ "secret": secret }).to_string();
            let changed = stage.ask(&token, "PUT", below, &change).await.json();
            assert_eq!(changed["secret_set"], set);
        }
        let bare = below.replace("%7B", "").replace("%7D", "");
        assert_eq!(stage.get(&bare).await.status, 200);
        let gone = stage.ask(&token, "DELETE", below, "").await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        assert!(stage.all(path).await.is_empty());
        for method in ["GET", "PUT", "DELETE"] {
            let reply = stage.ask(&token, method, below, "{}").await;
            let subject = path.split('/').rev().nth(1).unwrap();
            assert_eq!(reply.status, 404, "{method}");
            assert_eq!(reply.message(), format!("{subject} is not a valid hook"));
        }
        assert_eq!(stage.ask(&token, "POST", below, "{}").await.status, 405);
        assert_eq!(stage.ask(&token, "PUT", path, "{}").await.status, 405);
    }
}

#[tokio::test]
async fn who_may_not_read_what_an_event_is_about_cannot_subscribe_to_it() {
    let poor = Credential::workspace_access_token("poor").with_scopes(&["webhook", "repository"]);
    let reader = Credential::api_token("reader@example.com", "r")
        .with_scopes(&["read:webhook:bitbucket", "read:repository:bitbucket"])
        .of_administrator();
    let writer = Credential::api_token("writer@example.com", "w")
        .with_scopes(&[
            "read:webhook:bitbucket",
            "write:webhook:bitbucket",
            "read:pullrequest:bitbucket",
        ])
        .of_administrator();
    let blind = Credential::workspace_access_token("blind");
    let stage = stage(&[&poor, &reader, &writer, &blind]).await;
    let (pull, push) = (wish(&["pullrequest:created"]), wish(&["repo:push"]));
    for (credential, body, status, lacking) in [
        (&poor, &push, 201, None),
        (&poor, &pull, 403, Some("pullrequest")),
        (&reader, &push, 403, Some("write:webhook:bitbucket")),
        (&writer, &pull, 201, None),
        (&writer, &push, 403, Some("read:repository:bitbucket")),
        (&blind, &pull, 403, Some("webhook")),
    ] {
        let reply = post(&stage, credential, OF_WORKSPACE, body).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        if let Some(lacking) = lacking {
            let required = reply.json()["error"]["detail"]["required"].clone();
            assert!(
                required.as_array().unwrap().contains(&json!(lacking)),
                "{required}"
            );
        }
    }
    let listed = stage.ask(&reader, "GET", OF_WORKSPACE, "").await.json();
    assert_eq!(listed["size"], 2);
    let first = listed["values"][0]["uuid"]
        .as_str()
        .unwrap()
        .replace(['{', '}'], "");
    let place = format!("{OF_WORKSPACE}/{first}");
    let required = stage.ask(&writer, "DELETE", &place, "").await.json();
    let required = &required["error"]["detail"]["required"];
    assert_eq!(required, &json!(["delete:webhook:bitbucket"]));
    assert_eq!(stage.ask(&blind, "GET", OF_WORKSPACE, "").await.status, 403);
}

#[tokio::test]
async fn subscriptions_are_for_those_who_administer() {
    let scopes = [
        "read:webhook:bitbucket",
        "write:webhook:bitbucket",
        "read:repository:bitbucket",
    ];
    let person = Credential::api_token("person@example.com", "p").with_scopes(&scopes);
    let of_repository =
        Credential::repository_access_token("r", "mission-control").with_scope("webhook");
    let stage = stage(&[&person, &of_repository]).await;
    let body = wish(&["repo:push"]);
    let elsewhere = "/repositories/acme-rockets/telemetry-ingest/hooks";
    for (credential, path, status) in [
        (&person, OF_WORKSPACE, 403),
        (&person, OF_REPOSITORY, 403),
        (&of_repository, OF_WORKSPACE, 403),
        (&of_repository, OF_REPOSITORY, 201),
        (&of_repository, elsewhere, 404),
        (&of_repository, "/workspaces/elsewhere/hooks", 404),
    ] {
        let reply = post(&stage, credential, path, &body).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
    }
    assert_eq!(stage.emulator.world().hooks().len(), 1);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let token = token();
    let stage = stage(&[&token]).await;
    let with = |name: &str, value: Value| {
        let mut body = wish(&["repo:push"]);
        body[name] = value;
        body
    };
    for (field, body) in [
        ("url", with("url", json!("nowhere"))),
        ("url", with("url", json!("ftp://example.com/"))),
        ("url", json!({ "events": ["repo:push"] })),
        ("events", json!({ "url": "https://example.com" })),
        ("events", with("events", json!([]))),
        ("events", with("events", json!(["repo:push", "repo:push"]))),
        ("events", with("events", json!(["pullrequest:merged"]))),
        ("secret", with("secret", json!("x".repeat(129)))),
        ("active", with("active", json!("yes"))),
    ] {
        let reply = post(&stage, &token, OF_WORKSPACE, &body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(
            reply.json()["error"]["fields"][field].is_array(),
            "{}",
            reply.text
        );
    }
    assert_eq!(
        stage.ask(&token, "POST", OF_WORKSPACE, "{").await.status,
        400
    );
    let body = with("events", json!(["repo:created"]));
    assert_eq!(post(&stage, &token, OF_REPOSITORY, &body).await.status, 400);
    let local = with("url", json!("http://127.0.0.1:9/hook"));
    assert_eq!(post(&stage, &token, OF_WORKSPACE, &local).await.status, 201);
    stage.emulator.world().quirks.internal_hook_urls_refused = true;
    for url in [
        "http://127.0.0.1:9/",
        "http://10.1.2.3/",
        "https://windlass/",
        "http://[::1]/",
    ] {
        let reply = post(&stage, &token, OF_WORKSPACE, &with("url", json!(url))).await;
        assert_eq!(reply.status, 400, "{url}");
    }
}

#[tokio::test]
async fn anybody_may_know_what_one_can_subscribe_to() {
    let stage = Stage::small().await;
    let mut names = Vec::new();
    for kind in ["workspace", "repository"] {
        let reply = stage
            .get_as(None, &format!("/hook_events/{kind}?pagelen=100"))
            .await;
        assert_eq!(reply.status, 200);
        let values = reply.json()["values"].as_array().unwrap().clone();
        names.push(column(&values, "/event"));
    }
    assert!(names[0].contains(&"project:updated".to_owned()));
    assert!(!names[1].contains(&"project:updated".to_owned()));
    assert!(names[1].contains(&"pullrequest:changes_request_created".to_owned()));
    assert_eq!(stage.get_as(None, "/hook_events/team").await.status, 404);
}

#[tokio::test]
async fn webhooks_have_an_allowance_of_their_own() {
    let token = token();
    let stage = stage(&[&token]).await;
    stage.emulator.set_rate_limit(emulator::RateLimit {
        limit: 2,
        ..emulator::RateLimit::default()
    });
    let list = "/repositories/acme-rockets";
    for path in [OF_WORKSPACE, OF_REPOSITORY, list, list] {
        let reply = stage.get(path).await;
        assert_eq!(reply.status, 200);
        let group = if path == list { "api" } else { "webhooks" };
        assert_eq!(reply.header("x-ratelimit-resource"), Some(group));
    }
    assert_eq!(stage.get(OF_WORKSPACE).await.status, 429);
    assert_eq!(stage.get(list).await.status, 429);
}
