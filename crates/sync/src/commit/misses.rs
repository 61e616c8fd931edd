//! Changes that polling finds though Bitbucket was to tell of them.

use std::collections::BTreeMap;

use model::rows::PullRow;
use model::{Id, Instant};
use store::{StoreError, WriteTx};

/// How long a delivery may be on its way before its change counts as not announced.
const ON_ITS_WAY_SECONDS: i64 = 60;

/// Counts pull requests of a page, not yet written, that changed since the webhook is there and that
/// no delivery brought. Several changes of one of them between two looks are one.
pub(super) async fn count(
    tx: &mut WriteTx,
    repository: Id,
    pulls: &[PullRow],
    hooked_since: Instant,
    now: Instant,
) -> Result<(), StoreError> {
    let until = now.plus_seconds(-ON_ITS_WAY_SECONDS);
    let changed: BTreeMap<Id, Instant> = pulls
        .iter()
        .filter_map(|row| Some((row.id, *row.source_updated_at.as_value()?)))
        .filter(|(_, at)| *at > hooked_since && *at < until)
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = changed.keys().copied().collect();
    let stored: BTreeMap<Id, Option<Instant>> = tx.pull_dates(&ids).await?.into_iter().collect();
    let missed = changed
        .iter()
        .filter(|(id, at)| stored.get(id).copied().flatten() < Some(**at))
        .count();
    if missed > 0 {
        let missed = i64::try_from(missed).unwrap_or(i64::MAX);
        tx.add_misses(repository, missed, now).await?;
    }
    Ok(())
}
