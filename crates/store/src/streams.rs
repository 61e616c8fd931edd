//! Streams: what there is to fetch, and how far it is.

mod leases;

pub use leases::Lease;

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
    /// The credential whose listing it is.
    pub credential_id: Option<i64>,
    /// When it was last looked at.
    pub tried_at: Option<Instant>,
    /// When somebody asked that it be read at once.
    pub requested_at: Option<Instant>,
    /// The run that works on it.
    pub lease_token: Option<String>,
    /// Until when that run may.
    pub lease_until: Option<Instant>,
    /// How many rows Bitbucket says there are, and when it said so.
    pub upstream: Option<(i64, Instant)>,
}

impl Stream {
    /// As of when everything of it is stored: the end of its last walk, or the last look that found
    /// nothing to walk for. Nothing where no walk has ended yet.
    pub fn known_as_of(&self) -> Option<Instant> {
        match self.state {
            // A stream that is due still was looked at in vain: there is nothing to read, as in an
            // empty repository.
            StreamState::Complete | StreamState::Due => self.completed_at.max(self.tried_at),
            StreamState::Running | StreamState::Unavailable | StreamState::Failed => {
                self.completed_at
            }
        }
    }
}

/// Which stream of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKey<'a> {
    /// Its name.
    pub stream: &'a str,
    /// Its repository; `None` for a stream of the workspace.
    pub repository: Option<Id>,
    /// The credential whose listing it is; `None` for what any credential may read.
    pub credential: Option<i64>,
}

impl<'a> StreamKey<'a> {
    /// A stream that any credential may read.
    pub fn new(stream: &'a str, repository: Option<Id>) -> Self {
        Self {
            stream,
            repository,
            credential: None,
        }
    }

    /// The number of the stream: computed, so that it is known before it is written.
    pub fn id(self, connection: i64) -> Id {
        let scope = self.repository.map(|id| id.to_string()).unwrap_or_default();
        let connection = connection.to_string();
        match self.credential {
            None => Id::of("sync_streams", &[&connection, self.stream, &scope]),
            Some(credential) => Id::of(
                "sync_streams",
                &[&connection, self.stream, &scope, &credential.to_string()],
            ),
        }
    }
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
    credential_id: Option<i64>,
    tried_at: Option<At>,
    requested_at: Option<At>,
    lease_token: Option<String>,
    lease_until: Option<At>,
    upstream_rows: Option<i64>,
    upstream_at: Option<At>,
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
            credential_id: record.credential_id,
            tried_at: record.tried_at.map(Instant::from),
            requested_at: record.requested_at.map(Instant::from),
            lease_token: record.lease_token,
            lease_until: record.lease_until.map(Instant::from),
            upstream: record
                .upstream_rows
                .zip(record.upstream_at.map(Instant::from)),
        })
    }
}

impl Db {
    /// Which credential's listing sees which repository: `(credential, repository)`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn sightings_of_credentials(
        &self,
        connection: i64,
    ) -> Result<Vec<(i64, Id)>, StoreError> {
        let records: Vec<(i64, i64)> =
            on_pool!(self, |pool| sqlx::query_as(SIGHTINGS_OF_CREDENTIALS)
                .bind(connection)
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(|(credential, row)| (credential, Id(row)))
            .collect())
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
}

impl WriteTx {
    /// Somebody wants every stream of a connection read at once.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn request_sync(&mut self, connection: i64, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REQUEST_SYNC)
                .bind(connection)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// These streams of a repository, or of the workspace where there is none, are to be read at
    /// once. A stream that was never read is due anyway.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn request_streams(
        &mut self,
        connection: i64,
        repository: Option<Id>,
        streams: &[&str],
        now: Instant,
    ) -> Result<(), StoreError> {
        for stream in streams {
            on_tx!(self, |db| {
                let query = match repository {
                    Some(repository) => sqlx::query(REQUEST_REPOSITORY)
                        .bind(connection)
                        .bind(repository.0),
                    None => sqlx::query(REQUEST_WORKSPACE).bind(connection),
                };
                query.bind(At(now)).bind(*stream).execute(db).await?;
            });
        }
        Ok(())
    }

    /// How many rows Bitbucket says a stream has.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_upstream(
        &mut self,
        stream: Id,
        rows: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_UPSTREAM)
                .bind(stream.0)
                .bind(rows)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

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
