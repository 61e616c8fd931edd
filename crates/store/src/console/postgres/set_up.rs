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
