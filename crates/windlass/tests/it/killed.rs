//! An import that is killed without warning.

use std::collections::BTreeMap;

use emulator::Emulator;
use model::catalogue::{self, Group};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value};
use store::Db;
use sync::StreamName;

use crate::program::{Program, Ran, until_served, with_pulls};

/// How many pages may be under way when the end comes.
const CONCURRENCY: usize = 4;

/// How many requests the size of a pull request takes at most here: the address of its change, and
/// two pages or a second attempt. It is a row when all of them are there.
const REQUESTS_OF_A_SIZE: usize = 4;

const PULL_REQUESTS: usize = 160;

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
    let mut arguments = vec!["--json", "--database", address];
    for stream in StreamName::ALL {
        arguments.extend(["--stream", stream.as_str()]);
    }
    let mut command = program.import(emulator, &arguments);
    command
        // What the killed runs spent must not make the next one wait for an hour.
        .env("WINDLASS_BITBUCKET__HOURLY_LIMIT", "100000")
        .env("WINDLASS_IMPORT__CONCURRENCY", CONCURRENCY.to_string())
        // Nobody gives a killed program's claims back: they run out.
        .env("WINDLASS_IMPORT__LEASE_SECONDS", "1");
    command
}

/// How many kills on each engine; `WINDLASS_KILLS` asks for more.
fn kills_wanted() -> usize {
    std::env::var("WINDLASS_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(12)
}

/// How many requests were served: for sizes of pull requests, and all others.
fn requests(emulator: &Emulator) -> (usize, usize) {
    let all = emulator.requests();
    let sizes = all
        .iter()
        .filter(|request| request.path.contains("/diffstat"))
        .count();
    (sizes, all.len() - sizes)
}

/// Imports every stream into `calm` without a disturbance, and into fresh databases with a kill every few
/// requests, at moments that chance decides, until there were enough.
async fn killed_at_random_moments(calm: String, mut fresh: impl AsyncFnMut() -> String) {
    let program = Program::new();
    let emulator = with_pulls(PULL_REQUESTS).await;
    let ran = import(&program, &emulator, &calm).output().await.unwrap();
    Ran::of(ran).succeeded();
    let uninterrupted = requests(&emulator);
    let expected = imported(&calm).await;

    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut all_kills = 0;
    while all_kills < kills_wanted() {
        let address = fresh().await;
        emulator.reset_requests();
        let mut kills = 0;
        loop {
            let served = emulator.requests().len();
            let more = usize::try_from(1 + chance.next_u64() % 96).unwrap();
            let mut child = import(&program, &emulator, &address).spawn().unwrap();
            if !until_served(&emulator, served + more, &mut child).await {
                let ran = child.wait_with_output().await.unwrap();
                Ran::of(ran).succeeded();
                break;
            }
            child.kill().await.unwrap();
            kills += 1;
        }
        let rows = imported(&address).await;
        for (table, expected) in &expected {
            assert_eq!(rows[table].len(), expected.len(), "{table}");
            for (id, row) in expected {
                assert_eq!(rows[table].get(id), Some(row), "{table}");
            }
        }
        // Of what was fetched before a kill, only what was under way is fetched again.
        let (sizes, others) = requests(&emulator);
        let story = format!(
            "{} requests uninterrupted and {} for sizes; {others} and {sizes} with {kills} kills",
            uninterrupted.1, uninterrupted.0
        );
        println!("{story}");
        let pages = kills * CONCURRENCY;
        assert!(others <= uninterrupted.1 + pages, "{story}");
        assert!(
            sizes <= uninterrupted.0 + pages * REQUESTS_OF_A_SIZE,
            "{story}"
        );
        all_kills += kills;
    }
    println!("{all_kills} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let address = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let mut number = 0;
    let fresh = async || {
        number += 1;
        address(&format!("{number}.db"))
    };
    killed_at_random_moments(address("calm.db"), fresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_goes_on_where_it_was_on_postgres() {
    let calm = testkit::new_postgres_database().await;
    killed_at_random_moments(calm, testkit::new_postgres_database).await;
}
