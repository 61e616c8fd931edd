//! Accounts that Jira really told, where a copy of them lies beside the checkout or where
//! `WINDLASS_RECORDINGS` says. They are not part of the project.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use model::Field;
use serde_json::Value;

use crate::server::*;

/// The directory of the recordings. Without it a test is left out, loudly, and never where changes
/// are judged.
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

/// The recorded accounts of a file: a list, or one per line.
fn accounts(name: &str) -> Option<Vec<Value>> {
    let text = fs::read_to_string(recordings()?.join(name)).unwrap();
    if name.ends_with(".jsonl") {
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["data"].clone();
        return Some(text.lines().map(line).collect());
    }
    Some(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn every_recorded_account_is_read() {
    for (name, count, of_apps) in [
        ("devlake/jira_users.jsonl", 30, 2),
        ("faros/jira_users.json", 5, 3),
    ] {
        let Some(values) = accounts(name) else {
            return;
        };
        let answer = Answer::json(&Value::Array(values.clone()));
        let server = Server::answering(move |_, _| answer.clone()).await;
        let page = server.client().users(0).await.unwrap();
        assert!(page.batch.rejects.is_empty(), "{:?}", page.batch.rejects);
        assert_eq!(page.batch.jira_users.len(), count, "{name}");
        let mut ids = BTreeSet::new();
        for (value, row) in values.iter().zip(&page.batch.jira_users) {
            let text = |name: &str| match &value[name] {
                Value::String(text) => Field::Value(text.clone()),
                _ => Field::Absent,
            };
            assert_eq!(row.source_id, text("accountId"));
            assert_eq!(row.account_type, text("accountType"));
            assert_eq!(row.display_name, text("displayName"));
            assert_eq!(row.email, text("emailAddress"));
            assert_eq!(row.timezone, text("timeZone"));
            assert_eq!(row.active.value(), value["active"].as_bool());
            ids.insert(row.id);
        }
        assert_eq!(ids.len(), count, "{name}: an id for each");
        let app = Field::Value("app".to_owned());
        let apps = page
            .batch
            .jira_users
            .iter()
            .filter(|row| row.account_type == app);
        assert_eq!(apps.count(), of_apps, "{name}");
    }
}
