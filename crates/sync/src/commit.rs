//! A page and everything that is written with it or not at all.

mod misses;

use std::sync::PoisonError;

use bitbucket::Client;
use model::rows::{Batch, PipelineRow, PullRow};
use model::{Id, Instant};
use serde_json::json;
use store::{Proof, StoreError, Stream, StreamState, StreamUpdate, UsageRow, WriteTx};

use crate::apply::{Applied, apply, apply_unmeasured};
use crate::people::forget::strip;
use crate::run::Run;

/// How often a commit is tried when it and another wait for each other.
pub(crate) const COMMIT_ATTEMPTS: u32 = 5;

/// One page, and all that is to be written with it or not at all.
pub(crate) struct Commit<'a> {
    /// Whose rows these are, so that nobody else measures them meanwhile.
    pub(crate) scope: Id,
    /// The rows.
    pub(crate) batch: &'a Batch,
    /// Whether the pull requests that they touch are measured later, together with those that the
    /// next pages touch: see `measuring`.
    pub(crate) measured_later: bool,
    /// What a listing has seen, and whether it ends here.
    pub(crate) listing: Option<ListingStep>,
    /// What was proven.
    pub(crate) proofs: &'a [Proof],
    /// What was read of a single row.
    pub(crate) read: Option<ReadMark>,
    /// How many rows Bitbucket says the stream has.
    pub(crate) upstream: Option<u64>,
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
            measured_later: false,
            listing: None,
            proofs: &[],
            read: None,
            upstream: None,
        }
    }
}

impl<'a> Commit<'a> {
    /// A page of a walk through the pull requests of a repository, to be measured later.
    pub(crate) fn of_walk(repository: Id, batch: &'a Batch) -> Self {
        Self {
            measured_later: true,
            ..Self::of(repository, batch)
        }
    }
}

impl Run {
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
        self.add_applied(&applied);
        stream.state = update.state;
        stream.cursor = update.cursor;
        stream.watermark = update.watermark;
        stream.head = update.head;
        stream.opened_at = update.opened_at;
        stream.completed_at = update.completed_at;
        stream.problem = update.problem;
        Ok(applied)
    }

    pub(crate) fn add_applied(&self, applied: &Applied) {
        self.applied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(applied);
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
        if let Some(since) = self.hooked_since {
            misses::count(&mut tx, commit.scope, &commit.batch.pulls, since, now).await?;
        }
        let vault = self.options.vault.as_deref();
        let batch = strip(&mut tx, vault, commit.batch).await?;
        let applied = if commit.measured_later {
            apply_unmeasured(&mut tx, commit.scope, &batch, now).await?
        } else {
            apply(&mut tx, &batch, now).await?
        };
        if let Some(step) = commit.listing {
            listing_step(&mut tx, stream, step, commit.batch).await?;
        }
        tx.set_proofs(commit.proofs).await?;
        set_read(&mut tx, commit.read.as_ref()).await?;
        if let Some(rows) = commit.upstream.and_then(|rows| i64::try_from(rows).ok()) {
            tx.set_upstream(stream, rows, now).await?;
        }
        tx.save_stream(stream, update, &self.lease, now).await?;
        tx.add_usage(usage).await?;
        tx.commit().await?;
        Ok(applied)
    }

    pub(crate) fn usage(&self) -> Vec<UsageRow> {
        take_usage(&self.client)
    }
}

/// What a client has spent since it was last asked.
pub fn take_usage(client: &Client) -> Vec<UsageRow> {
    let counts = client.take_usage().into_iter();
    counts
        .map(|count| UsageRow {
            allowance: count.allowance,
            endpoint_group: count.group,
            endpoint: count.endpoint,
            minute: count.minute,
            requests: count.requests,
        })
        .collect()
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
