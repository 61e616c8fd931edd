//! The console on SQLite: a read-only connection of its own, through rusqlite, since sqlx offers
//! neither authorizer nor limits.

mod guard;
mod open;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Timer};

pub(crate) use open::open as open_to_read;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode};
use serde_json::Value;
use tokio::sync::oneshot;

use super::value::{Collector, float};
use super::variables::{Scalar, Variables};
use super::{Checked, ConsoleError, ConsoleLimits, Dialect, QueryResult, check};

/// How long beyond the deadline the engine is waited for. It looks at the clock between its own
/// instructions, and a single one of them may take a moment.
const GRACE: Duration = Duration::from_secs(1);

/// Tells the query to stop as soon as nobody waits for it any more.
#[derive(Debug)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs one query on the database file at `path`.
///
/// # Errors
/// The query is not allowed, wrong, or beyond a limit; the file cannot be read.
pub async fn run_sqlite(
    path: &Path,
    sql: &str,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let checked = check(sql, Dialect::Sqlite, &Variables::new())?;
    ask(path, checked, limits).await
}

/// Runs a checked query.
pub(super) async fn ask(
    path: &Path,
    checked: Checked,
    limits: ConsoleLimits,
) -> Result<QueryResult, ConsoleError> {
    let stop = Arc::new(AtomicBool::new(false));
    let guard = StopOnDrop(Arc::clone(&stop));
    let query = Query {
        path: path.to_path_buf(),
        checked,
        limits,
        stop,
    };
    let (tell, running) = oneshot::channel();
    std::thread::Builder::new()
        .name("console query".to_owned())
        .spawn(move || {
            step_back();
            // Whoever does not wait any more need not be told.
            let _ = tell.send(query.run());
        })
        .map_err(|error| ConsoleError::engine(&error.to_string()))?;
    let outcome = tokio::time::timeout(limits.deadline.saturating_add(GRACE), running).await;
    drop(guard);
    match outcome {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(ConsoleError::engine("it was stopped from within")),
        Err(_) => Err(ConsoleError::Deadline(limits.deadline)),
    }
}

/// Lets everything else on this machine go first: an import and the door for deliveries are not to
/// wait for somebody's question. On Linux the priority is that of the thread, elsewhere it would be
/// that of the whole program.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "a query runs as if it were urgent");
    }
}

/// One query on its way to the thread that runs it.
struct Query {
    path: PathBuf,
    checked: Checked,
    limits: ConsoleLimits,
    stop: Arc<AtomicBool>,
}

impl Query {
    fn run(self) -> Result<QueryResult, ConsoleError> {
        let connection = open::open(&self.path)?;
        self.read(&connection).map_err(|error| self.explain(&error))
    }

    fn read(&self, connection: &Connection) -> rusqlite::Result<QueryResult> {
        let values = self.checked.values();
        guard::guard(connection, self.checked.names(), values.len())?;
        let end = Timer::now().checked_add(self.limits.deadline);
        let stop = Arc::clone(&self.stop);
        connection.progress_handler(
            1_000,
            Some(move || {
                stop.load(Ordering::Relaxed) || end.is_some_and(|end| Timer::now() >= end)
            }),
        )?;
        let mut statement = connection.prepare(self.checked.sql())?;
        let columns: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let width = columns.len();
        // Where the two do not agree on the columns, nothing is known.
        let known = self.checked.booleans();
        let booleans = if known.len() == width { known } else { &[] };
        let mut collector = Collector::new(columns, self.limits);
        for (number, (_, value)) in values.iter().enumerate() {
            // By name: the engine counts parameters in its own order.
            if let Some(index) = statement.parameter_index(&format!("${}", number + 1))? {
                statement.raw_bind_parameter(index, bound(value))?;
            }
        }
        let mut rows = statement.raw_query();
        'rows: while let Some(row) = rows.next()? {
            if !collector.begin_row() {
                break;
            }
            for column in 0..width {
                let boolean = booleans.get(column).copied().unwrap_or_default();
                if !collector.add(json(row.get_ref(column)?, boolean)) {
                    break 'rows;
                }
            }
            collector.end_row();
        }
        Ok(collector.finish())
    }

    fn explain(&self, error: &rusqlite::Error) -> ConsoleError {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => ConsoleError::Deadline(self.limits.deadline),
            Some(ErrorCode::TooBig) => ConsoleError::TooLarge,
            _ => ConsoleError::engine(&message(error)),
        }
    }
}

/// A value as SQLite takes it. It has no booleans.
fn bound(value: &Scalar) -> ToSqlOutput<'_> {
    match value {
        Scalar::Boolean(value) => ToSqlOutput::Owned(i64::from(*value).into()),
        Scalar::Integer(number) => ToSqlOutput::Owned((*number).into()),
        Scalar::Number(number) => ToSqlOutput::Owned((*number).into()),
        Scalar::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    }
}

/// What SQLite said, without the query that rusqlite adds to it.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message))
        | rusqlite::Error::SqlInputError { msg: message, .. } => message.clone(),
        other => other.to_string(),
    }
}

/// A value of SQLite as JSON. A boolean is an integer there; the query and the catalogue tell which
/// integers are booleans. Bytes, of which the schema has none, are shown in hexadecimal.
fn json(value: ValueRef<'_>, boolean: bool) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number @ (0 | 1)) if boolean => Value::Bool(number == 1),
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => float(number),
        ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Value::from(hex::encode(bytes)),
    }
}
