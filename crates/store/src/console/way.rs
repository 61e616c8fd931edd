//! By which way queries reach the database.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::{
    ConsoleError, ConsoleLimits, Dialect, QueryResult, Variables, check, postgres, sqlite,
};
use crate::{Db, StoreError};

/// Where queries of people are asked.
#[derive(Clone, Debug)]
pub struct Console(Way);

#[derive(Clone, Debug)]
enum Way {
    /// The file, on a connection that can only read.
    Sqlite(PathBuf),
    /// The program's own login, in the console's role.
    Role(PgPool),
    /// A login that may read the documented tables and nothing else.
    Login(Box<PgConnectOptions>),
}

impl Console {
    /// The console of a database, by the program's own login.
    pub fn of(db: &Db) -> Self {
        Self(match db {
            Db::Sqlite { path, .. } => Way::Sqlite(path.clone()),
            Db::Postgres(pool) => Way::Role(pool.clone()),
        })
    }

    /// The console of a database, on PostgreSQL by the login that `address` names. SQLite has no
    /// logins: there the address says nothing.
    ///
    /// # Errors
    /// The address is none of PostgreSQL.
    pub fn by_login(db: &Db, address: &str) -> Result<Self, StoreError> {
        let Db::Postgres(_) = db else {
            return Ok(Self::of(db));
        };
        let options = PgConnectOptions::from_str(address)
            .map_err(|_| StoreError::Address("query.database".to_owned()))?;
        Ok(Self(Way::Login(Box::new(options))))
    }

    /// Whose SQL is written.
    pub fn dialect(&self) -> Dialect {
        match self.0 {
            Way::Sqlite(_) => Dialect::Sqlite,
            Way::Role(_) | Way::Login(_) => Dialect::Postgres,
        }
    }

    /// Whether the engine itself keeps queries from everything else, whatever this program does:
    /// by a connection that can only read, or by a login of their own.
    pub fn is_apart(&self) -> bool {
        !matches!(self.0, Way::Role(_))
    }

    /// Runs one query. It ends when nobody waits for it any more.
    ///
    /// # Errors
    /// The query is not allowed, wrong, or beyond a limit; a variable has no value; the database
    /// cannot be read.
    pub async fn ask(
        &self,
        sql: &str,
        variables: &Variables,
        limits: ConsoleLimits,
    ) -> Result<QueryResult, ConsoleError> {
        let checked = check(sql, self.dialect(), variables)?;
        match &self.0 {
            Way::Sqlite(path) => sqlite::ask(path, checked, limits).await,
            Way::Role(pool) => postgres::ask_in_role(pool, &checked, limits).await,
            Way::Login(options) => postgres::ask_by_login(options, &checked, limits).await,
        }
    }
}
