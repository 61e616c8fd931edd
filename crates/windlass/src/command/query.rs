//! `windlass query`.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use store::Db;
use store::console::{Console, ConsoleLimits, Variable, Variables, wanted};

use crate::cli::{Global, QueryArguments, QueryFormat};
use crate::config::{Config, QuerySettings};
use crate::failure::{Exit, Failure};
use crate::output::{csv, json, say, table};

pub(super) async fn run(global: &Global, arguments: &QueryArguments) -> anyhow::Result<()> {
    let config = Config::load(global, None)?;
    let sql = match arguments.sql.as_deref() {
        Some("-") => {
            let mut sql = String::new();
            std::io::stdin()
                .read_to_string(&mut sql)
                .context("the SQL cannot be read from standard input")?;
            Some(sql)
        }
        sql => sql.map(str::to_owned),
    };
    let address = config.database("windlass.db")?;
    require_file(&address)?;
    let db = Db::open(&address).await?;
    let outcome = ask(&db, &config.settings.query, sql, arguments).await;
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

async fn ask(
    db: &Db,
    settings: &QuerySettings,
    sql: Option<String>,
    arguments: &QueryArguments,
) -> anyhow::Result<store::console::QueryResult> {
    let console = console(db, settings)?;
    let (sql, mut variables) = match (sql, &arguments.saved) {
        (Some(sql), _) => (sql, Variables::new()),
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            let saved = db.saved_query_named(name).await?.ok_or_else(|| {
                Failure::new(
                    Exit::Usage,
                    format!("there is no saved query `{name}`: the page /sql lists all"),
                )
            })?;
            (saved.sql, saved.variables)
        }
    };
    variables.extend(given(&console, &sql, &arguments.variables)?);
    let limits = limits(settings);
    Ok(console.ask(&sql, &variables, limits).await?)
}

/// Where queries are asked: by a login of their own, where one is configured.
pub(crate) fn console(db: &Db, settings: &QuerySettings) -> anyhow::Result<Console> {
    Ok(match &settings.database {
        Some(address) => Console::by_login(db, address)?,
        None => Console::of(db),
    })
}

/// The variables of the command line, as the query takes them.
fn given(console: &Console, sql: &str, pairs: &[String]) -> anyhow::Result<Variables> {
    let mut texts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in pairs {
        let (name, value) = pair.split_once('=').ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                format!(
                    "--variable {pair} has no value: it is written as --variable since=2026-01-01"
                ),
            )
        })?;
        texts
            .entry(name.trim_start_matches('$'))
            .or_default()
            .push(value);
    }
    if texts.is_empty() {
        return Ok(Variables::new());
    }
    let wanted = wanted(sql, console.dialect())?;
    let mut variables = Variables::new();
    for (name, values) in texts {
        let known = wanted.iter().find(|one| one.name == name).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                format!("the query has no ${name}: leave it out"),
            )
        })?;
        let list = known.list || values.len() > 1;
        variables.insert(name.to_owned(), Variable::of_text(&values.join("\n"), list));
    }
    Ok(variables)
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

/// How much a query may take.
pub(crate) fn limits(settings: &QuerySettings) -> ConsoleLimits {
    ConsoleLimits {
        deadline: Duration::from_secs(u64::from(settings.deadline_seconds.max(1))),
        max_rows: whole(settings.max_rows),
        max_bytes: whole(settings.max_bytes),
    }
}

/// A number as something is counted by.
pub(crate) fn whole(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
