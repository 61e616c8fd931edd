//! Bringing a database's schema up to date.

use std::borrow::Cow;

use model::catalogue;
use sha2::{Digest, Sha256};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::StoreError;
use crate::engine::{Db, Engine, on_pool, on_tx};

/// Version, name, text, and the engine that alone needs it.
const MIGRATIONS: &[(i64, &str, &str, Option<Engine>)] = &[
    (
        1,
        "types",
        include_str!("../migrations/postgres/0001_types.sql"),
        Some(Engine::Postgres),
    ),
    (
        2,
        "first schema",
        include_str!("../migrations/common/0002_first_schema.sql"),
        None,
    ),
    (
        3,
        "connections",
        include_str!("../migrations/common/0003_connections.sql"),
        None,
    ),
    (
        4,
        "unmeasured",
        include_str!("../migrations/common/0004_unmeasured.sql"),
        None,
    ),
    (
        6,
        "jira users",
        include_str!("../migrations/common/0006_jira_users.sql"),
        None,
    ),
    (
        7,
        "webhooks",
        include_str!("../migrations/common/0007_webhooks.sql"),
        None,
    ),
    (
        8,
        "views",
        include_str!("../migrations/common/0008_views.sql"),
        None,
    ),
    (
        10,
        "people",
        include_str!("../migrations/common/0010_people.sql"),
        None,
    ),
    (
        11,
        "teams",
        include_str!("../migrations/common/0011_teams.sql"),
        None,
    ),
    (
        12,
        "forgotten people",
        include_str!("../migrations/common/0012_forgotten.sql"),
        None,
    ),
    (
        13,
        "settings",
        include_str!("../migrations/common/0013_settings.sql"),
        None,
    ),
    (
        14,
        "business hours",
        include_str!("../migrations/common/0014_business_hours.sql"),
        None,
    ),
    (
        16,
        "deployments",
        include_str!("../migrations/common/0016_deployments.sql"),
        None,
    ),
    (
        19,
        "reports",
        include_str!("../migrations/common/0019_reports.sql"),
        None,
    ),
    (
        20,
        "logins",
        include_str!("../migrations/common/0020_logins.sql"),
        None,
    ),
    (
        23,
        "the list of pull requests",
        include_str!("../migrations/common/0023_pull_list.sql"),
        None,
    ),
    (
        24,
        "places",
        include_str!("../migrations/common/0024_places.sql"),
        None,
    ),
    (
        25,
        "queries",
        include_str!("../migrations/common/0025_queries.sql"),
        None,
    ),
    (
        26,
        "packed months",
        include_str!("../migrations/common/0026_report_packs.sql"),
        None,
    ),
    (
        27,
        "changed months",
        include_str!("../migrations/sqlite/0027_report_changes.sql"),
        Some(Engine::Sqlite),
    ),
    (
        28,
        "changed months",
        include_str!("../migrations/postgres/0028_report_changes.sql"),
        Some(Engine::Postgres),
    ),
];

/// The views, which are made anew whenever their text has changed.
const VIEWS: &str = include_str!("../migrations/views.sql");

/// The role that the SQL console takes on PostgreSQL.
pub(crate) const CONSOLE_ROLE: &str = "windlass_console";

fn migrator(engine: Engine) -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .filter(|(.., only)| only.is_none_or(|only| only == engine))
        .map(|(version, name, text, _)| {
            let sql = AssertSqlSafe(engine.ddl(text)).into_sql_str();
            Migration::new(
                *version,
                Cow::Borrowed(*name),
                MigrationType::Simple,
                sql,
                false,
            )
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// Applies what is missing, in order, each in a transaction of its own.
pub(crate) async fn migrate(db: &Db, address: &str) -> Result<(), StoreError> {
    let engine = db.engine();
    let before = applied(db).await;
    let migrator = migrator(engine);
    let versions = || migrator.iter().map(|migration| migration.version);
    let known = versions().max().unwrap_or(0);
    let complete = before == Some((known, i64::try_from(versions().count()).unwrap_or(0)));
    if complete && views_are_current(db).await {
        return Ok(());
    }
    let outcome = match db {
        Db::Sqlite { write, .. } => migrator.run(write).await,
        Db::Postgres(pool) => migrator.run(pool).await,
    };
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(found) => StoreError::TooNew { found, known },
        MigrateError::Execute(sqlx::Error::Database(error))
            if error.message().contains("readonly") || error.message().contains("read-only") =>
        {
            StoreError::ReadOnly {
                address: address.to_owned(),
                reason: error.message().to_owned(),
            }
        }
        other => StoreError::Migration(other.to_string()),
    })?;
    renew_views(db).await?;
    if let Db::Postgres(pool) = db {
        describe(pool).await?;
    }
    Ok(())
}

/// What the text of the views is known by.
fn views_digest() -> String {
    format!("{:x}", Sha256::digest(VIEWS))
}

/// Whether the database's views were made from the present text.
async fn views_are_current(db: &Db) -> bool {
    const DIGEST: &str = "SELECT digest FROM schema_views";
    let digest: Result<Option<(String,)>, sqlx::Error> =
        on_pool!(db, |pool| sqlx::query_as(DIGEST).fetch_optional(pool).await);
    // A database without that table has views of an older program.
    matches!(digest, Ok(Some((digest,))) if digest == views_digest())
}

/// Drops every view and makes it anew, in one transaction. Two programs that start at once do so
/// one after the other.
async fn renew_views(db: &Db) -> Result<(), StoreError> {
    const LOCK: model::Id = model::Id(7_310_592);
    let mut tx = db.write().await?;
    tx.lock(LOCK).await?;
    let script = format!(
        "{VIEWS}
         DELETE FROM schema_views;
         INSERT INTO schema_views (digest) VALUES ('{}');",
        views_digest()
    );
    on_tx!(&mut tx, |connection| {
        sqlx::raw_sql(AssertSqlSafe(script))
            .execute(connection)
            .await?;
    });
    tx.commit().await
}

/// The newest migration that the database has, and how many it has; `None` for a new one. A
/// migration that was written beside a later one may come after it.
async fn applied(db: &Db) -> Option<(i64, i64)> {
    const APPLIED: &str = "SELECT MAX(version), COUNT(*) FROM _sqlx_migrations";
    let applied: Result<(Option<i64>, i64), sqlx::Error> = match db {
        Db::Sqlite { write, .. } => sqlx::query_as(APPLIED).fetch_one(write).await,
        Db::Postgres(pool) => sqlx::query_as(APPLIED).fetch_one(pool).await,
    };
    // A database without that table is simply new.
    let (newest, count) = applied.ok()?;
    newest.map(|newest| (newest, count))
}

/// What PostgreSQL can keep beside the schema: the catalogue as comments, for people who look with
/// other tools, and a role that may read the documented tables and nothing else.
async fn describe(pool: &sqlx::PgPool) -> Result<(), StoreError> {
    let mut script = String::new();
    for table in catalogue::tables() {
        let kind = if table.group == catalogue::Group::Unified {
            "VIEW"
        } else {
            "TABLE"
        };
        let meaning = quote(table.meaning.trim());
        script.push_str(&format!("COMMENT ON {kind} {} IS {meaning};\n", table.name));
        for column in table.columns {
            let unit = if column.unit.is_empty() {
                String::new()
            } else {
                format!(" ({})", column.unit)
            };
            let meaning = quote(&format!("{}{unit}", column.meaning));
            script.push_str(&format!(
                "COMMENT ON COLUMN {}.{} IS {meaning};\n",
                table.name, column.name
            ));
        }
    }
    sqlx::raw_sql(AssertSqlSafe(script)).execute(pool).await?;
    sqlx::raw_sql(AssertSqlSafe(grants())).execute(pool).await?;
    Ok(())
}

/// The statements that make the console's role. Roles belong to the whole server and two programs
/// may start at once; a user without the right to make roles goes on without the console, which
/// then says what an administrator has to run.
fn grants() -> String {
    let tables: Vec<&str> = catalogue::tables().iter().map(|table| table.name).collect();
    format!(
        "DO $$ BEGIN
             PERFORM pg_advisory_xact_lock(7310591);
             IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{CONSOLE_ROLE}') THEN
                 CREATE ROLE {CONSOLE_ROLE} NOLOGIN;
             END IF;
         EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
         END $$;
         DO $$ BEGIN
             IF NOT pg_has_role(current_user, '{CONSOLE_ROLE}', 'MEMBER') THEN
                 GRANT {CONSOLE_ROLE} TO CURRENT_USER;
             END IF;
         EXCEPTION WHEN OTHERS THEN NULL;
         END $$;
         DO $$ BEGIN
             EXECUTE format('GRANT USAGE ON SCHEMA %I TO {CONSOLE_ROLE}', current_schema());
             GRANT SELECT ON {} TO {CONSOLE_ROLE};
         EXCEPTION WHEN undefined_object OR insufficient_privilege THEN NULL;
         END $$;",
        tables.join(", ")
    )
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
