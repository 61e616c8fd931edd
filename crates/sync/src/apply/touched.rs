//! What the rows of a batch touch besides pull requests: runs are measured at once, and what has
//! to be measured of deployments is marked.

use std::collections::{BTreeMap, BTreeSet};

use model::rows::{Batch, PipelineRow, RepositoryRow, Row, RowKey};
use model::{Field, Id, Instant};
use store::{StoreError, WriteTx};

use super::runs;

/// A repository's name and default branch.
type Names = (Option<String>, Option<String>);

/// What repositories were called before a batch is written.
pub(super) async fn names(
    tx: &mut WriteTx,
    batch: &Batch,
) -> Result<BTreeMap<Id, Names>, StoreError> {
    let ids: Vec<Id> = batch.repositories.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names = tx.repository_names(&ids).await?;
    Ok(names
        .into_iter()
        .map(|(id, name, branch)| (id, (name, branch)))
        .collect())
}

/// Measures the runs of a batch that was written, and marks whose deployments it changes.
pub(super) async fn note(
    tx: &mut WriteTx,
    batch: &Batch,
    written: &BTreeSet<RowKey>,
    names: &BTreeMap<Id, Names>,
    now: Instant,
) -> Result<(), StoreError> {
    let renamed = renamed(batch, written, names);
    // Rules look at names, and the way to green is that of the default branch.
    tx.mark_runs_unmeasured(&renamed).await?;
    let mut repositories: BTreeSet<Id> = renamed.into_iter().collect();
    repositories.extend(owners(&batch.environments, written, |row| {
        &row.repository_id
    }));
    repositories.extend(owners(&batch.deployments, written, |row| {
        &row.repository_id
    }));
    repositories.extend(owners(&batch.commits, written, |row| &row.repository_id));
    let repositories: Vec<Id> = repositories.into_iter().collect();
    tx.mark_deployments_unmeasured(&repositories).await?;

    let mut touched: BTreeSet<Id> = batch
        .pipelines
        .iter()
        .map(|row| row.id)
        .filter(|id| written.contains(&(PipelineRow::TABLE.name, *id)))
        .collect();
    touched.extend(owners(&batch.steps, written, |row| &row.pipeline_id));
    let touched: Vec<Id> = touched.into_iter().collect();
    runs::measure(tx, &touched, now).await
}

/// The repositories whose name or default branch differs from what it was.
fn renamed(batch: &Batch, written: &BTreeSet<RowKey>, names: &BTreeMap<Id, Names>) -> Vec<Id> {
    let differs = |told: &Field<String>, before: Option<&String>| match told {
        Field::Absent => false,
        told => told.as_value() != before,
    };
    let mut renamed: Vec<Id> = batch
        .repositories
        .iter()
        .filter(|row| written.contains(&(RepositoryRow::TABLE.name, row.id)))
        .filter(|row| {
            let before = names.get(&row.id);
            differs(&row.full_name, before.and_then(|names| names.0.as_ref()))
                || differs(
                    &row.default_branch,
                    before.and_then(|names| names.1.as_ref()),
                )
        })
        .map(|row| row.id)
        .collect();
    renamed.sort_unstable();
    // A page may hold a repository twice.
    renamed.dedup();
    renamed
}

/// What the rows that were written belong to.
fn owners<R: Row>(
    rows: &[R],
    written: &BTreeSet<RowKey>,
    owner: impl Fn(&R) -> &Field<Id>,
) -> Vec<Id> {
    rows.iter()
        .filter(|row| written.contains(&(R::TABLE.name, row.id())))
        .filter_map(|row| owner(row).as_value().copied())
        .collect()
}
