//! What can go wrong with the database.

use sqlx::error::ErrorKind;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none that the store understands.
    #[error(
        "the database address `{0}` is not understood: use sqlite://FILE or postgres://USER@HOST/NAME"
    )]
    Address(String),
    /// It could not be opened or reached.
    #[error("the database {address} cannot be opened: {reason}. {advice}")]
    Unreachable {
        /// The address without its password.
        address: String,
        /// What the engine said.
        reason: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// It cannot be written.
    #[error(
        "the database {address} cannot be written: {reason}. Give this user the right to write to it and to its folder"
    )]
    ReadOnly {
        /// The address without its password.
        address: String,
        /// What the engine said.
        reason: String,
    },
    /// A later version of the program made it.
    #[error(
        "the database is newer than this program: it has migration {found}, and this program knows none after {known}. Update windlass, or use another database"
    )]
    TooNew {
        /// The migration that is unknown here.
        found: i64,
        /// The last one that is known.
        known: i64,
    },
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The disk or the database's own limit is reached.
    #[error(
        "the database is full: {0}. Free some space and run the same command again: nothing is half-written"
    )]
    Full(String),
    /// Another run has taken over the work.
    #[error("another import has taken over this stream; this run leaves it alone")]
    LeaseLost,
    /// Two things of Bitbucket got the same id.
    #[error("two different keys of {table} have the id {id}; the later one was set aside")]
    Collision {
        /// The table.
        table: &'static str,
        /// The id that both have.
        id: i64,
    },
    /// A stored value is not what the schema promises.
    #[error("the database holds something unexpected in {table}.{column} of row {id}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: i64,
    },
    /// People were forgotten, and whether a row is about one of them cannot be told.
    #[error(
        "people were forgotten here, and without the secret key nothing can be written that might bring them back: {0}"
    )]
    ForgetKey(String),
    /// A setting in the database is none that the program would have written.
    #[error("{0}. `windlass settings set` writes it anew")]
    Setting(String),
    /// Nobody writes deliveries any more, or a whole group of them failed.
    #[error("the delivery could not be stored: {0}")]
    Inbox(String),
    /// The secret that signed a delivery was taken away, or sealed with another key, since it was read.
    #[error("the secret that signed the delivery has changed since it was read")]
    SecretChanged,
    /// A report's rows could not be read.
    #[error("the database cannot be read: {0}")]
    Unreadable(String),
    /// Rows could not be written as JSON.
    #[error("rows could not be prepared for the database: {0}")]
    Rows(#[from] serde_json::Error),
    /// Anything else that the engine said.
    #[error("the database failed: {0}")]
    Engine(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same transaction may succeed when it is tried again at once.
    pub fn is_conflict(&self) -> bool {
        let Self::Engine(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // PostgreSQL: serialization failure, deadlock. SQLite has one writer and no conflicts.
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

impl StoreError {
    /// Whether the engine refuses these very rows, and would refuse them again; anything else may
    /// pass, or concerns whatever is written.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Engine(sqlx::Error::Database(error)) if {
            matches!(
                error.kind(),
                ErrorKind::UniqueViolation
                    | ErrorKind::ForeignKeyViolation
                    | ErrorKind::NotNullViolation
                    | ErrorKind::CheckViolation
            ) || error.code().is_some_and(|code| code.starts_with("22"))
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(inner) = &error {
            // SQLITE_FULL and PostgreSQL's disk_full.
            if matches!(inner.code().as_deref(), Some("13" | "53100")) {
                return Self::Full(inner.message().to_owned());
            }
        }
        Self::Engine(error)
    }
}
