//! An import that is killed without warning.

use std::collections::{BTreeMap, BTreeSet};

use emulator::{Emulator, ServedRequest};
use model::catalogue::{self, Group};
use serde_json::{Map, Value};
use store::Db;

use crate::program::{Program, Ran, with_pulls};

/// How many requests may be under way when the end comes.
const CONCURRENCY: usize = 4;

const PULL_REQUESTS: usize = 400;

type Rows = BTreeMap<&'static str, BTreeMap<i64, Map<String, Value>>>;

/// Everything that was imported, save when it was seen.
async fn imported(address: &str) -> Rows {
    let db = Db::open(address).await.unwrap();
    let mut rows = Rows::new();
    for table in catalogue::tables() {
        if table.group == Group::Imported {
            rows.insert(table.name, testkit::dump(&db, table).await);
        }
    }
    db.close().await;
    rows
}

fn import(program: &Program, emulator: &Emulator, address: &str) -> tokio::process::Command {
    let mut command = program.import(emulator, &["--json", "--database", address]);
    command
        .env("WINDLASS_IMPORT__CONCURRENCY", CONCURRENCY.to_string())
        // Nobody gives a killed program's claims back: they run out.
        .env("WINDLASS_IMPORT__LEASE_SECONDS", "1");
    command
}

/// Requests that go on from an earlier page: what a resumed import must not repeat.
fn pages(requests: &[ServedRequest]) -> BTreeSet<(String, String)> {
    requests
        .iter()
        .filter(|request| request.status == 200)
        .map(|request| (request.path.clone(), request.query.clone()))
        .collect()
}

async fn a_killed_import_goes_on_where_it_was(address: String, calm_address: String) {
    let program = Program::new();
    let emulator = with_pulls(PULL_REQUESTS).await;
    let calm = import(&program, &emulator, &calm_address).output();
    Ran::of(calm.await.unwrap()).succeeded();
    let uninterrupted = emulator.requests().len();
    let expected = imported(&calm_address).await;
    emulator.reset_requests();

    let mut child = import(&program, &emulator, &address).spawn().unwrap();
    while emulator.requests().len() < uninterrupted / 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        tokio::task::yield_now().await;
    }
    child.kill().await.unwrap();
    let before = emulator.requests();
    emulator.reset_requests();

    let resumed = import(&program, &emulator, &address).output();
    Ran::of(resumed.await.unwrap()).succeeded();
    let after = emulator.requests();
    let rows = imported(&address).await;
    for (table, expected) in &expected {
        assert_eq!(&rows[table], expected, "{table}");
    }

    // Of what was fetched before, only what was under way is fetched again, and what begins every
    // import: the workspace, the lists, and the first page of a stream that is complete.
    let again = pages(&before).intersection(&pages(&after)).count();
    let beginnings = 3 + 2 * 4;
    eprintln!(
        "{uninterrupted} requests uninterrupted; {} and {} with a kill, of which {again} twice",
        before.len(),
        after.len()
    );
    assert!(
        again <= CONCURRENCY + beginnings,
        "{again} pages were fetched twice"
    );
    assert!(
        before.len() + after.len() <= uninterrupted + CONCURRENCY + beginnings,
        "{uninterrupted} requests uninterrupted, but {} + {}",
        before.len(),
        after.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    a_killed_import_goes_on_where_it_was(address("killed.db"), address("calm.db")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_postgres() {
    let killed = testkit::new_postgres_database().await;
    let calm = testkit::new_postgres_database().await;
    a_killed_import_goes_on_where_it_was(killed, calm).await;
}
