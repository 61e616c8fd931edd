//! What is sent with every request, and shown nowhere.

use std::sync::Arc;

use jira::{JiraClient, JiraConfig, JiraError, Site};
use model::ManualClock;
use serde_json::json;

use crate::server::*;

/// `ada@example.com:an-invented-api-token` in Base64.
const SIGNATURE: &str = "YWRhQGV4YW1wbGUuY29tOmFuLWludmVudGVkLWFwaS10b2tlbg==";

#[tokio::test]
async fn every_request_only_reads_and_is_signed() {
    let server = Server::saying(vec![
        Answer::myself(),
        Answer::accounts([1]),
        Answer::accounts([1]),
    ])
    .await;
    let client = server.client();
    client.verify().await;
    client.users(0).await.unwrap();
    assert_eq!(server.asked().len(), 3);
    for asked in server.asked() {
        assert_eq!(asked.method, "GET");
        assert_eq!(asked.headers["authorization"], format!("Basic {SIGNATURE}"));
        assert_eq!(asked.headers["accept"], "application/json");
    }
}

#[tokio::test]
async fn no_error_and_no_finding_has_a_secret_or_an_address() {
    let echo = format!("no {TOKEN} of {EMAIL} Basic {SIGNATURE} at friend@example.org");
    for status in [400, 401, 403, 404, 429, 500] {
        for body in [
            json!({ "message": echo }),
            json!({ "errorMessages": [echo] }),
        ] {
            let told = Answer::refusal(status, &body);
            let server = Server::answering(move |_, asked| {
                if asked.at > start() {
                    Answer::accounts([])
                } else {
                    told.clone()
                }
            })
            .await;
            let client = server.client();
            let mut shown = format!("{:?} {client:?}", client.verify().await);
            if let Err(error) = client.users(0).await {
                shown += &format!("{error} {error:?}");
            }
            for secret in [TOKEN, SIGNATURE, "ada@", "@example", "friend"] {
                assert!(!shown.contains(secret), "{status}: {secret} in {shown}");
            }
        }
    }
}

#[test]
fn a_configuration_shows_neither_token_nor_address() {
    let config = JiraConfig::new(Site::parse("acme").unwrap(), EMAIL, TOKEN.into());
    let shown = format!("{config:?}");
    assert!(shown.contains("https://acme.atlassian.net"), "{shown}");
    assert!(!shown.contains(TOKEN) && !shown.contains(EMAIL), "{shown}");
}

#[test]
fn a_configuration_that_cannot_work_is_refused_without_repeating_it() {
    let base = || JiraConfig::new(Site::parse("acme").unwrap(), EMAIL, TOKEN.into());
    let with = |email: &str, token: &str| JiraConfig {
        email: email.to_owned(),
        token: token.into(),
        ..base()
    };
    let pem = |pem: &str| JiraConfig {
        extra_ca: Some(pem.as_bytes().to_vec()),
        ..base()
    };
    for (config, reason) in [
        (with(EMAIL, ""), "is empty"),
        (with(EMAIL, "sesame\n"), "line break"),
        (with(EMAIL, "open sesame"), "space"),
        (with("sesame", TOKEN), "e-mail address"),
        (with("", TOKEN), "e-mail address"),
        (with("sesame:x@example.com", TOKEN), "cannot be sent"),
        (with("sesame@example.com\n", TOKEN), "cannot be sent"),
        (pem("sesame"), "no PEM"),
        (pem(""), "no PEM"),
    ] {
        let clock = Arc::new(ManualClock::starting_at(start()));
        let error = JiraClient::new(config, clock).unwrap_err();
        assert!(matches!(error, JiraError::InvalidConfig(_)), "{error}");
        let error = error.to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
}
