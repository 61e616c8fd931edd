//! The accounts of a Jira site: the addresses that Bitbucket does not tell.

use std::sync::Arc;

use jira::{JiraClient, JiraError};
use model::{Clock, Id, Instant};
use serde::Serialize;
use store::{
    Connection, ConnectionState, Counts, Db, Lease, RunReason, RunTotals, StoreError, Stream,
    StreamKey, StreamState, StreamUpdate, Vault,
};

use crate::apply::{Applied, apply};
use crate::measuring;
use crate::people::forget::strip;
use crate::people::{BotNames, Settled, match_people};

/// The name of the stream, in `sync_streams.stream`.
pub const JIRA_STREAM: &str = "jira_users";

/// How often the accounts of a site are read where nobody says otherwise, in seconds.
const INTERVAL_SECONDS: i64 = 6 * 3_600;

/// What stopped a listing may have passed after this long.
const RETRY_SECONDS: i64 = 300;

/// How long a claim holds without a page. A listing is a few requests.
const LEASE_SECONDS: i64 = 120;

/// What an import of a Jira site is asked to do.
#[derive(Clone, Debug)]
pub struct JiraOptions {
    /// Names this run among all that may work on the database.
    pub run_token: String,
    /// Why this runs.
    pub reason: RunReason,
    /// The programs that are known by their names.
    pub bots: BotNames,
    /// What opens the digests of people who were forgotten; without it nothing can be imported once
    /// somebody was.
    pub vault: Option<Arc<Vault>>,
}

/// What an import of a Jira site came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct JiraSummary {
    /// The site.
    pub site: String,
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Accounts that were new, differed, or were as before.
    pub accounts: Counts,
    /// Records that could not be read; see `import_rejects`.
    pub rejects: u64,
    /// What became of people, accounts and addresses.
    pub people: Settled,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// Why the accounts of a site could not be read.
#[derive(Debug, thiserror::Error)]
pub enum JiraImportError {
    /// 401: Jira does not know who asks.
    #[error("invalid_credentials: {0}")]
    InvalidCredentials(#[source] JiraError),
    /// 403, or a list without anybody: who asks may not browse people.
    #[error("invalid_permissions: {0}")]
    InvalidPermissions(#[source] JiraError),
    /// There is no such site.
    #[error("no_resources: {0}")]
    NoSite(#[source] JiraError),
    /// Anything else; it may pass.
    #[error("{0}")]
    Client(#[source] JiraError),
    /// Another run reads the same site.
    #[error(
        "another import is at work on this site: wait until it has ended. If it was stopped, its claim ends by itself within two minutes"
    )]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<JiraError> for JiraImportError {
    fn from(error: JiraError) -> Self {
        match error {
            JiraError::Unauthorized { .. } => Self::InvalidCredentials(error),
            JiraError::Forbidden { .. } | JiraError::NothingListed { .. } => {
                Self::InvalidPermissions(error)
            }
            JiraError::NotFound { .. } | JiraError::Site(_) => Self::NoSite(error),
            error => Self::Client(error),
        }
    }
}

impl JiraImportError {
    /// Whether Jira refused the credential, so that asking again would be in vain.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::InvalidCredentials(_) | Self::InvalidPermissions(_) | Self::NoSite(_)
        )
    }
}

/// Reads every account of a Jira site, and finds out who is who.
///
/// Whoever was listed before and is no more is marked as gone once the listing has come to its end;
/// a listing that is cut short marks nobody, and the next run begins anew.
///
/// # Errors
/// See [`JiraImportError`].
pub async fn import_jira(
    db: &Db,
    client: &JiraClient,
    clock: Arc<dyn Clock>,
    connection: &Connection,
    options: JiraOptions,
) -> Result<JiraSummary, JiraImportError> {
    db.require_writable().await?;
    let started = clock.now();
    let lease = Lease {
        token: options.run_token.clone(),
        seconds: LEASE_SECONDS,
    };
    let key = StreamKey::new(JIRA_STREAM, None);
    let claimed = db.claim_stream(connection.id, key, &lease, started).await?;
    let Some(stream) = claimed else {
        return Err(JiraImportError::Busy);
    };
    let begun = db
        .begin_run(connection.id, options.reason, None, started, started)
        .await?;
    let run = Run {
        db,
        client,
        clock: &*clock,
        stream,
        lease,
        vault: options.vault.as_deref(),
    };
    let outcome = run.read_and_match(&options.bots).await;
    let now = clock.now();
    run.db.release_leases(&run.lease, Some(now)).await?;
    let requests = client.requests();
    let mut totals = RunTotals {
        requests,
        ..RunTotals::default()
    };
    let mut tx = db.write().await?;
    match &outcome {
        Ok((applied, _)) => {
            totals.rows = accounts(applied);
            totals.rejects = applied.rejects;
            tx.set_last_synced(connection.id, now).await?;
            tx.set_connection_state(connection.id, ConnectionState::Verified, None, now)
                .await?;
        }
        Err(error) => {
            totals.problem = Some(error.to_string());
            if error.is_refusal() {
                let state = ConnectionState::Failing;
                tx.set_connection_state(connection.id, state, totals.problem.as_deref(), now)
                    .await?;
            }
        }
    }
    tx.commit().await?;
    let word = if outcome.is_ok() {
        "complete"
    } else {
        "failed"
    };
    db.finish_run(begun.id, word, &totals, now).await?;
    let (applied, people) = outcome?;
    #[expect(clippy::cast_precision_loss, reason = "a duration for the eye")]
    let seconds = now.millis_since(started) as f64 / 1000.0;
    Ok(JiraSummary {
        site: connection.workspace.clone(),
        requests,
        accounts: accounts(&applied),
        rejects: applied.rejects,
        people,
        seconds,
    })
}

/// When the accounts of a site are to be read again: the past, if now.
///
/// # Errors
/// Whatever the database says.
pub async fn jira_due(db: &Db, connection: i64, now: Instant) -> Result<crate::Due, StoreError> {
    let streams = db.streams(connection).await?;
    let Some(stream) = streams.into_iter().find(|one| one.stream == JIRA_STREAM) else {
        return Ok(crate::Due {
            at: Some(Instant::EARLIEST),
            requested: false,
        });
    };
    let interval = db
        .stream_settings(connection)
        .await?
        .into_iter()
        .find(|setting| setting.stream == JIRA_STREAM)
        .and_then(|setting| setting.interval_seconds)
        .unwrap_or(INTERVAL_SECONDS);
    let looked = stream.tried_at.max(stream.completed_at);
    let requested = stream.requested_at > looked;
    let is_held = stream.lease_token.is_some() && stream.lease_until >= Some(now);
    let at = match (stream.lease_until.filter(|_| is_held), looked) {
        (Some(until), _) => until.plus_millis(1),
        (None, Some(looked)) if !requested => {
            let wait = match stream.state {
                StreamState::Failed => interval.min(RETRY_SECONDS),
                _ => interval,
            };
            looked.plus_seconds(wait)
        }
        _ => Instant::EARLIEST,
    };
    Ok(crate::Due {
        at: Some(at),
        requested: requested && !is_held,
    })
}

fn accounts(applied: &Applied) -> Counts {
    applied.rows.get("jira_users").copied().unwrap_or_default()
}

struct Run<'a> {
    db: &'a Db,
    client: &'a JiraClient,
    clock: &'a dyn Clock,
    stream: Stream,
    lease: Lease,
    vault: Option<&'a Vault>,
}

impl Run<'_> {
    async fn read_and_match(&self, bots: &BotNames) -> Result<(Applied, Settled), JiraImportError> {
        let applied = match self.read().await {
            Ok(applied) => applied,
            Err(error) => {
                self.note_failure(&error).await?;
                return Err(error);
            }
        };
        let settled = match_people(self.db, bots, self.clock).await?;
        measuring::measure_due(self.db, self.clock, |_| {}).await?;
        Ok((applied, settled))
    }

    /// The whole listing, page by page.
    async fn read(&self) -> Result<Applied, JiraImportError> {
        let began = self.clock.now();
        let mut applied = Applied::default();
        let mut start = Some(0);
        while let Some(from) = start {
            let page = self.client.users(from).await?;
            start = page.next;
            let seen: Vec<Id> = page.batch.jira_users.iter().map(|row| row.id).collect();
            let now = self.clock.now();
            let mut tx = self.db.write().await?;
            let batch = strip(&mut tx, self.vault, &page.batch).await?;
            applied.add(&apply(&mut tx, &batch, now).await?);
            tx.add_sightings(self.stream.id, &seen, began).await?;
            let mut update = StreamUpdate::from(&self.stream);
            update.state = StreamState::Running;
            update.problem = None;
            if start.is_none() {
                tx.forget_sightings(self.stream.id, began).await?;
                tx.finish_jira_users(self.stream.id, began, now).await?;
                update.state = StreamState::Complete;
                update.completed_at = Some(now);
                update.opened_at = Some(began);
            }
            tx.save_stream(self.stream.id, &update, &self.lease, now)
                .await?;
            tx.commit().await?;
        }
        Ok(applied)
    }

    async fn note_failure(&self, error: &JiraImportError) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut update = StreamUpdate::from(&self.stream);
        update.state = StreamState::Failed;
        update.problem = Some(error.to_string());
        let mut tx = self.db.write().await?;
        match tx
            .save_stream(self.stream.id, &update, &self.lease, now)
            .await
        {
            // Whoever has taken over says how it goes.
            Err(StoreError::LeaseLost) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => tx.commit().await,
        }
    }
}
