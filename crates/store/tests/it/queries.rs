//! Variables of queries, the login for queries, queries that are kept, and runs.
#![cfg(test)]

use model::Instant;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use store::console::{
    Console, ConsoleError, ConsoleLimits, QueryResult, Scalar, Variable, Variables,
    login_statements,
};
use store::{Db, FinishedQuery, NewQueryRun, NewSavedQuery, QueryState};
use testkit::{TestDatabase, both_engines};

use crate::console::fill;

fn now() -> Instant {
    "2026-03-04T10:00:00Z".parse().unwrap()
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let pairs = pairs.iter();
    pairs
        .map(|(name, text)| {
            (
                (*name).to_owned(),
                Variable::of_text(text, text.contains('\n')),
            )
        })
        .collect()
}

/// A console with a login of its own where the engine has logins.
async fn console(database: &TestDatabase) -> Console {
    let Db::Postgres(pool) = &database.db else {
        return Console::of(&database.db);
    };
    let name = login_of(pool, &[]).await;
    Console::by_login(&database.db, &address_of(database, &name)).unwrap()
}

/// A login as the program makes it, with further statements about it.
async fn login_of(pool: &PgPool, more: &[&str]) -> String {
    let (name,): (String,) =
        sqlx::query_as("SELECT 'windlass_q_' || replace(CAST(gen_random_uuid() AS text), '-', '')")
            .fetch_one(pool)
            .await
            .unwrap();
    let mut statements = login_statements(&name, "it's a secret", 5);
    statements.extend(more.iter().map(|more| more.replace("LOGIN", &name)));
    for statement in statements {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.clone()))
            .execute(pool)
            .await;
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    name
}

fn address_of(database: &TestDatabase, name: &str) -> String {
    database
        .address
        .replacen("windlass@", &format!("{name}:it%27s%20a%20secret@"), 1)
}

async fn ask(console: &Console, sql: &str, with: &Variables) -> QueryResult {
    let answer = console.ask(sql, with, ConsoleLimits::default()).await;
    answer.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

async fn refused(console: &Console, sql: &str, with: &Variables) -> ConsoleError {
    match console.ask(sql, with, ConsoleLimits::default()).await {
        Ok(result) => panic!("{sql} gave {result:?}"),
        Err(error) => error,
    }
}

both_engines! {
    async fn variables_are_bound_as_what_they_are_compared_with(database) {
        fill(&database.db).await;
        let console = console(&database).await;
        for (sql, with, rows) in [
            (
                "SELECT id FROM bitbucket_pulls WHERE created_at >= $since ORDER BY id",
                variables(&[("since", "2024-05-06T08:00:00.000000Z")]),
                json!([[101], [102]]),
            ),
            ("SELECT title FROM bitbucket_pulls WHERE id = $id", variables(&[("id", "102")]), json!([["Übung"]])),
            ("SELECT id FROM bitbucket_pulls WHERE title = $title", variables(&[("title", "Fix it's name")]), json!([[9_007_199_254_740_993_i64]])),
            ("SELECT id FROM bitbucket_pulls WHERE draft = $draft", variables(&[("draft", "true")]), json!([[101]])),
            (
                "SELECT id FROM bitbucket_pulls WHERE id IN ($ids) AND number NOT IN ($numbers) ORDER BY id",
                variables(&[("ids", "101\n102\n5"), ("numbers", "7\n2")]),
                json!([[102]]),
            ),
            ("SELECT id FROM bitbucket_pulls WHERE state IN ($states) ORDER BY id LIMIT $n", variables(&[("states", "OPEN\nMERGED"), ("n", "1")]), json!([[101]])),
            ("SELECT count(*) AS n FROM bitbucket_pulls HAVING count(*) > $n", variables(&[("n", "2")]), json!([[3]])),
            ("SELECT external_id FROM pull_requests WHERE external_id = $number AND repo_id = $repo", variables(&[("number", "2"), ("repo", "10")]), json!([["2"]])),
            ("SELECT 'a' || $text AS t", variables(&[("text", "x'; DROP TABLE repos; --")]), json!([["ax'; DROP TABLE repos; --"]])),
        ] {
            assert_eq!(json!(ask(&console, sql, &with).await.rows), rows, "{sql}");
        }
        let nothing = [("ids".to_owned(), Variable::List(Vec::new()))].into();
        assert_eq!(ask(&console, "SELECT id FROM repos WHERE id IN ($ids)", &nothing).await.rows.len(), 0);
        assert_eq!(ask(&console, "SELECT id FROM repos WHERE id NOT IN ($ids)", &nothing).await.rows.len(), 2);
        let error = refused(&console, "SELECT $a, $b", &variables(&[("a", "1")])).await;
        assert_eq!(error, ConsoleError::MissingVariables(vec!["b".to_owned()]));
        let many = (0..1_001).map(Scalar::Integer).collect();
        let many = [("many".to_owned(), Variable::List(many))].into();
        let error = refused(&console, "SELECT 1 WHERE 1 IN ($many)", &many).await;
        assert!(error.to_string().contains("1000 values"), "{error}");
    }

    async fn nothing_escapes_from_the_console(database) {
        fill(&database.db).await;
        let console = console(&database).await;
        assert!(console.is_apart());
        let none = Variables::new();
        let gigabyte = "WITH RECURSIVE t(n, s) AS (SELECT 1, 'aaaaaaaaaaaaaaaa' UNION ALL SELECT n + 1, s || s FROM t WHERE n < 27) SELECT s FROM t WHERE n = 27";
        for sql in [
            // Other files, other settings.
            "ATTACH DATABASE '/tmp/x' AS y",
            "DETACH DATABASE main",
            "PRAGMA table_info(bitbucket_pulls)",
            "SELECT * FROM pragma_table_info('logins')",
            "VACUUM INTO '/tmp/x'",
            "COPY bitbucket_pulls TO '/tmp/x'",
            "COPY (SELECT 1) TO PROGRAM 'true'",
            "SET ROLE windlass",
            "SET SESSION AUTHORIZATION windlass",
            "RESET ROLE",
            "DO $$ BEGIN PERFORM 1; END $$",
            "EXPLAIN ANALYZE SELECT 1",
            "LISTEN x",
            // Functions that reach out, sleep, or allocate.
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT pg_ls_dir('/')",
            "SELECT lo_import('/etc/passwd')",
            "SELECT lo_export(1, '/tmp/x')",
            "SELECT dblink('host=127.0.0.1', 'SELECT 1')",
            "SELECT * FROM dblink('host=127.0.0.1', 'SELECT 1') AS t(a int)",
            "SELECT set_config('role', 'windlass', false)",
            "SELECT current_setting('data_directory')",
            "SELECT load_extension('x')",
            "SELECT readfile('/etc/passwd')",
            "SELECT pg_sleep(1000)",
            "SELECT pg_catalog.pg_sleep(1000)",
            "SELECT \"pg_sleep\"(1000)",
            "SELECT pg_terminate_backend(1)",
            "SELECT pg_advisory_lock(1)",
            "SELECT query_to_xml('SELECT * FROM logins', true, true, '')",
            "SELECT randomblob(1000000000)",
            "SELECT zeroblob(1000000000)",
            "SELECT repeat('a', 1000000000)",
            "SELECT lpad('a', 1000000000)",
            "SELECT printf('%1000000000d', 1)",
            "SELECT generate_series(1, 1000000000)",
            "SELECT * FROM generate_series(1, 1000000000)",
            "SELECT CAST('a' AS CHAR(1000000000))",
            gigabyte,
            // More than one statement, in sight or behind comments.
            "SELECT 1; DELETE FROM bitbucket_pulls",
            "SELECT 1;\n-- nothing\n; DROP TABLE bitbucket_pulls",
            "SELECT 1 /* ; */ ; /* SELECT */ UPDATE bitbucket_pulls SET title = 'x' -- SELECT",
            "/* SELECT 1 */ DELETE FROM bitbucket_pulls",
            "SELECT 1 /* /* */ */ ; DELETE FROM bitbucket_pulls",
            "WITH x AS (DELETE FROM bitbucket_pulls RETURNING *) SELECT * FROM x",
            "SELECT * FROM bitbucket_pulls FOR UPDATE",
            "SELECT id INTO x FROM bitbucket_pulls",
            // Secrets, catalogs, other schemas.
            "SELECT * FROM logins",
            "SELECT * FROM LOGINS",
            "SELECT * FROM \"logins\"",
            "SELECT * FROM main.logins",
            "SELECT * FROM public.logins",
            "SELECT * FROM credentials",
            "SELECT * FROM sessions",
            "SELECT * FROM api_tokens",
            "SELECT * FROM webhook_deliveries",
            "SELECT * FROM saved_queries",
            "SELECT * FROM query_runs",
            "SELECT * FROM query_results",
            "WITH logins AS (SELECT * FROM logins) SELECT * FROM logins",
            "SELECT (SELECT password FROM logins LIMIT 1)",
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM credentials)",
            "SELECT * FROM repos NATURAL JOIN sessions",
            "SELECT * FROM sqlite_master",
            "SELECT * FROM sqlite_schema",
            "SELECT * FROM temp.sqlite_master",
            "SELECT * FROM dbstat",
            "SELECT * FROM pg_authid",
            "SELECT * FROM pg_shadow",
            "SELECT * FROM pg_catalog.pg_class",
            "SELECT * FROM information_schema.tables",
            "SELECT 'logins'::regclass",
            "SELECT * FROM elsewhere.bitbucket_pulls",
            "TABLE logins",
        ] {
            let error = refused(&console, sql, &none).await;
            // The parser or the caps say so, not a table that happens to be missing.
            let circular = sql.starts_with("WITH logins");
            assert!(
                sql == gigabyte || circular || !matches!(error, ConsoleError::Engine(_) | ConsoleError::Deadline(_)),
                "{sql}: {error:?}"
            );
        }
        let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";
        let limits = ConsoleLimits { deadline: std::time::Duration::from_millis(300), ..ConsoleLimits::default() };
        let error = console.ask(endless, &none, limits).await.unwrap_err();
        assert!(matches!(error, ConsoleError::Deadline(_)), "{error:?}");
        let left = ask(&console, "SELECT count(*) FROM bitbucket_pulls", &none).await;
        assert_eq!(left.rows, [[Value::from(3)]]);
    }

    async fn a_query_that_nobody_waits_for_ends(database) {
        let console = console(&database).await;
        let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";
        let none = Variables::new();
        let asking = console.ask(endless, &none, ConsoleLimits::default());
        let short = std::time::Duration::from_millis(500);
        tokio::time::timeout(short, asking).await.unwrap_err();
        if let Db::Postgres(pool) = &database.db {
            let busy = "SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE '%windlass_query%' AND state = 'active'
                  AND pid <> pg_backend_pid()";
            let mut interval = tokio::time::interval(std::time::Duration::from_millis(50));
            for look in 0.. {
                interval.tick().await;
                let (busy,): (i64,) = sqlx::query_as(busy).fetch_one(pool).await.unwrap();
                if busy == 0 {
                    break;
                }
                assert!(look < 200, "the server goes on with a query that nobody waits for");
            }
        }
        ask(&console, "SELECT 1", &none).await;
    }

    async fn queries_are_kept_and_changed(database) {
        let db = &database.db;
        let with = variables(&[("since", "2026-01-01"), ("ids", "1\n2")]);
        let new = NewSavedQuery { name: "merges", sql: "SELECT $since", variables: &with, login: 0 };
        let mut tx = db.write().await.unwrap();
        let id = tx.insert_saved_query(&new, now()).await.unwrap().unwrap();
        assert_eq!(tx.insert_saved_query(&new, now()).await.unwrap(), None);
        tx.commit().await.unwrap();
        let kept = db.saved_query(id).await.unwrap().unwrap();
        assert_eq!((kept.name.as_str(), kept.sql.as_str(), &kept.variables), ("merges", "SELECT $since", &with));
        assert_eq!(db.saved_query_named("merges").await.unwrap(), Some(kept));
        let mut tx = db.write().await.unwrap();
        tx.update_saved_query(id, "SELECT 2", &Variables::new(), now()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.saved_queries(10).await.unwrap()[0].sql, "SELECT 2");
        let mut tx = db.write().await.unwrap();
        tx.remove_saved_query(id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.saved_queries(10).await.unwrap(), []);
    }

    async fn a_run_keeps_its_result_until_it_expires(database) {
        let db = &database.db;
        let with = variables(&[("n", "5")]);
        let begin = |id: &'static str, with| NewQueryRun { id, login: 7, sql: "SELECT $n", variables: with };
        let mut tx = db.write().await.unwrap();
        for id in ["a", "b", "c"] {
            tx.insert_query_run(&begin(id, &with), now(), now().plus_seconds(-60)).await.unwrap();
        }
        tx.start_query_run("a", now()).await.unwrap();
        tx.request_query_cancel("b").await.unwrap();
        tx.commit().await.unwrap();
        assert!(db.is_query_cancelled("b").await.unwrap() && !db.is_query_cancelled("a").await.unwrap());
        let running = db.query_run("a").await.unwrap().unwrap();
        assert_eq!((running.state, &running.variables, running.started_at), (QueryState::Running, &with, Some(now())));
        let result = QueryResult {
            columns: vec!["n".to_owned()],
            rows: vec![vec![json!(9_007_199_254_740_993_i64)], vec![json!("ü")], vec![Value::Null]],
            truncated: Some("cut".to_owned()),
        };
        let expires = now().plus_seconds(3_600);
        let mut tx = db.write().await.unwrap();
        tx.finish_query_run("a", &FinishedQuery::Succeeded(result.clone()), now(), expires).await.unwrap();
        tx.finish_query_run("b", &FinishedQuery::Cancelled, now(), expires).await.unwrap();
        // What is over stays as it is.
        tx.finish_query_run("b", &FinishedQuery::Succeeded(result.clone()), now(), expires).await.unwrap();
        tx.finish_query_run("c", &FinishedQuery::Failed("sql", "no such thing".to_owned()), now(), expires).await.unwrap();
        tx.commit().await.unwrap();
        let run = db.query_run("a").await.unwrap().unwrap();
        assert_eq!((run.state, run.rows, run.expires_at), (QueryState::Succeeded, Some(3), Some(expires)));
        assert_eq!(db.query_result("a", now()).await.unwrap(), Some(result));
        assert_eq!(db.query_result("b", now()).await.unwrap(), None);
        assert_eq!(db.query_result("a", expires).await.unwrap(), None);
        let failed = db.query_run("c").await.unwrap().unwrap();
        assert_eq!((failed.state, failed.error_code.as_deref()), (QueryState::Failed, Some("sql")));
        assert_eq!(db.query_runs(7, None, 2).await.unwrap().len(), 2);
        assert_eq!(db.query_runs(7, Some(now()), 2).await.unwrap(), []);
        assert_eq!(db.query_runs(8, None, 2).await.unwrap(), []);
        // The next one clears away what is old.
        let later = now().plus_seconds(7_200);
        let mut tx = db.write().await.unwrap();
        tx.insert_query_run(&begin("d", &with), later, later.plus_seconds(-60)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.query_run("a").await.unwrap(), None);
        assert_eq!(db.query_result("a", now()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_login_that_may_do_more_is_not_used() {
    let database = testkit::postgres().await;
    let Db::Postgres(pool) = &database.db else {
        panic!("not PostgreSQL")
    };
    for (more, why) in [
        ("ALTER ROLE LOGIN SUPERUSER", "has powers"),
        ("GRANT pg_read_server_files TO LOGIN", "has powers"),
        (
            "GRANT SELECT ON credentials TO LOGIN",
            "may read credentials",
        ),
        (
            "GRANT INSERT ON bitbucket_pulls TO LOGIN",
            "may write to bitbucket_pulls",
        ),
    ] {
        let name = login_of(pool, &[more]).await;
        let console = Console::by_login(&database.db, &address_of(&database, &name)).unwrap();
        let error = refused(&console, "SELECT 1", &Variables::new()).await;
        assert!(
            matches!(&error, ConsoleError::UnfitLogin(what) if what.contains(why)),
            "{more}: {error}"
        );
    }
    let nobody = address_of(&database, "windlass_nobody");
    let console = Console::by_login(&database.db, &nobody).unwrap();
    let error = refused(&console, "SELECT 1", &Variables::new()).await;
    assert!(
        matches!(error, ConsoleError::Unreachable(_)) && !error.to_string().contains("secret"),
        "{error}"
    );
}

#[tokio::test]
async fn the_login_for_queries_itself_reads_only_what_is_documented() {
    let database = testkit::postgres().await;
    fill(&database.db).await;
    let Db::Postgres(pool) = &database.db else {
        panic!("not PostgreSQL")
    };
    let name = login_of(pool, &[]).await;
    let own = PgPool::connect(&address_of(&database, &name))
        .await
        .unwrap();
    for (sql, allowed) in [
        ("SELECT id FROM pull_requests", true),
        ("SELECT * FROM calendar", true),
        ("SELECT * FROM logins", false),
        ("SELECT * FROM credentials", false),
        ("SELECT * FROM query_results", false),
        ("SELECT * FROM pg_authid", false),
        ("SELECT pg_read_file('/etc/passwd')", false),
        ("SELECT lo_import('/etc/passwd')", false),
        ("SET ROLE windlass", false),
        ("SELECT set_config('role', 'windlass', false)", false),
        ("DELETE FROM bitbucket_pulls", false),
        ("CREATE TABLE x (a INT)", false),
        ("COPY bitbucket_pulls TO PROGRAM 'true'", false),
        ("COPY bitbucket_pulls TO '/tmp/x'", false),
    ] {
        let outcome = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&own)
            .await;
        assert_eq!(outcome.is_ok(), allowed, "{sql}: {outcome:?}");
    }
}
