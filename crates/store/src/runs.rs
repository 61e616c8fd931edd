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

/// Why a run runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunReason {
    /// A command asked for it.
    Asked,
    /// Its time had come.
    Schedule,
    /// Somebody wants the connection read at once.
    Requested,
}

impl RunReason {
    /// The word in `import_runs.reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Schedule => "schedule",
            Self::Requested => "requested",
        }
    }
}

/// A run as it is stored.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started_at: Instant,
    /// When it ended; nothing while it runs, or when it was killed.
    pub finished_at: Option<Instant>,
    /// `running`, `complete`, `incomplete` or `failed`.
    pub outcome: String,
    /// `asked`, `schedule` or `requested`.
    pub reason: String,
    /// The streams that it was to read, with commas between them.
    pub streams: Option<String>,
    /// What it came to, or has come to so far.
    pub totals: RunTotals,
    /// How far it is, as JSON.
    pub progress: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    started_at: At,
    finished_at: Option<At>,
    outcome: String,
    reason: String,
    streams: Option<String>,
    requests: i64,
    rows_added: i64,
    rows_changed: i64,
    rows_unchanged: i64,
    rejects: i64,
    problem: Option<String>,
    progress: Option<String>,
}

impl From<Record> for RunRecord {
    fn from(record: Record) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Self {
            id: record.id,
            started_at: record.started_at.0,
            finished_at: record.finished_at.map(Instant::from),
            outcome: record.outcome,
            reason: record.reason,
            streams: record.streams,
            totals: RunTotals {
                requests: count(record.requests),
                rows: Counts {
                    added: count(record.rows_added),
                    changed: count(record.rows_changed),
                    unchanged: count(record.rows_unchanged),
                },
                rejects: count(record.rejects),
                problem: record.problem,
            },
            progress: record.progress,
        }
    }
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
        reason: RunReason,
        streams: Option<&str>,
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
                .bind(reason.as_str())
                .bind(streams)
                .fetch_one(&mut *db)
                .await?;
            (id, resumes_from)
        });
        tx.commit().await?;
        Ok(BegunRun { id, resumes_from })
    }

    /// Notes how far a run is: the requests it has sent, and its progress as JSON.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn note_progress(
        &self,
        run: i64,
        requests: u64,
        progress: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(NOTE_PROGRESS)
                .bind(run)
                .bind(i64::try_from(requests).unwrap_or(i64::MAX))
                .bind(progress)
                .execute(db)
                .await?;
        });
        tx.commit().await
    }

    /// The newest runs of a connection, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn runs(&self, connection: i64, limit: i64) -> Result<Vec<RunRecord>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(RUNS)
            .bind(connection)
            .bind(limit)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(RunRecord::from).collect())
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
