//! What the parts of one import share.

use std::sync::{Arc, Mutex, PoisonError};

use bitbucket::{Client, ClientError, Cursor, Listing, Page, Priority, RepositoryRef, Standing};
use model::rows::Batch;
use model::{Clock, Id, Instant};
use store::{Db, Lease, StoreError, Stream, StreamKey, StreamState, StreamUpdate};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::apply::Applied;
use crate::commit::Commit;
use crate::people::Settled;
use crate::progress::Tracker;
use crate::schedule::Agenda;
use crate::{ImportError, ImportOptions, Pace, StreamName, StreamProblem};

/// One import under way.
pub(crate) struct Run {
    pub(crate) db: Db,
    pub(crate) client: Client,
    /// The same for what is old: while other things are kept current, it leaves them a part.
    backfill: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: ImportOptions,
    pub(crate) lease: Lease,
    pub(crate) connection: i64,
    pub(crate) tracker: Tracker,
    /// When the work of this run began; earlier than the run itself where it goes on with that of a
    /// killed one.
    resumes_from: Instant,
    /// What is due, where only that is read.
    agenda: Option<Agenda>,
    /// Since when Bitbucket is to tell of changes by itself, where it is.
    pub(crate) hooked_since: Option<Instant>,
    /// How many requests may be under way at once.
    requests: Semaphore,
    pub(crate) applied: Mutex<Applied>,
    settled: Mutex<Settled>,
    problems: Mutex<Vec<(StreamState, StreamProblem)>>,
}

/// What a run has to do.
pub(crate) struct Task {
    /// The connection that it reads.
    pub(crate) connection: i64,
    /// See [`Run`].
    pub(crate) resumes_from: Instant,
    /// See [`Run`].
    pub(crate) agenda: Option<Agenda>,
    /// See [`Run`].
    pub(crate) hooked_since: Option<Instant>,
}

/// The right to have one page under way.
pub(crate) type Permit<'r> = Option<SemaphorePermit<'r>>;

/// Why a stream did not come to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Only this stream stops; the others go on.
    Stream(ClientError),
    /// The whole import stops.
    Import(ImportError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Import(error.into())
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unauthorized { .. } => {
                Self::Import(ImportError::InvalidCredentials(error))
            }
            ClientError::InvalidConfig(_) => Self::Import(ImportError::Client(error)),
            other => Self::Stream(other),
        }
    }
}

impl Run {
    pub(crate) fn new(
        db: Db,
        client: Client,
        clock: Arc<dyn Clock>,
        options: ImportOptions,
        tracker: Tracker,
        task: Task,
    ) -> Self {
        let lease = Lease {
            token: options.run_token.clone(),
            seconds: options.lease_seconds,
        };
        let requests = Semaphore::new(options.concurrency.max(1));
        let backfill = match options.pace {
            Pace::Now => client.clone(),
            Pace::Due(_) => client.with_priority(Priority::Backfill),
        };
        Self {
            db,
            client,
            backfill,
            clock,
            options,
            lease,
            connection: task.connection,
            tracker,
            resumes_from: task.resumes_from,
            agenda: task.agenda,
            hooked_since: task.hooked_since,
            requests,
            applied: Mutex::default(),
            settled: Mutex::default(),
            problems: Mutex::default(),
        }
    }

    /// What became of people in this run.
    pub(crate) fn settled(&self) -> Settled {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_settled(&self, settled: Settled) {
        *self.settled.lock().unwrap_or_else(PoisonError::into_inner) = settled;
    }

    /// Whether this run wrote anything into one of these tables.
    pub(crate) fn wrote_into(&self, tables: &[&str]) -> bool {
        let applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        applied
            .rows
            .iter()
            .any(|(table, counts)| tables.contains(table) && counts.added + counts.changed > 0)
    }

    pub(crate) fn wants(&self, stream: StreamName) -> bool {
        self.options.streams.contains(&stream)
    }

    /// Whether a stream needs no reading: the killed run that this one goes on with has read it to
    /// its end, or another process since it was due.
    pub(crate) fn has_read(&self, name: StreamName, stream: &Stream) -> bool {
        let fresh_since = match &self.options.pace {
            Pace::Now => self.resumes_from,
            Pace::Due(intervals) => {
                let interval = intervals.of(name);
                let due = self.clock.now().plus_seconds(-interval).plus_millis(1);
                stream.requested_at.map_or(due, |at| due.max(at))
            }
        };
        !self.options.full
            && stream.state == StreamState::Complete
            && stream.cursor.is_none()
            && stream.completed_at >= Some(fresh_since)
    }

    /// Before which nothing of a stream is read.
    pub(crate) fn not_before(&self, name: StreamName) -> Option<Instant> {
        self.options.not_before.get(&name).copied()
    }

    /// Which of these streams are to be read now: all of them, or those that are due.
    pub(crate) fn due(
        &self,
        names: impl IntoIterator<Item = StreamName>,
        repository: Option<Id>,
        credential: Option<i64>,
    ) -> Vec<StreamName> {
        names
            .into_iter()
            .filter(|name| self.wants(*name))
            .filter(|name| {
                self.agenda
                    .as_ref()
                    .is_none_or(|agenda| agenda.is_due(*name, repository, credential))
            })
            .collect()
    }

    /// Whether this run is to leave a stream of the workspace to another that is reading it.
    pub(crate) fn is_held(&self, name: StreamName) -> bool {
        self.agenda
            .as_ref()
            .is_some_and(|agenda| agenda.is_held(name))
    }

    /// Claims these streams for this run. False where another run holds one of them and this one
    /// is to leave them to it; a run that is to read everything waits for each when it comes to it.
    pub(crate) async fn takes(&self, keys: &[StreamKey<'_>]) -> Result<bool, Stop> {
        if self.agenda.is_none() {
            return Ok(true);
        }
        let now = self.clock.now();
        let claimed = self
            .db
            .claim_streams(self.connection, keys, &self.lease, now)
            .await?;
        Ok(claimed.is_some())
    }

    /// Gives streams back that were looked at, for others to see when they are due again.
    pub(crate) async fn leaves(&self, keys: &[StreamKey<'_>]) -> Result<(), Stop> {
        let ids: Vec<Id> = keys.iter().map(|key| key.id(self.connection)).collect();
        let now = self.clock.now();
        Ok(self.db.release_streams(&ids, &self.lease, now).await?)
    }

    /// The credentials that list the repositories, each by itself: it may see others.
    pub(crate) fn readers(&self) -> Vec<i64> {
        self.client
            .holders()
            .into_iter()
            .filter(|holder| {
                !matches!(
                    holder.standing,
                    Standing::Refused { .. } | Standing::Expired { .. }
                )
            })
            .map(|holder| holder.id)
            .collect()
    }

    /// One page of a listing, and the right to have it under way: to be kept until the page is
    /// committed, so that a killed run leaves no more pages behind than may be under way.
    pub(crate) async fn page(
        &self,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        self.page_of(&self.client, None, listing, cursor).await
    }

    /// The same for a stream that may never have been read to its end: what is old waits where the
    /// requests run short.
    pub(crate) async fn page_of_stream(
        &self,
        stream: &Stream,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        let client = match stream.completed_at {
            Some(_) => &self.client,
            None => &self.backfill,
        };
        self.page_of(client, None, listing, cursor).await
    }

    /// The same for what a request per row is spent on.
    pub(crate) async fn page_of_row(
        &self,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        self.page_of(&self.backfill, None, listing, cursor).await
    }

    /// The same, asked by one credential alone.
    pub(crate) async fn page_as(
        &self,
        reader: i64,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        self.page_of(&self.client, Some(reader), listing, cursor)
            .await
    }

    async fn page_of(
        &self,
        client: &Client,
        reader: Option<i64>,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        // The semaphore is never closed, so that no permit means only that there is no limit.
        let permit = self.requests.acquire().await.ok();
        let cursor = cursor.map(|cursor| Cursor::from(cursor.to_owned()));
        let ask = async || match reader {
            Some(reader) => client.page_as(reader, listing, cursor.as_ref()).await,
            None => client.page(listing, cursor.as_ref()).await,
        };
        let page = ask().await?;
        if !page.lacks_records {
            return Ok((page, permit));
        }
        // What a page dropped would be missed until it changes. Asked again it mostly is there; if
        // it is not, the listing's figures are wrong, and asking on would not end.
        Ok((ask().await?, permit))
    }

    /// The size of a pull request, summed over its pages.
    pub(crate) async fn pull_size(
        &self,
        repository: &RepositoryRef,
        number: i64,
        source_commit_sha: Option<&str>,
    ) -> Result<Page, ClientError> {
        let _permit = self.requests.acquire().await.ok();
        let ask = || {
            self.backfill
                .pull_size(repository, number, source_commit_sha)
        };
        let page = ask().await?;
        let values = u64::try_from(page.values).unwrap_or(u64::MAX);
        // A file that came twice, or not at all, would make the sum wrong.
        if page.size.is_some_and(|size| size != values) {
            return ask().await;
        }
        Ok(page)
    }

    /// The stream, claimed for this run. Waits for a claim that another run may have left behind.
    pub(crate) async fn claim(
        &self,
        stream: StreamName,
        repository: Option<Id>,
    ) -> Result<Stream, Stop> {
        self.claim_key(StreamKey::new(stream.as_str(), repository))
            .await
    }

    /// As [`Run::claim`], of a stream that may be one credential's.
    pub(crate) async fn claim_key(&self, key: StreamKey<'_>) -> Result<Stream, Stop> {
        let give_up_at = self
            .clock
            .now()
            .plus_seconds(self.options.lease_seconds + 2);
        let mut waited = false;
        loop {
            let now = self.clock.now();
            let claimed = self
                .db
                .claim_stream(self.connection, key, &self.lease, now)
                .await?;
            if let Some(stream) = claimed {
                return Ok(stream);
            }
            if now > give_up_at {
                return Err(Stop::Import(ImportError::Busy(key.stream.to_owned())));
            }
            if !waited {
                self.tracker.note(&format!(
                    "waiting up to {} s for another import that was at work on {}",
                    self.options.lease_seconds, key.stream
                ));
                waited = true;
            }
            self.clock.sleep_until(now.plus_millis(250)).await;
        }
    }

    /// Ends a stream that something stopped: the import goes on without it. What stops the whole
    /// import is passed on.
    pub(crate) async fn settle(
        &self,
        name: StreamName,
        repository: Option<&str>,
        scope: Id,
        stream: &mut Stream,
        outcome: Result<(), Stop>,
    ) -> Result<(), Stop> {
        let error = match outcome {
            Ok(()) => return Ok(()),
            Err(Stop::Import(error)) => return Err(Stop::Import(error)),
            Err(Stop::Stream(error)) => error,
        };
        let state = match &error {
            // Missing upstream is data: the repository has it switched off, or it is gone.
            ClientError::NotFound { .. } | ClientError::Gone { .. } => StreamState::Unavailable,
            _ => StreamState::Failed,
        };
        let refused = matches!(error, ClientError::Forbidden { .. });
        let problem = StreamProblem {
            stream: name,
            repository: repository.map(str::to_owned),
            problem: error.to_string(),
            refused,
        };
        let mut update = StreamUpdate::from(&*stream);
        update.state = state;
        update.problem = Some(problem.problem.clone());
        self.commit(stream, update, Commit::of(scope, &Batch::default()))
            .await?;
        self.problem(state, problem);
        Ok(())
    }

    pub(crate) fn problem(&self, state: StreamState, problem: StreamProblem) {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((state, problem));
    }

    /// What was applied, and what went wrong, so far.
    pub(crate) fn results(&self) -> (Applied, Vec<(StreamState, StreamProblem)>) {
        let applied = self
            .applied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut problems = self
            .problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        problems.sort_by(|(_, one), (_, other)| one.cmp(other));
        (applied, problems)
    }
}
