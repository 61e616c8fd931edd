//! What the parts of one import share.

use std::sync::{Arc, Mutex, PoisonError};

use bitbucket::{Client, ClientError, Cursor, Listing, Page, RepositoryRef};
use model::rows::{Batch, PipelineRow, PullRow};
use model::{Clock, Id, Instant};
use serde_json::json;
use store::{Db, Lease, Proof, StoreError, Stream, StreamState, StreamUpdate, UsageRow, WriteTx};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::apply::{Applied, apply};
use crate::progress::Tracker;
use crate::{ImportError, ImportOptions, StreamName, StreamProblem};

/// How often a commit is tried when it and another wait for each other.
const COMMIT_ATTEMPTS: u32 = 5;

/// One import under way.
pub(crate) struct Run {
    pub(crate) db: Db,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: ImportOptions,
    pub(crate) lease: Lease,
    pub(crate) connection: i64,
    pub(crate) tracker: Tracker,
    /// When the work of this run began; earlier than the run itself where it goes on with that of a
    /// killed one.
    resumes_from: Instant,
    /// How many requests may be under way at once.
    requests: Semaphore,
    applied: Mutex<Applied>,
    problems: Mutex<Vec<(StreamState, StreamProblem)>>,
}

/// One page, and all that is to be written with it or not at all.
pub(crate) struct Commit<'a> {
    /// Whose rows these are, so that nobody else measures them meanwhile.
    pub(crate) scope: Id,
    /// The rows.
    pub(crate) batch: &'a Batch,
    /// What a listing has seen, and whether it ends here.
    pub(crate) listing: Option<ListingStep>,
    /// What was proven.
    pub(crate) proofs: &'a [Proof],
    /// What was read of a single row.
    pub(crate) read: Option<ReadMark>,
}

/// That a version of one row was read by a request of its own.
#[derive(Clone, Debug)]
pub(crate) enum ReadMark {
    /// The commits of a pull request.
    PullCommits {
        /// The pull request.
        pull: Id,
        /// Its newest commit.
        version: String,
    },
    /// The steps of a pipeline run.
    Steps {
        /// The run.
        pipeline: Id,
        /// Its end, or its beginning while it has none.
        version: Instant,
    },
}

/// A step of a listing whose end tells what is no longer there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListingStep {
    /// When it began.
    pub(crate) began: Instant,
    /// Whether it ends here.
    pub(crate) ends: bool,
    /// Where it ends, the members of this workspace are all known.
    pub(crate) members_of: Option<Id>,
}

impl<'a> Commit<'a> {
    /// A page of rows.
    pub(crate) fn of(scope: Id, batch: &'a Batch) -> Self {
        Self {
            scope,
            batch,
            listing: None,
            proofs: &[],
            read: None,
        }
    }
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
        connection: i64,
        tracker: Tracker,
        resumes_from: Instant,
    ) -> Self {
        let lease = Lease {
            token: options.run_token.clone(),
            seconds: options.lease_seconds,
        };
        let requests = Semaphore::new(options.concurrency.max(1));
        Self {
            db,
            client,
            clock,
            options,
            lease,
            connection,
            tracker,
            resumes_from,
            requests,
            applied: Mutex::default(),
            problems: Mutex::default(),
        }
    }

    pub(crate) fn wants(&self, stream: StreamName) -> bool {
        self.options.streams.contains(&stream)
    }

    /// Whether a stream was read to its end by the killed run that this one goes on with.
    pub(crate) fn has_read(&self, stream: &Stream) -> bool {
        !self.options.full
            && stream.state == StreamState::Complete
            && stream.cursor.is_none()
            && stream.completed_at >= Some(self.resumes_from)
    }

    /// One page of a listing, and the right to have it under way: to be kept until the page is
    /// committed, so that a killed run leaves no more pages behind than may be under way.
    pub(crate) async fn page(
        &self,
        listing: &Listing,
        cursor: Option<&str>,
    ) -> Result<(Page, Permit<'_>), ClientError> {
        // The semaphore is never closed, so that no permit means only that there is no limit.
        let permit = self.requests.acquire().await.ok();
        let cursor = cursor.map(|cursor| Cursor::from(cursor.to_owned()));
        let page = self.client.page(listing, cursor.as_ref()).await?;
        if !page.lacks_records {
            return Ok((page, permit));
        }
        // What a page dropped would be missed until it changes. Asked again it mostly is there; if
        // it is not, the listing's figures are wrong, and asking on would not end.
        Ok((self.client.page(listing, cursor.as_ref()).await?, permit))
    }

    /// The size of a pull request, summed over its pages.
    pub(crate) async fn pull_size(
        &self,
        repository: &RepositoryRef,
        number: i64,
        source_commit_sha: Option<&str>,
    ) -> Result<Page, ClientError> {
        let _permit = self.requests.acquire().await.ok();
        self.client
            .pull_size(repository, number, source_commit_sha)
            .await
    }

    /// The stream, claimed for this run. Waits for a claim that another run may have left behind.
    pub(crate) async fn claim(
        &self,
        stream: StreamName,
        repository: Option<Id>,
    ) -> Result<Stream, Stop> {
        let give_up_at = self
            .clock
            .now()
            .plus_seconds(self.options.lease_seconds + 2);
        let mut waited = false;
        loop {
            let now = self.clock.now();
            let claimed = self
                .db
                .claim_stream(
                    self.connection,
                    stream.as_str(),
                    repository,
                    &self.lease,
                    now,
                )
                .await?;
            if let Some(stream) = claimed {
                return Ok(stream);
            }
            if now > give_up_at {
                return Err(Stop::Import(ImportError::Busy(stream.to_string())));
            }
            if !waited {
                self.tracker.note(&format!(
                    "waiting up to {} s for another import that was at work on {stream}",
                    self.options.lease_seconds
                ));
                waited = true;
            }
            self.clock.sleep_until(now.plus_millis(250)).await;
        }
    }

    /// Writes a page with the progress of its stream, in one transaction.
    pub(crate) async fn commit(
        &self,
        stream: &mut Stream,
        update: StreamUpdate,
        commit: Commit<'_>,
    ) -> Result<Applied, StoreError> {
        let usage = self.usage();
        let mut attempt = 1;
        let applied = loop {
            match self.try_commit(stream.id, &update, &commit, &usage).await {
                Err(error) if error.is_conflict() && attempt < COMMIT_ATTEMPTS => attempt += 1,
                outcome => break outcome?,
            }
        };
        self.applied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(&applied);
        stream.state = update.state;
        stream.cursor = update.cursor;
        stream.watermark = update.watermark;
        stream.head = update.head;
        stream.opened_at = update.opened_at;
        stream.completed_at = update.completed_at;
        stream.problem = update.problem;
        Ok(applied)
    }

    async fn try_commit(
        &self,
        stream: Id,
        update: &StreamUpdate,
        commit: &Commit<'_>,
        usage: &[UsageRow],
    ) -> Result<Applied, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        tx.lock(commit.scope).await?;
        let applied = apply(&mut tx, commit.batch, now).await?;
        if let Some(step) = commit.listing {
            listing_step(&mut tx, stream, step, commit.batch).await?;
        }
        tx.set_proofs(commit.proofs).await?;
        set_read(&mut tx, commit.read.as_ref()).await?;
        tx.save_stream(stream, update, &self.lease, now).await?;
        tx.add_usage(usage).await?;
        tx.commit().await?;
        Ok(applied)
    }

    fn usage(&self) -> Vec<UsageRow> {
        self.client
            .take_usage()
            .into_iter()
            .map(|count| UsageRow {
                allowance: count.allowance,
                endpoint_group: count.group,
                minute: count.minute,
                requests: count.requests,
            })
            .collect()
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

async fn listing_step(
    tx: &mut WriteTx,
    stream: Id,
    step: ListingStep,
    batch: &Batch,
) -> Result<(), StoreError> {
    let seen: Vec<Id> = (batch.members.iter().map(|row| row.id))
        .chain(batch.repositories.iter().map(|row| row.id))
        .collect();
    tx.add_sightings(stream, &seen, step.began).await?;
    if step.ends {
        tx.forget_sightings(stream, step.began).await?;
        if let Some(workspace) = step.members_of {
            tx.finish_members(stream, workspace).await?;
        }
    }
    Ok(())
}

async fn set_read(tx: &mut WriteTx, read: Option<&ReadMark>) -> Result<(), StoreError> {
    match read {
        None => {}
        Some(ReadMark::PullCommits { pull, version }) => {
            let row = json!({ "id": pull, "commits_read_for": version });
            tx.set_derived(&PullRow::TABLE, &["commits_read_for"], &[row])
                .await?;
        }
        Some(ReadMark::Steps { pipeline, version }) => {
            let row = json!({ "id": pipeline, "steps_read_for": version });
            tx.set_derived(&PipelineRow::TABLE, &["steps_read_for"], &[row])
                .await?;
        }
    }
    Ok(())
}

/// What a stream is after its last page.
pub(crate) fn completed(stream: &Stream, watermark: Option<Instant>, now: Instant) -> StreamUpdate {
    StreamUpdate {
        state: StreamState::Complete,
        cursor: None,
        watermark,
        head: stream.head.clone(),
        opened_at: stream.opened_at,
        completed_at: Some(now),
        problem: None,
    }
}

/// What a stream is after a page that is not its last.
pub(crate) fn under_way(
    stream: &Stream,
    watermark: Option<Instant>,
    cursor: Option<String>,
) -> StreamUpdate {
    StreamUpdate {
        state: StreamState::Running,
        cursor,
        watermark,
        head: stream.head.clone(),
        opened_at: stream.opened_at,
        completed_at: stream.completed_at,
        problem: None,
    }
}
