//! `windlass webhook replay`.

use std::io;

use serde::Serialize;
use store::{DeliveryFilter, DeliveryOutcome};

use super::{connection, deliveries};
use crate::cli::{DeliveryReplayArguments, Global};
use crate::output::{json, say};
use crate::progress::count;
use crate::session::Session;

/// How many deliveries are looked up at once.
const AT_ONCE: i64 = 1_000;

/// What is applied once more, for programs.
#[derive(Serialize)]
struct Replayed {
    replayed: u64,
}

pub(super) async fn run(
    global: &Global,
    arguments: &DeliveryReplayArguments,
) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let name = arguments.connection.as_deref();
    let ids = if arguments.failed {
        failed(&session, name).await?
    } else {
        for id in &arguments.ids {
            deliveries::find(&session, *id, name).await?;
        }
        arguments.ids.clone()
    };
    let mut replayed = 0;
    if !ids.is_empty() {
        let subject = match arguments.failed {
            true => "all failed deliveries".to_owned(),
            false => count(ids.len() as u64, "delivery"),
        };
        let entry = session.entry("webhook.replay", subject, None);
        let mut tx = session.db.write().await?;
        replayed = tx.replay_deliveries(&ids).await?;
        tx.audit(&entry).await?;
        tx.commit().await?;
    }
    if arguments.json {
        return json::write(&Replayed { replayed }, &mut io::stdout().lock());
    }
    say(&match replayed {
        0 => "No delivery has failed".to_owned(),
        some => format!(
            "{} will be applied once more: a running `windlass serve` does within seconds",
            count(some, "delivery")
        ),
    });
    Ok(())
}

/// The numbers of all that failed.
async fn failed(session: &Session, name: Option<&str>) -> anyhow::Result<Vec<i64>> {
    let connection = match name {
        Some(name) => Some(connection(session, Some(name)).await?.id),
        None => None,
    };
    let mut filter = DeliveryFilter {
        connection,
        outcome: Some(DeliveryOutcome::Failed),
        limit: AT_ONCE,
        ..DeliveryFilter::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = session.db.deliveries(&filter).await?;
        let Some(last) = page.iter().map(|delivery| delivery.id).min() else {
            return Ok(ids);
        };
        ids.extend(page.iter().map(|delivery| delivery.id));
        filter.before_id = Some(last);
    }
}
