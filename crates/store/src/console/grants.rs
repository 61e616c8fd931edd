//! The statements that make a login for queries on PostgreSQL.

use model::catalogue;
use sqlx::AssertSqlSafe;

use crate::StoreError;
use crate::engine::{Db, WriteTx};
use crate::migrate::CONSOLE_ROLE;

/// The usual name of the login.
pub const GRANT_LOGIN: &str = "windlass_queries";

/// How long the server lets any statement of the login run, whatever the program says.
const LONGEST: &str = "10min";

/// The statements that make the login `name` with a password, in order. It is a member of the
/// console's role, whose rights every new version of the schema brings up to date.
///
/// `name` has to be a plain name, of letters, digits and underscores.
pub fn login_statements(name: &str, password: &str, connections: u32) -> Vec<String> {
    let tables: Vec<&str> = catalogue::tables().iter().map(|table| table.name).collect();
    let password = password.replace('\'', "''");
    vec![
        format!(
            "DO $$ BEGIN CREATE ROLE {CONSOLE_ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        ),
        format!(
            "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {CONSOLE_ROLE}', current_schema()); END $$"
        ),
        format!("GRANT SELECT ON {} TO {CONSOLE_ROLE}", tables.join(", ")),
        format!(
            "DO $$ BEGIN CREATE ROLE {name} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        ),
        format!(
            "ALTER ROLE {name} LOGIN NOCREATEDB NOCREATEROLE INHERIT CONNECTION LIMIT {connections} PASSWORD '{password}'"
        ),
        format!("GRANT {CONSOLE_ROLE} TO {name}"),
        format!("ALTER ROLE {name} SET default_transaction_read_only = on"),
        format!("ALTER ROLE {name} SET statement_timeout = '{LONGEST}'"),
    ]
}

impl Db {
    /// Makes the login `name`, as [`login_statements`] says it. The password is in no statement's text,
    /// where a log could show it.
    ///
    /// # Errors
    /// Whatever the engine says, above all that this user may not make roles.
    pub async fn make_query_login(
        &self,
        name: &str,
        password: &str,
        connections: u32,
    ) -> Result<(), StoreError> {
        const SETTING: &str = "windlass.password";
        let mut tx = self.write().await?;
        if let WriteTx::Postgres(connection) = &mut tx {
            sqlx::query("SELECT set_config($1, $2, TRUE)")
                .bind(SETTING)
                .bind(password)
                .execute(&mut **connection)
                .await?;
            let mut statements = login_statements(name, "", connections);
            statements.push(format!(
                "DO $$ BEGIN EXECUTE format('ALTER ROLE {name} PASSWORD %L', current_setting('{SETTING}')); END $$"
            ));
            for statement in statements {
                sqlx::raw_sql(AssertSqlSafe(statement))
                    .execute(&mut **connection)
                    .await?;
            }
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::login_statements;

    #[test]
    fn a_password_stays_within_its_quotes() {
        let statements = login_statements("reader", "it's", 5).join(";\n");
        assert!(
            statements.contains("CONNECTION LIMIT 5 PASSWORD 'it''s'"),
            "{statements}"
        );
        assert!(statements.contains("GRANT windlass_console TO reader"));
        assert!(!statements.contains("credentials"));
    }
}
