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
    const WHO: &str = "SELECT quote_ident(session_user), quote_ident(current_schema())";
    // After an error the transaction answers nothing any more.
    let ended = connection.execute("ROLLBACK").await.map(|_| ());
    let who: Result<(String, String), sqlx::Error> = match ended {
        Ok(()) => sqlx::query_as(WHO).fetch_one(connection).await,
        Err(error) => Err(error),
    };
    let (user, schema) =
        who.unwrap_or_else(|_| ("\"the user of windlass\"".to_owned(), "public".to_owned()));
    ConsoleError::NotSetUp {
        statements: statements(&user, &schema),
    }
}

fn statements(user: &str, schema: &str) -> String {
    let tables: Vec<String> = catalogue::tables()
        .iter()
        .map(|table| format!("{schema}.{}", table.name))
        .collect();
    format!(
        "CREATE ROLE {CONSOLE_ROLE} NOLOGIN (unless it exists); \
         GRANT {CONSOLE_ROLE} TO {user}; \
         GRANT USAGE ON SCHEMA {schema} TO {CONSOLE_ROLE}; \
         GRANT SELECT ON {} TO {CONSOLE_ROLE};",
        tables.join(", ")
    )
}
