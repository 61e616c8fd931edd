//! The token, and whether Bitbucket accepts it.

use std::io;
use std::sync::Arc;

use bitbucket::{Client, ClientError, Listing, Page};
use model::Clock;
use store::Db;

use super::finding::Findings;
use crate::cli::DoctorArguments;
use crate::config::Config;
use crate::credential;
use crate::failure::describe;
use crate::progress::{Watcher, count};

/// A clock may be this many seconds off before it matters: the walks overlap by more.
const TOLERATED_SKEW: i64 = 60;

pub(super) async fn check(
    config: &Config,
    arguments: &DoctorArguments,
    db: Option<&Db>,
    clock: Arc<dyn Clock>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let token = match credential::token(&config.settings, &arguments.connection) {
        Ok(token) => token,
        Err(error) => return Ok(findings.warning("token", &error.to_string())?),
    };
    let kind = match config.settings.bitbucket.email {
        Some(_) => "an API token with an e-mail address",
        None => "an access token",
    };
    findings.ok("token", &format!("{kind}, from {}", token.found_in))?;
    if config.settings.bitbucket.workspace.is_none() {
        let text = "not asked: name the workspace with --workspace to try the token";
        return Ok(findings.ok("Bitbucket", text)?);
    }
    let watcher = Watcher::new(Arc::clone(&clock), true);
    let client = match credential::client(&config.settings, token, clock, watcher) {
        Ok(client) => client,
        Err(error) => return Ok(findings.problem("Bitbucket", &describe(&error))?),
    };
    let workspace = credential::workspace(&config.settings)?;
    ask(&client, &workspace, findings).await?;
    if let Some(db) = db {
        // What was asked here counts against the same hour. A database that cannot note it has its
        // own line above.
        let _ = note_usage(&client, db).await;
    }
    Ok(())
}

/// The two questions by which a connection is verified, and what their answers mean.
async fn ask(client: &Client, workspace: &str, findings: &mut Findings) -> io::Result<()> {
    let repositories = match client.page(&Listing::Repositories, None).await {
        Ok(page) if page.values == 0 => {
            return findings.problem(
                "Bitbucket",
                &format!("no_resources: the credential sees no repository in the workspace `{workspace}`. Give it access to repositories, or check the workspace's name"),
            );
        }
        Ok(page) => page,
        Err(error) => return findings.problem("Bitbucket", &verdict(&error, workspace)),
    };
    let seen = repositories.size.unwrap_or(repositories.values as u64);
    findings.ok(
        "Bitbucket",
        &format!(
            "accepts the token; it sees {} in {workspace}",
            count(seen, "repository")
        ),
    )?;
    skew(&repositories, findings)?;
    match client.page(&Listing::Members, None).await {
        Ok(_) => findings.ok("members", "can be listed"),
        Err(error) => findings.problem("members", &verdict(&error, workspace)),
    }
}

fn skew(page: &Page, findings: &mut Findings) -> io::Result<()> {
    let Some(theirs) = page.server_time else {
        return Ok(());
    };
    let seconds = theirs.seconds_since(page.observed_at);
    if seconds.abs() <= TOLERATED_SKEW {
        return findings.ok("clock", "agrees with Bitbucket's");
    }
    let direction = if seconds > 0 { "behind" } else { "ahead of" };
    findings.warning(
        "clock",
        &format!(
            "this machine is {} s {direction} Bitbucket. Let it keep the time, with NTP for example",
            seconds.abs()
        ),
    )
}

/// The code, what failed, and how to mend it.
fn verdict(error: &ClientError, workspace: &str) -> String {
    match error {
        ClientError::Unauthorized { .. } => format!("invalid_credentials: {error}"),
        ClientError::Forbidden { .. } => format!("invalid_permissions: {error}"),
        ClientError::NotFound { .. } => format!(
            "no_resources: the workspace `{workspace}` does not exist, or the credential may not see it. Its name is the first part of its address: in https://bitbucket.org/myworkspace/ it is myworkspace"
        ),
        other => other.to_string(),
    }
}

async fn note_usage(client: &Client, db: &Db) -> Result<(), store::StoreError> {
    let usage = sync::take_usage(client);
    let mut tx = db.write().await?;
    tx.add_usage(&usage).await?;
    tx.commit().await
}
