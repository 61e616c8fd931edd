use std::process::Stdio;
use tokio::io::AsyncWriteExt;

use crate::program::{Program, Ran, emulator};

/// A program with a database that holds an imported workspace.
async fn imported() -> Program {
    let (program, emulator) = (Program::new(), emulator().await);
    let ran = program.import(&emulator, &[]).output().await.unwrap();
    Ran::of(ran).succeeded();
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_answered_in_three_formats() {
    let program = imported().await;
    let sql = "SELECT COUNT(*) AS n, NULL AS absent FROM pull_requests";
    let table = program.run(&["query", sql]).await;
    table.succeeded();
    assert!(
        table.stdout.contains("absent") && table.stdout.contains("NULL"),
        "{table:?}"
    );
    let csv = program.run(&["query", sql, "--format", "csv"]).await;
    assert_eq!(csv.stdout, "n,absent\n60,\n");
    let json = program.run(&["query", sql, "--format", "json"]).await;
    assert_eq!(json.json(), serde_json::json!([{"n": 60, "absent": null}]));

    let ids = program
        .run(&["query", "SELECT id FROM repos LIMIT 1", "--format", "json"])
        .await;
    assert!(ids.json()[0]["id"].is_string(), "{ids:?}");

    let mut child = program
        .command(["query", "-", "--format", "csv"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"SELECT 1 AS one;").await.unwrap();
    drop(stdin);
    let piped = Ran::of(child.wait_with_output().await.unwrap());
    assert_eq!(piped.stdout, "one\n1\n", "{piped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_given_by_name() {
    let program = imported().await;
    let ask = async |more: &[&str]| {
        let sql = "SELECT COUNT(*) AS n FROM pull_requests WHERE state IN ($states) AND created_on >= $since";
        let mut arguments = vec!["query", sql, "--format", "csv"];
        arguments.extend(more);
        program.run(&arguments).await
    };
    let all = ask(&[
        "--variable",
        "states=OPEN",
        "--variable",
        "states=MERGED",
        "--variable",
        "states=DECLINED",
        "--variable",
        "states=SUPERSEDED",
        "--variable",
        "$since=2000-01-01",
    ])
    .await;
    assert_eq!(all.stdout, "n\n60\n", "{all:?}");
    let none = ask(&[
        "--variable",
        "states=OPEN",
        "--variable",
        "since=9999-01-01",
    ])
    .await;
    assert_eq!(none.stdout, "n\n0\n", "{none:?}");
    ask(&["--variable", "states=OPEN"])
        .await
        .refused(2, "$since without a value");
    ask(&["--variable", "stats=OPEN"])
        .await
        .refused(2, "the query has no $stats");
    ask(&["--variable", "since"])
        .await
        .refused(2, "has no value");
    program
        .run(&["query", "--saved", "nothing"])
        .await
        .refused(2, "no saved query");
    program
        .run(&["database", "grant-console"])
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caps_cut_off_is_said() {
    let program = imported().await;
    let output = program
        .command(["query", "SELECT id FROM pull_requests", "--format", "csv"])
        .env("WINDLASS_QUERY__MAX_ROWS", "5")
        .output();
    let ran = Ran::of(output.await.unwrap());
    ran.succeeded();
    assert_eq!(ran.stdout.lines().count(), 6);
    assert!(
        ran.stderr.starts_with("note: these are the first 5 rows"),
        "{ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_that_is_more_than_one_harmless_select_is_refused() {
    let program = imported().await;
    for (sql, code, part) in [
        ("DELETE FROM bitbucket_pulls", 2, "exactly one SELECT"),
        ("SELECT 1; SELECT 2", 2, "exactly one SELECT"),
        ("ATTACH 'other.db' AS other", 2, "exactly one SELECT"),
        ("PRAGMA journal_mode", 2, "exactly one SELECT"),
        (
            "SELECT * FROM credentials",
            2,
            "there is no table credentials",
        ),
        (
            "SELECT * FROM sqlite_master",
            2,
            "there is no table sqlite_master",
        ),
        (
            "SELECT load_extension('x')",
            2,
            "does not allow the function load_extension",
        ),
        ("SELEC 1", 2, "the SQL cannot be read"),
        (
            "SELECT nothing_of_the_kind FROM repos",
            1,
            "nothing_of_the_kind",
        ),
    ] {
        program.run(&["query", sql]).await.refused(code, part);
    }
    // The name is near enough to be helped.
    let near = program.run(&["query", "SELECT * FROM pull_request"]).await;
    near.refused(2, "did you mean pull_requests?");

    let endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) \
                   SELECT COUNT(*) FROM t";
    let output = program
        .command(["query", endless])
        .env("WINDLASS_QUERY__DEADLINE_SECONDS", "1")
        .output();
    Ran::of(output.await.unwrap()).refused(1, "was stopped after 1 s");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_asked_likewise() {
    let program = Program::new();
    let address = testkit::new_postgres_database().await;
    let emulator = emulator().await;
    let imported = program
        .import(&emulator, &["--database", &address])
        .output();
    Ran::of(imported.await.unwrap()).succeeded();
    let sql = "SELECT COUNT(*) AS n FROM pull_requests";
    let ran = program
        .run(&["query", sql, "--format", "csv", "--database", &address])
        .await;
    assert_eq!(ran.stdout, "n\n60\n", "{ran:?}");
    for (sql, code) in [
        ("DELETE FROM bitbucket_pulls", 2),
        ("SELECT * FROM pg_authid", 2),
        ("SELECT pg_sleep(1000)", 2),
    ] {
        program
            .run(&["query", sql, "--database", &address])
            .await
            .refused(code, "");
    }
    let healthy = program.run(&["doctor", "--database", &address]).await;
    healthy.succeeded();
    assert!(healthy.stdout.contains("PostgreSQL"), "{healthy:?}");
}
