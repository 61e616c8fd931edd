//! Runs of the import.

use model::Instant;

use crate::engine::{Db, on_pool, on_tx};
use crate::statements::*;
use crate::{At, Counts, StoreError};

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct RunTotals {
    /// Requests sent.
    pub requests: u64,
    /// Rows of all tables.
    pub rows: Counts,
    /// Records that could not be read.
    pub rejects: u64,
    /// What stopped it.
    pub problem: Option<String>,
}

/// A run that has begun.
#[derive(Clone, Copy, Debug)]
pub struct BegunRun {
    /// Its number.
    pub id: i64,
    /// When the work began that it goes on with.
    pub resumes_from: Instant,
}

impl Db {
    /// Notes that a run begins. Where the run before it was killed and began after
    /// `not_before`, this one goes on with its work.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn begin_run(
        &self,
        connection: i64,
        now: Instant,
        not_before: Instant,
    ) -> Result<BegunRun, StoreError> {
        let mut tx = self.write().await?;
        let (id, resumes_from) = on_tx!(&mut tx, |db| {
            let last: Option<(At, At, String)> = sqlx::query_as(LAST_RUN)
                .bind(connection)
                .fetch_optional(&mut *db)
                .await?;
            let killed = last
                .filter(|(_, _, outcome)| outcome == "running")
                .map(|(_, resumes_from, _)| resumes_from.0)
                .filter(|resumes_from| *resumes_from >= not_before);
            let resumes_from = killed.unwrap_or(now);
            let (id,): (i64,) = sqlx::query_as(INSERT_RUN)
                .bind(connection)
                .bind(At(now))
                .bind(At(resumes_from))
                .fetch_one(&mut *db)
                .await?;
            (id, resumes_from)
        });
        tx.commit().await?;
        Ok(BegunRun { id, resumes_from })
    }

    /// Notes how a run ended.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn finish_run(
        &self,
        run: i64,
        outcome: &str,
        totals: &RunTotals,
        now: Instant,
    ) -> Result<(), StoreError> {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(FINISH_RUN)
                .bind(run)
                .bind(At(now))
                .bind(outcome)
                .bind(count(totals.requests))
                .bind(count(totals.rows.added))
                .bind(count(totals.rows.changed))
                .bind(count(totals.rows.unchanged))
                .bind(count(totals.rejects))
                .bind(&totals.problem)
                .execute(db)
                .await?;
        });
        tx.commit().await
    }

    /// How many records could not be read, over all runs.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_rejects(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(COUNT_REJECTS)
            .fetch_one(pool)
            .await?);
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
