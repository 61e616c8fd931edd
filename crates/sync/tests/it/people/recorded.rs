//! The accounts that Jira really told are imported, where a copy of them lies beside the checkout.

use std::path::PathBuf;
use std::sync::Arc;

use jira::{JiraClient, JiraConfig, Site};
use model::{Clock, ManualClock};
use serde_json::{Value, json};
use store::{ConnectionKind, RunReason};
use sync::people::BotNames;
use sync::{JiraOptions, import_jira};
use testkit::both_engines;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The recorded accounts, each once; nothing where the recordings are not: then the test says so,
/// and fails where they must be.
fn accounts() -> Option<Vec<Value>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("WINDLASS_RECORDINGS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CI").is_none(),
            "the recordings are not at {}",
            folder.display()
        );
        println!("left out: there are no recordings at {}", folder.display());
        return None;
    }
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut accounts: Vec<Value> = read("devlake/jira_users.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["data"].clone())
        .collect();
    let others: Vec<Value> = serde_json::from_str(&read("faros/jira_users.json")).unwrap();
    accounts.extend(others);
    accounts.sort_by_key(|account| account["accountId"].to_string());
    accounts.dedup_by_key(|account| account["accountId"].to_string());
    Some(accounts)
}

/// A site that lists these accounts; the result is its address.
async fn site(accounts: Vec<Value>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let mut read = 0;
            while !request[..read].ends_with(b"\r\n\r\n") {
                read += stream.read(&mut request[read..]).await.unwrap();
            }
            let line = String::from_utf8_lossy(&request[..read]);
            let body = if line.contains("/myself") {
                json!({ "accountId": "me" })
            } else if line.contains("startAt=") && !line.contains("startAt=0") {
                json!([])
            } else {
                json!(accounts)
            }
            .to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

both_engines! {
    async fn the_recorded_accounts_of_jira_are_imported(database) {
        let Some(accounts) = accounts() else { return };
        let count = u64::try_from(accounts.len()).unwrap();
        let address = site(accounts).await;
        let clock = ManualClock::starting_at("2026-03-02T09:00:00Z".parse().unwrap());
        let mut tx = database.db.write().await.unwrap();
        tx.insert_connection(ConnectionKind::JiraCloud, "jira", "site", &address, clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let connection = database.db.connection("jira").await.unwrap().unwrap();
        let config = JiraConfig::new(
            Site::parse(&address).unwrap(),
            "ada@example.com",
            "a-token".to_owned().into(),
        );
        let client = JiraClient::new(config, Arc::new(clock.clone())).unwrap();
        for round in 0..2 {
            let options = JiraOptions {
                run_token: format!("run-{round}"),
                reason: RunReason::Asked,
                bots: BotNames::default(),
                vault: None,
            };
            clock.advance_seconds(60);
            let clock = Arc::new(clock.clone());
            let summary = import_jira(&database.db, &client, clock, &connection, options)
                .await
                .unwrap();
            assert_eq!(summary.rejects, 0);
            let found = if round == 0 { summary.accounts.added } else { summary.accounts.unchanged };
            assert_eq!(found, count);
            // Whoever does nothing in Bitbucket is nobody here.
            assert_eq!(summary.people.people_made, 0);
        }
        assert_eq!(database.db.evidence().await.unwrap().jira.len(), usize::try_from(count).unwrap());
    }
}
