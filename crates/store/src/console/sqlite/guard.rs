//! What SQLite itself allows on the console's connection.

use std::collections::BTreeSet;

use model::catalogue;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use crate::console::check::sqlite_may_call;
use crate::console::value::MAX_VALUE_BYTES;

/// Sets limits and authorizer. `names` are those of the query's common table expressions, and
/// `parameters` is how many it is asked with.
pub(super) fn guard(
    connection: &Connection,
    names: &[String],
    parameters: usize,
) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A misspelt "column" is an error and not a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    let value_bytes = i32::try_from(MAX_VALUE_BYTES).unwrap_or(i32::MAX);
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, value_bytes),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 1_000),
        (Limit::SQLITE_LIMIT_COLUMN, 500),
        (Limit::SQLITE_LIMIT_VDBE_OP, 1_000_000),
        // The time that LIKE takes grows with the product of pattern and text.
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (
            Limit::SQLITE_LIMIT_VARIABLE_NUMBER,
            i32::try_from(parameters).unwrap_or(i32::MAX),
        ),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    let stored = stored_tables(connection)?;
    let temporary: BTreeSet<String> = names
        .iter()
        .filter(|name| !stored.contains(*name))
        .cloned()
        .collect();
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if is_allowed(&context, &temporary) {
            Authorization::Allow
        } else {
            Authorization::Deny
        }
    }))
}

/// The names of everything stored, which a common table expression could be mistaken for.
fn stored_tables(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let mut statement = connection.prepare("SELECT lower(name) FROM sqlite_schema")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Whether SQLite may do this for the query. It asks while preparing it, for views also about what
/// stands behind them.
fn is_allowed(context: &AuthContext<'_>, temporary: &BTreeSet<String>) -> bool {
    match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => sqlite_may_call(function_name),
        AuthAction::Read {
            table_name,
            column_name,
        } => {
            let table = table_name.to_ascii_lowercase();
            let own = matches!(context.database_name, None | Some("main"));
            // Without a column it asks about common table expressions, too: `SELECT count(*)`.
            own && (catalogue::table(&table).is_some()
                || (column_name.is_empty() && temporary.contains(&table)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that may write, guarded: the guard alone has to hold.
    fn guarded(names: &[&str]) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE bitbucket_repositories (id BIGINT, full_name TEXT);
                 CREATE INDEX by_name ON bitbucket_repositories (full_name);
                 INSERT INTO bitbucket_repositories VALUES (1, 'a/b');
                 CREATE VIEW repos AS SELECT id, full_name AS name FROM bitbucket_repositories;
                 CREATE TABLE credentials (secret TEXT);
                 INSERT INTO credentials VALUES ('s3cret');
                 CREATE VIEW leak AS SELECT secret AS name FROM credentials;",
            )
            .unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        guard(&connection, &names, 0).unwrap();
        connection
    }

    fn run(connection: &Connection, sql: &str) -> rusqlite::Result<usize> {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while rows.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn queries_of_the_catalogue_pass() {
        for sql in [
            "SELECT * FROM repos",
            "SELECT count(*) FROM repos",
            "SELECT upper(name) || 'x' FROM repos WHERE name LIKE 'a%' AND name GLOB 'a*'",
            "WITH x AS (SELECT 1 AS n) SELECT count(*) FROM x",
            "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x WHERE n < 3) SELECT n FROM x",
            "SELECT '[1]' ->> '$[0]', json_extract('[1]', '$[0]'), date('now'), current_timestamp",
            "SELECT row_number() OVER (ORDER BY id) FROM repos",
        ] {
            let outcome = run(&guarded(&["x"]), sql);
            assert!(outcome.is_ok(), "{sql}: {outcome:?}");
        }
    }

    #[test]
    fn everything_else_is_denied_by_the_engine_itself() {
        for sql in [
            "SELECT * FROM credentials",
            "SELECT count(*) FROM credentials",
            "SELECT 1 FROM repos, credentials",
            "SELECT * FROM leak",
            "SELECT (SELECT secret FROM credentials)",
            "WITH x AS (SELECT * FROM credentials) SELECT count(*) FROM x",
            "SELECT * FROM sqlite_schema",
            "SELECT * FROM sqlite_temp_schema",
            "SELECT * FROM dbstat",
            "SELECT count(*) FROM dbstat",
            "SELECT * FROM pragma_table_info('credentials')",
            "SELECT * FROM json_each('[1]')",
            "INSERT INTO bitbucket_repositories VALUES (2, 'c')",
            "UPDATE bitbucket_repositories SET id = 3",
            "DELETE FROM bitbucket_repositories",
            "CREATE TABLE t (a)",
            "CREATE TEMP TABLE t (a)",
            "CREATE VIEW v AS SELECT 1",
            "CREATE TEMP TRIGGER t AFTER INSERT ON repos BEGIN SELECT 1; END",
            "CREATE VIRTUAL TABLE f USING fts5(a)",
            "DROP TABLE credentials",
            "ALTER TABLE bitbucket_repositories ADD COLUMN x",
            "ATTACH DATABASE '/tmp/windlass-console-test' AS other",
            "ATTACH DATABASE ':memory:' AS other",
            "DETACH DATABASE main",
            "PRAGMA query_only = 0",
            "PRAGMA table_info(credentials)",
            "PRAGMA writable_schema = 1",
            "VACUUM",
            "VACUUM INTO '/tmp/windlass-console-test'",
            "REINDEX",
            "ANALYZE",
            "BEGIN",
            "SAVEPOINT s",
            "SELECT load_extension('x')",
            "SELECT zeroblob(10)",
            "SELECT randomblob(10)",
            "SELECT printf('%d', 1)",
            "SELECT sqlite_version()",
            "SELECT last_insert_rowid()",
            "SELECT \"no such column\" FROM repos",
            "SELECT ?",
        ] {
            let connection = guarded(&["x", "credentials"]);
            let outcome = run(&connection, sql);
            assert!(outcome.is_err(), "{sql}: {outcome:?}");
        }
        assert!(!std::path::Path::new("/tmp/windlass-console-test").exists());
    }
}
