//! `windlass demo`.

mod pages;
mod suggestions;

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::Context;
use emulator::{Credential, Emulator, Options, RateLimit, World, WorldSpec};
use model::{Clock, Instant};
use secrecy::SecretString;
use store::Db;
use store::console::{self, ConsoleLimits};

use crate::cli::{DemoArguments, Global};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::credential::{self, Token};
use crate::failure::Failure;
use crate::output::say;
use crate::progress::{Watcher, count};
use crate::report;
use crate::run_import::{Order, run_import};
use crate::secret_key;

/// Whoever finds it can read a made-up workspace, for as long as the demo runs.
const TOKEN: &str = "windlass-demo-token";

/// More than any demo asks for: the hour of waiting that a real limit can mean shows nothing.
const REQUESTS_AN_HOUR: u32 = 1_000_000;

pub(super) async fn run(global: &Global, arguments: &DemoArguments) -> anyhow::Result<()> {
    // An address that cannot be used is found before anything else begins.
    let listener = match arguments.import_only {
        true => None,
        false => Some(pages::listener(arguments.listen).await?),
    };
    let mut config = Config::load(global, None)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    config.make_data_dir()?;
    let address = config.database("demo.db")?;
    let db = Db::open(&address).await?;
    let spec = spec(&db, arguments, clock.now()).await?;
    say(&format!(
        "Making up the workspace {}: {}, {} …",
        spec.workspace,
        count(spec.repositories as u64, "repository"),
        count(spec.pull_requests as u64, "pull request"),
    ));
    let emulator = start(&spec, Arc::clone(&clock)).await?;
    let settings = &mut config.settings;
    settings.bitbucket.base_url = emulator.base_url();
    settings.bitbucket.workspace = Some(spec.workspace.clone());
    settings.bitbucket.email = None;
    settings.bitbucket.hourly_limit = REQUESTS_AN_HOUR;
    let token = Token {
        secret: SecretString::from(TOKEN.to_owned()),
        found_in: "the demo".to_owned(),
    };
    let watcher = Watcher::new(Arc::clone(&clock), global.verbose > 0);
    let observer = Arc::clone(&watcher);
    let client = credential::client(settings, token, Arc::clone(&clock), observer)?;
    let order = Order {
        name: None,
        streams: Vec::new(),
        full: false,
        vault: secret_key::for_import(&config, &db).await?,
    };
    let outcome = run_import(
        &db,
        &config.settings,
        client,
        Arc::clone(&clock),
        watcher,
        order,
    )
    .await;
    emulator.shutdown().await;
    let summary = match outcome {
        Ok(summary) => summary,
        Err(error) => {
            db.close().await;
            return Err(error);
        }
    };

    report::write_text(&summary, &mut io::stdout().lock())?;
    if let Some(failure) = report::shortfall(&summary, &[]) {
        return Err(failure.into());
    }
    let pulls = spec.pull_requests;
    #[expect(clippy::cast_precision_loss, reason = "a ratio for the eye")]
    let each = summary.requests as f64 / pulls.max(1) as f64;
    let out = &mut io::stdout();
    writeln!(
        out,
        "\n{} for {}: {each:.2} for each.",
        count(summary.requests, "request"),
        count(pulls as u64, "pull request")
    )?;
    writeln!(out, "The database is {}.", db.address())?;
    // Where the configuration names the database, the suggestions need not.
    let named = config.settings.database.is_some() && global.database.is_none();
    suggestions::write(
        (!named).then_some(address.as_str()),
        &mut io::stdout().lock(),
    )?;
    if let Some(listener) = listener {
        pages::serve(config, db.clone(), clock, listener).await?;
    }
    db.close().await;
    Ok(())
}

/// The workspace to make up. Its history ends with the day on which this database first saw it, so
/// that a demo that is run again finds nothing new.
async fn spec(db: &Db, arguments: &DemoArguments, now: Instant) -> Result<WorldSpec, Failure> {
    let today = start_of_day(now)?;
    let mut spec = WorldSpec {
        seed: arguments.seed,
        repositories: arguments.repositories,
        pull_requests: arguments.pull_requests,
        ..WorldSpec::demo(today)
    };
    if arguments.seed != 1 {
        // Another seed makes other people and repositories: it is another workspace.
        spec.workspace = format!("{}-{}", spec.workspace, arguments.seed);
    }
    if let Some(first) = first_import(db, &spec.workspace).await {
        spec.ends_at = start_of_day(first)?;
    }
    Ok(spec)
}

async fn first_import(db: &Db, workspace: &str) -> Option<Instant> {
    // Slugs are of small letters, digits and dashes, ours above all.
    let sql = format!("SELECT created_at FROM connections WHERE name = '{workspace}'");
    let answer = console::run(db, &sql, ConsoleLimits::default())
        .await
        .ok()?;
    answer.rows.first()?.first()?.as_str()?.parse().ok()
}

fn start_of_day(time: Instant) -> Result<Instant, Failure> {
    format!("{}T00:00:00Z", time.utc_day())
        .parse()
        .map_err(|error| Failure::configuration(format!("the clock of this machine: {error}")))
}

async fn start(spec: &WorldSpec, clock: Arc<dyn Clock>) -> anyhow::Result<Emulator> {
    let world = World::generate(spec, clock);
    let options = Options {
        rate_limit: RateLimit {
            limit: usize::try_from(REQUESTS_AN_HOUR).unwrap_or(usize::MAX),
            ..RateLimit::default()
        },
        ..Options::with_credentials([Credential::workspace_access_token(TOKEN)])
    };
    Emulator::start(world, options)
        .await
        .context("the made-up workspace cannot listen on 127.0.0.1")
}
