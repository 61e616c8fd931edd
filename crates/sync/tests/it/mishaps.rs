//! A database that cannot take what it is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emulator::WorldSpec;
use store::{Db, StoreError};
use sync::{ImportError, Progress, StreamName, StreamProgress, import};
use testkit::TestDatabase;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::measures::assert_measures;
use crate::story::Story;
use crate::truth::assert_truth;

async fn assert_right(story: &Story) {
    let truth = story.truth();
    assert_truth(story.db(), &truth).await;
    assert_measures(story.db(), &truth).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_that_cannot_grow_says_so_and_the_next_run_completes() {
    let story = Story::of(testkit::sqlite().await, WorldSpec::small, |_| {}).await;
    let Db::Sqlite { write, .. } = story.db() else {
        panic!("not SQLite")
    };
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count")
        .fetch_one(write)
        .await
        .unwrap();
    for room in [4, 16, 32] {
        let limit = format!("PRAGMA max_page_count = {}", pages + room);
        sqlx::query(sqlx::AssertSqlSafe(limit))
            .execute(write)
            .await
            .unwrap();
        story.clock.advance_seconds(60);
        let refused = story.try_import().await.unwrap_err();
        assert!(
            matches!(refused, ImportError::Store(StoreError::Full(_))),
            "{refused}"
        );
        assert!(refused.to_string().contains("Free some space"), "{refused}");
    }
    sqlx::query("PRAGMA max_page_count = 1000000")
        .execute(write)
        .await
        .unwrap();
    story.import().await;
    assert_right(&story).await;
}

/// A way to the test server that can be cut, as if the server had been stopped.
struct Wire {
    up: watch::Sender<bool>,
    address: String,
}

impl Wire {
    /// Leads to the database at `address`, which is reached by a socket in a folder.
    async fn to(address: &str) -> Self {
        let rest = address.strip_prefix("postgres://").unwrap();
        let (user, rest) = rest.split_once('@').unwrap();
        let (folder, name) = rest.rsplit_once('/').unwrap();
        let socket = format!("{}/.s.PGSQL.5432", folder.replace("%2F", "/"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (up, state) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut state = state.clone();
                if !*state.borrow() {
                    continue;
                }
                let socket = socket.clone();
                tokio::spawn(async move {
                    let mut far = UnixStream::connect(socket).await.unwrap();
                    // Whichever ends first ends the connection; both ends see it cut.
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = state.wait_for(|up| !up) => {}
                    }
                });
            }
        });
        Self {
            up,
            address: format!("postgres://{user}@127.0.0.1:{port}/{name}?sslmode=disable"),
        }
    }
}

/// Cuts the wire when the first page of activity is there.
struct Cutting {
    up: watch::Sender<bool>,
    done: AtomicBool,
}

impl Progress for Cutting {
    fn advanced(&self, progress: &StreamProgress) {
        if progress.stream == StreamName::Activity
            && progress.requests == 1
            && !self.done.swap(true, Ordering::Relaxed)
        {
            self.up.send_replace(false);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_in_the_middle_is_told_and_the_next_run_completes() {
    let direct = testkit::postgres().await;
    let wire = Wire::to(&direct.address).await;
    let db = Db::open(&wire.address).await.unwrap();
    let database = TestDatabase {
        db,
        address: wire.address.clone(),
        folder: direct.folder,
    };
    let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
    let cutting = Arc::new(Cutting {
        up: wire.up.clone(),
        done: AtomicBool::new(false),
    });
    let clock = Arc::new(story.clock.clone());
    let refused = import(
        story.db(),
        story.client(),
        clock,
        cutting.clone(),
        story.options.clone(),
    )
    .await
    .unwrap_err();
    assert!(cutting.done.load(Ordering::Relaxed));
    assert!(matches!(refused, ImportError::Store(_)), "{refused}");
    // Started again; the run that was cut off could not give its claims back.
    wire.up.send_replace(true);
    story.clock.advance_seconds(30);
    story.options.run_token = "run-2".to_owned();
    story.import().await;
    assert_right(&story).await;
}
