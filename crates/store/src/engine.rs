//! The one place that knows there are two engines.
//!
//! Everything else writes one SQL text. What the engines spell differently is written with a mark
//! that [`Engine::sql`] and [`Engine::ddl`] replace:
//!
//! | mark | meaning |
//! |---|---|
//! | `{ids$1}` | the ids in the JSON array that parameter 1 holds |
//! | `{texts$1}` | the texts in the JSON array that parameter 1 holds |
//! | `{values v}` | an aggregate: every value of `v` that is not NULL, as an array (not on SQLite, see `fold`) |
//! | `{list a, b}` | an aggregate: the JSON array, as text, of an array of these values for each row |
//! | `SEQUENCE` | (schema) a primary key that counts up by itself |
//! | `DATETIME` | (schema) in SQLite with a check of its length, since mixed forms would sort wrongly |

use std::path::PathBuf;

use model::Id;
use model::catalogue::Table;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::StoreError;
use crate::fold::FoldReaders;

/// How a transaction that may write begins on SQLite.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// A database, open and migrated.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file. There is one writer at a time, so writing has a pool of one connection: waiting
    /// there is fair and quick, waiting for SQLite's lock is neither.
    Sqlite {
        /// Where readers find connections.
        read: SqlitePool,
        /// Where the writer finds its one connection.
        write: SqlitePool,
        /// Where those who fold find connections.
        fold: FoldReaders,
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL server.
    Postgres(PgPool),
}

/// A write transaction. Dropped without a commit it leaves nothing behind.
#[derive(Debug)]
pub enum WriteTx {
    /// Of SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// Of PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

/// Which engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Engine {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// The same code for both kinds of pool: readers.
macro_rules! on_pool {
    ($db:expr, |$pool:ident| $body:expr) => {
        match $db {
            $crate::engine::Db::Sqlite { read: $pool, .. } => $body,
            $crate::engine::Db::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on_pool;

/// The same code for both kinds of transaction.
macro_rules! on_tx {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            $crate::engine::WriteTx::Sqlite($connection) => {
                let $connection = &mut **$connection;
                $body
            }
            $crate::engine::WriteTx::Postgres($connection) => {
                let $connection = &mut **$connection;
                $body
            }
        }
    };
}
pub(crate) use on_tx;

impl Db {
    /// Begins a transaction that may write.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and asks for the
    /// lock later fails as soon as two do so together.
    ///
    /// # Errors
    /// The database cannot be written to, or not now.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        match self {
            Self::Sqlite { write, .. } => match write.begin_with(BEGIN).await {
                // SQLite rolls back by itself when it is full. The connection then believes in a
                // transaction that is no more, for ever: another one takes its place.
                Err(sqlx::Error::InvalidSavePointStatement) => {
                    write.acquire().await?.close().await?;
                    Ok(WriteTx::Sqlite(write.begin_with(BEGIN).await?))
                }
                begun => Ok(WriteTx::Sqlite(begun?)),
            },
            Self::Postgres(pool) => Ok(WriteTx::Postgres(pool.begin().await?)),
        }
    }

    /// Fails unless the database can be written to.
    ///
    /// # Errors
    /// It is read-only, or cannot be reached.
    pub async fn require_writable(&self) -> Result<(), StoreError> {
        match self.write().await? {
            WriteTx::Sqlite(mut tx) => {
                // On a read-only file SQLite takes no lock and complains only here.
                let tried = sqlx::query("DELETE FROM sync_sightings WHERE 1 = 0")
                    .execute(&mut *tx)
                    .await;
                tx.rollback().await?;
                if let Err(error) = tried {
                    return Err(if is_read_only(&error) {
                        StoreError::ReadOnly {
                            address: self.address(),
                            reason: reason(&error),
                        }
                    } else {
                        error.into()
                    });
                }
            }
            WriteTx::Postgres(mut tx) => {
                let (setting,): (String,) =
                    sqlx::query_as("SELECT current_setting('transaction_read_only')")
                        .fetch_one(&mut *tx)
                        .await?;
                tx.rollback().await?;
                if setting == "on" {
                    return Err(StoreError::ReadOnly {
                        address: self.address(),
                        reason: "its transactions are read-only".to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Closes every connection, so that the file or the server is let go.
    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                read, write, fold, ..
            } => {
                fold.close();
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// The engine's name and version, for people.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn describe(&self) -> Result<String, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
                    .fetch_one(read)
                    .await?;
                format!("SQLite {version}")
            }
            Self::Postgres(pool) => {
                let (version,): (String,) =
                    sqlx::query_as("SELECT current_setting('server_version')")
                        .fetch_one(pool)
                        .await?;
                format!("PostgreSQL {version}")
            }
        })
    }

    /// Where it is, for people: without a password.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite://{}", path.display()),
            Self::Postgres(pool) => {
                let options = pool.connect_options();
                let host = options.get_socket().map_or_else(
                    || format!("{}:{}", options.get_host(), options.get_port()),
                    |folder| folder.display().to_string(),
                );
                let name = options.get_database().unwrap_or(options.get_username());
                format!("postgres://{}@{host}/{name}", options.get_username())
            }
        }
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

impl WriteTx {
    /// Makes everything that was written last.
    ///
    /// # Errors
    /// The engine refuses; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Waits until nobody else writes what belongs to `scope` (a repository, mostly), and keeps
    /// others waiting until the end of the transaction. Two writers of one pull request would each
    /// measure it without the other's rows. SQLite has one writer anyway.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn lock(&mut self, scope: Id) -> Result<(), StoreError> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(scope.0)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    /// Waits until nobody holds `scope` by [`WriteTx::lock`], and keeps whoever wants it so waiting
    /// until the end of the transaction; others may hold it in this way too.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn lock_shared(&mut self, scope: Id) -> Result<(), StoreError> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
                .bind(scope.0)
                .execute(&mut **tx)
                .await?;
        }
        Ok(())
    }

    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

impl Engine {
    /// A statement of `statements` in this engine's spelling. The result is made of our own text
    /// alone, so that it is safe to run; values come as parameters.
    pub(crate) fn sql(self, text: &str) -> AssertSqlSafe<String> {
        let mut sql = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (mark, after) = after.split_once('}').unwrap_or((after, ""));
            sql.push_str(before);
            if let Some(values) = mark.strip_prefix("list ") {
                sql.push_str(&self.list(values));
            } else if let Some(value) = mark.strip_prefix("values ") {
                sql.push_str(&format!(
                    "array_agg({value}) FILTER (WHERE {value} IS NOT NULL)"
                ));
            } else if let Some(parameter) = mark.strip_prefix("ids") {
                sql.push_str(&self.ids(parameter));
            } else if let Some(parameter) = mark.strip_prefix("texts") {
                sql.push_str(&self.texts(parameter));
            }
            rest = after;
        }
        sql.push_str(rest);
        AssertSqlSafe(sql)
    }

    fn ids(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("(SELECT value FROM json_each({parameter}))"),
            Self::Postgres => format!(
                "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST({parameter} AS json)))"
            ),
        }
    }

    fn texts(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => format!("(SELECT value FROM json_each({parameter}))"),
            Self::Postgres => {
                format!("(SELECT value FROM json_array_elements_text(CAST({parameter} AS json)))")
            }
        }
    }

    fn list(self, values: &str) -> String {
        match self {
            Self::Sqlite => format!("json_group_array(json_array({values}))"),
            Self::Postgres => {
                format!("COALESCE(CAST(json_agg(json_build_array({values})) AS TEXT), '[]')")
            }
        }
    }

    /// The rows of `table` that the JSON array in parameter 1 holds, as a query of those columns.
    pub(crate) fn rows(self, table: &Table, columns: &[&str]) -> String {
        match self {
            Self::Sqlite => {
                let columns: Vec<String> = columns
                    .iter()
                    .map(|column| format!("value ->> '$.{column}' AS {column}"))
                    .collect();
                format!("SELECT {} FROM jsonb_each($1)", columns.join(", "))
            }
            Self::Postgres => format!(
                "SELECT {} FROM json_populate_recordset(CAST(NULL AS {}), CAST($1 AS json))",
                columns.join(", "),
                table.name
            ),
        }
    }

    /// A migration in this engine's spelling.
    pub(crate) fn ddl(self, text: &str) -> String {
        let mut ddl = String::with_capacity(text.len() * 2);
        for line in text.lines() {
            match self {
                Self::Sqlite => {
                    let mut words = line.split_whitespace();
                    match (
                        words.next(),
                        words.next().map(|word| word.trim_end_matches(',')),
                    ) {
                        (Some(name), Some("DATETIME")) => {
                            let (body, comma) = line
                                .strip_suffix(',')
                                .map_or((line, ""), |body| (body, ","));
                            ddl.push_str(&format!("{body} CHECK (length({name}) = 27){comma}"));
                        }
                        _ => ddl.push_str(
                            &line.replace(" SEQUENCE", " INTEGER PRIMARY KEY AUTOINCREMENT"),
                        ),
                    }
                }
                Self::Postgres => ddl.push_str(&line.replace(
                    " SEQUENCE",
                    " BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
                )),
            }
            ddl.push('\n');
        }
        ddl
    }
}

fn is_read_only(error: &sqlx::Error) -> bool {
    // SQLITE_READONLY and its extended codes, whose low byte is 8.
    matches!(error, sqlx::Error::Database(error)
        if error.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| code & 0xff == 8))
}

/// What the engine said, for people.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_the_engines_own_words() {
        let text = "DELETE FROM t WHERE a IN {ids$1} AND b NOT IN {ids$2}";
        assert_eq!(
            Engine::Sqlite.sql(text).0,
            "DELETE FROM t WHERE a IN (SELECT value FROM json_each($1)) \
             AND b NOT IN (SELECT value FROM json_each($2))"
        );
        assert!(
            Engine::Postgres
                .sql(text)
                .0
                .contains("json_array_elements_text(CAST($2 AS json))")
        );
        let list = "SELECT {list a, b} FROM t";
        assert_eq!(
            Engine::Sqlite.sql(list).0,
            "SELECT json_group_array(json_array(a, b)) FROM t"
        );
        assert_eq!(
            Engine::Postgres.sql(list).0,
            "SELECT COALESCE(CAST(json_agg(json_build_array(a, b)) AS TEXT), '[]') FROM t"
        );
        let ddl =
            "CREATE TABLE t (\n    id SEQUENCE,\n    at DATETIME NOT NULL,\n    till DATETIME\n);";
        assert!(
            Engine::Sqlite
                .ddl(ddl)
                .contains("at DATETIME NOT NULL CHECK (length(at) = 27),")
        );
        assert!(
            Engine::Sqlite
                .ddl(ddl)
                .contains("till DATETIME CHECK (length(till) = 27)\n")
        );
        assert!(Engine::Postgres.ddl(ddl).contains("till DATETIME\n"));
    }
}
