//! What webhooks are told, collected instead of sent.

mod pulls;
mod repositories;

use emulator::{Delivery, DeliveryFaults, DeliveryMode, World, WorldSpec};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::stage::{Stage, end};

const REPO: &str = "mission-control";
const URL: &str = "https://windlass.example.com/webhooks/bitbucket";
const SECRET: &str = "a secret of the tests";

const EVERYTHING: [&str; 23] = [
    "project:updated",
    "pullrequest:approved",
    "pullrequest:changes_request_created",
    "pullrequest:changes_request_removed",
    "pullrequest:comment_created",
    "pullrequest:comment_deleted",
    "pullrequest:comment_reopened",
    "pullrequest:comment_resolved",
    "pullrequest:comment_updated",
    "pullrequest:created",
    "pullrequest:fulfilled",
    "pullrequest:push",
    "pullrequest:rejected",
    "pullrequest:unapproved",
    "pullrequest:updated",
    "repo:commit_status_created",
    "repo:commit_status_updated",
    "repo:created",
    "repo:deleted",
    "repo:push",
    "repo:transfer",
    "repo:updated",
    "repo:imported",
];

async fn collecting(spec: &WorldSpec) -> Stage {
    Stage::with(spec, |options| options.deliveries = DeliveryMode::Collect).await
}

/// A stage on which one address hears everything.
async fn listening() -> Stage {
    let stage = collecting(&WorldSpec::small(end())).await;
    stage
        .emulator
        .world()
        .subscribe(URL, Some(SECRET), &EVERYTHING);
    stage
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

/// What is told of a change, as events and bodies.
fn told<T>(stage: &Stage, change: impl FnOnce(&mut World) -> T) -> (T, Vec<(String, Value)>) {
    stage.clock.advance_seconds(60);
    let result = change(&mut stage.emulator.world());
    let deliveries = stage.emulator.take_deliveries();
    let told = deliveries.iter().map(|one| (one.event.clone(), body(one)));
    (result, told.collect())
}

fn events<T>(stage: &Stage, change: impl FnOnce(&mut World) -> T) -> Vec<String> {
    let (_, told) = told(stage, change);
    told.into_iter().map(|(event, _)| event).collect()
}

#[tokio::test]
async fn a_delivery_has_the_recorded_headers_and_a_signature_over_its_bytes() {
    let stage = listening().await;
    stage.clock.advance_seconds(90);
    let uuid = {
        let mut world = stage.emulator.world();
        world.approve(REPO, 1, "teo").unwrap();
        world.hooks()[0].uuid.clone()
    };
    let [delivery] = stage.emulator.take_deliveries().try_into().unwrap();
    assert!(stage.emulator.take_deliveries().is_empty());
    assert_eq!(delivery.url, URL);
    let names: Vec<&str> = delivery
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Content-Type",
            "User-Agent",
            "X-Event-Key",
            "X-Event-Time",
            "X-Hook-UUID",
            "X-Request-UUID",
            "X-Attempt-Number",
            "X-Hub-Signature"
        ]
    );
    let header = |name: &str| delivery.header(name).unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), "Bitbucket-Webhooks/2.0");
    assert_eq!(header("x-event-key"), "pullrequest:approved");
    assert_eq!(header("x-event-time"), "Wed, 04 Mar 2026 10:01:30 GMT");
    assert_eq!(header("x-hook-uuid"), uuid.trim_matches(['{', '}']));
    assert_eq!(header("x-request-uuid").len(), 36);
    assert_eq!(header("x-attempt-number"), "1");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&delivery.body);
    let digits = hex::encode(mac.finalize().into_bytes());
    assert_eq!(header("x-hub-signature"), format!("sha256={digits}"));
}

#[tokio::test]
async fn only_who_wants_to_hear_is_told() {
    let stage = collecting(&WorldSpec::small(end())).await;
    {
        let mut world = stage.emulator.world();
        world.subscribe("https://a.example.com", None, &["pullrequest:approved"]);
        world
            .subscribe_to(
                "telemetry-ingest",
                "https://b.example.com",
                None,
                &EVERYTHING,
            )
            .unwrap();
        world
            .subscribe_to(
                REPO,
                "https://c.example.com",
                None,
                &["pullrequest:approved"],
            )
            .unwrap();
        world.approve(REPO, 1, "teo").unwrap();
        world.retitle(REPO, 1, "teo", "Other").unwrap();
        world.rename_project("FLIGHT", "Flying").unwrap();
    }
    let told = stage.emulator.take_deliveries();
    let urls: Vec<&str> = told.iter().map(|one| one.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example.com", "https://c.example.com"]);
    assert_eq!(told[0].body, told[1].body);
    assert_eq!(told[0].header("x-hub-signature"), None);
    let uuids = told.iter().map(|one| one.header("x-request-uuid").unwrap());
    let uuids: std::collections::BTreeSet<&str> = uuids.collect();
    assert_eq!(uuids.len(), 2);
}

#[tokio::test]
async fn what_is_too_long_is_never_told() {
    let stage = listening().await;
    let long = "x".repeat(300 * 1024);
    let events = events(&stage, |world| {
        world.comment(REPO, 1, "teo", &long).unwrap()
    });
    assert!(events.is_empty());
    assert_eq!(stage.emulator.withheld_deliveries(), 1);
}

#[tokio::test]
async fn deliveries_may_be_doubled_lost_and_out_of_order_by_chance_that_repeats() {
    let mut results = Vec::new();
    for seed in [1, 1, 2] {
        let stage = listening().await;
        stage.emulator.set_delivery_faults(DeliveryFaults {
            seed,
            duplicated_percent: 20,
            reordered_percent: 20,
            lost_percent: 10,
            ..DeliveryFaults::default()
        });
        for count in 0..100 {
            let mut world = stage.emulator.world();
            let title = format!("Title {count}");
            world.retitle(REPO, 1, "teo", &title).unwrap();
        }
        let told = stage.emulator.take_deliveries();
        let titles = told.iter().map(|one| {
            let body = body(one);
            body["pullrequest"]["title"].as_str().unwrap().to_owned()
        });
        let titles: Vec<String> = titles.collect();
        let requests = told
            .iter()
            .map(|one| one.header("x-request-uuid").unwrap().to_owned());
        let requests: std::collections::BTreeSet<String> = requests.collect();
        assert_eq!(
            requests.len(),
            titles.len(),
            "what comes twice has two requests"
        );
        let distinct: std::collections::BTreeSet<&String> = titles.iter().collect();
        let lost = stage.emulator.sent_deliveries().len();
        assert_eq!(distinct.len() + lost, 100);
        assert!((3..25).contains(&lost) && (5..40).contains(&(titles.len() - distinct.len())));
        let number = |title: &String| title[6..].parse::<u32>().unwrap();
        assert!(!titles.is_sorted_by_key(number));
        results.push(titles);
    }
    assert_eq!(results[0], results[1]);
    assert_ne!(results[0], results[2]);
}
