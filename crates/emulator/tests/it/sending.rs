//! Deliveries on their way to somebody who listens, or does not.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use emulator::{DeliveryFaults, DeliveryMode, SentAs, WorldSpec};
use tokio::net::TcpListener;

use crate::stage::{Stage, end};

const REPO: &str = "mission-control";

type Heard = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// Somebody who answers in turn with these statuses, and 200 after them; 0 is silence.
struct Listener {
    url: String,
    heard: Heard,
}

async fn listener(statuses: &[u16]) -> Listener {
    let heard = Heard::default();
    let statuses: Arc<[u16]> = statuses.into();
    let listen = async |State((heard, statuses)): State<(Heard, Arc<[u16]>)>, headers, body| {
        let turn = {
            let mut heard = heard.lock().unwrap();
            heard.push((headers, body));
            heard.len() - 1
        };
        match statuses.get(turn).copied().unwrap_or(200) {
            0 => pending().await,
            status => StatusCode::from_u16(status).unwrap(),
        }
    };
    let router = Router::new()
        .fallback(listen)
        .with_state((Arc::clone(&heard), statuses));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks/bitbucket", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });
    Listener { url, heard }
}

async fn stage(url: &str) -> Stage {
    let stage = Stage::with(&WorldSpec::uniform(1, 3, end()), |options| {
        options.delivery_timeout = Some(Duration::from_millis(200));
    })
    .await;
    let events = ["pullrequest:approved", "pullrequest:unapproved"];
    stage
        .emulator
        .world()
        .subscribe(url, Some("secret"), &events);
    stage
}

async fn approve(stage: &Stage) -> Vec<SentAs> {
    stage.emulator.world().approve(REPO, 1, "teo").unwrap();
    stage.emulator.deliveries_settled().await;
    let sent = stage.emulator.sent_deliveries();
    sent.into_iter().map(|sent| sent.outcome).collect()
}

/// One header of everything that was heard.
fn column(listener: &Listener, name: &str) -> Vec<String> {
    let heard = listener.heard.lock().unwrap();
    let values = heard.iter().map(|(headers, _)| &headers[name]);
    values
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_sent_is_what_would_be_collected() {
    let listener = listener(&[]).await;
    let stage = stage(&listener.url).await;
    assert_eq!(approve(&stage).await, [SentAs::Answered(200)]);
    let sent = stage.emulator.sent_deliveries().remove(0).delivery;
    let heard = listener.heard.lock().unwrap().clone();
    let (headers, body) = &heard[0];
    assert_eq!(body, &sent.body);
    for (name, value) in &sent.headers {
        assert_eq!(headers[name.as_str()], value.as_str(), "{name}");
    }
}

#[tokio::test]
async fn a_failing_listener_is_tried_three_times() {
    for (statuses, expected) in [
        (vec![500, 503, 502, 500], vec![500, 503, 502]),
        (vec![599, 204], vec![599, 204]),
    ] {
        let listener = listener(&statuses).await;
        let stage = stage(&listener.url).await;
        let expected: Vec<SentAs> = expected.into_iter().map(SentAs::Answered).collect();
        assert_eq!(approve(&stage).await, expected);
        let attempts = column(&listener, "x-attempt-number");
        let counted: Vec<String> = (1..=expected.len()).map(|n| n.to_string()).collect();
        assert_eq!(attempts, counted);
        let requests = column(&listener, "x-request-uuid");
        assert!(requests.iter().all(|uuid| *uuid == requests[0]));
    }
}

#[tokio::test]
async fn further_attempts_may_have_another_uuid() {
    let listener = listener(&[500, 500]).await;
    let stage = stage(&listener.url).await;
    stage.emulator.set_delivery_faults(DeliveryFaults {
        fresh_uuid_for_attempts: true,
        ..DeliveryFaults::default()
    });
    assert_eq!(approve(&stage).await.len(), 3);
    let mut requests = column(&listener, "x-request-uuid");
    requests.sort();
    requests.dedup();
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn refusals_silence_and_absence_are_final() {
    for status in [400, 401, 404, 410, 302] {
        let listener = listener(&[status]).await;
        let stage = stage(&listener.url).await;
        assert_eq!(approve(&stage).await, [SentAs::Answered(status)]);
    }
    let silent = listener(&[0]).await;
    assert_eq!(approve(&stage(&silent.url).await).await, [SentAs::TimedOut]);
    let nobody = {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/", socket.local_addr().unwrap())
    };
    assert_eq!(approve(&stage(&nobody).await).await, [SentAs::Failed]);
    assert_eq!(approve(&stage("https://").await).await, [SentAs::Failed]);
}

#[tokio::test]
async fn what_was_collected_is_sent_when_sending_begins() {
    let listener = listener(&[]).await;
    let stage = stage(&listener.url).await;
    stage.emulator.set_delivery_mode(DeliveryMode::Collect);
    assert!(approve(&stage).await.is_empty());
    stage.emulator.world().unapprove(REPO, 1, "teo").unwrap();
    stage.emulator.set_delivery_mode(DeliveryMode::Send);
    stage.emulator.deliveries_settled().await;
    let events = column(&listener, "x-event-key");
    assert_eq!(events, ["pullrequest:approved", "pullrequest:unapproved"]);
}

#[tokio::test]
async fn what_is_lost_never_comes() {
    let listener = listener(&[]).await;
    let stage = stage(&listener.url).await;
    stage.emulator.set_delivery_faults(DeliveryFaults {
        lost_percent: 100,
        ..DeliveryFaults::default()
    });
    assert_eq!(approve(&stage).await, [SentAs::Lost]);
    assert!(listener.heard.lock().unwrap().is_empty());
}
