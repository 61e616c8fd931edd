//! Pipelines and their traps.

use std::collections::BTreeSet;

use model::Instant;

use crate::stage::{Stage, column};

#[tokio::test]
async fn without_its_trailing_slash_the_list_is_not_found() {
    let stage = Stage::small().await;
    assert_eq!(
        stage
            .get(&stage.repo("mission-control", "/pipelines"))
            .await
            .status,
        404
    );
    stage.emulator.world().quirks.unslashed_pipelines_404 = false;
    assert_eq!(
        stage
            .get(&stage.repo("mission-control", "/pipelines"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn oldest_come_first_and_next_forgets_the_order() {
    let stage = Stage::small().await;
    let path =
        |query: &str| stage.repo("mission-control", &format!("/pipelines/?pagelen=5{query}"));
    let builds = |page: &serde_json::Value| -> Vec<u64> {
        page["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["build_number"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(builds(&stage.json(&path("")).await), [1, 2, 3, 4, 5]);
    let newest = stage
        .json(&path("&sort=-created_on&fields=next,values.build_number"))
        .await;
    assert_eq!(builds(&newest), [24, 23, 22, 21, 20]);
    let next = newest["next"].as_str().unwrap();
    assert!(!next.contains("sort") && !next.contains("fields"), "{next}");
    let followed = stage.json(next).await;
    assert_eq!(builds(&followed), [6, 7, 8, 9, 10]);
    assert!(followed["values"][0]["uuid"].is_string());
    assert_eq!(
        builds(&stage.json(&path("&sort=-created_on&page=2")).await),
        [19, 18, 17, 16, 15]
    );
}

#[tokio::test]
async fn past_the_end_there_is_not_even_a_list() {
    let stage = Stage::small().await;
    let path = stage.repo("mission-control", "/pipelines/?pagelen=100&page=2");
    assert_eq!(stage.json(&path).await, serde_json::json!({}));
    stage.emulator.world().quirks.empty_object_past_the_end = false;
    assert_eq!(stage.json(&path).await["values"], serde_json::json!([]));
}

#[tokio::test]
async fn filters_do_nothing_and_wrong_sorting_is_refused() {
    let stage = Stage::small().await;
    let path = |query: &str| stage.repo("mission-control", &format!("/pipelines/?{query}"));
    assert_eq!(stage.json(&path("q=build_number%3D1")).await["size"], 24);
    assert_eq!(stage.get(&path("sort=colour")).await.status, 400);
}

#[tokio::test]
async fn every_state_and_target_occurs_in_the_small_world() {
    let stage = Stage::small().await;
    let mut all = Vec::new();
    for slug in [
        "mission-control",
        "telemetry-ingest",
        "mission-control-fork",
    ] {
        all.extend(
            stage
                .all(&stage.repo(slug, "/pipelines/?pagelen=100"))
                .await,
        );
    }
    let distinct = |pointer: &str| column(&all, pointer).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(distinct("/state/name").len(), 3);
    assert!(
        distinct("/state/stage/name")
            .is_superset(&["RUNNING", "PAUSED", "HALTED"].map(str::to_owned).into())
    );
    assert!(distinct("/state/result/name").contains("FAILED"));
    assert!(distinct("/target/type").len() >= 2);
    assert!(all.iter().any(|one| one["creator"].is_null()));
    assert!(all.iter().all(|one| {
        one["links"]["self"]["href"]
            .as_str()
            .unwrap()
            .starts_with("http://pipelines.internal")
    }));
    let lengths: BTreeSet<usize> = column(&all, "/created_on")
        .iter()
        .map(String::len)
        .collect();
    assert!(lengths.len() > 2, "dates of {lengths:?} characters");
    for one in &all {
        let running = one["state"]["name"] != "COMPLETED";
        assert_eq!(one.get("completed_on").is_none(), running);
        one["created_on"]
            .as_str()
            .unwrap()
            .parse::<Instant>()
            .unwrap();
    }
}

#[tokio::test]
async fn one_pipeline_is_found_by_its_uuid() {
    let stage = Stage::small().await;
    let uuid = stage
        .emulator
        .world()
        .repository("mission-control")
        .unwrap()
        .pipeline_uuids()[3]
        .clone();
    let path = uuid.replace('{', "%7B").replace('}', "%7D");
    for slash in ["", "/"] {
        let found = stage
            .json(&stage.repo("mission-control", &format!("/pipelines/{path}{slash}")))
            .await;
        assert_eq!(found["uuid"], uuid.as_str());
    }
    assert_eq!(
        stage
            .get(&stage.repo("mission-control", "/pipelines/%7Bnone%7D"))
            .await
            .status,
        404
    );
}
