//! One import as a command runs it: watched, and stopped when somebody says so.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bitbucket::Client;
use model::Clock;
use store::{Db, Lease, Vault};
use sync::{ImportOptions, StreamName, Summary};

use crate::config::Settings;
use crate::credential;
use crate::interrupt::interrupted;
use crate::packing;
use crate::progress::Watcher;

/// How long giving claims back may take once somebody has said stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// What to import; all streams when none is named.
pub(crate) struct Order {
    pub(crate) name: Option<String>,
    pub(crate) streams: Vec<StreamName>,
    pub(crate) full: bool,
    /// What opens the digests of people who were forgotten.
    pub(crate) vault: Option<Arc<Vault>>,
}

/// Imports, and shows how far it is.
pub(crate) async fn run_import(
    db: &Db,
    settings: &Settings,
    client: Client,
    clock: Arc<dyn Clock>,
    watcher: Arc<Watcher>,
    order: Order,
) -> anyhow::Result<Summary> {
    let options = options(settings, order)?;
    watch(db, client, clock, watcher, options).await
}

/// Runs an import, shows how far it is, and stops it when somebody says so.
pub(crate) async fn watch(
    db: &Db,
    client: Client,
    clock: Arc<dyn Clock>,
    watcher: Arc<Watcher>,
    options: ImportOptions,
) -> anyhow::Result<Summary> {
    let lease = Lease {
        token: options.run_token.clone(),
        seconds: options.lease_seconds,
    };
    let shown = Arc::clone(&watcher);
    let outcome = tokio::select! {
        outcome = sync::import(db, client, clock, shown, options) => Ok(outcome),
        stopped = interrupted() => Err(stopped),
    };
    watcher.end();
    if outcome.is_ok() {
        tokio::select! {
            () = packing::pack_after(db) => {}
            stopped = interrupted() => return Err(stopped.into()),
        }
    }
    match outcome {
        Ok(outcome) => Ok(outcome?),
        Err(stopped) => {
            // Claims that are given back let the next import begin at once. If that fails, they
            // run out by themselves.
            let _ = tokio::time::timeout(FAREWELL, db.release_leases(&lease, None)).await;
            Err(stopped.into())
        }
    }
}

fn options(settings: &Settings, order: Order) -> anyhow::Result<ImportOptions> {
    let workspace = credential::workspace(settings)?;
    let streams: BTreeSet<StreamName> = if order.streams.is_empty() {
        let mut streams = StreamName::usual();
        streams.extend(&settings.import.per_row_streams);
        streams
    } else {
        order.streams.into_iter().collect()
    };
    let base_url = settings.bitbucket.base_url.trim_end_matches('/');
    let run_token = format!("{:016x}", credential::random()?);
    Ok(ImportOptions {
        name: order.name.unwrap_or_else(|| workspace.clone()),
        streams,
        full: order.full,
        concurrency: usize::from(settings.import.concurrency),
        lease_seconds: i64::from(settings.import.lease_seconds.max(1)),
        window_seconds: i64::from(settings.bitbucket.window_seconds),
        bots: settings.people.bot_names(),
        vault: order.vault,
        ..ImportOptions::new(workspace, base_url, run_token)
    })
}
