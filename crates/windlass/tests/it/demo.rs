//! The demo.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::program::{Program, Ran, signal};
use crate::serve::get;

const SMALL: [&str; 6] = [
    "demo",
    "--pull-requests",
    "60",
    "--repositories",
    "3",
    "--import-only",
];

/// The demo, imported and served.
pub(crate) struct Demo {
    program: Program,
    child: Child,
    pub(crate) address: String,
}

impl Demo {
    pub(crate) async fn start(program: Program, more: &[&str]) -> Self {
        let arguments = [&["demo", "--listen", "127.0.0.1:0"], more].concat();
        let mut child = program.command(arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended"));
            if let Some((_, rest)) = line.split_once("See it at http://") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        Self {
            program,
            child,
            address,
        }
    }

    /// What a command says of the demo's database.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let path = self.program.folder.path().join("data/demo.db");
        let database = format!("sqlite://{}", path.display());
        let arguments = [arguments, &["--database", &database]].concat();
        let ran = self.program.run(&arguments).await;
        ran.succeeded();
        ran
    }

    /// The rows of a query.
    pub(crate) async fn query(&self, sql: &str) -> Value {
        self.run(&["query", sql, "--format", "json"]).await.json()
    }

    /// What a query counts as `n`.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.query(sql).await[0]["n"].as_i64().unwrap()
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let (status, page) = get(&self.address, path).await;
        assert_eq!(status, 200, "{path}: {page}");
        page
    }

    pub(crate) async fn stop(mut self) {
        signal(&self.child, "-TERM").await;
        assert_eq!(self.child.wait().await.unwrap().code(), Some(0));
    }
}

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
    let again = program.run(&SMALL).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_shows_its_pages_to_whoever_sits_at_the_machine() {
    let program = Program::new();
    program
        .run(&["demo", "--listen", "0.0.0.0:0"])
        .await
        .refused(2, "can be reached from elsewhere");
    let demo = Demo::start(program, &SMALL[1..5]).await;
    let page = demo.page("/connections").await;
    assert!(page.contains("Working"), "{page}");
    demo.stop().await;
}
