//! Credentials and configuration.

use std::sync::Arc;

use bitbucket::{Client, ClientError, Credential, Holder, Silent};
use model::ManualClock;

use crate::server::*;

fn access_token(token: &str) -> Credential {
    Credential::AccessToken {
        label: "Importer".to_owned(),
        token: token.to_owned().into(),
    }
}

fn api_token(email: &str, token: &str) -> Credential {
    Credential::ApiToken {
        label: "Ada's".to_owned(),
        email: email.to_owned(),
        token: token.to_owned().into(),
    }
}

#[tokio::test]
async fn an_access_token_is_sent_as_bearer_and_an_api_token_with_its_address() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    for credential in [
        access_token("s3cret"),
        api_token("ada@example.org", "s3cret"),
    ] {
        let mut config = server.config();
        config.credentials = vec![Holder::new(0, credential)];
        server
            .client_with(config)
            .page(&pulls(), None)
            .await
            .unwrap();
    }
    let sent: Vec<_> = server
        .asked()
        .iter()
        .map(|asked| asked.headers["authorization"].to_str().unwrap().to_owned())
        .collect();
    // base64 of `ada@example.org:s3cret`
    assert_eq!(
        sent,
        ["Bearer s3cret", "Basic YWRhQGV4YW1wbGUub3JnOnMzY3JldA=="]
    );
}

#[test]
fn nothing_shows_a_secret() {
    for credential in [
        access_token("s3cret"),
        api_token("ada@example.org", "s3cret"),
    ] {
        let mut config = config("http://127.0.0.1:9/2.0");
        config.credentials = vec![Holder::new(0, credential)];
        let clock = Arc::new(ManualClock::starting_at(start()));
        let client = Client::new(config.clone(), clock, Arc::new(Silent)).unwrap();
        for shown in [
            format!("{:?}", config.credentials),
            format!("{:#?}", config.credentials),
            format!("{config:?}"),
            format!("{client:?}"),
            config.credentials[0].credential.allowance(),
        ] {
            assert!(!shown.contains("s3cret"), "{shown}");
            assert!(!shown.contains("ada@"), "{shown}");
        }
    }
}

#[test]
fn an_allowance_is_a_tokens_own_or_its_persons() {
    let ada = api_token("ada@example.org", "one").allowance();
    assert_eq!(ada, api_token(" Ada@Example.org", "two").allowance());
    assert_ne!(ada, api_token("bob@example.org", "one").allowance());
    assert_ne!(
        access_token("one").allowance(),
        access_token("two").allowance()
    );
    // Fixed for ever: counts of earlier versions are stored under it.
    assert_eq!(access_token("one").allowance(), "token-b9832bec4fd82e66");
    assert_eq!(ada, "user-4a03914e382848a6");
}

#[test]
fn what_could_not_work_or_would_leak_is_refused_at_once() {
    let sound = || config("https://api.bitbucket.org/2.0");
    let mut unsound = Vec::new();
    for base in [
        "http://api.bitbucket.org/2.0",
        "ftp://api.bitbucket.org/2.0",
        "https://user:pass@api.bitbucket.org/2.0",
        "https://api.bitbucket.org/2.0?x=1",
        "http://127.0.0.1.example.org/2.0",
    ] {
        unsound.push(config(base));
    }
    for workspace in ["", "acme/website", "..", "a b", "acme?x", "%2e"] {
        let mut config = sound();
        config.workspace = workspace.to_owned();
        unsound.push(config);
    }
    for credential in [
        access_token(""),
        access_token("two\nlines"),
        api_token("ada", "s3cret"),
    ] {
        let mut config = sound();
        config.credentials = vec![Holder::new(0, credential)];
        unsound.push(config);
    }
    unsound.push(sound().limited_to(0));
    let mut config = sound();
    config.credentials.clear();
    unsound.push(config);
    let mut config = sound();
    config.credentials.extend(sound().credentials);
    unsound.push(config);
    let mut config = sound();
    config.backfill_reserve_percent = 51;
    unsound.push(config);
    let client = |config| {
        let clock = Arc::new(ManualClock::starting_at(start()));
        Client::new(config, clock, Arc::new(Silent))
    };
    for config in unsound {
        let shown = format!("{config:?}");
        match client(config) {
            Err(ClientError::InvalidConfig(reason)) => {
                assert!(!reason.contains("s3cret") && !reason.contains("pass@"));
            }
            other => panic!("{shown}: {other:?}"),
        }
    }
    client(sound()).unwrap();
    for base in ["http://localhost:8080/2.0/", "http://[::1]:8080/2.0"] {
        client(crate::server::config(base)).unwrap();
    }
}
