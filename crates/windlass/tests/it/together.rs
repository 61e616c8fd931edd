//! Two processes that serve one PostgreSQL database share the work.

use std::collections::BTreeMap;
use std::time::Duration;

use emulator::Emulator;
use model::Instant;
use model::catalogue::{self, Group};
use serde_json::{Map, Value};
use store::Db;

use crate::program::{Program, Ran, with_spec};
use crate::serve::Serving;

/// Few enough for the other process to find repositories that nobody holds.
const CONCURRENCY: usize = 2;

type Rows = BTreeMap<&'static str, BTreeMap<i64, Map<String, Value>>>;

async fn imported(db: &Db) -> Rows {
    let mut rows = Rows::new();
    for table in catalogue::tables() {
        if table.group == Group::Imported {
            let mut dumped = testkit::dump(db, table).await;
            if table.name == "bitbucket_users" {
                // Who is who is found out after everything is read, by whoever is done.
                for row in dumped.values_mut() {
                    for column in ["email", "type", "bot"] {
                        row.remove(column);
                    }
                }
            }
            rows.insert(table.name, dumped);
        }
    }
    rows
}

#[expect(
    clippy::disallowed_methods,
    reason = "the programs under test go by the real clock"
)]
fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Instant::from_seconds(i64::try_from(since.unwrap().as_secs()).unwrap())
}

/// A workspace, a program whose connection to it is stored on PostgreSQL, and what an undisturbed
/// import makes of it.
struct Stage {
    program: Program,
    emulator: Emulator,
    address: String,
    db: Db,
    expected: Rows,
    streams: usize,
}

impl Stage {
    async fn new() -> Self {
        let emulator = with_spec(|spec| {
            spec.repositories = 12;
            spec.pull_requests = 600;
        })
        .await;
        let calm = Program::new();
        Ran::of(calm.import(&emulator, &[]).output().await.unwrap()).succeeded();
        let undisturbed = calm.db().await;
        let connection = undisturbed.connections().await.unwrap().remove(0);
        let streams = undisturbed.streams(connection.id).await.unwrap().len();
        let expected = imported(&undisturbed).await;

        let program = Program::new();
        program.file(
            "windlass.toml",
            &format!("[import]\nlease_seconds = 2\nconcurrency = {CONCURRENCY}\n"),
        );
        let address = testkit::new_postgres_database().await;
        let added = program.add(&emulator, &["--database", &address]).await;
        added.succeeded();
        let db = Db::open(&address).await.unwrap();
        emulator.reset_requests();
        Self {
            program,
            emulator,
            address,
            db,
            expected,
            streams,
        }
    }

    async fn serve(&self) -> Serving {
        Serving::start(&self.program, &["--database", &self.address]).await
    }

    /// Waits until every stream was looked at (some have nothing to read) and nobody holds any;
    /// meanwhile no stream may go back. `each` is called between looks.
    async fn until_complete(&self, mut each: impl AsyncFnMut(&Self)) {
        let connection = self.db.connections().await.unwrap().remove(0);
        let mut watermarks: BTreeMap<i64, Instant> = BTreeMap::new();
        let mut interval = tokio::time::interval(Duration::from_millis(25));
        for _ in 0..7_200 {
            interval.tick().await;
            each(self).await;
            let streams = self.db.streams(connection.id).await.unwrap();
            for stream in &streams {
                if let Some(now) = stream.watermark {
                    let before = watermarks.insert(stream.id.0, now);
                    assert!(before <= Some(now), "{} went back", stream.stream);
                }
            }
            if streams.len() == self.streams
                && (streams.iter()).all(|stream| {
                    // Whoever was killed gives no claim back: it ends.
                    let is_free = stream.lease_until.is_none_or(|until| until < now());
                    is_free && stream.tried_at.max(stream.completed_at).is_some()
                })
            {
                return;
            }
        }
        panic!("not complete within three minutes")
    }

    async fn assert_rows(&self) {
        let rows = imported(&self.db).await;
        for (table, expected) in &self.expected {
            assert_eq!(rows[table].len(), expected.len(), "{table}");
            for (id, row) in expected {
                assert_eq!(rows[table].get(id), Some(row), "{table}");
            }
        }
    }

    /// How many requests were made more than once, and how many there were.
    fn repeated(&self) -> (usize, usize) {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let requests = self.emulator.requests();
        for request in &requests {
            let asked = format!("{}?{}", request.path, request.query);
            *times.entry(asked).or_default() += 1;
        }
        (requests.len() - times.len(), requests.len())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_make_each_request_once() {
    let stage = Stage::new().await;
    let (one, other) = tokio::join!(stage.serve(), stage.serve());
    stage.until_complete(async |_| {}).await;
    for serving in [one, other] {
        let (code, said) = serving.stop().await;
        assert_eq!(code, Some(0), "{said}");
    }
    stage.assert_rows().await;
    let (repeated, all) = stage.repeated();
    assert_eq!(repeated, 0, "of {all} requests");
    let connection = stage.db.connections().await.unwrap().remove(0);
    let runs = stage.db.runs(connection.id, 100).await.unwrap();
    let working = runs.iter().filter(|run| run.totals.requests > 0).count();
    println!("{all} requests by {working} runs, none twice");
    assert!(working >= 2, "both took part: {runs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_killed_and_the_other_finishes() {
    let stage = Stage::new().await;
    let (one, other) = tokio::join!(stage.serve(), stage.serve());
    let mut victim = Some(one);
    stage
        .until_complete(async |stage| {
            if stage.emulator.requests().len() >= 25
                && let Some(serving) = victim.take()
            {
                serving.kill().await;
            }
        })
        .await;
    assert!(victim.is_none(), "it was over before anybody was killed");
    let (code, said) = other.stop().await;
    assert_eq!(code, Some(0), "{said}");
    stage.assert_rows().await;
    let (repeated, all) = stage.repeated();
    println!("{repeated} of {all} requests were made again after the kill");
    assert!(repeated <= CONCURRENCY, "{repeated} of {all}");
}
