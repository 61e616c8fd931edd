//! `windlass query`.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use store::Db;
use store::console::{self, ConsoleLimits};

use crate::cli::{Global, QueryArguments, QueryFormat};
use crate::config::{Config, QuerySettings};
use crate::failure::{Exit, Failure};
use crate::output::{csv, json, say, table};

pub(super) async fn run(global: &Global, arguments: &QueryArguments) -> anyhow::Result<()> {
    let config = Config::load(global, None)?;
    let sql = match arguments.sql.as_str() {
        "-" => {
            let mut sql = String::new();
            std::io::stdin()
                .read_to_string(&mut sql)
                .context("the SQL cannot be read from standard input")?;
            sql
        }
        sql => sql.to_owned(),
    };
    let address = config.database("windlass.db")?;
    require_file(&address)?;
    let db = Db::open(&address).await?;
    let outcome = console::run(&db, &sql, limits(&config.settings.query)).await;
    db.close().await;
    let answer = outcome?;
    let out = &mut std::io::stdout().lock();
    match arguments.format {
        QueryFormat::Table => writeln!(out, "{}", table::result(&answer))?,
        QueryFormat::Csv => csv::result(&answer, out)?,
        QueryFormat::Json => json::result(&answer, out)?,
    }
    out.flush()?;
    if let Some(truncated) = &answer.truncated {
        say(&format!(
            "note: {truncated} (query.max_rows and query.max_bytes are the caps)"
        ));
    }
    Ok(())
}

/// Refuses a file that is not there: opening it would make an empty database, in which every
/// question has the answer nothing.
pub(crate) fn require_file(address: &str) -> Result<(), Failure> {
    let Some(path) = address.strip_prefix("sqlite://") else {
        return Ok(());
    };
    let path = path.split('?').next().unwrap_or_default();
    let path = path
        .replace("%3F", "?")
        .replace("%23", "#")
        .replace("%25", "%");
    if path.is_empty() || Path::new(&path).exists() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Database,
        format!(
            "there is no database {path} yet: fill it with `windlass import`, begin with `windlass connection add`, or name another with --database"
        ),
    ))
}

fn limits(settings: &QuerySettings) -> ConsoleLimits {
    let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    ConsoleLimits {
        deadline: Duration::from_secs(u64::from(settings.deadline_seconds.max(1))),
        max_rows: whole(settings.max_rows),
        max_bytes: whole(settings.max_bytes),
    }
}
