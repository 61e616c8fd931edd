//! An import that is killed without warning.

use std::collections::{BTreeMap, BTreeSet};

use emulator::{Emulator, ServedRequest};
use model::catalogue::{self, Group};
use serde_json::{Map, Value};
use store::Db;

use crate::program::{Program, Ran, until_served, with_pulls};

/// How many requests may be under way when the end comes.
const CONCURRENCY: usize = 4;

const PULL_REQUESTS: usize = 400;
const REPOSITORIES: usize = 4;

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

/// The pages that were given out.
fn pages(requests: &[ServedRequest]) -> BTreeSet<(&str, &str)> {
    requests
        .iter()
        .filter(|request| request.status == 200)
        .map(|request| (request.path.as_str(), request.query.as_str()))
        .collect()
}

/// Imports into `calm` without a disturbance and into each of `killed` with a kill, each at another
/// moment.
async fn a_killed_import_goes_on_where_it_was(calm: String, killed: [String; 3]) {
    let program = Program::new();
    let emulator = with_pulls(PULL_REQUESTS).await;
    let ran = import(&program, &emulator, &calm).output().await.unwrap();
    Ran::of(ran).succeeded();
    let uninterrupted = emulator.requests().len();
    let expected = imported(&calm).await;

    for (quarters, address) in (1..).zip(&killed) {
        emulator.reset_requests();
        let mut child = import(&program, &emulator, address).spawn().unwrap();
        until_served(&emulator, uninterrupted * quarters / 4, &mut child).await;
        child.kill().await.unwrap();
        let before = emulator.requests();
        emulator.reset_requests();

        let ran = import(&program, &emulator, address).output().await.unwrap();
        Ran::of(ran).succeeded();
        let after = emulator.requests();
        let rows = imported(address).await;
        for (table, expected) in &expected {
            assert_eq!(&rows[table], expected, "{table}");
        }

        // Of what was fetched before, only what was under way is fetched again, and what every
        // import begins with: the workspace and the two lists, and of each repository the newest
        // pull requests and pipelines, to see what is new.
        let beginnings = 3 + 2 * REPOSITORIES;
        let again = pages(&before).intersection(&pages(&after)).count();
        let story = format!(
            "{uninterrupted} requests uninterrupted; killed after {}, then {}, {again} pages twice",
            before.len(),
            after.len()
        );
        assert!(again <= CONCURRENCY + beginnings, "{story}");
        assert!(
            before.len() + after.len() <= uninterrupted + CONCURRENCY + beginnings,
            "{story}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let killed = ["early.db", "middle.db", "late.db"].map(address);
    a_killed_import_goes_on_where_it_was(address("calm.db"), killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_postgres() {
    let calm = testkit::new_postgres_database().await;
    let killed = [
        testkit::new_postgres_database().await,
        testkit::new_postgres_database().await,
        testkit::new_postgres_database().await,
    ];
    a_killed_import_goes_on_where_it_was(calm, killed).await;
}
