//! The two activities.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stage::Stage;

/// The kind of an entry and its date.
fn told(entry: &Value) -> (&str, &str) {
    for (kind, date) in [
        ("update", "date"),
        ("approval", "date"),
        ("changes_requested", "date"),
        ("comment", "created_on"),
    ] {
        if let Some(inner) = entry.get(kind) {
            assert_eq!(
                entry.as_object().unwrap().len(),
                2,
                "nothing but {kind} and pull_request"
            );
            return (kind, inner[date].as_str().unwrap());
        }
    }
    panic!("an entry of no kind: {entry}");
}

async fn feed(stage: &Stage, rest: &str) -> Vec<Value> {
    stage.all(&stage.repo("mission-control", rest)).await
}

#[tokio::test]
async fn the_feed_of_a_repository_is_all_its_pull_requests_newest_first() {
    let stage = Stage::small().await;
    let whole = feed(&stage, "/pullrequests/activity?pagelen=7").await;
    let dates: Vec<&str> = whole.iter().map(|entry| told(entry).1).collect();
    // Of one length unless the fraction is zero, so that text compares as time nearly always.
    assert!(
        dates
            .windows(2)
            .all(|pair| pair[0].get(..19) >= pair[1].get(..19))
    );
    let mut each: BTreeMap<u64, usize> = BTreeMap::new();
    for entry in &whole {
        *each
            .entry(entry["pull_request"]["id"].as_u64().unwrap())
            .or_default() += 1;
    }
    for (number, count) in each {
        let own = feed(
            &stage,
            &format!("/pullrequests/{number}/activity?pagelen=3"),
        )
        .await;
        assert_eq!(own.len(), count, "pull request {number}");
    }
}

#[tokio::test]
async fn opening_is_told_twice_and_merging_by_its_status() {
    let stage = Stage::small().await;
    let merged = stage
        .all(&stage.repo(
            "mission-control",
            "/pullrequests?state=MERGED&q=draft=false",
        ))
        .await;
    let number = &merged[0]["id"];
    let entries = feed(
        &stage,
        &format!("/pullrequests/{number}/activity?pagelen=50"),
    )
    .await;
    let updates: Vec<&Value> = entries
        .iter()
        .filter_map(|entry| entry.get("update"))
        .collect();
    let first_two = &updates[updates.len() - 2..];
    assert!(first_two.iter().all(|update| update["state"] == "OPEN"));
    assert!(
        first_two
            .iter()
            .all(|update| update["changes"].as_object().unwrap().is_empty())
    );
    let closing = updates
        .iter()
        .find(|update| update["state"] == "MERGED")
        .unwrap();
    assert_eq!(closing["changes"]["status"]["new"], "fulfilled");
    assert_eq!(closing["changes"]["status"]["old"], "open");
    assert_eq!(closing["author"]["uuid"], merged[0]["closed_by"]["uuid"]);
}

#[tokio::test]
async fn a_place_in_the_feed_keeps_its_meaning_while_entries_come_in() {
    let stage = Stage::small().await;
    let whole = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    let first = stage
        .json(&stage.repo("mission-control", "/pullrequests/activity?pagelen=5"))
        .await;
    let author = stage.emulator.world().accounts()[0].uuid.clone();
    for _ in 0..4 {
        stage.clock.advance_seconds(60);
        stage
            .emulator
            .world()
            .open_pull_request("mission-control", &author)
            .unwrap();
    }
    let rest = stage.all(first["next"].as_str().unwrap()).await;
    assert_eq!(rest, whole[5..]);
    let again = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    assert_eq!(again.len(), whole.len() + 8);
}

#[tokio::test]
async fn a_place_in_one_feed_means_nothing_in_another() {
    let stage = Stage::small().await;
    let page = stage
        .json(&stage.repo("mission-control", "/pullrequests/activity?pagelen=1"))
        .await;
    let next = page["next"]
        .as_str()
        .unwrap()
        .replace("mission-control", "telemetry-ingest");
    assert_eq!(stage.get(&next).await.message(), "Invalid page");
}

#[tokio::test]
async fn filters_and_sorting_do_nothing_in_the_feed() {
    let stage = Stage::small().await;
    let plain = stage
        .json(&stage.repo("mission-control", "/pullrequests/activity"))
        .await;
    let asked = stage
        .json(&stage.repo(
            "mission-control",
            "/pullrequests/activity?q=nonsense((&sort=colour",
        ))
        .await;
    assert_eq!(plain["values"], asked["values"]);
}

#[tokio::test]
async fn the_feed_can_hide_comments_that_the_pull_request_has() {
    let stage = Stage::small().await;
    let comments = |entries: &[Value]| {
        entries
            .iter()
            .filter(|entry| entry.get("comment").is_some())
            .count()
    };
    let before = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    stage
        .emulator
        .world()
        .quirks
        .hide_every_nth_comment_from_feed = Some(3);
    let after = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    assert!(comments(&after) < comments(&before));
    assert_eq!(
        before.len() - after.len(),
        comments(&before) - comments(&after)
    );
    let mut own = 0;
    let count = {
        let world = stage.emulator.world();
        world
            .repository("mission-control")
            .unwrap()
            .pull_requests()
            .len()
    };
    for number in 1..=count {
        own += comments(
            &feed(
                &stage,
                &format!("/pullrequests/{number}/activity?pagelen=50"),
            )
            .await,
        );
    }
    assert_eq!(own, comments(&before));
}

#[tokio::test]
async fn the_feed_can_hide_updates_and_be_loosely_ordered() {
    let stage = Stage::small().await;
    let before = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    stage.emulator.world().quirks.feed_hides_updates = true;
    let after = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    let states = |entries: &[Value]| {
        entries
            .iter()
            .filter(|entry| entry["update"]["state"] == "MERGED")
            .count()
    };
    assert!(after.len() < before.len() && states(&after) > 0);
    {
        let mut world = stage.emulator.world();
        world.quirks.feed_hides_updates = false;
        world.quirks.loose_feed_order = true;
    }
    let loose = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    assert_eq!(loose.len(), before.len());
    assert!(loose != before && before.iter().all(|entry| loose.contains(entry)));
}

#[tokio::test]
async fn every_kind_of_entry_and_change_occurs_in_the_small_world() {
    let stage = Stage::small().await;
    let whole = feed(&stage, "/pullrequests/activity?pagelen=50").await;
    for kind in ["update", "approval", "changes_requested", "comment"] {
        assert!(whole.iter().any(|entry| told(entry).0 == kind), "{kind}");
    }
    for pointer in [
        "/update/changes/draft/new",
        "/update/changes/title/new",
        "/update/changes/reviewers/added",
        "/comment/parent/id",
        "/comment/inline/outdated",
        "/comment/resolution/created_on",
    ] {
        assert!(
            whole.iter().any(|entry| entry.pointer(pointer).is_some()),
            "{pointer}"
        );
    }
    let comment = |name: &str, value: Value| {
        whole.iter().any(|entry| {
            entry
                .get("comment")
                .is_some_and(|comment| comment[name] == value)
        })
    };
    assert!(comment("deleted", true.into()) && comment("user", Value::Null));
}
