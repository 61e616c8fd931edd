//! A database for one run.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A new, empty database.
pub(crate) struct Scratch {
    server: String,
    name: String,
    address: String,
}

impl Scratch {
    pub(crate) async fn create(server: &str) -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("windlass_bench_{}_{number}", std::process::id());
        let (base, _) = server
            .rsplit_once('/')
            .context("the address of the PostgreSQL server names no database")?;
        let scratch = Self {
            address: format!("{base}/{name}"),
            server: server.to_owned(),
            name,
        };
        scratch
            .execute(&format!(
                "CREATE DATABASE {} TEMPLATE template0",
                scratch.name
            ))
            .await?;
        Ok(scratch)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Fails unless the server waits for its disk.
    pub(crate) async fn require_fsync(&self) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.address).await?;
        let (setting,): (String,) = sqlx::query_as("SHOW fsync")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        ensure!(
            setting == "on",
            "the PostgreSQL server has fsync off: what it calls kept is not"
        );
        Ok(())
    }

    pub(crate) async fn drop(self) -> anyhow::Result<()> {
        self.execute(&format!("DROP DATABASE {}", self.name)).await
    }

    async fn execute(&self, sql: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.server)
            .await
            .context("the PostgreSQL server that WINDLASS_TEST_POSTGRES names")?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    }
}
