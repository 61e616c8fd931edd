use tokio::process::Command;

use crate::program::{Program, Ran};

const SMALL: [&str; 5] = ["demo", "--pull-requests", "60", "--repositories", "3"];

fn counts(ran: &Ran, table: &str) -> Vec<String> {
    let line = ran
        .stdout
        .lines()
        .find(|line| line.split_whitespace().next() == Some(table))
        .unwrap_or_else(|| panic!("{table} is missing: {ran:?}"));
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_imports_a_workspace_and_what_it_suggests_can_be_pasted() {
    let program = Program::new();
    let ran = program.run(&SMALL).await;
    ran.succeeded();
    assert_eq!(counts(&ran, "bitbucket_pulls")[0], "60");
    assert!(ran.stderr.contains("pull_requests: done"), "{ran:?}");

    let suggestions: Vec<&str> = ran
        .stdout
        .lines()
        .map(str::trim)
        .filter(|line| line.contains(" query --database "))
        .collect();
    assert_eq!(suggestions.len(), 3, "{ran:?}");
    for suggestion in suggestions {
        let output = Command::new("sh")
            .args(["-c", suggestion])
            .current_dir(program.folder.path())
            .output()
            .await
            .unwrap();
        let answer = Ran::of(output);
        answer.succeeded();
        assert!(
            answer.stdout.lines().count() > 3,
            "{suggestion}: {answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_is_run_again_changes_nothing() {
    let program = Program::new();
    program.run(&SMALL).await.succeeded();
    let again = program
        .run(&[&SMALL[..], &["--import-only"]].concat())
        .await;
    again.succeeded();
    for line in again
        .stdout
        .lines()
        .filter(|line| line.starts_with(" bitbucket_"))
    {
        let numbers: Vec<&str> = line.split_whitespace().skip(1).take(2).collect();
        if !line.contains('/') {
            assert_eq!(numbers, ["0", "0"], "{again:?}");
        }
    }
}
