//! The rolling hour of requests, kept across processes.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// Requests spent in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The allowance that they came out of.
    pub allowance: String,
    /// The group of endpoints that they count towards.
    pub endpoint_group: String,
    /// The endpoint: its address with names left out; empty where an older version did not say.
    pub endpoint: String,
    /// The minute.
    pub minute: Instant,
    /// How many.
    pub requests: i64,
}

impl Db {
    /// What was spent since `since`; anything older is forgotten.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn usage_since(&self, since: Instant) -> Result<Vec<UsageRow>, StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(FORGET_USAGE)
                .bind(At(since.plus_seconds(-3600)))
                .execute(db)
                .await?;
        });
        tx.commit().await?;
        self.spent_since(since).await
    }

    /// The same as [`Self::usage_since`], and nothing is forgotten.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn spent_since(&self, since: Instant) -> Result<Vec<UsageRow>, StoreError> {
        let records: Vec<(String, String, String, At, i64)> =
            on_pool!(self, |pool| sqlx::query_as(USAGE_SINCE)
                .bind(At(since))
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(
                |(allowance, endpoint_group, endpoint, minute, requests)| UsageRow {
                    allowance,
                    endpoint_group,
                    endpoint,
                    minute: minute.0,
                    requests,
                },
            )
            .collect())
    }
}

impl WriteTx {
    /// Adds what was spent; written with the page that it was spent on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_usage(&mut self, usage: &[UsageRow]) -> Result<(), StoreError> {
        for row in usage {
            on_tx!(self, |db| {
                sqlx::query(ADD_USAGE)
                    .bind(&row.allowance)
                    .bind(&row.endpoint_group)
                    .bind(&row.endpoint)
                    .bind(At(row.minute))
                    .bind(row.requests)
                    .execute(db)
                    .await?;
            });
        }
        Ok(())
    }
}
