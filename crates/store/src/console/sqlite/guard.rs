//! What SQLite itself allows on the console's connection.

use std::collections::BTreeSet;

use model::catalogue;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use crate::console::check::sqlite_may_call;
use crate::console::value::MAX_VALUE_BYTES;

/// Sets limits and authorizer. `names` are those of the query's common table expressions.
pub(super) fn guard(connection: &Connection, names: &[String]) -> rusqlite::Result<()> {
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
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 0),
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
