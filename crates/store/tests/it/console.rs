//! The SQL console on both engines: what it gives, and what it does not.
#![cfg(test)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant as Timer};

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use store::Db;
use store::console::{ConsoleError, ConsoleLimits, QueryResult, run, run_postgres, run_sqlite};
use testkit::both_engines;

async fn execute(db: &Db, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    let outcome = match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
    };
    outcome.unwrap();
}

pub(crate) async fn ask(db: &Db, sql: &str) -> QueryResult {
    match run(db, sql, ConsoleLimits::default()).await {
        Ok(result) => result,
        Err(error) => panic!("{sql}: {error}"),
    }
}

async fn refused(db: &Db, sql: &str, limits: ConsoleLimits) -> ConsoleError {
    match run(db, sql, limits).await {
        Ok(result) => panic!("{sql} gave {result:?}"),
        Err(error) => error,
    }
}

/// Two repositories, one of them gone, and three pull requests.
pub(crate) async fn fill(db: &Db) {
    execute(
        db,
        "INSERT INTO bitbucket_workspaces (id, source_id, slug, observed_at)
         VALUES (1, '{w}', 'acme', '2024-05-06T07:08:09.000000Z');
         INSERT INTO bitbucket_repositories
             (id, source_id, workspace_id, full_name, private, deleted_at, observed_at)
         VALUES (10, '{a}', 1, 'acme/api', TRUE, NULL, '2024-05-06T07:08:09.000000Z'),
                (11, '{b}', 1, 'acme/old', FALSE, '2024-05-07T00:00:00.000000Z',
                 '2024-05-06T07:08:09.000000Z');
         INSERT INTO bitbucket_pulls
             (id, repository_id, number, title, state, draft, created_at, open_to_merge, observed_at)
         VALUES (9007199254740993, 10, 1, 'Fix it''s name', 'MERGED', FALSE,
                 '2024-05-06T07:08:09.123456Z', 60, '2024-05-06T07:08:09.000000Z'),
                (101, 10, 2, NULL, 'OPEN', TRUE,
                 '2024-05-06T08:00:00.000000Z', NULL, '2024-05-06T07:08:09.000000Z'),
                (102, 11, 1, 'Übung', 'MERGED', NULL,
                 '2024-05-07T00:00:00.500000Z', 61, '2024-05-06T07:08:09.000000Z');",
    )
    .await;
}

both_engines! {
    async fn both_engines_give_the_same_answers(database) {
        fill(&database.db).await;
        for (sql, columns, rows) in [
            (
                "SELECT id, title, draft, created_at, open_to_merge FROM bitbucket_pulls ORDER BY created_at",
                vec!["id", "title", "draft", "created_at", "open_to_merge"],
                json!([
                    [9_007_199_254_740_993_i64, "Fix it's name", false, "2024-05-06T07:08:09.123456Z", 60],
                    [101, null, true, "2024-05-06T08:00:00.000000Z", null],
                    [102, "Übung", null, "2024-05-07T00:00:00.500000Z", 61],
                ]),
            ),
            (
                "SELECT count(*) AS n, sum(open_to_merge) AS total, avg(open_to_merge) AS mean, max(created_at) AS latest FROM bitbucket_pulls",
                vec!["n", "total", "mean", "latest"],
                json!([[3, 121, 60.5, "2024-05-07T00:00:00.500000Z"]]),
            ),
            (
                "SELECT name, archived, name = 'acme/old' AS old, archived IS NULL AS x FROM repos ORDER BY name",
                vec!["name", "archived", "old", "x"],
                json!([["acme/api", false, false, false], ["acme/old", true, true, false]]),
            ),
            (
                "WITH a AS (SELECT repo_id, draft AS d FROM pull_requests WHERE draft) SELECT a.d, a.repo_id, r.private, (SELECT private FROM bitbucket_repositories WHERE id = 11) AS other FROM a JOIN bitbucket_repositories AS r ON r.id = a.repo_id",
                vec!["d", "repo_id", "private", "other"],
                json!([[true, 10, true, false]]),
            ),
            (
                "SELECT a.id, b.id FROM repos AS a JOIN repos AS b ON b.id = a.id + 1",
                vec!["id", "id"],
                json!([[10, 11]]),
            ),
            (
                "SELECT x.* FROM (SELECT number, draft FROM bitbucket_pulls WHERE id = 101) AS x (n, yes)",
                vec!["n", "yes"],
                json!([[2, true]]),
            ),
            ("SELECT 1 AS one WHERE 1 = 0", vec!["one"], json!([])),
            (
                "SELECT 'it''s' AS a, '/* no */ -- comment; ' AS b, 1.5 AS c, NULL AS d /* SELECT 2; */;",
                vec!["a", "b", "c", "d"],
                json!([["it's", "/* no */ -- comment; ", 1.5, null]]),
            ),
            (
                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT count(*) AS n FROM t",
                vec!["n"],
                json!([[4]]),
            ),
        ] {
            // SQLite takes no names for the columns of a subquery.
            if sql.contains("AS x (n") && matches!(database.db, Db::Sqlite { .. }) {
                continue;
            }
            let result = ask(&database.db, sql).await;
            assert_eq!(result.columns, columns, "{sql}");
            assert_eq!(json!(result.rows), rows, "{sql}");
            assert_eq!(result.truncated, None, "{sql}");
        }
    }

    async fn every_documented_table_can_be_read_and_shows_its_columns(database) {
        fill(&database.db).await;
        for table in model::catalogue::tables() {
            let result = ask(&database.db, &format!("SELECT * FROM {}", table.name)).await;
            // A migration adds its columns at the end, the catalogue where they belong.
            let shown: BTreeSet<&str> = result.columns.iter().map(String::as_str).collect();
            let columns: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(shown, columns, "{}", table.name);
            ask(&database.db, &format!("SELECT count(*) FROM {}", table.name.to_uppercase())).await;
            for row in &result.rows {
                for (name, value) in result.columns.iter().zip(row) {
                    let column = table.column(name).unwrap();
                    let boolean = column.kind == model::catalogue::Kind::Boolean;
                    assert!(
                        value.is_null() || value.is_boolean() == boolean,
                        "{}.{} is {value}", table.name, column.name
                    );
                }
            }
        }
    }

    async fn rows_and_bytes_have_caps(database) {
        let many = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 100000) SELECT n, 'abcdefgh' AS text FROM t ORDER BY n";
        let limits = ConsoleLimits { max_rows: 50, ..ConsoleLimits::default() };
        let result = run(&database.db, many, limits).await.unwrap();
        assert_eq!(result.rows.len(), 50);
        assert_eq!(result.rows[49], [Value::from(50), Value::from("abcdefgh")]);
        assert!(result.truncated.unwrap().contains("50 rows"));

        let limits = ConsoleLimits { max_bytes: 16_000, ..ConsoleLimits::default() };
        let result = run(&database.db, many, limits).await.unwrap();
        assert_eq!(result.rows.len(), 1_000);
        assert!(result.truncated.unwrap().contains("KiB"));

        let default = run(&database.db, many, ConsoleLimits::default()).await.unwrap();
        assert_eq!(default.rows.len(), 10_000);
        // The next query is not held up by what was cut off.
        ask(&database.db, "SELECT 1").await;
    }

    async fn a_query_without_an_end_is_stopped_at_the_deadline(database) {
        let deadline = Duration::from_millis(400);
        let limits = ConsoleLimits { deadline, ..ConsoleLimits::default() };
        for sql in [
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t) SELECT count(*) FROM t",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t) SELECT n FROM t WHERE n < 0",
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t WHERE n < 100000) SELECT count(*) FROM t AS a, t AS b, t AS c",
        ] {
            let started = Timer::now();
            let error = refused(&database.db, sql, limits).await;
            assert_eq!(error, ConsoleError::Deadline(deadline), "{sql}");
            assert!(started.elapsed() < Duration::from_secs(5), "{sql}");
        }
        ask(&database.db, "SELECT 1").await;
    }

    async fn a_huge_value_is_refused(database) {
        let sql = "WITH RECURSIVE t(n, s) AS (SELECT 1, 'aaaaaaaaaaaaaaaa' UNION ALL SELECT n + 1, s || s FROM t WHERE n < 19) SELECT s FROM t WHERE n = 19";
        let error = refused(&database.db, sql, ConsoleLimits::default()).await;
        assert_eq!(error, ConsoleError::TooLarge);
        let length = "WITH RECURSIVE t(n, s) AS (SELECT 1, 'aaaaaaaaaaaaaaaa' UNION ALL SELECT n + 1, s || s FROM t WHERE n < 10) SELECT length(s) AS l FROM t WHERE n = 10";
        assert_eq!(ask(&database.db, length).await.rows, [[Value::from(8_192)]]);
    }

    async fn nothing_but_a_select_gets_through(database) {
        fill(&database.db).await;
        for sql in [
            "DELETE FROM bitbucket_pulls",
            "SELECT 1; DELETE FROM bitbucket_pulls",
            "SELECT 1 /* */; /* SELECT */ DELETE FROM bitbucket_pulls -- SELECT",
            "WITH x AS (DELETE FROM bitbucket_pulls RETURNING *) SELECT * FROM x",
            "INSERT INTO bitbucket_pulls SELECT * FROM bitbucket_pulls",
            "UPDATE bitbucket_pulls SET title = 'x'",
            "SELECT * INTO x FROM bitbucket_pulls",
            "SELECT * FROM bitbucket_pulls FOR UPDATE",
            "ATTACH DATABASE 'x' AS y",
            "PRAGMA table_info(bitbucket_pulls)",
            "COPY bitbucket_pulls TO '/tmp/x'",
            "SELECT pg_sleep(10)",
            "SELECT set_config('role', 'windlass', true)",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT load_extension('x')",
            "SELECT dblink('x', 'y')",
            "SELECT * FROM request_counts",
            "SELECT * FROM sync_sightings",
            "SELECT * FROM _sqlx_migrations",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM pg_catalog.pg_authid",
            "SELECT * FROM information_schema.tables",
            "SELECT * FROM elsewhere.bitbucket_pulls",
        ] {
            refused(&database.db, sql, ConsoleLimits::default()).await;
        }
        let left = ask(&database.db, "SELECT count(*) AS n FROM bitbucket_pulls").await;
        assert_eq!(left.rows, [[Value::from(3)]]);
    }

    async fn what_the_engine_says_comes_in_one_line(database) {
        for sql in [
            "SELECT no_such_column FROM repos",
            "SELECT\nno_such_column\nFROM repos",
            "SELECT count(1, 2, 3) FROM repos",
            "SELECT title FROM repos AS a, pull_requests AS b GROUP BY nothing",
        ] {
            let error = refused(&database.db, sql, ConsoleLimits::default()).await;
            assert!(matches!(error, ConsoleError::Engine(_)), "{sql}: {error:?}");
            assert!(!error.to_string().contains('\n'), "{sql}: {error}");
        }
    }

    async fn an_import_that_writes_does_not_stand_in_the_way(database) {
        fill(&database.db).await;
        let writing = database.db.write().await.unwrap();
        let found = ask(&database.db, "SELECT count(*) AS n FROM repos").await;
        assert_eq!(found.rows, [[Value::from(2)]]);
        writing.commit().await.unwrap();
    }
}

#[tokio::test]
async fn sqlite_text_stays_text_and_numbers_stay_numbers() {
    let database = testkit::sqlite().await;
    fill(&database.db).await;
    let result = ask(
        &database.db,
        "SELECT count(*) AS active, 1 AS draft, sum(draft) AS drafts, min(draft) AS least, \
         coalesce(draft, FALSE) AS d, CASE WHEN draft THEN NULL ELSE TRUE END AS c \
         FROM bitbucket_pulls WHERE id = 101",
    )
    .await;
    assert_eq!(json!(result.rows), json!([[1, 1, 1, 1, true, null]]));
    let result = ask(
        &database.db,
        "SELECT group_concat(number, '+'), \"number\" FROM bitbucket_pulls WHERE id < 102",
    )
    .await;
    assert_eq!(json!(result.rows), json!([["2", 2]]));
}

#[tokio::test]
async fn sqlite_follows_booleans_through_joins_and_stars() {
    let database = testkit::sqlite().await;
    fill(&database.db).await;
    let result = ask(
        &database.db,
        "SELECT * FROM (SELECT id, draft FROM bitbucket_pulls WHERE id = 101) AS a \
         JOIN (SELECT 101 AS id, 1 AS n, 1 = 1 AS yes) AS b USING (id)",
    )
    .await;
    assert_eq!(json!(result.rows), json!([[101, true, 1, true]]));
    let result = ask(
        &database.db,
        "SELECT draft FROM bitbucket_pulls WHERE id = 101 UNION ALL SELECT FALSE",
    )
    .await;
    assert_eq!(json!(result.rows), json!([[true], [false]]));
}

#[tokio::test]
async fn a_missing_sqlite_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.db");
    let error = run_sqlite(&path, "SELECT 1", ConsoleLimits::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ConsoleError::Unreadable(_)), "{error:?}");
    assert!(!path.exists());
}

fn pool(db: &Db) -> &sqlx::PgPool {
    match db {
        Db::Postgres(pool) => pool,
        Db::Sqlite { .. } => panic!("not PostgreSQL"),
    }
}

#[tokio::test]
async fn postgres_types_become_json() {
    let database = testkit::postgres().await;
    let result = ask(
        &database.db,
        "SELECT 12::numeric, 1.50::numeric, 'NaN'::float8, date '2024-05-06', \
         timestamp '2024-05-06 07:08:09', '2024-05-06 07:08:09+02'::timestamptz, \
         interval '90 minutes', ARRAY[1, 2], '{\"a\": [1]}'::jsonb, (1, 'a'), \
         '6f9619ff-8b86-d011-b42d-00cf4fc964ff'::uuid, 1 > 2, \
         date_trunc('day', '2024-05-06 23:30:00-05'::timestamptz)",
    )
    .await;
    assert_eq!(
        json!(result.rows),
        json!([[
            12,
            1.5,
            "NaN",
            "2024-05-06",
            "2024-05-06T07:08:09.000000",
            "2024-05-06T05:08:09.000000Z",
            "01:30:00",
            "{1,2}",
            "{\"a\": [1]}",
            "(1,a)",
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            false,
            "2024-05-07T00:00:00.000000Z"
        ]])
    );
}

#[tokio::test]
async fn the_role_of_postgres_itself_reads_only_what_is_documented() {
    let database = testkit::postgres().await;
    fill(&database.db).await;
    let pool = pool(&database.db);
    for (sql, allowed) in [
        ("SELECT id FROM bitbucket_pulls", true),
        ("SELECT id FROM pull_requests", true),
        ("SELECT * FROM request_counts", false),
        ("SELECT * FROM sync_sightings", false),
        ("SELECT * FROM _sqlx_migrations", false),
        ("SELECT * FROM pg_authid", false),
        ("SELECT pg_read_file('/etc/passwd')", false),
        ("DELETE FROM bitbucket_pulls", false),
        ("INSERT INTO bitbucket_workspaces (id) VALUES (1)", false),
        ("CREATE TABLE x (a INT)", false),
        ("SELECT id FROM bitbucket_pulls FOR UPDATE", false),
        ("COPY bitbucket_pulls TO PROGRAM 'true'", false),
    ] {
        let mut transaction = pool.begin().await.unwrap();
        sqlx::raw_sql("SET LOCAL ROLE windlass_console")
            .execute(&mut *transaction)
            .await
            .unwrap();
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut *transaction)
            .await;
        assert_eq!(outcome.is_ok(), allowed, "{sql}: {outcome:?}");
        transaction.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn the_role_does_not_outlive_the_query() {
    let database = testkit::postgres().await;
    let pool = pool(&database.db);
    for sql in [
        "SELECT 1",
        "SELECT no_such_column FROM repos",
        "DROP TABLE repos",
    ] {
        let _ = run(&database.db, sql, ConsoleLimits::default()).await;
        let (same, writable): (bool, String) = sqlx::query_as(
            "SELECT current_user = session_user, current_setting('transaction_read_only')",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        assert!(same && writable == "off", "{sql}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_set_up_says_what_to_run() {
    let database = testkit::postgres().await;
    let owner = pool(&database.db);
    let user = format!("windlass_plain_{}", std::process::id());
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE ROLE {user} LOGIN")))
        .execute(owner)
        .await
        .unwrap();
    let options = owner.connect_options().as_ref().clone().username(&user);
    let plain = sqlx::PgPool::connect_with(options).await.unwrap();
    let error = run_postgres(&plain, "SELECT 1", ConsoleLimits::default())
        .await
        .unwrap_err();
    let ConsoleError::NotSetUp { statements } = &error else {
        panic!("{error:?}")
    };
    assert!(
        statements.contains(&format!("GRANT windlass_console TO {user};")),
        "{statements}"
    );
    assert!(
        statements.contains("public.bitbucket_pulls"),
        "{statements}"
    );
    assert!(!error.to_string().contains('\n'));

    // With the statements run as they are, it works; a right that is lost is named likewise.
    sqlx::raw_sql(AssertSqlSafe(statements.clone()))
        .execute(owner)
        .await
        .unwrap();
    run_postgres(&plain, "SELECT * FROM repos", ConsoleLimits::default())
        .await
        .unwrap();
    sqlx::raw_sql("REVOKE SELECT ON repos FROM windlass_console")
        .execute(owner)
        .await
        .unwrap();
    let error = run_postgres(&plain, "SELECT * FROM repos", ConsoleLimits::default()).await;
    assert!(
        matches!(error, Err(ConsoleError::NotSetUp { .. })),
        "{error:?}"
    );

    plain.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP ROLE {user}")))
        .execute(owner)
        .await
        .unwrap();
}
