//! Replaying recordings.

use emulator::Recordings;
use serde_json::json;

use crate::stage::{Stage, column};

fn recordings() -> Recordings {
    let mut recordings = Recordings::default();
    let base = "https://api.bitbucket.org/2.0/repositories/moon/base";
    let mut add = |address: String, data: serde_json::Value| {
        recordings
            .add(&json!({ "url": address, "data": data }).to_string())
            .unwrap();
    };
    add(
        format!("{base}?pagelen=0"),
        json!({ "type": "repository", "full_name": "moon/base", "slug": "base" }),
    );
    for id in 1..=12 {
        let page = if id < 11 { 1 } else { 2 };
        add(
            format!("{base}/pullrequests?page={page}&state=all"),
            json!({ "type": "pullrequest", "id": id }),
        );
    }
    add(
        format!("{base}/pipelines/?page=1"),
        json!({ "uuid": "{a}" }),
    );
    add(
        "https://api.bitbucket.org/2.0/repositories/moon/other/pipelines/?page=1".to_owned(),
        json!({ "uuid": "{b}" }),
    );
    recordings
}

#[tokio::test]
async fn recorded_values_come_in_pages_whatever_is_asked() {
    let stage = Stage::replaying(recordings()).await;
    let path = "/repositories/moon/base/pullrequests?state=OPEN&q=whatever&pagelen=5";
    let page = stage.json(path).await;
    assert_eq!(
        (page["size"].as_u64(), page["pagelen"].as_u64()),
        (Some(12), Some(5))
    );
    let ids: Vec<String> = (1..=12).map(|id| id.to_string()).collect();
    assert_eq!(column(&stage.all(path).await, "/id"), ids);
    assert_eq!(
        stage.json("/repositories/moon/base/pipelines").await["values"][0]["uuid"],
        "{a}"
    );
    assert_eq!(
        stage.json("/repositories/moon/other/pipelines/").await["values"][0]["uuid"],
        "{b}"
    );
}

#[tokio::test]
async fn single_things_and_the_listing_of_repositories_are_made_from_what_was_recorded() {
    let stage = Stage::replaying(recordings()).await;
    assert_eq!(stage.json("/repositories/moon/base").await["slug"], "base");
    assert_eq!(
        stage.json("/repositories/moon").await["values"][0]["full_name"],
        "moon/base"
    );
    assert_eq!(
        stage.json("/repositories/moon/base/pullrequests/7").await["id"],
        7
    );
}

#[tokio::test]
async fn what_was_not_recorded_is_listed() {
    let stage = Stage::replaying(recordings()).await;
    for path in [
        "/workspaces/moon",
        "/repositories/moon/base/deployments/",
        "/workspaces/moon",
    ] {
        let reply = stage.get_as(None, path).await;
        assert_eq!(
            (reply.status, reply.message()),
            (404, "Resource not found".to_owned())
        );
    }
    assert_eq!(
        stage.emulator.missed(),
        [
            "/2.0/workspaces/moon",
            "/2.0/repositories/moon/base/deployments/"
        ]
    );
    assert!(stage.emulator.try_world().is_none());
}
