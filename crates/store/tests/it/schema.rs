//! The schema and the statements hold on both engines.

use std::collections::{BTreeMap, BTreeSet};

use model::catalogue::{Group, Kind, tables};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};
use store::{Db, StoreError};
use testkit::both_engines;

#[tokio::test]
async fn every_statement_prepares_on_sqlite() {
    let database = testkit::sqlite().await;
    let Db::Sqlite { read, .. } = &database.db else {
        panic!("not SQLite")
    };
    for (name, sqlite, _) in store::statements() {
        if let Err(error) = read
            .prepare(AssertSqlSafe(sqlite.clone()).into_sql_str())
            .await
        {
            panic!("{name}: {error}\n{sqlite}");
        }
    }
}

#[tokio::test]
async fn every_statement_prepares_on_postgres() {
    let database = testkit::postgres().await;
    let Db::Postgres(pool) = &database.db else {
        panic!("not PostgreSQL")
    };
    for (name, _, postgres) in store::statements() {
        if let Err(error) = pool
            .prepare(AssertSqlSafe(postgres.clone()).into_sql_str())
            .await
        {
            panic!("{name}: {error}\n{postgres}");
        }
    }
}

/// Table or view → its columns, in order, with the type as the engine declares it.
async fn columns_of(db: &Db) -> BTreeMap<String, Vec<(String, String)>> {
    let rows: Vec<(String, String, String)> =
        match db {
            Db::Sqlite { read, .. } => sqlx::query_as(
                "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c
                 WHERE m.type IN ('table', 'view') ORDER BY m.name, c.cid",
            )
            .fetch_all(read)
            .await,
            Db::Postgres(pool) => sqlx::query_as(
                "SELECT table_name::text, column_name::text, COALESCE(domain_name, data_type)::text
                 FROM information_schema.columns WHERE table_schema = 'public'
                 ORDER BY table_name, ordinal_position",
            )
            .fetch_all(pool)
            .await,
        }
        .unwrap();
    let mut tables: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (table, column, kind) in rows {
        tables
            .entry(table)
            .or_default()
            .push((column, kind.to_lowercase()));
    }
    tables
}

both_engines! {
    async fn views_are_made_anew_when_their_text_has_changed(database) {
        async fn run(db: &Db, sql: &'static str) -> Result<(), sqlx::Error> {
            match db {
                Db::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(|_| ()),
                Db::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
            }
        }
        // As an older program would have left them.
        run(
            &database.db,
            "UPDATE schema_views SET digest = 'older'; DROP VIEW repos; CREATE VIEW repos AS SELECT 1 AS one",
        )
        .await
        .unwrap();
        run(&database.db, "SELECT default_branch FROM repos").await.unwrap_err();
        let renewed = Db::open(&database.address).await.unwrap();
        run(&renewed, "SELECT default_branch FROM repos").await.unwrap();
        renewed.close().await;
    }

    async fn the_catalogue_says_what_is_in_the_database(database) {
        let found = columns_of(&database.db).await;
        for table in tables() {
            let columns = found.get(table.name).unwrap_or_else(|| panic!("no {}", table.name));
            // Not in the order of the catalogue: a migration adds its columns at the end.
            let columns: BTreeMap<&str, &str> =
                columns.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
            let names: BTreeSet<&str> = columns.keys().copied().collect();
            let said: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names, said, "{}", table.name);
            for column in table.columns {
                let declared = columns[column.name];
                let fits: &[&str] = match column.kind {
                    Kind::Id | Kind::Integer => &["bigint", "integer"],
                    Kind::Text => &["text", "key_text"],
                    Kind::Boolean => &["boolean"],
                    Kind::DateTime => &["datetime"],
                };
                // SQLite declares no type for what a view computes.
                let computed = table.group == Group::Unified && declared.is_empty();
                assert!(
                    computed || fits.contains(&declared),
                    "{}.{} is {declared}", table.name, column.name
                );
            }
        }
    }
}

both_engines! {
    async fn opening_again_changes_nothing(database) {
        let before = columns_of(&database.db).await;
        database.db.close().await;
        let again = Db::open(&database.address).await.unwrap();
        again.require_writable().await.unwrap();
        assert_eq!(columns_of(&again).await, before);
    }
}

both_engines! {
    async fn a_database_of_a_later_version_is_refused(database) {
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
            VALUES (9999, 'later', TRUE, CAST('' AS CHECKSUM), 0)";
        match &database.db {
            Db::Sqlite { write, .. } => {
                sqlx::raw_sql(AssertSqlSafe(later.replace("CHECKSUM", "BLOB"))).execute(write).await.unwrap();
            }
            Db::Postgres(pool) => {
                sqlx::raw_sql(AssertSqlSafe(later.replace("CHECKSUM", "BYTEA"))).execute(pool).await.unwrap();
            }
        }
        database.db.close().await;
        let refused = Db::open(&database.address).await.unwrap_err();
        assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }), "{refused}");
    }
}

#[tokio::test]
async fn a_read_only_database_can_be_read_and_says_why_it_is_not_written() {
    let database = testkit::sqlite().await;
    database.db.close().await;
    let db = Db::open(&format!("{}?mode=ro", database.address))
        .await
        .unwrap();
    assert!(matches!(
        db.require_writable().await,
        Err(StoreError::ReadOnly { .. })
    ));

    let database = testkit::postgres().await;
    let address = format!(
        "{}?options=-c%20default_transaction_read_only%3Don",
        database.address
    );
    let db = Db::open(&address).await.unwrap();
    assert!(matches!(
        db.require_writable().await,
        Err(StoreError::ReadOnly { .. })
    ));
}

#[tokio::test]
async fn an_address_that_is_none_is_told_so() {
    for address in [
        "windlass.db",
        "mysql://localhost/w",
        "sqlite://",
        "postgres://",
    ] {
        let refused = Db::open(address).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Address(_)),
            "{address}: {refused}"
        );
    }
    let refused = Db::open("sqlite:///nowhere/at/all/w.db").await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Unreachable { .. }),
        "{refused}"
    );
    let refused = Db::open("postgres://ann:secret@127.0.0.1:1/w")
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::Unreachable { .. }),
        "{refused}"
    );
    assert!(!refused.to_string().contains("secret"));
}

#[tokio::test]
async fn sqlite_keeps_dates_in_their_one_form_only() {
    let database = testkit::sqlite().await;
    let Db::Sqlite { write, .. } = &database.db else {
        panic!("not SQLite")
    };
    let refused = sqlx::query(
        "INSERT INTO bitbucket_workspaces (id, source_id, observed_at) VALUES (1, '{a}', '2024-05-06T07:08:09Z')",
    )
    .execute(write)
    .await
    .unwrap_err();
    assert!(refused.to_string().contains("CHECK"), "{refused}");
}

#[tokio::test]
async fn postgres_carries_the_catalogue_as_comments() {
    let database = testkit::postgres().await;
    let Db::Postgres(pool) = &database.db else {
        panic!("not PostgreSQL")
    };
    let row = sqlx::query(
        "SELECT col_description('bitbucket_pulls'::regclass, attnum) FROM pg_attribute
         WHERE attrelid = 'bitbucket_pulls'::regclass AND attname = 'cycle_time'",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert!(row.get::<String, _>(0).ends_with("(s)"));
}
