//! Whether many queries at once keep an import and the door for deliveries from their work: both
//! rates, with and without them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, StatusCode};
use tokio::process::Command;
use url::form_urlencoded::Serializer;

use crate::child;
use crate::http;
use crate::postgres::Scratch;
use crate::webhooks::{Engine, Sent, Serving, Stock, send, workspace};
use crate::world;

/// How many queries there are at once, and how many each login asks.
const QUERIES: usize = 50;
const EACH: usize = 2;

/// How many connections deliver at once.
const CLIENTS: usize = 16;

/// How often an import reads everything again, each time.
const IMPORTS: usize = 3;

/// Longer than it may take until everything is applied.
const PATIENCE: Duration = Duration::from_secs(600);

/// Works a processor until its deadline, whatever the engine.
const BUSY: &str = "SELECT COUNT(*) FROM bitbucket_pulls a, bitbucket_pulls b, bitbucket_pulls c, bitbucket_pulls d WHERE a.title || b.title < c.title || d.title";

/// What was measured of one engine.
struct Lane {
    engine: &'static str,
    queries: usize,
    sent: Sent,
    /// Seconds that an import took, the median.
    import: f64,
}

/// Measures on both engines, with so many deliveries each time.
pub(crate) async fn measure(windlass: &Path, deliveries: usize) -> anyhow::Result<()> {
    let server = std::env::var("WINDLASS_TEST_POSTGRES").ok();
    let mut engines = vec![Engine::Sqlite];
    engines.extend(server.map(Engine::Postgres));
    let mut lanes = Vec::new();
    for engine in engines {
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        match &engine {
            Engine::Sqlite => {
                let address = format!("sqlite://{}", folder.join("windlass.db").display());
                run(&engine, windlass, &address, folder, deliveries, &mut lanes).await?;
            }
            Engine::Postgres(server) => {
                let scratch = Scratch::create(server).await?;
                scratch.require_fsync().await?;
                let address = scratch.address();
                run(&engine, windlass, address, folder, deliveries, &mut lanes).await?;
                scratch.drop().await?;
            }
        }
    }
    print(&lanes);
    Ok(())
}

async fn run(
    engine: &Engine,
    windlass: &Path,
    database: &str,
    folder: &Path,
    deliveries: usize,
    lanes: &mut Vec<Lane>,
) -> anyhow::Result<()> {
    let emulator = workspace().await?;
    let machine = Machine {
        windlass: windlass.to_owned(),
        database: database.to_owned(),
        folder: folder.to_owned(),
        base_url: emulator.base_url(),
    };
    let login = match engine {
        Engine::Sqlite => None,
        Engine::Postgres(_) => Some(machine.query_login().await?),
    };
    let serving = Serving::start_with(
        windlass,
        database,
        folder,
        &emulator.base_url(),
        login.as_deref(),
    )
    .await?;
    let stock = Stock::make(&emulator, deliveries * 2)?;
    let mut from = 0;
    for queries in [0, QUERIES] {
        if queries > 0 {
            machine.ask(serving.address(), queries).await?;
        }
        let mut imports = Vec::new();
        for _ in 0..IMPORTS {
            imports.push(machine.import().await?);
        }
        imports.sort_by(f64::total_cmp);
        let sent = send(serving.address(), stock.part(from, deliveries)?, CLIENTS).await?;
        from += deliveries;
        serving.until_applied(PATIENCE).await?;
        eprintln!(
            "{}, {queries} queries: {:.0} deliveries a second",
            engine.name(),
            sent.rate()
        );
        lanes.push(Lane {
            engine: engine.name(),
            queries,
            sent,
            import: imports.get(imports.len() / 2).copied().unwrap_or(f64::NAN),
        });
    }
    let stopped = serving.stop().await;
    emulator.shutdown().await;
    stopped
}

/// The program with its database.
struct Machine {
    windlass: PathBuf,
    database: String,
    folder: PathBuf,
    base_url: String,
}

impl Machine {
    /// Runs a command to its end; the result is what it said.
    async fn program(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::from(child::bare(&self.windlass))
            .args(arguments)
            .args(["--database", &self.database])
            .current_dir(&self.folder)
            .env("WINDLASS_DATA_DIR", &self.folder)
            .env(
                "WINDLASS_BITBUCKET__HOURLY_LIMIT",
                world::REQUESTS_AN_HOUR.to_string(),
            )
            .env("WINDLASS_BITBUCKET_TOKEN", world::TOKEN)
            .stdin(Stdio::null())
            .output()
            .await?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        ensure!(output.status.success(), "{arguments:?} failed: {said}");
        Ok(said)
    }

    /// The address of the login for queries.
    async fn query_login(&self) -> anyhow::Result<String> {
        let name = format!("windlass_bench_{}", std::process::id());
        let said = self
            .program(&["database", "grant-console", "--run", "--login", &name])
            .await?;
        let address = said.lines().find(|line| line.starts_with("postgres"));
        Ok(address.context("no login for queries")?.to_owned())
    }

    /// How many seconds it takes to read everything again.
    async fn import(&self) -> anyhow::Result<f64> {
        let name = world::workspace()?;
        // The connection that delivers is paused. This one has no credential of its own, so that
        // nobody else imports it.
        let import = [
            "import",
            "--workspace",
            &name,
            "--base-url",
            &self.base_url,
            "--name",
            "again",
            "--full",
        ];
        let began = Instant::now();
        self.program(&import).await?;
        Ok(began.elapsed().as_secs_f64())
    }

    /// Has many logins ask at once, each as much as it may.
    async fn ask(&self, address: &str, queries: usize) -> anyhow::Result<()> {
        let client = http::client()?;
        for number in 0..queries.div_ceil(EACH) {
            let name = format!("asker-{number}");
            let said = self
                .program(&["login", "add", &name, "--role", "viewer"])
                .await?;
            let (_, secret) = said.split_once("/setup/").context("no link")?;
            let secret = secret.split_whitespace().next().unwrap_or_default();
            let page = format!("http://{address}/setup/{secret}");
            let fields = [
                ("password", "a long sentence"),
                ("repeated", "a long sentence"),
            ];
            let answer = post(&client, &page, None, &fields).await?;
            let cookie = answer.headers().get(SET_COOKIE).context("no session")?;
            let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
            let account = client
                .get(format!("http://{address}/account"))
                .header(COOKIE, cookie)
                .send()
                .await?
                .text()
                .await?;
            let csrf = account.split("name=\"csrf\" value=\"").nth(1);
            let csrf = csrf.and_then(|rest| rest.split('"').next());
            let csrf = csrf.context("a page without a form")?;
            for _ in 0..EACH {
                let fields = [("csrf", csrf), ("sql", BUSY), ("then", "run")];
                post(
                    &client,
                    &format!("http://{address}/sql"),
                    Some(cookie),
                    &fields,
                )
                .await?;
            }
        }
        Ok(())
    }
}

async fn post(
    client: &Client,
    page: &str,
    cookie: Option<&str>,
    fields: &[(&str, &str)],
) -> anyhow::Result<reqwest::Response> {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = client
        .post(page)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let answer = request.send().await?;
    ensure!(
        answer.status() == StatusCode::SEE_OTHER,
        "{page} answered {}",
        answer.status()
    );
    Ok(answer)
}

fn print(lanes: &[Lane]) {
    println!("| engine | queries at once | deliveries a second | p99 ms | full import s |");
    println!("|---|---|---|---|---|");
    for lane in lanes {
        println!(
            "| {} | {} | {:.0} | {:.1} | {:.2} |",
            lane.engine,
            lane.queries,
            lane.sent.rate(),
            lane.sent.within(990).as_secs_f64() * 1_000.0,
            lane.import
        );
    }
}
