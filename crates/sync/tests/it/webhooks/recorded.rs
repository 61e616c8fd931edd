//! Deliveries that Bitbucket really sent. They lie beside the checkout and are no part of the project.

use std::fs;
use std::path::{Path, PathBuf};

use bitbucket::webhook::EventKey;
use emulator::WorldSpec;
use model::rows::{CommitRow, EventRow, PullRow, RepositoryRow};
use model::{Id, Uuid};
use serde_json::Value;
use store::{DELIVERY_PURPOSE, DeliveryOutcome, NewDelivery};
use testkit::both_engines;

use super::Told;

/// The folder of the recordings, or nothing where they are not: then the test says so, and fails
/// where they must be.
fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("WINDLASS_RECORDINGS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "the recordings are not at {}",
        folder.display()
    );
    println!(
        "left out: there are no recordings beside this checkout (WINDLASS_RECORDINGS names them)"
    );
    None
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// The key under which a body was sent: its own members tell, and the end of a pull request its
/// state.
fn key_of(body: &Value) -> EventKey {
    let state = body.pointer("/pullrequest/state").and_then(Value::as_str);
    match state {
        _ if body.get("push").is_some() => EventKey::Push,
        _ if body.get("commit_status").is_some() => EventKey::CommitStatusUpdated,
        Some("MERGED") => EventKey::PullFulfilled,
        Some("DECLINED") => EventKey::PullRejected,
        Some(_) => EventKey::PullUpdated,
        None => panic!("what is {body}?"),
    }
}

/// Every recorded delivery: key and body.
fn recorded(folder: &Path) -> Vec<(EventKey, Vec<u8>)> {
    let mut deliveries: Vec<(EventKey, Vec<u8>)> = files(&folder.join("webhooks"))
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let body = fs::read(path).unwrap();
            (key_of(&serde_json::from_slice(&body).unwrap()), body)
        })
        .collect();
    let name = "curated/webhooks/pullrequest_changes_request_created_2022_partial.json";
    let shell: Value = serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
    let key = EventKey::parse(shell["event_key"].as_str().unwrap());
    deliveries.push((key, shell["body"].to_string().into_bytes()));
    deliveries
}

fn uuid(value: &Value) -> Uuid {
    Uuid::parse(value.as_str().unwrap()).unwrap()
}

both_engines! {
    async fn every_recorded_delivery_becomes_rows(database) {
        let Some(folder) = recordings() else { return };
        let told = Told::unimported(database, WorldSpec::small).await;
        let deliveries = recorded(&folder);
        assert!(deliveries.len() >= 25, "{} recordings", deliveries.len());
        for (key, body) in &deliveries {
            told.story.clock.advance_seconds(1);
            let sealed = told.vault.seal(DELIVERY_PURPOSE, body).unwrap();
            told.inbox
                .accept(NewDelivery {
                    connection_id: told.connection,
                    received_at: told.story.now(),
                    event_key: key.as_str().to_owned(),
                    event_time: None,
                    hook_uuid: None,
                    request_uuid: None,
                    attempt: Some(1),
                    digest: NewDelivery::digest_of(key.as_str(), body),
                    headers: "{}".to_owned(),
                    body: sealed,
                    size: i64::try_from(body.len()).unwrap(),
                    secret: None,
                })
                .await
                .unwrap();
        }
        let drained = told.drain().await;
        assert_eq!(drained.all(), u64::try_from(told.all().await.len()).unwrap());
        assert_eq!((drained.failed, drained.ignored, drained.filtered), (0, 0, 0), "{:?}", told.log().await);
        let db = told.story.db();
        let repositories = testkit::dump(db, &RepositoryRow::TABLE).await;
        let pulls = testkit::dump(db, &PullRow::TABLE).await;
        let commits = testkit::dump(db, &CommitRow::TABLE).await;
        for (_, body) in &deliveries {
            let body: Value = serde_json::from_slice(body).unwrap();
            let repository = uuid(&body["repository"]["uuid"]);
            assert!(repositories.contains_key(&Id::repository(&repository).0));
            if let Some(number) = body.pointer("/pullrequest/id").and_then(Value::as_i64) {
                assert!(pulls.contains_key(&Id::pull(&repository, number).0), "{number}");
            }
            let changes = body.pointer("/push/changes").and_then(Value::as_array);
            for change in changes.into_iter().flatten() {
                for commit in change["commits"].as_array().into_iter().flatten() {
                    let sha = commit["hash"].as_str().unwrap();
                    assert!(commits.contains_key(&Id::commit(&repository, sha).0), "{sha}");
                }
            }
        }
        let events = testkit::dump(db, &EventRow::TABLE).await;
        assert!(events.values().any(|row| row["kind"] == "changes_requested"));
        // Once more they tell nothing new; not even without people's texts.
        let ids: Vec<i64> = told.all().await.iter().map(|one| one.id).collect();
        let before = crate::story::all_tables(db).await;
        let mut tx = db.write().await.unwrap();
        tx.replay_deliveries(&ids).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told.drain().await.failed, 0);
        crate::story::assert_same(&before, &crate::story::all_tables(db).await);
        assert!(told.all().await.iter().all(|one| one.outcome != DeliveryOutcome::Waiting));
    }
}
