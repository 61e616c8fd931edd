//! Streams: what there is to fetch, how far it is, and who works on it.

use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// How a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamState {
    /// Waiting to be read.
    Due,
    /// A walk is under way, here or in a run that was stopped.
    Running,
    /// The last walk reached its end.
    Complete,
    /// Bitbucket does not offer it to this token, or not for this repository.
    Unavailable,
    /// Something stopped it.
    Failed,
}

impl StreamState {
    /// The word in `sync_streams.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Due,
            Self::Running,
            Self::Complete,
            Self::Unavailable,
            Self::Failed,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// A stream as it is stored.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Its number.
    pub id: Id,
    /// Its name.
    pub stream: String,
    /// The repository; `None` for a stream of the workspace.
    pub repository_id: Option<Id>,
    /// How it stands.
    pub state: StreamState,
    /// Where an unfinished walk goes on.
    pub cursor: Option<String>,
    /// Everything up to here is imported.
    pub watermark: Option<Instant>,
    /// The newest commit that a complete walk has seen.
    pub head: Option<String>,
    /// When it was last read.
    pub opened_at: Option<Instant>,
    /// When a walk last reached its end.
    pub completed_at: Option<Instant>,
    /// What stopped it.
    pub problem: Option<String>,
}

/// What a commit of a page says of its stream.
#[derive(Clone, Debug)]
pub struct StreamUpdate {
    /// How it stands.
    pub state: StreamState,
    /// Where an unfinished walk goes on.
    pub cursor: Option<String>,
    /// Everything up to here is imported.
    pub watermark: Option<Instant>,
    /// The newest commit that a complete walk has seen.
    pub head: Option<String>,
    /// When it was last read.
    pub opened_at: Option<Instant>,
    /// When a walk last reached its end.
    pub completed_at: Option<Instant>,
    /// What stopped it.
    pub problem: Option<String>,
}

impl From<&Stream> for StreamUpdate {
    fn from(stream: &Stream) -> Self {
        Self {
            state: stream.state,
            cursor: stream.cursor.clone(),
            watermark: stream.watermark,
            head: stream.head.clone(),
            opened_at: stream.opened_at,
            completed_at: stream.completed_at,
            problem: stream.problem.clone(),
        }
    }
}

/// The right of one run to write to the streams that it claimed.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Names the run.
    pub token: String,
    /// How long a claim holds without a sign of life.
    pub seconds: i64,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    stream: String,
    repository_id: Option<i64>,
    state: String,
    cursor: Option<String>,
    watermark: Option<At>,
    head: Option<String>,
    opened_at: Option<At>,
    completed_at: Option<At>,
    problem: Option<String>,
}

impl TryFrom<Record> for Stream {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self, StoreError> {
        let inconsistent = StoreError::Inconsistent {
            table: "sync_streams",
            column: "state",
            id: record.id,
        };
        Ok(Self {
            id: Id(record.id),
            stream: record.stream,
            repository_id: record.repository_id.map(Id),
            state: StreamState::parse(&record.state).ok_or(inconsistent)?,
            cursor: record.cursor,
            watermark: record.watermark.map(Instant::from),
            head: record.head,
            opened_at: record.opened_at.map(Instant::from),
            completed_at: record.completed_at.map(Instant::from),
            problem: record.problem,
        })
    }
}

/// The number of a stream: computed, so that it is known before it is written.
fn stream_id(connection: i64, stream: &str, repository: Option<Id>) -> Id {
    let scope = repository.map(|id| id.to_string()).unwrap_or_default();
    Id::of("sync_streams", &[&connection.to_string(), stream, &scope])
}

impl Db {
    /// The stream, made if it is not there, with a lease on it; `None` while another run holds it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn claim_stream(
        &self,
        connection: i64,
        stream: &str,
        repository: Option<Id>,
        lease: &Lease,
        now: Instant,
    ) -> Result<Option<Stream>, StoreError> {
        let id = stream_id(connection, stream, repository);
        let until = now.plus_seconds(lease.seconds);
        let mut tx = self.write().await?;
        let record: Option<Record> = on_tx!(&mut tx, |db| {
            sqlx::query(INSERT_STREAM)
                .bind(id.0)
                .bind(connection)
                .bind(stream)
                .bind(repository.map(|id| id.0))
                .execute(&mut *db)
                .await?;
            let claimed = sqlx::query(CLAIM_STREAM)
                .bind(id.0)
                .bind(&lease.token)
                .bind(At(until))
                .bind(At(now))
                .execute(&mut *db)
                .await?
                .rows_affected();
            if claimed == 0 {
                None
            } else {
                Some(
                    sqlx::query_as(STREAM)
                        .bind(id.0)
                        .fetch_one(&mut *db)
                        .await?,
                )
            }
        });
        tx.commit().await?;
        record.map(Stream::try_from).transpose()
    }

    /// The streams of a connection.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn streams(&self, connection: i64) -> Result<Vec<Stream>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(STREAMS)
            .bind(connection)
            .fetch_all(pool)
            .await?);
        records.into_iter().map(Stream::try_from).collect()
    }

    /// A sign of life: the run's claims hold on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn renew_leases(&self, lease: &Lease, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(RENEW_LEASES)
                .bind(&lease.token)
                .bind(At(now.plus_seconds(lease.seconds)))
                .execute(db)
                .await?;
        });
        tx.commit().await
    }

    /// Gives all claims of the run back.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn release_leases(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(RELEASE_LEASES)
                .bind(&lease.token)
                .execute(db)
                .await?;
        });
        tx.commit().await
    }
}

impl WriteTx {
    /// Saves a stream's progress together with the page that it covers.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another run has taken over: the transaction must be dropped,
    /// and the page with it.
    pub async fn save_stream(
        &mut self,
        id: Id,
        update: &StreamUpdate,
        lease: &Lease,
        now: Instant,
    ) -> Result<(), StoreError> {
        let saved = on_tx!(self, |db| {
            sqlx::query(SAVE_STREAM)
                .bind(id.0)
                .bind(&lease.token)
                .bind(update.state.as_str())
                .bind(&update.cursor)
                .bind(update.watermark.map(At))
                .bind(&update.head)
                .bind(update.opened_at.map(At))
                .bind(update.completed_at.map(At))
                .bind(&update.problem)
                .bind(At(now.plus_seconds(lease.seconds)))
                .execute(db)
                .await?
                .rows_affected()
        });
        if saved == 1 {
            Ok(())
        } else {
            Err(StoreError::LeaseLost)
        }
    }
}
