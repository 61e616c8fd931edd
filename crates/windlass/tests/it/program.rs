//! The built binary, and a Bitbucket for it.

use std::ffi::OsStr;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use emulator::{Credential, Emulator, Options, World, WorldSpec};
use model::{Instant, ManualClock};
use store::Db;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

pub(crate) const TOKEN: &str = "token-of-the-tests-4711";
pub(crate) const EMAIL: &str = "importer@example.com";
pub(crate) const JIRA_TOKEN: &str = "jira-token-of-the-tests-4713";
pub(crate) const API_TOKEN: &str = "api-token-of-the-tests-4712";

/// The program with a folder of its own, in which it is started and keeps its data.
pub(crate) struct Program {
    pub(crate) folder: TempDir,
}

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A command that knows nothing of the machine's own settings.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WINDLASS_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("WINDLASS_DATA_DIR", self.folder.path().join("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().await.unwrap())
    }

    /// Imports with the access token.
    pub(crate) fn import(&self, emulator: &Emulator, more: &[&str]) -> Command {
        let base_url = emulator.base_url();
        let mut arguments = vec![
            "import",
            "--workspace",
            "acme-rockets",
            "--base-url",
            &base_url,
        ];
        arguments.extend(more);
        let mut command = self.command(arguments);
        command.env("WINDLASS_BITBUCKET_TOKEN", TOKEN);
        command
    }

    /// Runs it with something on its standard input.
    pub(crate) async fn with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that ends before it has read all is judged by its output.
        let _ = stdin.write_all(format!("{input}\n").as_bytes()).await;
        drop(stdin);
        Ran::of(child.wait_with_output().await.unwrap())
    }

    /// Adds a connection to the emulator's workspace with the access token.
    pub(crate) async fn add(&self, emulator: &Emulator, more: &[&str]) -> Ran {
        self.add_with(emulator, TOKEN, more).await
    }

    /// The same with another token.
    pub(crate) async fn add_with(&self, emulator: &Emulator, token: &str, more: &[&str]) -> Ran {
        let base_url = emulator.base_url();
        let mut arguments = vec![
            "connection",
            "add",
            "bitbucket_cloud",
            "--workspace",
            "acme-rockets",
            "--base-url",
            &base_url,
            "--token-stdin",
        ];
        arguments.extend(more);
        self.with_input(&arguments, token).await
    }

    /// The database, for a look behind the program's back.
    pub(crate) async fn db(&self) -> Db {
        let path = self.folder.path().join("data/windlass.db");
        Db::open(&format!("sqlite://{}", path.display()))
            .await
            .unwrap()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// Sends a signal (`-TERM`, `-INT`) to a program that runs.
pub(crate) async fn signal(child: &Child, name: &str) {
    let process = child.id().unwrap().to_string();
    let sent = Command::new("kill").args([name, &process]).status().await;
    assert!(sent.unwrap().success());
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It failed with this code and one line that begins with `error: ` and contains `part`.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, part: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .collect();
        assert_eq!(errors.len(), 1, "{self:?}");
        assert!(errors[0].contains(part), "{self:?}");
        assert_eq!(self.stderr.lines().last(), Some(errors[0]), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// A small workspace that both kinds of token may read.
pub(crate) async fn emulator() -> Emulator {
    with_pulls(60).await
}

pub(crate) async fn with_pulls(pull_requests: usize) -> Emulator {
    with_spec(|spec| spec.pull_requests = pull_requests).await
}

/// The same workspace, shaped otherwise.
pub(crate) async fn with_spec(shape: impl FnOnce(&mut WorldSpec)) -> Emulator {
    let end: Instant = "2026-03-04T10:00:00Z".parse().unwrap();
    let mut spec = WorldSpec::small(end);
    shape(&mut spec);
    let world = World::generate(&spec, Arc::new(ManualClock::starting_at(end)));
    let mut options = Options::with_credentials([
        Credential::workspace_access_token(TOKEN),
        Credential::api_token(EMAIL, API_TOKEN),
        Credential::jira_token(EMAIL, JIRA_TOKEN),
    ]);
    // The world's clock stands still, so that its window never moves.
    options.rate_limit.limit = 100_000;
    Emulator::start(world, options).await.unwrap()
}

/// Waits until this many requests were served to a program; false if it ends before.
pub(crate) async fn until_served(emulator: &Emulator, requests: usize, child: &mut Child) -> bool {
    let mut interval = tokio::time::interval(Duration::from_millis(2));
    while emulator.requests().len() < requests {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        interval.tick().await;
    }
    true
}
