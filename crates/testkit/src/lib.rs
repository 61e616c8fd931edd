//! Databases for tests: every behaviour of storage is shown on SQLite and on PostgreSQL.

#![expect(
    clippy::panic,
    reason = "only tests use this crate: what fails here fails the test"
)]

mod dump;
pub mod worked_example;

pub use dump::dump;

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::Db;
use store::console::{Console, login_statements};
use tempfile::TempDir;

/// A fresh, migrated database of a test's own.
#[derive(Debug)]
pub struct TestDatabase {
    /// The database, open.
    pub db: Db,
    /// Its address, for a program that is to use it.
    pub address: String,
    /// A folder of the test's own, gone with the test.
    pub folder: TempDir,
}

/// A fresh SQLite file.
///
/// # Panics
/// When it cannot be made: the test cannot go on.
pub async fn sqlite() -> TestDatabase {
    let folder = folder();
    let address = format!("sqlite://{}", folder.path().join("windlass.db").display());
    TestDatabase {
        db: open(&address).await,
        address,
        folder,
    }
}

/// A fresh database on the server that `WINDLASS_TEST_POSTGRES` names. Without one the test fails:
/// a test that is skipped in silence is none.
///
/// # Panics
/// When there is no server, or it cannot be used.
pub async fn postgres() -> TestDatabase {
    let address = new_postgres_database().await;
    TestDatabase {
        db: open(&address).await,
        address,
        folder: folder(),
    }
}

/// The address of a fresh, empty database on the test server.
///
/// # Panics
/// When there is no server, or it cannot be used.
pub async fn new_postgres_database() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let Ok(server) = std::env::var("WINDLASS_TEST_POSTGRES") else {
        panic!("no PostgreSQL to test on: run the tests with scripts/test, which starts one")
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("windlass_{}_{number}", std::process::id());
    let mut connection = match PgConnection::connect(&server).await {
        Ok(connection) => connection,
        Err(error) => panic!("the test server cannot be reached: {error}"),
    };
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(create))
        .execute(&mut connection)
        .await
    {
        panic!("no test database: {error}");
    }
    let Some((base, _)) = server.rsplit_once('/') else {
        panic!("{server} names no database")
    };
    format!("{base}/{name}")
}

/// A console of the database; on PostgreSQL by a login that is made for it, as the program makes one.
///
/// # Panics
/// When it cannot be made: the test cannot go on.
pub async fn console(database: &TestDatabase) -> Console {
    let Db::Postgres(pool) = &database.db else {
        return Console::of(&database.db);
    };
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("windlass_q_{}_{number}", std::process::id());
    for statement in login_statements(&name, "its own", 20) {
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await {
            panic!("no login for queries: {error}");
        }
    }
    let address = database
        .address
        .replacen("windlass@", &format!("{name}:its%20own@"), 1);
    match Console::by_login(&database.db, &address) {
        Ok(console) => console,
        Err(error) => panic!("no console: {error}"),
    }
}

/// Takes the database away: whoever uses it finds it gone, and can make no new connection.
///
/// # Panics
/// When it cannot be taken away: the test cannot go on.
pub async fn break_down(database: &TestDatabase) {
    let Db::Postgres(_) = &database.db else {
        // An open file outlives its name; its connections do not outlive this.
        return database.db.close().await;
    };
    let Some((base, name)) = database.address.rsplit_once('/') else {
        panic!("{} names no database", database.address)
    };
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    let dropped = match PgConnection::connect(&format!("{base}/postgres")).await {
        Ok(mut connection) => {
            sqlx::raw_sql(AssertSqlSafe(drop))
                .execute(&mut connection)
                .await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = dropped {
        panic!("the database cannot be taken away: {error}");
    }
}

async fn open(address: &str) -> Db {
    match Db::open(address).await {
        Ok(db) => db,
        Err(error) => panic!("{error}"),
    }
}

fn folder() -> TempDir {
    match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("no folder for the test: {error}"),
    }
}

/// Writes one test per engine from one body, which takes a [`TestDatabase`].
///
/// ```text
/// both_engines! {
///     async fn an_upsert_twice_is_as_once(database) { … }
/// }
/// ```
#[macro_export]
macro_rules! both_engines {
    ($( $(#[$attribute:meta])* async fn $name:ident($database:ident) $body:block )+) => {
        $(
            mod $name {
                use super::*;

                async fn story($database: $crate::TestDatabase) $body

                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    story($crate::sqlite().await).await;
                }

                $(#[$attribute])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    story($crate::postgres().await).await;
                }
            }
        )+
    };
}
