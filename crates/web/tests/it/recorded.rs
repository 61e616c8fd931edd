//! Deliveries that Bitbucket really sent, where a copy of them lies beside the checkout or where
//! `WINDLASS_RECORDINGS` says. They are not part of the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bitbucket::webhook::workspace_of;
use model::catalogue;
use model::{Id, Uuid};
use serde_json::{Map, Value};
use store::DeliveryOutcome;
use testkit::TestDatabase;

use crate::house::{ALL, House, SECRET, sign};

/// Without the recordings a test is left out, loudly, and never where changes are judged.
fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let directory = std::env::var_os("WINDLASS_RECORDINGS").map_or(beside, PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "WINDLASS_RECORDINGS must name the directory of the recordings"
    );
    eprintln!(
        "LEFT OUT: there are no recordings at {}",
        directory.display()
    );
    None
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The event of a recorded body, which was kept without its headers.
fn event_of(path: &Path, body: &Value) -> &'static str {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let of_pull = |word: &str| name.contains(word);
    match () {
        () if body.get("push").is_some() => "repo:push",
        () if name == "pipeline_hook_created" => "repo:commit_status_created",
        () if name == "pipeline_hook_update" => "repo:commit_status_updated",
        () if of_pull("reate") => "pullrequest:created",
        () if of_pull("pdate") => "pullrequest:updated",
        () if of_pull("fulfilled") => "pullrequest:fulfilled",
        () if of_pull("rejected") => "pullrequest:rejected",
        () => panic!("what is {name}?"),
    }
}

async fn rows(house: &House, table: &str) -> BTreeMap<i64, Map<String, Value>> {
    let table = catalogue::tables()
        .iter()
        .find(|known| known.name == table)
        .unwrap();
    testkit::dump(&house.database.db, table).await
}

/// The rows that a body promises are there.
async fn check_rows(house: &House, name: &str, body: &Value) {
    let record = &body["repository"];
    let uuid = Uuid::parse(record["uuid"].as_str().unwrap()).unwrap();
    let repositories = rows(house, "bitbucket_repositories").await;
    let repository = &repositories[&Id::repository(&uuid).0];
    assert_eq!(repository["full_name"], record["full_name"], "{name}");

    let mut hashes = Vec::new();
    for change in body
        .pointer("/push/changes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        for commit in change["commits"].as_array().into_iter().flatten() {
            hashes.push(commit["hash"].as_str().unwrap());
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    let commits = rows(house, "bitbucket_commits").await;
    assert_eq!(commits.len(), hashes.len(), "{name}");
    for hash in hashes {
        let commit = &commits[&Id::commit(&uuid, hash).0];
        assert_eq!(commit["sha"], hash, "{name}");
    }

    let pulls = rows(house, "bitbucket_pulls").await;
    let Some(record) = body.get("pullrequest") else {
        assert!(pulls.is_empty(), "{name}");
        return;
    };
    assert_eq!(pulls.len(), 1, "{name}");
    let pull = &pulls[&Id::pull(&uuid, record["id"].as_i64().unwrap()).0];
    assert_eq!(pull["title"], record["title"], "{name}");
    assert_eq!(pull["state"], record["state"], "{name}");
    let sha = record.pointer("/source/commit/hash").unwrap();
    assert_eq!(&pull["source_commit_sha"], sha, "{name}");
}

/// Sends a body, signed, to a connection of its workspace, and applies it.
async fn pass(
    database: TestDatabase,
    name: &str,
    event: &str,
    text: &[u8],
    signed: &str,
    secret: &str,
) {
    let house = House::new(database).await;
    let workspace = workspace_of(text).unwrap().unwrap().slug;
    let connection = house.connect("recorded", &workspace).await;
    house.add_secret(connection, secret).await;
    let headers = [("X-Event-Key", event), ("X-Hub-Signature", signed)];

    let mut flipped = text.to_vec();
    flipped[text.len() / 2] ^= 1;
    assert_eq!(
        house.post(ALL, &headers, &flipped).await.status,
        401,
        "{name}"
    );
    assert!(house.stored().await.is_empty(), "{name}");

    let answer = house.post(ALL, &headers, text).await;
    assert_eq!(answer.status, 200, "{name}: {answer:?}");
    let drained = house.drain(false).await;
    assert_eq!((drained.applied, drained.all()), (1, 1), "{name}");
    let [stored] = house.stored().await.try_into().unwrap();
    assert_eq!(
        stored.outcome,
        DeliveryOutcome::Applied,
        "{name}: {:?}",
        stored.problem
    );
    check_rows(&house, name, &serde_json::from_slice(text).unwrap()).await;
}

async fn every_recording(mut fresh: impl AsyncFnMut() -> TestDatabase) {
    let Some(directory) = recordings() else {
        return;
    };
    let all = files(&directory.join("webhooks"));
    assert!(all.len() >= 24, "{}", all.len());
    for path in all {
        let text = fs::read(&path).unwrap();
        let event = event_of(&path, &serde_json::from_slice(&text).unwrap());
        let name = path.display().to_string();
        let signed = sign(&text, SECRET);
        pass(fresh().await, &name, event, &text, &signed, SECRET).await;
    }
    let name = "curated/webhooks/pullrequest_changes_request_created_2022_partial.json";
    let shell: Value = serde_json::from_slice(&fs::read(directory.join(name)).unwrap()).unwrap();
    let event = shell["event_key"].as_str().unwrap();
    let text = shell["body"].to_string().into_bytes();
    let signed = sign(&text, SECRET);
    pass(fresh().await, name, event, &text, &signed, SECRET).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_delivery_becomes_rows_on_sqlite() {
    every_recording(testkit::sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_delivery_becomes_rows_on_postgres() {
    every_recording(testkit::postgres).await;
}

testkit::both_engines! {
    async fn the_recorded_signature_opens_the_door(database) {
        let Some(directory) = recordings() else {
            return;
        };
        let vector = directory.join("curated/webhooks/hmac_vector.json");
        let vector: Value = serde_json::from_slice(&fs::read(vector).unwrap()).unwrap();
        let field = |name: &str| vector[name].as_str().unwrap();
        let text = fs::read(directory.join(field("body_file"))).unwrap();
        pass(
            database,
            "the vector",
            "repo:push",
            &text,
            field("X-Hub-Signature"),
            field("test_secret"),
        )
        .await;
    }
}
