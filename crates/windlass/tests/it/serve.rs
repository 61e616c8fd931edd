//! The program that stays.

use std::process::Stdio;
use std::time::Duration;

use emulator::Emulator;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr};

use crate::program::{Program, Ran, emulator, signal, until_served, with_pulls};

const NAME: &str = "acme-rockets";

/// A program that serves, and where.
pub(crate) struct Serving {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    /// What it has said so far.
    pub(crate) said: String,
    pub(crate) address: String,
    metrics: String,
}

impl Serving {
    pub(crate) async fn start(program: &Program, more: &[&str]) -> Self {
        let arguments = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--metrics-listen",
            "127.0.0.1:0",
        ];
        let mut child = program
            .command(arguments.iter().chain(more))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        let (mut address, mut metrics) = (String::new(), String::new());
        while metrics.is_empty() {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it ended: {said}"));
            said.push_str(&line);
            said.push('\n');
            if let Some(rest) = line.strip_prefix("Listening on http://") {
                address = rest.to_owned();
            } else if let Some(rest) = line.strip_prefix("Metrics on http://") {
                metrics = rest.trim_end_matches("/metrics").to_owned();
            }
        }
        Self {
            child,
            lines,
            said,
            address,
            metrics,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    async fn get(&self, path: &str) -> (u16, String) {
        get(&self.address, path).await
    }

    async fn metrics(&self) -> String {
        let (status, text) = get(&self.metrics, "/metrics").await;
        assert_eq!(status, 200, "{text}");
        text
    }

    /// Waits until the metrics have a line that begins like this, for at most a minute.
    pub(crate) async fn until_metric(&self, beginning: &str) -> String {
        let mut interval = tokio::time::interval(Duration::from_millis(50));
        for _ in 0..1_200 {
            interval.tick().await;
            let metrics = self.metrics().await;
            if metrics.lines().any(|line| line.starts_with(beginning)) {
                return metrics;
            }
        }
        panic!("no {beginning} within a minute: {}", self.metrics().await)
    }

    /// Ends it without warning.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends SIGTERM; the result is the exit code and everything that it has said.
    pub(crate) async fn stop(mut self) -> (Option<i32>, String) {
        signal(&self.child, "-TERM").await;
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        (self.child.wait().await.unwrap().code(), self.said)
    }
}

pub(crate) async fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status, body)
}

/// No run holds anything any more.
async fn no_claim_is_left(program: &Program) {
    let db = program.db().await;
    for connection in db.connections().await.unwrap() {
        for stream in db.streams(connection.id).await.unwrap() {
            assert_eq!(stream.lease_token, None, "{}", stream.stream);
        }
    }
    db.close().await;
}

/// Waits until the emulator was asked again, for at most a minute.
async fn until_asked(emulator: &Emulator) {
    let mut interval = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..3_000 {
        interval.tick().await;
        if !emulator.requests().is_empty() {
            return;
        }
    }
    panic!("nothing was asked within a minute")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_imported_and_what_is_changed_meanwhile_is_noticed() {
    let (program, emulator) = (Program::new(), emulator().await);
    // It may begin before there is anything to do.
    let serving = Serving::start(&program, &[]).await;
    assert_eq!(serving.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(serving.get("/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(
        serving.get("/metrics").await.0,
        404,
        "they have a listener of their own"
    );

    program.add(&emulator, &[]).await.succeeded();
    serving
        .until_metric(&format!(
            "windlass_runs_total{{connection=\"{NAME}\",outcome=\"complete\"}}"
        ))
        .await;
    // Once more: what one answer says of the database was read before the counters were.
    let metrics = serving.metrics().await;
    for beginning in [
        "windlass_requests_total{connection=\"acme-rockets\",endpoint=\"/repositories/{workspace}\"} 1",
        "windlass_rows_total{connection=\"acme-rockets\",table=\"bitbucket_pulls\",change=\"added\"} 60",
        "windlass_connection_last_synced_timestamp_seconds{connection=\"acme-rockets\"} ",
        "windlass_connection_failing{connection=\"acme-rockets\"} 0",
        "windlass_stream_freshness_seconds{connection=\"acme-rockets\",stream=\"pull_requests\"} ",
        "windlass_budget_used_requests{connection=\"acme-rockets\",credential=\"credential 1\",group=\"repositories\"} ",
        "windlass_budget_left_requests{connection=\"acme-rockets\",credential=\"credential 1\",group=\"repositories\"} ",
    ] {
        assert!(
            metrics.lines().any(|line| line.starts_with(beginning)),
            "{beginning}\n{metrics}"
        );
    }
    assert!(metrics.ends_with("# EOF\n"));
    let runs = program.run(&["runs", "--json"]).await.json();
    assert_eq!(runs[0]["reason"], "schedule");

    // Somebody wants it at once; and more often from now on.
    emulator.reset_requests();
    program.run(&["connection", "sync", NAME]).await.succeeded();
    until_asked(&emulator).await;
    program
        .run(&["connection", "pause", NAME])
        .await
        .succeeded();
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
    no_claim_is_left(&program).await;
    let runs = program.run(&["runs", "--json"]).await.json();
    assert_eq!(runs[0]["reason"], "requested", "{runs:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_gives_every_claim_back() {
    let (program, emulator) = (Program::new(), with_pulls(400).await);
    program.add(&emulator, &[]).await.succeeded();
    let before = emulator.requests().len();
    let mut serving = Serving::start(&program, &[]).await;
    assert!(until_served(&emulator, before + 10, &mut serving.child).await);
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the next start goes on from there"), "{said}");
    no_claim_is_left(&program).await;
    program.run(&["import", NAME]).await.succeeded();
    let status = program.run(&["status", "--json"]).await.json();
    assert!(
        status["connections"][0]["streams"]
            .as_array()
            .unwrap()
            .len()
            > 10
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_is_not_tried_again_and_again() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    emulator.set_credentials(vec![]);
    emulator.reset_requests();
    let serving = Serving::start(&program, &[]).await;
    serving
        .until_metric(&format!(
            "windlass_runs_total{{connection=\"{NAME}\",outcome=\"failed\"}}"
        ))
        .await;
    let metrics = serving.metrics().await;
    assert!(
        metrics.contains("windlass_connection_failing{connection=\"acme-rockets\"} 1"),
        "{metrics}"
    );
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0));
    assert!(said.contains("invalid_credentials"), "{said}");
    let asked = emulator.requests().len();
    assert!(
        asked <= 3,
        "{asked} requests with a credential that is refused"
    );
    let list = program
        .run(&["credential", "list", NAME, "--json"])
        .await
        .json();
    assert_eq!(list[0]["state"], "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_said_before_anything_begins() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::new();
    program
        .run(&["serve", "--listen", &address])
        .await
        .refused(3, "Name another address with --listen");
    assert!(!program.folder.path().join("data").exists());
}

/// How many months are not packed as they are now, or are being packed.
async fn unpacked(write: &sqlx::SqlitePool) -> i64 {
    sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM report_changes)
            + (SELECT COUNT(*) FROM report_packs WHERE packed_as IS NULL)",
    )
    .fetch_one(write)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn months_that_changed_are_packed_while_it_serves() {
    let (program, emulator) = (Program::new(), emulator().await);
    Ran::of(program.import(&emulator, &[]).output().await.unwrap()).succeeded();
    let db = program.db().await;
    let store::Db::Sqlite { write, .. } = &db else {
        unreachable!()
    };
    assert_eq!(unpacked(write).await, 0, "an import packs what it changed");
    sqlx::query("UPDATE bitbucket_pulls SET comment_count = comment_count + 1")
        .execute(write)
        .await
        .unwrap();
    assert!(unpacked(write).await > 0);

    let serving = Serving::start(&program, &[]).await;
    let mut interval = tokio::time::interval(Duration::from_millis(20));
    let mut left = 1;
    for _ in 0..3_000 {
        interval.tick().await;
        left = unpacked(write).await;
        if left == 0 {
            break;
        }
    }
    assert_eq!(left, 0, "within a minute");
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
    db.close().await;
}
