//! A sign of life while a run works or waits.

use std::time::Duration;

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
        let requests = run.client.requests_by_endpoint().values().sum();
        let progress = run.tracker.as_json();
        if let Err(error) = run.db.note_progress(number, requests, &progress).await {
            tracing::warn!(%error, "the progress of this run could not be noted");
        }
    }
}
