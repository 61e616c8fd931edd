//! Failures on demand, and the record of requests.

use emulator::{Fault, FaultKind, WorldSpec};
use model::Clock;
use serde_json::json;

use crate::stage::{Stage, TOKEN, end};

const PULLS: &str = "/repositories/acme-rockets/mission-control/pullrequests?state=all&pagelen=5";

#[tokio::test]
async fn the_nth_request_fails_and_the_others_do_not() {
    let stage = Stage::small().await;
    stage.emulator.inject(
        Fault::on(
            "/pullrequests?",
            FaultKind::Status(502, "bad gateway".to_owned()),
        )
        .nth(2)
        .times(2),
    );
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(stage.get(PULLS).await.status);
        stage.get("/repositories/acme-rockets").await;
    }
    assert_eq!(statuses, [200, 502, 502, 200, 200]);
    stage
        .emulator
        .inject(Fault::on("", FaultKind::RateLimited).always());
    assert_eq!(stage.get(PULLS).await.status, 429);
    stage.emulator.clear_faults();
    assert_eq!(stage.get(PULLS).await.status, 200);
}

#[tokio::test]
async fn a_cursor_can_be_refused_once() {
    let stage = Stage::small().await;
    stage
        .emulator
        .inject(Fault::on("ctx=", FaultKind::InvalidPage));
    let page = stage
        .json(&stage.repo("mission-control", "/pullrequests/activity"))
        .await;
    let next = page["next"].as_str().unwrap();
    let reply = stage.get(next).await;
    assert_eq!(
        (reply.status, reply.message()),
        (400, "Invalid page".to_owned())
    );
    assert_eq!(stage.get(next).await.status, 200);
}

#[tokio::test]
async fn one_record_of_a_page_can_be_broken() {
    let stage = Stage::small().await;
    let broken = |pointer: &str, with| FaultKind::BrokenRecord {
        index: 1,
        pointer: pointer.to_owned(),
        with,
    };
    stage.emulator.inject(Fault::on(
        "/pullrequests?",
        broken("/created_on", Some(json!(7))),
    ));
    stage.emulator.inject(Fault::on(
        "/pullrequests?",
        broken("/source/branch/name", None),
    ));
    let page = stage.json(PULLS).await;
    assert_eq!(page["values"][1]["created_on"], 7);
    assert!(page["values"][1]["source"]["branch"].get("name").is_none());
    assert!(page["values"][0]["created_on"].is_string());
    assert!(stage.json(PULLS).await["values"][1]["created_on"].is_string());
}

#[tokio::test]
async fn a_record_can_be_broken_wherever_it_is_listed() {
    let stage = Stage::small().await;
    let listing = stage.repo("mission-control", "/pipelines/?sort=-created_on");
    let uuid = stage.json(&listing).await["values"][3]["uuid"].clone();
    let broken = FaultKind::BrokenOf {
        uuid: uuid.as_str().unwrap().to_owned(),
        pointer: "/created_on".to_owned(),
        with: Some(json!("soon")),
    };
    stage.emulator.inject(Fault::on("", broken).always());
    for _ in 0..2 {
        let page = stage.json(&listing).await;
        for record in page["values"].as_array().unwrap() {
            let soon = record["created_on"] == "soon";
            assert_eq!(soon, record["uuid"] == uuid, "{record}");
        }
    }
}

#[tokio::test]
async fn bodies_can_be_garbage_cut_off_or_late() {
    let stage = Stage::small().await;
    stage
        .emulator
        .inject(Fault::on("/pullrequests?", FaultKind::Garbage));
    stage
        .emulator
        .inject(Fault::on("/pullrequests?", FaultKind::Truncated).nth(2));
    stage
        .emulator
        .inject(Fault::on("/pullrequests?", FaultKind::Latency { millis: 2_500 }).nth(3));
    for _ in 0..2 {
        let reply = stage.get(PULLS).await;
        assert_eq!(reply.status, 200);
        assert!(serde_json::from_str::<serde_json::Value>(&reply.text).is_err());
    }
    let before = stage.clock.now();
    assert_eq!(stage.get(PULLS).await.status, 200);
    assert_eq!(stage.clock.now().millis_since(before), 2_500);
}

#[tokio::test]
async fn every_request_is_recorded() {
    let spec = WorldSpec::small(end());
    let fault = Fault::on("/pipelines/", FaultKind::Status(503, String::new()));
    let stage = Stage::with(&spec, |options| options.faults.push(fault)).await;
    stage.get(PULLS).await;
    stage
        .get(&stage.repo("telemetry-ingest", "/pullrequests/2/activity"))
        .await;
    stage
        .get(&stage.repo("mission-control", "/pipelines/?sort=-created_on"))
        .await;
    stage.get_as(None, "/user").await;
    let counts = stage.emulator.requests_by_endpoint();
    assert_eq!(counts["/repositories/{workspace}/{repo}/pullrequests"], 1);
    assert_eq!(
        counts["/repositories/{workspace}/{repo}/pullrequests/{id}/activity"],
        1
    );
    assert_eq!(counts.values().sum::<u64>(), 4);
    let requests = stage.emulator.requests();
    assert_eq!(
        requests.iter().map(|one| one.status).collect::<Vec<_>>(),
        [200, 200, 503, 401]
    );
    assert_eq!(requests[2].query, "sort=-created_on");
    assert_eq!(requests[0].credential.as_deref(), Some(TOKEN));
    assert_eq!(requests[3].credential, None);
    stage.emulator.reset_requests();
    assert!(stage.emulator.requests().is_empty());
}
