//! A sign of life while a run works or waits.

use std::time::Duration;

use bitbucket::{HolderState, Standing};
use store::{CredentialSeen, CredentialState};

use crate::import::learn_usage;
use crate::run::Run;

/// Renews the run's claims, and notes how far it is, until it is dropped.
///
/// It goes by real time, not by the run's clock: what it tells others is that this process lives,
/// and a clock that a test moves says nothing about that.
pub(crate) async fn beat(run: &Run, number: i64) {
    let seconds = u64::try_from(run.lease.seconds / 3).unwrap_or(1).max(1);
    let mut interval = tokio::time::interval(Duration::from_secs(seconds));
    interval.tick().await; // the first tick comes at once
    loop {
        interval.tick().await;
        if let Err(error) = run.db.renew_leases(&run.lease, run.clock.now()).await {
            // The next page finds out whether the claim was lost.
            tracing::warn!(%error, "the claims of this run could not be renewed");
        }
        if let Err(error) = share(run).await {
            tracing::warn!(%error, "what other processes spent could not be read");
        }
        note_credentials(run).await;
        let requests = run.client.requests_by_endpoint().values().sum();
        let progress = run.tracker.as_json();
        if let Err(error) = run.db.note_progress(number, requests, &progress).await {
            tracing::warn!(%error, "the progress of this run could not be noted");
        }
    }
}

/// Tells other processes what was spent since the last page, and learns what they spent and how
/// many there are to share what is left.
async fn share(run: &Run) -> Result<(), store::StoreError> {
    let now = run.clock.now();
    let usage = run.usage();
    if !usage.is_empty() {
        let mut tx = run.db.write().await?;
        tx.add_usage(&usage).await?;
        tx.commit().await?;
    }
    run.client.set_sharers(run.db.live_runs(now).await?);
    learn_usage(&run.db, &run.client, run.options.window_seconds, now).await
}

/// Notes how each stored credential fares.
pub(crate) async fn note_credentials(run: &Run) {
    for holder in run.client.holders() {
        // A credential that was given for this run alone is not stored.
        if holder.id <= 0 {
            continue;
        }
        if let Err(error) = note_credential(run, &holder).await {
            tracing::warn!(%error, "the state of a credential could not be noted");
        }
    }
}

async fn note_credential(run: &Run, holder: &HolderState) -> Result<(), store::StoreError> {
    let mut tx = run.db.write().await?;
    tx.note_credential(holder.id, &seen(holder)).await?;
    tx.commit().await
}

fn seen(holder: &HolderState) -> CredentialSeen {
    let (state, problem, resting_until) = match &holder.standing {
        Standing::Ok => (CredentialState::Ok, None, None),
        Standing::Refused { problem } => (CredentialState::Refused, Some(problem.clone()), None),
        Standing::Expired { at } => {
            let problem = format!("its expiry date, {at}, has passed");
            (CredentialState::Expired, Some(problem), None)
        }
        Standing::LacksScopes(endpoints) => {
            let lacking: Vec<String> = endpoints
                .iter()
                .map(|(endpoint, scopes)| match scopes.as_slice() {
                    [] => format!("{endpoint} is refused"),
                    scopes => format!("{endpoint} needs {}", scopes.join(" and ")),
                })
                .collect();
            (CredentialState::LacksScopes, Some(lacking.join("; ")), None)
        }
        Standing::Resting { until } => (CredentialState::Resting, None, Some(*until)),
    };
    CredentialSeen {
        state,
        problem,
        resting_until,
        scopes: (!holder.scopes.is_empty()).then(|| holder.scopes.clone()),
    }
}
