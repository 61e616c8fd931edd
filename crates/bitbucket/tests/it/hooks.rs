//! Webhooks of the workspace: listed, made, changed, deleted; and what may be sent twice.

use std::sync::Arc;

use bitbucket::hooks::{HookSettings, Trial, TrialError};
use bitbucket::webhook::{EventKey, signature};
use bitbucket::{Client, ClientConfig, ClientError, Credential};
use emulator::{Emulator, Options, World, WorldSpec};
use model::ManualClock;
use serde_json::json;

use crate::server::{Answer, Log, Server, start, uuid};

const UUID: &str = "{d5360000-0000-4000-8000-000000000001}";

fn settings(secret: &str) -> HookSettings {
    HookSettings {
        url: "https://windlass.example.com/webhooks/bitbucket"
            .parse()
            .unwrap(),
        description: "Windlass".to_owned(),
        secret: secret.to_owned().into(),
    }
}

async fn emulated(credential: emulator::Credential) -> (Emulator, Client) {
    let clock = ManualClock::starting_at(start());
    let world = World::generate(&WorldSpec::small(start()), Arc::new(clock.clone()));
    let workspace = world.workspace_slug().to_owned();
    let emulator = Emulator::start(world, Options::with_credentials([credential]))
        .await
        .unwrap();
    let credential = Credential::AccessToken {
        label: "Importer".to_owned(),
        token: "s3cret".to_owned().into(),
    };
    let base = emulator.base_url().parse().unwrap();
    let config = ClientConfig::new(base, workspace, credential);
    let client = Client::new(config, Arc::new(clock), Arc::new(Log::default())).unwrap();
    (emulator, client)
}

fn token(scopes: &[&str]) -> emulator::Credential {
    let token = emulator::Credential::workspace_access_token("s3cret");
    scopes
        .iter()
        .fold(token, |token, scope| token.with_scope(scope))
}

#[tokio::test]
async fn a_webhook_lives_from_its_making_to_its_end() {
    let (emulator, client) = emulated(token(&["webhook", "project"])).await;
    assert!(client.hooks().await.unwrap().is_empty());
    let made = client.create_hook(&settings("one")).await.unwrap();
    assert!(made.active && made.has_secret == Some(true));
    assert!(made.missing_events().is_empty());
    assert_eq!(made.events.len(), EventKey::to_register().count());
    assert_eq!(client.hooks().await.unwrap(), std::slice::from_ref(&made));

    let mut other = settings("two");
    other.description = "another".to_owned();
    let changed = client.update_hook(&made.uuid, &other).await.unwrap();
    assert_eq!(
        (changed.description.as_str(), &changed.uuid),
        ("another", &made.uuid)
    );
    let secrets: Vec<_> = emulator
        .world()
        .hooks()
        .iter()
        .map(|hook| hook.secret.clone())
        .collect();
    assert_eq!(secrets, [Some("two".to_owned())]);

    client.delete_hook(&made.uuid).await.unwrap();
    assert!(emulator.world().hooks().is_empty());
    client.delete_hook(&made.uuid).await.unwrap();
    let gone = client.update_hook(&made.uuid, &other).await.unwrap_err();
    assert!(matches!(gone, ClientError::NotFound { .. }), "{gone}");
}

#[tokio::test]
async fn more_webhooks_than_a_page_has_are_all_listed() {
    let (emulator, client) = emulated(token(&["webhook"])).await;
    for number in 0..101 {
        let url = format!("https://receiver.example/{number}");
        emulator.world().subscribe(&url, None, &["repo:push"]);
    }
    let hooks = client.hooks().await.unwrap();
    assert_eq!(hooks.len(), 101);
    assert!(hooks.iter().all(|hook| hook.has_secret == Some(false)));
    assert!(hooks[100].missing_events().contains(&"pullrequest:created"));
    assert!(!hooks[100].missing_events().contains(&"repo:push"));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    for (scopes, missing) in [(&[][..], "webhook"), (&["webhook"], "project")] {
        let (_emulator, client) = emulated(token(scopes)).await;
        let refused = client.create_hook(&settings("one")).await.unwrap_err();
        assert!(
            refused
                .to_string()
                .ends_with(&format!("Add the scope {missing} to the token.")),
            "{refused}"
        );
    }
    // Bitbucket does not always say which.
    let server = Server::saying(vec![Answer::error(403, "Forbidden")]).await;
    let refused = server.client().hooks().await.unwrap_err();
    assert!(
        refused.to_string().contains("Add the scope webhook to"),
        "{refused}"
    );
    let mut config = server.config();
    config.credentials[0].credential = Credential::ApiToken {
        label: "Ann".to_owned(),
        email: "ann@example.com".to_owned(),
        token: "t".to_owned().into(),
    };
    let refused = server
        .client_with(config)
        .create_hook(&settings("one"))
        .await
        .unwrap_err();
    let named = "read:webhook:bitbucket, write:webhook:bitbucket, read:pullrequest:bitbucket";
    assert!(refused.to_string().contains(named), "{refused}");
}

#[tokio::test]
async fn what_is_wrong_with_a_webhook_is_said() {
    let (emulator, client) = emulated(token(&["webhook", "project"])).await;
    emulator.world().quirks.internal_hook_urls_refused = true;
    let mut internal = settings("one");
    internal.url = "http://127.0.0.1:9/".parse().unwrap();
    let refused = client.create_hook(&internal).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("url (The URL must be reachable from the internet)"),
        "{refused}"
    );
}

fn hook() -> Answer {
    Answer::json(&json!({
        "uuid": UUID, "url": "https://windlass.example.com/", "description": null,
        "active": true, "events": ["repo:push"],
    }))
}

#[tokio::test]
async fn nothing_is_made_twice() {
    for failing in [
        Answer::error(500, "oops"),
        Answer::error(503, "later"),
        Answer::text(201, "{\"uuid\""),
    ] {
        let server = Server::saying(vec![failing, hook()]).await;
        let failed = server
            .client()
            .create_hook(&settings("one"))
            .await
            .unwrap_err();
        assert!(
            matches!(failed, ClientError::Unavailable { attempts: 1, .. }),
            "{failed}"
        );
        assert_eq!(server.asked().len(), 1);
    }
    // A limit says that nothing was made.
    let server = Server::saying(vec![Answer::error(429, "wait"), hook()]).await;
    let made = server.client().create_hook(&settings("one")).await.unwrap();
    assert_eq!((made.uuid, made.has_secret), (uuid(UUID), None));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_may_be_done_twice_is_tried_again() {
    let server = Server::saying(vec![Answer::error(502, "oops"), hook()]).await;
    let client = server.client();
    client
        .update_hook(&uuid(UUID), &settings("one"))
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 2);
    assert_eq!(
        server.asked()[0].target,
        "/2.0/workspaces/acme/hooks/%7Bd5360000-0000-4000-8000-000000000001%7D"
    );
    // The first attempt may have worked.
    let server = Server::saying(vec![
        Answer::error(502, "oops"),
        Answer::error(404, "no hook"),
    ])
    .await;
    server.client().delete_hook(&uuid(UUID)).await.unwrap();
    let server = Server::saying(vec![Answer::error(500, "oops")]).await;
    let failed = server.client().delete_hook(&uuid(UUID)).await.unwrap_err();
    assert!(
        matches!(failed, ClientError::Unavailable { attempts: 5, .. }),
        "{failed}"
    );
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_is_told_by_its_place() {
    let page = Answer::page(&[json!({ "uuid": UUID, "url": 7, "active": true })]);
    let failed = Server::saying(vec![page])
        .await
        .client()
        .hooks()
        .await
        .unwrap_err();
    let ClientError::Undecodable { json_path, .. } = &failed else {
        panic!("{failed}")
    };
    assert_eq!(json_path, "url");
}

#[tokio::test]
async fn a_trial_is_signed_as_bitbuckets_deliveries_are() {
    let secret = "a secret".to_owned().into();
    let server = Server::saying(vec![Answer::error(401, "no")]).await;
    let trial = Trial {
        url: format!("{}/webhooks/bitbucket", server.base)
            .parse()
            .unwrap(),
        event: "windlass:trial".to_owned(),
        request_uuid: "d5360000-0000-4000-8000-000000000001".to_owned(),
        body: b"{}".to_vec(),
        extra_ca: None,
    };
    assert_eq!(trial.send(&secret).await, Ok(401));
    let asked = &server.asked()[0];
    let header = |name: &str| asked.headers[name].to_str().unwrap();
    assert_eq!(header("x-event-key"), "windlass:trial");
    assert_eq!(header("content-type"), "application/json");
    let signed = header("x-hub-signature");
    assert_eq!(
        signature::verify(Some(signed), b"{}", std::slice::from_ref(&secret)),
        Ok(0)
    );
    assert!(asked.headers.get("authorization").is_none());

    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(nobody);
    let refused = Trial { url, ..trial }.send(&secret).await.unwrap_err();
    assert!(matches!(refused, TrialError::NoAnswer(_)), "{refused}");
}
