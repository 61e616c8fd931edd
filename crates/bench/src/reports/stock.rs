//! A large workspace, written straight into the tables.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use chrono::{Days, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// How many days of work there are.
const SPAN: u64 = 5 * 365;

/// The last day of an act is at most so many after the day on which it began.
const LONGEST: u64 = 10;

/// The statements that make the rows.
const ROWS: &str = include_str!("stock.sql");

/// The indexes that reports need, among other things.
const MIGRATIONS: &str = concat!(
    include_str!("../../../store/migrations/common/0019_reports.sql"),
    include_str!("../../../store/migrations/common/0026_report_packs.sql")
);

/// How the names of others begin: those that are replaced later, and those of tables that are empty
/// then.
const OTHER_INDEXES: [&str; 3] = [
    "bitbucket_pulls_open ",
    "bitbucket_reviews_created_on ",
    "report_",
];

/// What is written.
pub(crate) struct Stock {
    script: String,
    ninety_days: (String, String),
}

/// What it took.
pub(crate) struct Costs {
    /// Seconds to write the rows, without the indexes for reports.
    pub(crate) rows_seconds: f64,
    /// Seconds to make the indexes for reports afterwards.
    pub(crate) index_seconds: f64,
    /// How large these are.
    pub(crate) index_bytes: i64,
    /// How large the whole database is.
    pub(crate) all_bytes: i64,
}

impl Stock {
    /// A workspace with so many pull requests, the last of which ended yesterday.
    pub(crate) fn new(pulls: u64) -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the program that is measured asks the machine for the day too"
        )]
        let yesterday = Utc::now().date_naive().pred_opt().context("no yesterday")?;
        let before = |days: u64| -> anyhow::Result<NaiveDate> {
            yesterday
                .checked_sub_days(Days::new(days))
                .context("no such day")
        };
        let mut days = String::new();
        for n in 0..SPAN + LONGEST {
            let day = before(SPAN + LONGEST - 1 - n)?;
            days.push_str(&format!(
                "INSERT INTO bench_days VALUES ({n}, '{day}', '{day}T12:00:00.000000Z');\n"
            ));
        }
        let text = ROWS
            .replace("{days}", &days)
            .replace("{span}", &SPAN.to_string())
            .replace("{pulls}", &pulls.to_string());
        Ok(Self {
            script: expand(&text),
            ninety_days: (before(89)?.to_string(), yesterday.to_string()),
        })
    }

    /// The first and the last of the last 90 days.
    pub(crate) fn ninety_days(&self) -> (&str, &str) {
        (&self.ninety_days.0, &self.ninety_days.1)
    }

    pub(crate) async fn fill_sqlite(&self, file: &Path) -> anyhow::Result<Costs> {
        let address = format!("sqlite://{}", file.display());
        let mut connection = SqliteConnection::connect(&address).await?;
        // Nobody else looks, and if it fails all of it is thrown away.
        run_sqlite(
            &mut connection,
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;",
        )
        .await?;
        run_sqlite(&mut connection, &without_indexes()).await?;
        let began = Instant::now();
        run_sqlite(&mut connection, &format!("BEGIN; {} COMMIT;", self.script)).await?;
        let rows_seconds = began.elapsed().as_secs_f64();
        let before = size(file)?;
        let began = Instant::now();
        run_sqlite(&mut connection, &format!("BEGIN; {} COMMIT;", indexes())).await?;
        let index_seconds = began.elapsed().as_secs_f64();
        let all_bytes = size(file)?;
        run_sqlite(&mut connection, "ANALYZE; PRAGMA journal_mode = WAL;").await?;
        connection.close().await?;
        Ok(Costs {
            rows_seconds,
            index_seconds,
            index_bytes: all_bytes - before,
            all_bytes,
        })
    }

    pub(crate) async fn fill_postgres(&self, address: &str) -> anyhow::Result<Costs> {
        let mut connection = PgConnection::connect(address).await?;
        let mut run = async |script: &str| {
            let script = AssertSqlSafe(script.to_owned());
            sqlx::raw_sql(script).execute(&mut connection).await
        };
        run("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET jit = off").await?;
        run(&without_indexes()).await?;
        let began = Instant::now();
        run(&self.script).await?;
        let rows_seconds = began.elapsed().as_secs_f64();
        let began = Instant::now();
        run(&indexes()).await?;
        let index_seconds = began.elapsed().as_secs_f64();
        for table in [
            "bitbucket_pulls",
            "bitbucket_pull_sizes",
            "bitbucket_reviews",
            "bitbucket_pipelines",
            "deployment_measures",
            "deployment_pulls",
        ] {
            run(&format!("VACUUM ANALYZE {table}")).await?;
        }
        let names: Vec<String> = names()
            .map(|name| format!("pg_relation_size('{name}')"))
            .collect();
        let sizes = format!(
            "SELECT CAST({} AS BIGINT), pg_database_size(current_database())",
            names.join(" + ")
        );
        let (index_bytes, all_bytes): (i64, i64) = sqlx::query_as(AssertSqlSafe(sizes))
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(Costs {
            rows_seconds,
            index_seconds,
            index_bytes,
            all_bytes,
        })
    }
}

async fn run_sqlite(connection: &mut SqliteConnection, script: &str) -> anyhow::Result<()> {
    let script = AssertSqlSafe(script.to_owned());
    sqlx::raw_sql(script).execute(connection).await?;
    Ok(())
}

fn size(file: &Path) -> anyhow::Result<i64> {
    Ok(i64::try_from(std::fs::metadata(file)?.len())?)
}

/// The statements of the migrations that make indexes.
fn indexes() -> String {
    let statements = MIGRATIONS.split(';').map(|statement| {
        let lines = statement.lines().filter(|line| !line.starts_with("--"));
        lines.collect::<Vec<_>>().join("\n")
    });
    statements
        .filter(|statement| {
            let name = statement.trim_start().strip_prefix("CREATE INDEX ");
            name.is_some_and(|name| !OTHER_INDEXES.iter().any(|other| name.starts_with(other)))
        })
        .map(|statement| format!("{statement};"))
        .collect()
}

/// The names of these indexes.
fn names() -> impl Iterator<Item = String> {
    let statements = indexes();
    let names: Vec<String> = statements
        .split("CREATE INDEX ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next().map(str::to_owned))
        .collect();
    names.into_iter()
}

fn without_indexes() -> String {
    names().map(|name| format!("DROP INDEX {name};")).collect()
}

/// Writes out what `{h X}` and `{id X}` stand for.
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    loop {
        let next = ["{h ", "{id "]
            .into_iter()
            .filter_map(|mark| rest.find(mark).map(|place| (place, mark)))
            .min();
        let Some((place, mark)) = next else { break };
        let (before, after) = rest.split_at(place);
        out.push_str(before);
        let after = after.strip_prefix(mark).unwrap_or(after);
        let (inner, after) = after.split_once('}').unwrap_or((after, ""));
        let mixed = format!("(({inner}) * 2654435761 % 4294967296");
        out.push_str(&match mark {
            "{h " => format!("{mixed} / 256)"),
            // Random, as ids are, and never twice the same.
            _ => format!("{mixed} * 1073741824 + ({inner}))"),
        });
        rest = after;
    }
    out.push_str(rest);
    out
}
