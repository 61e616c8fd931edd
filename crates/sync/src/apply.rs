//! The one path by which imported data is written, whether it came by API or by webhook.

mod days;
pub(crate) mod deployments;
pub(crate) mod failures;
mod measures;
pub(crate) mod rules;
pub(crate) mod runs;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use model::rows::{Batch, Participants, RejectRow, Row, RowKey};
use model::{Id, Instant};
use store::{Counts, StoreError, Upserted, WriteTx};

/// How many pull requests that walks have marked are measured in one transaction.
const MEASURED_AT_ONCE: i64 = 200;

/// What applying a batch did.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Rows by table.
    pub rows: BTreeMap<&'static str, Counts>,
    /// Records that were set aside.
    pub rejects: u64,
}

impl Applied {
    /// Whether any row was new or different.
    pub fn wrote_anything(&self) -> bool {
        self.rows
            .values()
            .any(|counts| counts.added + counts.changed > 0)
    }

    /// Adds what another batch did.
    pub fn add(&mut self, other: &Self) {
        for (table, counts) in &other.rows {
            *self.rows.entry(table).or_default() += *counts;
        }
        self.rejects += other.rejects;
    }
}

/// Writes a batch within a transaction, and measures again every pull request that it changed.
///
/// Tables are written in one fixed order. Applying the same batch again changes nothing.
///
/// # Errors
/// Whatever the database says; the transaction must then be dropped.
pub async fn apply(tx: &mut WriteTx, batch: &Batch, now: Instant) -> Result<Applied, StoreError> {
    Ok(apply_and_tell(tx, batch, now).await?.applied)
}

/// As [`apply`], and tells which rows were written.
///
/// # Errors
/// As [`apply`].
pub(crate) async fn apply_and_tell(
    tx: &mut WriteTx,
    batch: &Batch,
    now: Instant,
) -> Result<Written, StoreError> {
    let mut written = write(tx, batch, now).await?;
    let pulls: Vec<Id> = written.pulls.iter().copied().collect();
    written.applied.add(&measure(tx, &pulls, now).await?);
    Ok(written)
}

/// What was written of a batch.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) applied: Applied,
    /// Rows that were new or different.
    pub(crate) rows: BTreeSet<RowKey>,
    /// Pull requests that have to be measured: their rows were written, or somebody left them.
    pub(crate) pulls: BTreeSet<Id>,
}

/// Writes a page of a walk through a repository: as [`apply`], but the pull requests that it
/// changed are only marked, since the pages to come change most of them again.
///
/// # Errors
/// As [`apply`].
pub(crate) async fn apply_unmeasured(
    tx: &mut WriteTx,
    repository: Id,
    batch: &Batch,
    now: Instant,
) -> Result<Applied, StoreError> {
    let written = write(tx, batch, now).await?;
    let pulls: Vec<Id> = written.pulls.iter().copied().collect();
    tx.mark_unmeasured(repository, &pulls).await?;
    Ok(written.applied)
}

/// Measures some of the pull requests of a repository that were marked, and says how many.
///
/// # Errors
/// As [`apply`].
pub(crate) async fn measure_marked(
    tx: &mut WriteTx,
    repository: Id,
    now: Instant,
) -> Result<(Applied, u64), StoreError> {
    tx.begin_measuring().await?;
    let marked = tx.unmeasured(repository, MEASURED_AT_ONCE).await?;
    if marked.is_empty() {
        return Ok((Applied::default(), 0));
    }
    let applied = measure(tx, &marked, now).await?;
    tx.forget_unmeasured(repository, &marked).await?;
    Ok((applied, u64::try_from(marked.len()).unwrap_or(0)))
}

async fn measure(tx: &mut WriteTx, pulls: &[Id], now: Instant) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    if let Some((table, counts)) = measures::measure(tx, pulls, now).await? {
        *applied.rows.entry(table).or_default() += counts;
    }
    tx.mark_deployments_of_pulls(pulls).await?;
    Ok(applied)
}

/// Writes the rows of a batch, and measures the runs among them, but no pull request.
async fn write(tx: &mut WriteTx, batch: &Batch, now: Instant) -> Result<Written, StoreError> {
    let names = touched::names(tx, batch).await?;
    let mut applying = Applying {
        tx,
        applied: Applied::default(),
        rows: BTreeSet::new(),
        collisions: Vec::new(),
    };
    applying.upsert(&batch.workspaces).await?;
    applying.upsert(&batch.projects).await?;
    applying.upsert(&batch.repositories).await?;
    let accounts = applying.upsert(&batch.users).await?;
    applying.tx.classify_new_accounts(&accounts.written).await?;
    applying.upsert(&batch.members).await?;
    let pulls = applying.upsert(&batch.pulls).await?;
    let mut touched: BTreeSet<Id> = pulls.written.iter().copied().collect();
    let reviewers = written(
        &applying.upsert(&batch.reviewers).await?,
        &batch.reviewers,
        |row| row.pull_id.as_value(),
    );
    touched.extend(reviewers);
    // Nobody can have left a pull request that is new here.
    let known = |list: &&Participants| !pulls.added.contains(&list.pull_id);
    for list in batch.participants.iter().filter(known) {
        let listed: Vec<Id> = batch
            .reviewers
            .iter()
            .filter(|row| row.pull_id.as_value() == Some(&list.pull_id))
            .map(|row| row.id)
            .collect();
        if applying
            .tx
            .keep_participants(list.pull_id, &listed, list.source_updated_at)
            .await?
            > 0
        {
            touched.insert(list.pull_id);
        }
    }
    let events = written(
        &applying.upsert(&batch.events).await?,
        &batch.events,
        |row| row.pull_id.as_value(),
    );
    touched.extend(events);
    let comments = written(
        &applying.upsert(&batch.comments).await?,
        &batch.comments,
        |row| row.pull_id.as_value(),
    );
    touched.extend(comments);
    applying.upsert(&batch.pipelines).await?;
    applying.upsert(&batch.steps).await?;
    applying.upsert(&batch.environments).await?;
    applying.upsert(&batch.deployments).await?;
    let commits = applying.upsert(&batch.commits).await?;
    touched.extend(commits_of_pulls(&commits, batch));
    let pull_commits = written(
        &applying.upsert(&batch.pull_commits).await?,
        &batch.pull_commits,
        |row| row.pull_id.as_value(),
    );
    touched.extend(pull_commits);
    for list in &batch.pull_commit_lists {
        let listed: Vec<Id> = batch
            .pull_commits
            .iter()
            .filter(|row| row.pull_id.as_value() == Some(&list.pull_id))
            .map(|row| row.id)
            .collect();
        let version = list.source_updated_at;
        applying
            .tx
            .keep_pull_commits(list.pull_id, &listed, version)
            .await?;
        touched.insert(list.pull_id);
    }
    let sized = written(
        &applying.upsert(&batch.pull_sizes).await?,
        &batch.pull_sizes,
        |row| row.pull_id.as_value(),
    );
    applying.tx.copy_sizes(&sized).await?;
    applying.upsert(&batch.jira_users).await?;

    let mut rejects = batch.rejects.clone();
    rejects.extend(applying.collisions.drain(..).map(|(table, id)| {
        let reason = StoreError::Collision { table, id: id.0 }.to_string();
        RejectRow::of(table, None, &id.to_string(), "", &reason, now)
    }));
    applying.upsert(&rejects).await?;
    let mut applied = applying.applied;
    applied.rejects = u64::try_from(rejects.len()).unwrap_or(0);
    touched::note(applying.tx, batch, &applying.rows, &names, now).await?;
    Ok(Written {
        applied,
        rows: applying.rows,
        pulls: touched,
    })
}

struct Applying<'a> {
    tx: &'a mut WriteTx,
    applied: Applied,
    rows: BTreeSet<RowKey>,
    collisions: Vec<RowKey>,
}

impl Applying<'_> {
    async fn upsert<R: Row>(&mut self, rows: &[R]) -> Result<Upserted, StoreError> {
        if rows.is_empty() {
            return Ok(Upserted::default());
        }
        let upserted = self.tx.upsert(rows).await?;
        *self.applied.rows.entry(R::TABLE.name).or_default() += upserted.counts;
        self.rows
            .extend(upserted.written.iter().map(|id| (R::TABLE.name, *id)));
        self.collisions
            .extend(upserted.collisions.iter().map(|id| (R::TABLE.name, *id)));
        Ok(upserted)
    }
}

/// The pull requests of the batch that have a commit whose row was written: its date may be their
/// first.
fn commits_of_pulls(upserted: &Upserted, batch: &Batch) -> Vec<Id> {
    let written: BTreeSet<Id> = upserted.written.iter().copied().collect();
    batch
        .pull_commits
        .iter()
        .filter(|row| {
            row.commit_id
                .as_value()
                .is_some_and(|id| written.contains(id))
        })
        .filter_map(|row| row.pull_id.as_value().copied())
        .collect()
}

/// The pull requests whose rows were written.
fn written<R: Row>(upserted: &Upserted, rows: &[R], pull: impl Fn(&R) -> Option<&Id>) -> Vec<Id> {
    let written: BTreeSet<Id> = upserted.written.iter().copied().collect();
    rows.iter()
        .filter(|row| written.contains(&row.id()))
        .filter_map(|row| pull(row).copied())
        .collect()
}
