//! The database: there, up to date, writable, readable by the console, and what it knows.

use std::io;

use store::Db;
use store::console::{ConsoleLimits, Variables};

use super::finding::Findings;
use crate::command::{query, require_file};
use crate::config::Config;
use crate::failure::describe;
use crate::progress::count;

/// How many streams that do not work are named one by one.
const MOST_STREAMS: usize = 10;

/// The database, if it can be opened.
pub(super) async fn check(
    config: &Config,
    findings: &mut Findings,
) -> Result<Option<Db>, anyhow::Error> {
    let address = match config.database("windlass.db").and_then(|address| {
        require_file(&address)?;
        Ok(address)
    }) {
        Ok(address) => address,
        Err(error) => {
            findings.warning("database", &error.to_string())?;
            return Ok(None);
        }
    };
    let db = match Db::open(&address).await {
        Ok(db) => db,
        Err(error) => {
            findings.problem("database", &describe(&error.into()))?;
            return Ok(None);
        }
    };
    let engine = db.describe().await?;
    match db.require_writable().await {
        Ok(()) => findings.ok(
            "database",
            &format!("{engine} at {}, up to date and writable", db.address()),
        )?,
        Err(error) => findings.problem("database", &describe(&error.into()))?,
    }
    let question = "SELECT COUNT(*) FROM import_runs";
    let asked = match query::console(&db, &config.settings.query) {
        Ok(console) => console
            .ask(question, &Variables::new(), ConsoleLimits::default())
            .await
            .map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match asked {
        Ok(_) => findings.ok("console", "answers queries, read-only")?,
        Err(error) => findings.problem("console", &describe(&error))?,
    }
    connections(&db, findings).await?;
    Ok(Some(db))
}

async fn connections(db: &Db, findings: &mut Findings) -> anyhow::Result<()> {
    let connections = db.connections().await?;
    if connections.is_empty() {
        findings.warning("connections", "none yet: `windlass connection add` makes the first, or `windlass import` with a token")?;
    }
    for connection in connections {
        let streams = db.streams(connection.id).await?;
        let complete = streams
            .iter()
            .filter(|stream| stream.completed_at.is_some());
        let text = format!(
            "{} (workspace {} at {}): {} of {} complete",
            connection.name,
            connection.workspace,
            connection.base_url,
            complete.count(),
            count(streams.len() as u64, "stream"),
        );
        findings.ok("connection", &text)?;
        let broken: Vec<String> = streams
            .into_iter()
            .filter_map(|stream| {
                let problem = stream.problem?;
                Some(format!(
                    "{} {}: {problem}",
                    stream.stream,
                    stream.state.as_str()
                ))
            })
            .collect();
        name(&broken, findings)?;
    }
    Ok(())
}

fn name(broken: &[String], findings: &mut Findings) -> io::Result<()> {
    for stream in broken.iter().take(MOST_STREAMS) {
        findings.warning("stream", stream)?;
    }
    match broken.len().saturating_sub(MOST_STREAMS) {
        0 => Ok(()),
        more => findings.warning(
            "stream",
            &format!("and {more} more, see sync_streams.problem"),
        ),
    }
}
