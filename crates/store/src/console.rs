//! The SQL console: one read-only SELECT of a person, run safely.
//!
//! Three fences stand behind one another, and each is enough for what it fences:
//!
//! 1. [`check`] parses the text and refuses whatever it does not know: anything but one query,
//!    tables that are not in [`model::catalogue`], functions that are not on a list. What runs
//!    afterwards is not the person's text but the parsed query written out again, so that no
//!    comment or quoting can mean one thing to the parser and another to the engine.
//! 2. The engine allows only reading: SQLite through a read-only connection whose authorizer denies
//!    everything but the catalogue's tables and the listed functions, PostgreSQL through a read-only
//!    transaction as a role that may read the catalogue's tables and nothing else.
//! 3. Deadline and caps on rows and bytes end what would not end.

mod check;
mod grants;
mod nearest;
mod postgres;
mod sqlite;
mod value;
mod variables;
mod way;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use check::{Checked, Dialect, Wanted, check, wanted};
pub use grants::{GRANT_LOGIN, login_statements};
pub use postgres::run_postgres;
pub(crate) use sqlite::open_to_read;
pub use sqlite::run_sqlite;
pub use variables::{MAX_TEXT, MAX_VALUES, Scalar, Variable, Variables};
pub use way::Console;

use crate::Db;

/// How much one query may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleLimits {
    /// How long it may run.
    pub deadline: Duration,
    /// How many rows are given out; the rest is cut off, and [`QueryResult::truncated`] says so.
    pub max_rows: usize,
    /// How many bytes of values are given out, likewise.
    pub max_bytes: usize,
}

/// Runs one query on whichever engine `db` is.
///
/// # Errors
/// The query is not allowed, wrong, or beyond a limit; the database cannot be read.
pub async fn run(db: &Db, sql: &str, limits: ConsoleLimits) -> Result<QueryResult, ConsoleError> {
    Console::of(db).ask(sql, &Variables::new(), limits).await
}

impl Default for ConsoleLimits {
    /// 30 seconds, 10,000 rows, 32 MiB.
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            max_rows: 10_000,
            max_bytes: 32 * 1024 * 1024,
        }
    }
}

/// What a query gave.
///
/// Both engines give the same JSON: integers, decimals and floating point as numbers, booleans,
/// text, NULL, and points in time as text in the one form of [`model::Instant`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueryResult {
    /// The names of the columns, in order; a name may occur twice.
    pub columns: Vec<String>,
    /// The rows, each with one value per column.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Which cap cut the rest off, in words; `None` when everything is here.
    pub truncated: Option<String>,
}

/// Why the console did not answer. Each message is one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsoleError {
    /// The text is no SQL.
    #[error("the SQL cannot be read: {0}; correct it and run it again")]
    Syntax(String),
    /// The text is not exactly one query.
    #[error(
        "the console runs exactly one SELECT (WITH and VALUES count as such): leave everything else out"
    )]
    NotOneSelect,
    /// The text is longer or more deeply nested than anything a person writes.
    #[error("the SQL is too long or too deeply nested: split it into several queries")]
    TooComplex,
    /// The query has a part that the console does not know to be harmless.
    #[error("the console does not allow {0}: write the query without it")]
    Forbidden(String),
    /// The query names a table that may not be read.
    #[error("there is no table {name} to read{}; `windlass schema` lists those that there are", did_you_mean(.nearest))]
    ForbiddenTable {
        /// The name as it was written.
        name: String,
        /// The most similar name that may be read.
        nearest: Option<String>,
    },
    /// The query calls a function that is not on the list.
    #[error(
        "the console does not allow the function {name}: use aggregates, window functions and plain functions of text, numbers, dates and JSON"
    )]
    ForbiddenFunction {
        /// The name as it was written.
        name: String,
    },
    /// Variables have no value.
    #[error("the query has {} without a value: give one for each", dollars(.0))]
    MissingVariables(Vec<String>),
    /// A list stands where one value is needed.
    #[error("${0} is a list, and a list can only stand in IN (${0})")]
    MisplacedList(String),
    /// There are more values than anybody writes, or longer ones.
    #[error(
        "a query takes {MAX_VALUES} values, each of at most {MAX_TEXT} bytes and without U+0000: ask in several queries"
    )]
    TooManyValues,
    /// The type of a variable cannot be told from where it stands.
    #[error(
        "the database cannot tell what ${0} is where it stands: say it, as in CAST(${0} AS TEXT)"
    )]
    UnknownType(String),
    /// The login that the console asks by may do more than it should.
    #[error(
        "the login of query.database {0}, so that nothing is asked by it: make one with `windlass database grant-console`"
    )]
    UnfitLogin(String),
    /// The query ran too long.
    #[error("the query was stopped after {} s: narrow it down, to fewer repositories or a shorter time for example", .0.as_secs())]
    Deadline(Duration),
    /// One value is larger than can be given out.
    #[error(
        "a single value of the query is too large: aggregate less into one value, or cut it with substr()"
    )]
    TooLarge,
    /// PostgreSQL has not been set up for the console.
    #[error(
        "PostgreSQL is not set up for the console: let an administrator of the database run {statements}"
    )]
    NotSetUp {
        /// The statements to run.
        statements: String,
    },
    /// The login that queries are asked by cannot connect.
    #[error("queries cannot be asked by the login of query.database: {0}; check that address")]
    Unreachable(String),
    /// The database file cannot be opened for reading.
    #[error(
        "the database cannot be opened for reading: {0}; check that the file exists and that this user may read it and its folder"
    )]
    Unreadable(String),
    /// Anything else that the engine said.
    #[error("the database refused the query: {0}; correct it and run it again")]
    Engine(String),
}

impl ConsoleError {
    /// The same in a word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::NotOneSelect => "not_one_select",
            Self::TooComplex => "too_complex",
            Self::Forbidden(_) | Self::ForbiddenFunction { .. } => "not_allowed",
            Self::ForbiddenTable { .. } => "no_such_table",
            Self::MissingVariables(_) => "missing_variables",
            Self::MisplacedList(_) | Self::TooManyValues | Self::UnknownType(_) => {
                "invalid_variables"
            }
            Self::UnfitLogin(_) | Self::NotSetUp { .. } => "not_set_up",
            Self::Deadline(_) => "deadline",
            Self::TooLarge => "too_large",
            Self::Unreachable(_) | Self::Unreadable(_) => "unreachable",
            Self::Engine(_) => "refused",
        }
    }

    /// What an engine said, brought into one line.
    pub(crate) fn engine(message: &str) -> Self {
        Self::Engine(one_line(message))
    }
}

/// A message in one line and without a full stop, as part of a sentence.
fn one_line(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_owned()
}

fn dollars(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("${name}")).collect();
    names.join(", ")
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!(" (did you mean {name}?)"))
        .unwrap_or_default()
}
