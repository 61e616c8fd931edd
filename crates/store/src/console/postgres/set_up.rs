//! The role that the console takes.

use model::catalogue;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::console::ConsoleError;
use crate::migrate::CONSOLE_ROLE;

/// Takes the role for the rest of the transaction.
pub(super) async fn take_role(connection: &mut PgConnection) -> Result<(), ConsoleError> {
    let take = AssertSqlSafe(format!("SET LOCAL ROLE {CONSOLE_ROLE}"));
    match sqlx::raw_sql(take).execute(&mut *connection).await {
        Ok(_) => Ok(()),
        // The role is not there, or this user may not take it.
        Err(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("22023" | "42501")) =>
        {
            Err(not_set_up(connection).await)
        }
        Err(error) => Err(ConsoleError::engine(&error.to_string())),
    }
}

/// Refuses a login that may do more than read the documented tables.
pub(super) async fn require_fit(connection: &mut PgConnection) -> Result<(), ConsoleError> {
    let tables: Vec<&str> = catalogue::tables().iter().map(|table| table.name).collect();
    let found: Result<(bool, Option<String>, Option<String>), sqlx::Error> = sqlx::query_as(RIGHTS)
        .bind(tables)
        .fetch_one(&mut *connection)
        .await;
    let unfit = match found {
        Ok((true, ..)) => "has powers over its server".to_owned(),
        Ok((_, Some(table), _)) => format!("may read {table}"),
        Ok((_, _, Some(table))) => format!("may write to {table}"),
        Ok(_) => return Ok(()),
        Err(error) => return Err(ConsoleError::engine(&error.to_string())),
    };
    Err(ConsoleError::UnfitLogin(unfit))
}

/// Whether a login has powers over the server; a table that it may read and should not, and one
/// that it may write to.
const RIGHTS: &str = "
    SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r
                   WHERE (r.rolsuper OR left(r.rolname, 3) = 'pg_') AND r.rolname <> 'pg_database_owner'
                     AND pg_has_role(session_user, r.oid, 'MEMBER')),
           (SELECT MIN(CAST(c.relname AS text)) FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND left(n.nspname, 3) <> 'pg_'
              AND n.nspname <> 'information_schema'
              AND NOT (n.nspname = current_schema() AND c.relname = ANY($1))
              AND has_table_privilege(c.oid, 'SELECT')),
           (SELECT MIN(CAST(c.relname AS text)) FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND left(n.nspname, 3) <> 'pg_'
              AND n.nspname <> 'information_schema'
              AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))";

/// Whether the role may not read something. Only documented tables get this far, and those it is to
/// be allowed to read.
pub(super) fn is_missing_right(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("42501"))
}

/// The error that names the statements to run, for this user and schema.
pub(super) async fn not_set_up(connection: &mut PgConnection) -> ConsoleError {
    // After an error the transaction answers nothing any more.
    let ended = connection.execute("ROLLBACK").await.map(|_| ());
    let who: Result<(String, String, bool), sqlx::Error> = match ended {
        Ok(()) => {
            sqlx::query_as(WHO)
                .bind(CONSOLE_ROLE)
                .fetch_one(connection)
                .await
        }
        Err(error) => Err(error),
    };
    match who {
        Ok((user, schema, exists)) => ConsoleError::NotSetUp {
            statements: statements(&user, &schema, exists),
        },
        Err(error) => ConsoleError::engine(&error.to_string()),
    }
}

/// This user, the schema of its tables, and whether the role is there.
const WHO: &str = "SELECT quote_ident(session_user), quote_ident(current_schema()), \
                   EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)";

fn statements(user: &str, schema: &str, exists: bool) -> String {
    let create = if exists {
        String::new()
    } else {
        format!("CREATE ROLE {CONSOLE_ROLE} NOLOGIN; ")
    };
    let tables: Vec<String> = catalogue::tables()
        .iter()
        .map(|table| format!("{schema}.{}", table.name))
        .collect();
    format!(
        "{create}GRANT {CONSOLE_ROLE} TO {user}; \
         GRANT USAGE ON SCHEMA {schema} TO {CONSOLE_ROLE}; \
         GRANT SELECT ON {} TO {CONSOLE_ROLE};",
        tables.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn the_statements_can_be_run_as_they_are() {
        let new = statements("ann", "public", false);
        assert!(new.starts_with(
            "CREATE ROLE windlass_console NOLOGIN; GRANT windlass_console TO ann; \
             GRANT USAGE ON SCHEMA public TO windlass_console; \
             GRANT SELECT ON public.bitbucket_workspaces, "
        ));
        assert!(new.ends_with(" TO windlass_console;"));
        assert!(statements("ann", "public", true).starts_with("GRANT windlass_console TO ann; "));
    }
}
