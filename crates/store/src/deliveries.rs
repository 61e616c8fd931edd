//! The log of deliveries, which is their queue as well.

mod stored;

use std::collections::BTreeSet;

use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::webhooks::*;
use crate::{At, StoreError};

pub use stored::{DeliveryOutcome, StoredDelivery};

use stored::Record;

/// What the body of a delivery is sealed for.
pub const DELIVERY_PURPOSE: &str = "webhook_deliveries.body";

/// Which deliveries of the log are asked for; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// Of this connection.
    pub connection: Option<i64>,
    /// With this key.
    pub event: Option<String>,
    /// With this outcome.
    pub outcome: Option<DeliveryOutcome>,
    /// About this repository: `workspace/slug`.
    pub repository: Option<String>,
    /// How many at most.
    pub limit: i64,
    /// Older than this one.
    pub before_id: Option<i64>,
}

/// What is written of a delivery that waits no longer.
#[derive(Clone, Debug)]
pub struct FinishedDelivery {
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// Why, where that is not plain.
    pub problem: Option<String>,
    /// The repository's `workspace/slug`, where it is about one.
    pub repository: Option<String>,
    /// The sealed body that takes the place of the one that came, where texts are taken out of it.
    pub redacted_body: Option<String>,
}

/// How the inbox of a connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxState {
    /// When the last delivery came.
    pub last_received_at: Option<Instant>,
    /// How many wait.
    pub waiting: i64,
    /// How many failed.
    pub failed: i64,
}

/// Changes of a repository's pull requests that polling found and no delivery announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misses {
    /// The repository.
    pub repository_id: Id,
    /// Its `workspace/slug`.
    pub full_name: Option<String>,
    /// How many.
    pub found: i64,
    /// The last day on which there were any: its beginning in UTC.
    pub last_day: Instant,
}

impl Db {
    /// What waits to be applied, `limit` of it at most, the oldest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn waiting_deliveries(&self, limit: i64) -> Result<Vec<StoredDelivery>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(WAITING_DELIVERIES)
            .bind(limit)
            .fetch_all(pool)
            .await?);
        records.into_iter().map(StoredDelivery::try_from).collect()
    }

    /// How many deliveries wait to be applied.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_waiting_deliveries(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(COUNT_WAITING)
            .fetch_one(pool)
            .await?);
        Ok(count)
    }

    /// The log, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(DELIVERIES)
            .bind(filter.connection)
            .bind(&filter.event)
            .bind(filter.outcome.map(DeliveryOutcome::as_str))
            .bind(&filter.repository)
            .bind(filter.before_id)
            .bind(filter.limit)
            .fetch_all(pool)
            .await?);
        records.into_iter().map(StoredDelivery::try_from).collect()
    }

    /// One delivery.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn delivery(&self, id: i64) -> Result<Option<StoredDelivery>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(DELIVERY)
            .bind(id)
            .fetch_optional(pool)
            .await?);
        record.map(StoredDelivery::try_from).transpose()
    }

    /// How the inbox of a connection stands.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn inbox_state(&self, connection: i64) -> Result<InboxState, StoreError> {
        let (last, waiting, failed): (Option<At>, i64, i64) =
            on_pool!(self, |pool| sqlx::query_as(INBOX_STATE)
                .bind(connection)
                .fetch_one(pool)
                .await?);
        Ok(InboxState {
            last_received_at: last.map(Instant::from),
            waiting,
            failed,
        })
    }

    /// What polling found of a workspace's repositories since the day of `since` and no delivery
    /// announced.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn webhook_misses(
        &self,
        workspace: &str,
        since: Instant,
    ) -> Result<Vec<Misses>, StoreError> {
        let records: Vec<(i64, Option<String>, i64, At)> =
            on_pool!(self, |pool| sqlx::query_as(MISSES_SINCE)
                .bind(workspace)
                .bind(At(day_of(since)))
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(|(repository_id, full_name, found, last_day)| Misses {
                repository_id: Id(repository_id),
                full_name,
                found,
                last_day: last_day.0,
            })
            .collect())
    }
}

impl WriteTx {
    /// Takes deliveries to apply them; the result names those that still waited. Until the end of the
    /// transaction nobody else can take them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn take_deliveries(
        &mut self,
        ids: &[i64],
        now: Instant,
    ) -> Result<BTreeSet<i64>, StoreError> {
        let ids = serde_json::to_string(ids)?;
        let sql = self.engine().sql(TAKE_DELIVERIES);
        let taken: Vec<(i64,)> = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .bind(At(now))
            .fetch_all(db)
            .await?);
        Ok(taken.into_iter().map(|(id,)| id).collect())
    }

    /// What became of a delivery; written together with its rows.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn finish_delivery(
        &mut self,
        id: i64,
        finished: &FinishedDelivery,
        at: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(FINISH_DELIVERY)
                .bind(id)
                .bind(finished.outcome.as_str())
                .bind(&finished.problem)
                .bind(&finished.repository)
                .bind(&finished.redacted_body)
                .bind(At(at))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Deliveries are to be applied once more. The result is how many of them there are.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn replay_deliveries(&mut self, ids: &[i64]) -> Result<u64, StoreError> {
        let ids = serde_json::to_string(ids)?;
        let sql = self.engine().sql(REPLAY_DELIVERIES);
        Ok(on_tx!(self, |db| sqlx::query(sql)
            .bind(ids)
            .execute(db)
            .await?
            .rows_affected()))
    }

    /// Forgets deliveries that came before `before`, and what polling found before that day; what
    /// still waits stays. The result is how many deliveries there were.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forget_deliveries(&mut self, before: Instant) -> Result<u64, StoreError> {
        let forgotten = on_tx!(self, |db| {
            sqlx::query(FORGET_MISSES)
                .bind(At(day_of(before)))
                .execute(&mut *db)
                .await?;
            sqlx::query(FORGET_DELIVERIES)
                .bind(At(before))
                .execute(&mut *db)
                .await?
                .rows_affected()
        });
        Ok(forgotten)
    }

    /// When the stored versions of these pull requests are from; those that are not stored are left
    /// out.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn pull_dates(
        &mut self,
        pulls: &[Id],
    ) -> Result<Vec<(Id, Option<Instant>)>, StoreError> {
        let ids = serde_json::to_string(pulls)?;
        let sql = self.engine().sql(PULL_DATES);
        let found: Vec<(i64, Option<At>)> = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_all(db)
            .await?);
        Ok(found
            .into_iter()
            .map(|(id, at)| (Id(id), at.map(Instant::from)))
            .collect())
    }

    /// Counts changes of a repository's pull requests that polling found.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_misses(
        &mut self,
        repository: Id,
        found: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(ADD_MISSES)
                .bind(repository.0)
                .bind(At(day_of(now)))
                .bind(found)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}

/// The beginning of a day in UTC.
fn day_of(at: Instant) -> Instant {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = at.seconds_since(Instant::from_seconds(0));
    Instant::from_seconds(seconds - seconds.rem_euclid(DAY))
}
