//! The program that serves.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use sqlx::{PgPool, SqlitePool};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::stock::SECRET;
use crate::child::bare;
use crate::world::{REQUESTS_AN_HOUR, TOKEN, workspace};

const WAITING: &str = "SELECT COUNT(*) FROM webhook_deliveries WHERE outcome = 'waiting'";

/// `windlass serve` with an imported workspace, and where it listens.
pub(crate) struct Serving {
    windlass: PathBuf,
    database: String,
    folder: PathBuf,
    child: Child,
    address: String,
    pool: Pool,
}

/// A way to the database past the program: its console does not show deliveries.
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Serving {
    /// Imports the workspace as it is now, gives the connection its secret, and serves. The
    /// connection is paused, so that deliveries alone bring anything.
    pub(crate) async fn start(
        windlass: &Path,
        database: &str,
        folder: &Path,
        base_url: &str,
    ) -> anyhow::Result<Self> {
        Self::start_with(windlass, database, folder, base_url, None).await
    }

    /// The same with a login for queries.
    pub(crate) async fn start_with(
        windlass: &Path,
        database: &str,
        folder: &Path,
        base_url: &str,
        query_login: Option<&str>,
    ) -> anyhow::Result<Self> {
        let name = workspace()?;
        let program = |arguments: &[&str]| {
            let mut command = Command::from(bare(windlass));
            command
                .args(arguments)
                .args(["--database", database])
                .current_dir(folder)
                .env("WINDLASS_DATA_DIR", folder)
                .env(
                    "WINDLASS_BITBUCKET__HOURLY_LIMIT",
                    REQUESTS_AN_HOUR.to_string(),
                )
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .kill_on_drop(true);
            command
        };
        let add = [
            "connection",
            "add",
            "bitbucket_cloud",
            "--workspace",
            &name,
            "--base-url",
            base_url,
            "--token-stdin",
        ];
        told(program(&add), TOKEN).await?;
        told(program(&["import", &name]), "").await?;
        told(
            program(&["webhook", "secret", "--set", "--connection", &name]),
            SECRET,
        )
        .await?;
        told(program(&["connection", "pause", &name]), "").await?;

        let mut serve = program(&["serve", "--listen", "127.0.0.1:0"]);
        if let Some(login) = query_login {
            serve.env("WINDLASS_QUERY__DATABASE", login);
        }
        let mut child = serve.stdout(Stdio::null()).spawn()?;
        let said = child.stderr.take().context("a program that says nothing")?;
        let mut lines = BufReader::new(said).lines();
        let address = loop {
            let line = lines.next_line().await?.context("the program ended")?;
            if let Some(address) = line.strip_prefix("Listening on http://") {
                break address.to_owned();
            }
        };
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let pool = if database.starts_with("sqlite:") {
            Pool::Sqlite(SqlitePool::connect(database).await?)
        } else {
            Pool::Postgres(PgPool::connect(database).await?)
        };
        Ok(Self {
            windlass: windlass.to_owned(),
            database: database.to_owned(),
            folder: folder.to_owned(),
            child,
            address,
            pool,
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Waits until no delivery waits any more.
    pub(crate) async fn until_applied(&self, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        loop {
            looks.tick().await;
            let (waiting,): (i64,) = match &self.pool {
                Pool::Sqlite(pool) => sqlx::query_as(WAITING).fetch_one(pool).await?,
                Pool::Postgres(pool) => sqlx::query_as(WAITING).fetch_one(pool).await?,
            };
            if waiting == 0 {
                return Ok(());
            }
            if began.elapsed() > patience {
                bail!("{waiting} deliveries were never applied");
            }
        }
    }

    /// How many comments `windlass query` sees.
    pub(crate) fn comments_seen(&self) -> anyhow::Result<i64> {
        let output = bare(&self.windlass)
            .args(["query", "--format", "json", "--database", &self.database])
            .arg("SELECT COUNT(*) AS comments FROM bitbucket_pull_comments")
            .current_dir(&self.folder)
            .env("WINDLASS_DATA_DIR", &self.folder)
            .output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let rows: Value = serde_json::from_slice(&output.stdout)?;
        rows.pointer("/0/comments")
            .and_then(Value::as_i64)
            .with_context(|| format!("no number of comments in {rows}"))
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
        self.child.kill().await?;
        Ok(())
    }
}

/// Runs a command to its end with something on its standard input.
async fn told(mut command: Command, input: &str) -> anyhow::Result<()> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that reads nothing closes its end.
        let _ = stdin.write_all(format!("{input}\n").as_bytes()).await;
    }
    let output = child.wait_with_output().await?;
    ensure!(
        output.status.success(),
        "{:?} failed: {}",
        command.as_std().get_args().collect::<Vec<_>>(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
