use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

use crate::program::{
    API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator, signal, until_served, with_pulls,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_for_programs_says_what_came_and_what_it_cost() {
    let (program, emulator) = (Program::new(), emulator().await);
    let ran = Ran::of(
        program
            .import(&emulator, &["--json"])
            .output()
            .await
            .unwrap(),
    );
    ran.succeeded();
    let summary = ran.json();
    assert_eq!(summary["workspace"], "acme-rockets");
    assert_eq!(summary["complete"], true);
    assert_eq!(summary["repositories"], 4);
    assert_eq!(
        summary["rows"]["bitbucket_pulls"]["added"], 60,
        "{summary:#}"
    );
    assert_eq!(summary["problems"], json!([]));
    for list in ["warnings", "explained"] {
        assert!(summary[list].is_array(), "{list}");
    }
    for number in ["rejects", "seconds", "peak_memory_bytes"] {
        assert!(summary[number].is_number(), "{number}");
    }
    // Our own count is that of the other side.
    let theirs = emulator.requests().len();
    assert_eq!(summary["requests"], theirs);
    let by_endpoint: u64 = summary["requests_by_endpoint"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(by_endpoint, theirs as u64);

    let again = Ran::of(
        program
            .import(&emulator, &["--json"])
            .output()
            .await
            .unwrap(),
    );
    again.succeeded();
    for (table, counts) in again.json()["rows"].as_object().unwrap() {
        assert_eq!(
            (&counts["added"], &counts["changed"]),
            (&json!(0), &json!(0)),
            "{table}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_kind_of_token_is_taken_from_where_it_is_kept() {
    let emulator = emulator().await;
    let base_url = emulator.base_url();
    let members = ["--stream", "repositories", "--stream", "members"];
    let arguments = |more: &[&str]| -> Vec<String> {
        [
            "import",
            "--workspace",
            "https://bitbucket.org/Acme-Rockets/",
            "--base-url",
            &base_url,
        ]
        .iter()
        .chain(more)
        .chain(&members)
        .map(|text| (*text).to_owned())
        .collect()
    };

    let program = Program::new();
    let file = program.file("token", &format!("{API_TOKEN}\n"));
    let with_file = program
        .command(arguments(&["--email", EMAIL, "--token-file", &file]))
        .output();
    Ran::of(with_file.await.unwrap()).succeeded();

    let program = Program::new();
    program.file(
        "windlass.toml",
        &format!("[bitbucket]\ntoken_file = '{file}'\nemail = '{EMAIL}'"),
    );
    let configured = program.command(arguments(&[])).output();
    Ran::of(configured.await.unwrap()).succeeded();

    let program = Program::new();
    let mut child = program
        .command(arguments(&["--token-file", "-"]))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(format!("{TOKEN}\n").as_bytes())
        .await
        .unwrap();
    drop(stdin);
    let ran = Ran::of(child.wait_with_output().await.unwrap());
    ran.succeeded();
    assert!(
        ran.stdout.contains("bitbucket_workspace_members"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("bitbucket_pulls"), "{ran:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_import_says_that_the_next_one_goes_on_and_leaves_no_claim() {
    let (program, emulator) = (Program::new(), with_pulls(400).await);
    let mut child = program.import(&emulator, &[]).spawn().unwrap();
    assert!(
        until_served(&emulator, 20, &mut child).await,
        "it ended too early"
    );
    signal(&child, "-INT").await;
    let ran = Ran::of(child.wait_with_output().await.unwrap());
    ran.refused(130, "the same command goes on from there");

    let next = Ran::of(
        program
            .import(&emulator, &["--json"])
            .output()
            .await
            .unwrap(),
    );
    next.succeeded();
    assert!(!next.stderr.contains("waiting"), "{next:?}");
}
