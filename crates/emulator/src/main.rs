//! The emulator as a program.

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use emulator::{Credential, Emulator, Options, RateLimit, Recordings, World, WorldSpec};
use model::{Clock, Instant};

/// Bitbucket Cloud on loopback: a made-up workspace, or a replay of recordings.
///
/// Beside the API of Bitbucket it serves that of Jira Cloud, as far as it tells who is who, and
/// webhook subscriptions with `/hooks`.
#[derive(Debug, Parser)]
#[command(name = "emulator", version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 7990)]
    port: u16,
    /// Where chance starts: the same seed makes the same workspace.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the history ends, as an RFC 3339 date; now if not given.
    #[arg(long)]
    ends_at: Option<String>,
    /// Slug of the workspace.
    #[arg(long, default_value = "acme-rockets")]
    workspace: String,
    /// Number of repositories.
    #[arg(long, default_value_t = 12)]
    repositories: usize,
    /// Number of pull requests in all repositories together.
    #[arg(long, default_value_t = 2_500)]
    pull_requests: usize,
    /// Number of people.
    #[arg(long, default_value_t = 25)]
    people: usize,
    /// Number of months of history.
    #[arg(long, default_value_t = 18)]
    months: u32,
    /// About how many pipelines each repository has.
    #[arg(long, default_value_t = 100)]
    pipelines: usize,
    /// Requests that a credential has in an hour.
    #[arg(long, default_value_t = 1_000)]
    rate_limit: usize,
    /// Seconds that take the place of that hour.
    #[arg(long, default_value_t = 3_600)]
    rate_window: i64,
    /// A credential that is accepted, instead of the three usual ones; may be repeated.
    ///
    /// workspace=TOKEN, project:KEY=TOKEN, repository:SLUG=TOKEN, api:EMAIL=TOKEN or
    /// jira:EMAIL=TOKEN, and behind it any of ;label=NAME ;scopes=A,B ;sees=SLUG,SLUG
    /// ;limit=REQUESTS ;expires=DATE ;administrator ;cannot-browse-users
    #[arg(long = "credential", value_name = "KIND=TOKEN")]
    credentials: Vec<Credential>,
    /// Folder of `*.jsonl` recordings to replay instead of a made-up workspace.
    #[arg(long)]
    recordings: Option<PathBuf>,
    /// File to write the made-up workspace's truth to, as JSON: what each table of an import has to
    /// hold, with `jira_users` and `people` for who is who.
    #[arg(long)]
    truth: Option<PathBuf>,
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "here the program's time comes from"
    )]
    fn now(&self) -> Instant {
        chrono::Utc::now().into()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "here the program's time comes from"
    )]
    fn sleep_until<'a>(
        &'a self,
        deadline: Instant,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let millis = u64::try_from(deadline.millis_since(self.now())).unwrap_or(0);
        Box::pin(tokio::time::sleep(Duration::from_millis(millis)))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let credentials = if arguments.credentials.is_empty() {
        usual_credentials()
    } else {
        arguments.credentials.clone()
    };
    let options = Options {
        port: arguments.port,
        credentials: credentials.clone(),
        rate_limit: RateLimit {
            limit: arguments.rate_limit,
            window_seconds: arguments.rate_window,
            ..RateLimit::default()
        },
        ..Options::default()
    };
    let emulator = match &arguments.recordings {
        Some(folder) => {
            let recordings = Recordings::load(folder)?;
            for (path, values) in recordings.paths() {
                println!("{values:6} {path}");
            }
            Emulator::replay(recordings, clock, options).await
        }
        None => Emulator::start(generate(&arguments, clock)?, options).await,
    };
    let emulator = emulator.context("listening on 127.0.0.1")?;
    println!("base URL:      {}", emulator.base_url());
    println!("workspace:     {}", arguments.workspace);
    println!("Jira:          {}", emulator.jira_base_url());
    if arguments.credentials.is_empty() {
        println!("access token:  {ACCESS_TOKEN}");
        println!("API token:     {API_TOKEN} of {EMAIL}");
        println!("Jira token:    {JIRA_TOKEN} of {EMAIL}");
    }
    if let Some(credential) = credentials.first() {
        println!(
            "try:           curl -H 'Authorization: {}' {}/repositories/{}",
            credential.authorization(),
            emulator.base_url(),
            arguments.workspace
        );
    }
    tokio::signal::ctrl_c()
        .await
        .context("waiting for the end")?;
    emulator.shutdown().await;
    Ok(())
}

const ACCESS_TOKEN: &str = "windlass-demo-token";
const API_TOKEN: &str = "windlass-demo-api-token";
const JIRA_TOKEN: &str = "windlass-demo-jira-token";
const EMAIL: &str = "importer@example.com";

fn usual_credentials() -> Vec<Credential> {
    vec![
        Credential::workspace_access_token(ACCESS_TOKEN).with_scope("webhook"),
        Credential::api_token(EMAIL, API_TOKEN),
        Credential::jira_token(EMAIL, JIRA_TOKEN),
    ]
}

fn generate(arguments: &Arguments, clock: Arc<dyn Clock>) -> Result<World> {
    let ends_at = match &arguments.ends_at {
        Some(text) => text.parse().context("--ends-at")?,
        None => clock.now(),
    };
    let spec = WorldSpec {
        seed: arguments.seed,
        workspace: arguments.workspace.clone(),
        repositories: arguments.repositories,
        pull_requests: arguments.pull_requests,
        people: arguments.people,
        months: arguments.months,
        pipelines_per_repository: arguments.pipelines,
        ..WorldSpec::demo(ends_at)
    };
    let world = World::generate(&spec, clock);
    if let Some(file) = &arguments.truth {
        let text = serde_json::to_string_pretty(&world.whole_truth())?;
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
    }
    println!(
        "{} repositories, {} pull requests, {} activity entries, {} pipelines",
        world.repositories().len(),
        world.pull_request_count(),
        world.activity_count(),
        world.pipeline_count()
    );
    Ok(world)
}
