//! The console on PostgreSQL: a read-only transaction as a role that may read the documented tables.

mod json;
mod set_up;

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{
    AssertSqlSafe, Column, Connection, Either, Executor, PgConnection, PgPool, Row, SqlSafeStr,
    Statement, TypeInfo,
};

use super::value::{Collector, MAX_VALUE_BYTES};
use super::{
    Checked, ConsoleError, ConsoleLimits, Dialect, QueryResult, Variables, check, one_line,
};

/// How long beyond the deadline the server is waited for: it stops the query by itself.
const GRACE: Duration = Duration::from_secs(5);

/// Runs one query on the database of `pool`.
///
/// # Errors
/// The query is not allowed, wrong, or beyond a limit; the server cannot be reached or is not set up
/// for the console.
pub async fn run_postgres(
    pool: &PgPool,
    sql: &str,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let checked = check(sql, Dialect::Postgres, &Variables::new())?;
    ask_in_role(pool, &checked, limits).await
}

/// Runs a checked query in the console's role.
pub(super) async fn ask_in_role(
    pool: &PgPool,
    checked: &Checked,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    // The connection leaves the pool for good. Whatever happens from here on, it is closed, and with
    // it go the transaction and its role; nobody else is ever given it, and a query that was cut off
    // need not be read to its end.
    let connection = pool
        .acquire()
        .await
        .map_err(|error| explain(&error, limits))?
        .detach();
    ask(connection, Login::OfTheProgram, checked, limits).await
}

/// Runs a checked query by a login of its own.
pub(super) async fn ask_by_login(
    options: &PgConnectOptions,
    checked: &Checked,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let connection = PgConnection::connect_with(options).await.map_err(|error| {
        ConsoleError::Unreachable(one_line(match &error {
            sqlx::Error::Database(inner) => inner.message(),
            _ => "the server cannot be reached",
        }))
    })?;
    ask(connection, Login::OfQueries, checked, limits).await
}

/// Whose login a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    /// The program's: queries take the console's role.
    OfTheProgram,
    /// One that may do nothing else.
    OfQueries,
}

async fn ask(
    mut connection: PgConnection,
    login: Login,
    checked: &Checked,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let answer = tokio::time::timeout(
        limits.deadline.saturating_add(GRACE),
        in_transaction(&mut connection, login, checked, limits),
    )
    .await
    .unwrap_or(Err(ConsoleError::Deadline(limits.deadline)))?;
    if answer.truncated.is_none() {
        // Politeness only: the server would notice by itself that the connection is gone.
        let farewell = async {
            connection.execute("ROLLBACK").await?;
            connection.close().await
        };
        let _ = tokio::time::timeout(GRACE, farewell).await;
    }
    Ok(answer)
}

async fn in_transaction(
    connection: &mut PgConnection,
    login: Login,
    checked: &Checked,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let begin = AssertSqlSafe(begin(limits.deadline));
    sqlx::raw_sql(begin)
        .execute(&mut *connection)
        .await
        .map_err(|error| explain(&error, limits))?;
    match login {
        Login::OfTheProgram => set_up::take_role(connection).await?,
        Login::OfQueries => set_up::require_fit(connection).await?,
    }
    match read(connection, checked, limits).await {
        Err(error) if set_up::is_missing_right(&error) => Err(set_up::not_set_up(connection).await),
        outcome => outcome.map_err(|error| explain(&error, limits))?,
    }
}

/// Begins the transaction. The settings end with it. A query whose connection is gone ends within
/// half a second, where the server can tell. Those of time and text make the values come as
/// [`json`] expects them, whatever the server's own settings are.
fn begin(deadline: Duration) -> String {
    // The server takes 31 bits, and 0 for no limit at all.
    let milliseconds = deadline.as_millis().clamp(1, 2_000_000_000);
    format!(
        "BEGIN TRANSACTION READ ONLY;
         SET LOCAL statement_timeout = {milliseconds};
         SET LOCAL lock_timeout = 5000;
         SET LOCAL idle_in_transaction_session_timeout = {};
         SET LOCAL work_mem = '16MB';
         SET LOCAL jit = off;
         SET LOCAL standard_conforming_strings = on;
         SET LOCAL TimeZone = 'UTC';
         SET LOCAL DateStyle = 'ISO, YMD';
         SET LOCAL IntervalStyle = 'postgres';
         DO $$ BEGIN
             PERFORM set_config('client_connection_check_interval', '500', true);
         EXCEPTION WHEN OTHERS THEN NULL;
         END $$;",
        milliseconds + GRACE.as_millis()
    )
}

/// Runs the query. The outer error is what the server said; a value too large is the inner one.
async fn read(
    connection: &mut PgConnection,
    checked: &Checked,
    limits: ConsoleLimits,
) -> Result<Result<QueryResult, ConsoleError>, sqlx::Error> {
    // Safe to run as text, here and below: it is the parsed and checked query, written out again.
    let query = AssertSqlSafe(checked.sql().to_owned()).into_sql_str();
    let prepared = match (&mut *connection).prepare(query).await {
        Ok(prepared) => prepared,
        Err(error) => {
            return match variable_of_unknown_type(&error, checked) {
                Some(name) => Ok(Err(ConsoleError::UnknownType(name))),
                None => Err(error),
            };
        }
    };
    let parameters = match prepared.parameters() {
        Some(Either::Left(types)) => types.iter().map(|kind| kind.name().to_owned()).collect(),
        _ => Vec::new(),
    };
    let (names, types): (Vec<String>, Vec<String>) = prepared
        .columns()
        .iter()
        .map(|column| {
            (
                column.name().to_owned(),
                column.type_info().name().to_ascii_uppercase(),
            )
        })
        .unzip();
    if names.is_empty() {
        return Ok(Err(ConsoleError::engine("it has no columns")));
    }
    let longest = (limits.max_bytes / names.len()).clamp(1, MAX_VALUE_BYTES);
    let query = if parameters.is_empty() {
        checked.sql().to_owned()
    } else {
        checked.sql_with(|number| cast(number, &parameters))
    };
    let capped = AssertSqlSafe(as_text(&query, names.len(), longest, limits.max_rows));
    let mut asked = sqlx::query(capped).persistent(false);
    for (_, value) in checked.values() {
        asked = asked.bind(value.to_text());
    }
    let mut rows = asked.fetch(&mut *connection);
    let mut collector = Collector::new(names, limits);
    'rows: while let Some(row) = rows.try_next().await? {
        if !collector.begin_row() {
            break;
        }
        for (column, kind) in types.iter().enumerate() {
            let text: Option<String> = row.try_get(column)?;
            if text.as_ref().is_some_and(|text| text.len() > longest) {
                return Ok(Err(ConsoleError::TooLarge));
            }
            if !collector.add(json::json(text, kind)) {
                break 'rows;
            }
        }
        collector.end_row();
    }
    Ok(Ok(collector.finish()))
}

/// A parameter in the type that the server has found out for it. Every value is bound as text, and
/// read by the server as it would read a literal there.
fn cast(number: usize, types: &[String]) -> String {
    match types.get(number.saturating_sub(1)).map(String::as_str) {
        None | Some("TEXT") => format!("CAST(${number} AS text)"),
        Some(kind) => format!("CAST(CAST(${number} AS text) AS {kind})"),
    }
}

/// The variable whose type the server could not find out.
fn variable_of_unknown_type(error: &sqlx::Error, checked: &Checked) -> Option<String> {
    let sqlx::Error::Database(error) = error else {
        return None;
    };
    if error.code().as_deref() != Some("42P18") {
        return None;
    }
    let number = error.message().rsplit_once('$')?.1;
    let number: usize = number.trim().parse().ok()?;
    let (name, _) = checked.values().get(number.checked_sub(1)?)?;
    Some(name.clone())
}

/// The query with every column as text, no value longer than needed to see that it is too long, and
/// no more rows than needed to see that there are more. So the server holds to the caps, and the
/// values of every type it has can be shown. Columns are renamed since two may have one name.
fn as_text(query: &str, columns: usize, longest: usize, max_rows: usize) -> String {
    let names: Vec<String> = (1..=columns).map(|number| format!("c{number}")).collect();
    let cells: Vec<String> = names
        .iter()
        .map(|name| format!("pg_catalog.left(CAST({name} AS text), {})", longest + 1))
        .collect();
    format!(
        "SELECT {} FROM ({query}) AS windlass_query ({}) LIMIT {}",
        cells.join(", "),
        names.join(", "),
        max_rows.saturating_add(1)
    )
}

fn explain(error: &sqlx::Error, limits: ConsoleLimits) -> ConsoleError {
    match error {
        sqlx::Error::Database(inner) if inner.code().as_deref() == Some("57014") => {
            ConsoleError::Deadline(limits.deadline)
        }
        sqlx::Error::Database(inner) => ConsoleError::engine(inner.message()),
        other => ConsoleError::engine(&other.to_string()),
    }
}
