//! Opening a database.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgConnection};

use crate::StoreError;
use crate::engine::{Db, reason};
use crate::fold::FoldReaders;
use crate::migrate::migrate;

/// How many prepared statements a connection keeps: more than there are, generated ones included.
const STATEMENTS: usize = 512;

impl Db {
    /// Opens the database at `sqlite://FILE` or `postgres://…`, creating the file if need be, and
    /// brings its schema up to date.
    ///
    /// # Errors
    /// An address that is none, a database that cannot be reached or is newer than the program.
    pub async fn open(address: &str) -> Result<Self, StoreError> {
        let db = match address.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Self::open_sqlite(address).await?,
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                Self::open_postgres(address).await?
            }
            _ => return Err(StoreError::Address(without_password(address))),
        };
        migrate(&db, address).await?;
        Ok(db)
    }

    async fn open_sqlite(address: &str) -> Result<Self, StoreError> {
        let unreachable = |error: sqlx::Error| StoreError::Unreachable {
            address: address.to_owned(),
            reason: reason(&error),
            advice: "Check that the folder exists and that this user may write there",
        };
        let options = SqliteConnectOptions::from_str(address).map_err(unreachable)?;
        let path = options.get_filename().to_path_buf();
        let mut options = options
            .busy_timeout(Duration::from_secs(20))
            .foreign_keys(true)
            // What SQLite has to set aside while it works is small.
            .pragma("temp_store", "memory")
            .statement_cache_capacity(STATEMENTS);
        if !address.contains("mode=ro") {
            options = options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal);
        }
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(options.clone())
            .await
            .map_err(unreachable)?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(options);
        Ok(Self::Sqlite {
            read,
            write,
            fold: FoldReaders::new(path.clone()),
            path,
        })
    }

    async fn open_postgres(address: &str) -> Result<Self, StoreError> {
        let unreachable = |error: sqlx::Error| StoreError::Unreachable {
            address: without_password(address),
            reason: reason(&error),
            advice: "Check host, port, user, password and database name, and that the server runs",
        };
        let options = PgConnectOptions::from_str(address)
            .map_err(unreachable)?
            .statement_cache_capacity(STATEMENTS);
        // The pool would go on trying a server that is not there until its time is up.
        PgConnection::connect_with(&options)
            .await
            .map_err(unreachable)?
            .close()
            .await?;
        let pool = PgPoolOptions::new()
            .max_connections(12)
            .acquire_timeout(Duration::from_secs(20))
            .connect_lazy_with(options);
        Ok(Self::Postgres(pool))
    }
}

/// The address with its password left out, for people and logs.
fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let Some((user, host)) = rest.rsplit_once('@') else {
        return address.to_owned();
    };
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    format!("{scheme}://{user}@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(
            without_password("postgres://ann:p@ss@db:5432/w"),
            "postgres://ann@db:5432/w"
        );
        assert_eq!(without_password("sqlite://a.db"), "sqlite://a.db");
    }
}
