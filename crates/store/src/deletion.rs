//! Taking the imported data of repositories away, for somebody who wants it gone.

use std::collections::BTreeMap;

use model::catalogue::{Group, Table, tables};
use model::{Id, Instant};

use crate::engine::{Db, Engine, WriteTx, on_pool, on_tx};
use crate::statements::webhooks::*;
use crate::statements::*;
use crate::{At, StoreError};

/// Tables of what does not belong to one repository: a deletion leaves them alone. The row of the
/// repository itself stays as well: the next listing would only bring it back, and filters are
/// held against it.
const SHARED: [&str; 6] = [
    "bitbucket_workspaces",
    "bitbucket_projects",
    "bitbucket_repositories",
    "bitbucket_users",
    "bitbucket_workspace_members",
    "jira_users",
];

/// Tables of what is made of imported rows and goes with them. What people told themselves stays:
/// rules, pushed deployments, incidents.
const MADE_OF_IMPORTED: [&str; 3] = [
    "rule_deployments",
    "deployment_measures",
    "deployment_pulls",
];

/// Which rows of a table belong to the repositories of parameter 1; `None` for a table of which
/// none do.
fn condition(table: &Table) -> Option<&'static str> {
    let made_of_imported = MADE_OF_IMPORTED.contains(&table.name);
    if table.group != Group::Imported && !made_of_imported || SHARED.contains(&table.name) {
        return None;
    }
    let has = |name: &str| table.columns.iter().any(|column| column.name == name);
    if has("repository_id") {
        Some("repository_id IN {ids$1}")
    } else if has("pull_id") {
        Some("pull_id IN (SELECT id FROM bitbucket_pulls WHERE repository_id IN {ids$1})")
    } else if has("pipeline_id") {
        Some("pipeline_id IN (SELECT id FROM bitbucket_pipelines WHERE repository_id IN {ids$1})")
    } else {
        None
    }
}

/// The tables that hold rows of repositories, each before those through which its rows are found.
fn affected() -> Vec<(&'static Table, &'static str)> {
    let mut affected: Vec<_> = tables()
        .iter()
        .filter_map(|table| Some((*table, condition(table)?)))
        .collect();
    affected.sort_by_key(|(_, condition)| condition.starts_with("repository_id"));
    affected
}

/// The statements of a deletion, for the test that prepares them all: `(name, text)`.
pub(crate) fn deletion_sql(engine: Engine) -> Vec<(String, String)> {
    affected()
        .into_iter()
        .flat_map(|(table, condition)| {
            let name = table.name;
            [("count", "SELECT COUNT(*)"), ("delete", "DELETE")].map(|(verb, begin)| {
                let sql = engine
                    .sql(&format!("{begin} FROM {name} WHERE {condition}"))
                    .0;
                (format!("{verb} {name}"), sql)
            })
        })
        .collect()
}

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// An import works on one of the repositories, and would bring rows back that the deletion
    /// takes away, or lean on some that are gone.
    #[error(
        "an import is at work on these repositories, and nothing was deleted. Pause the connection, wait until the run has ended, and try again"
    )]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DeletionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Db {
    /// How many rows of each table belong to these repositories; tables without any are left out.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_repository_data(
        &self,
        repositories: &[Id],
    ) -> Result<BTreeMap<String, u64>, StoreError> {
        let ids = serde_json::to_string(repositories)?;
        let mut counts = BTreeMap::new();
        for (table, condition) in affected() {
            let sql = format!("SELECT COUNT(*) FROM {} WHERE {condition}", table.name);
            let sql = self.engine().sql(&sql);
            let (rows,): (i64,) = on_pool!(self, |pool| sqlx::query_as(sql)
                .bind(&ids)
                .fetch_one(pool)
                .await?);
            note(&mut counts, table, u64::try_from(rows).unwrap_or(0));
        }
        Ok(counts)
    }
}

impl WriteTx {
    /// Takes everything away that was imported of these repositories, deliveries about them (under
    /// their present names) that are kept, and how far their streams were, so that an import which takes them up again begins from the beginning. The result is
    /// how many rows of each table there were; tables without any are left out.
    ///
    /// # Errors
    /// [`DeletionError::Busy`] while an import works on one of them; the transaction is to be
    /// dropped then.
    pub async fn delete_repository_data(
        &mut self,
        repositories: &[Id],
        now: Instant,
    ) -> Result<BTreeMap<String, u64>, DeletionError> {
        let mut ordered = repositories.to_vec();
        // In one order everywhere, so that two of these never wait for each other.
        ordered.sort_unstable();
        for repository in &ordered {
            self.lock(*repository).await?;
        }
        let ids = serde_json::to_string(&ordered).map_err(StoreError::from)?;
        let claimed = self.engine().sql(CLAIMED_REPOSITORIES);
        let (claims,): (i64,) = on_tx!(self, |db| sqlx::query_as(claimed)
            .bind(&ids)
            .bind(At(now))
            .fetch_one(db)
            .await?);
        if claims > 0 {
            return Err(DeletionError::Busy);
        }
        let mut counts = BTreeMap::new();
        for (table, condition) in affected() {
            let sql = self
                .engine()
                .sql(&format!("DELETE FROM {} WHERE {condition}", table.name));
            let rows = on_tx!(self, |db| sqlx::query(sql)
                .bind(&ids)
                .execute(db)
                .await?
                .rows_affected());
            note(&mut counts, table, rows);
        }
        for statement in [
            REMOVE_STREAMS_OF_REPOSITORIES,
            REMOVE_DELIVERIES_OF_REPOSITORIES,
            REMOVE_MISSES_OF_REPOSITORIES,
        ] {
            let sql = self.engine().sql(statement);
            on_tx!(self, |db| {
                sqlx::query(sql).bind(&ids).execute(db).await?;
            });
        }
        Ok(counts)
    }
}

fn note(counts: &mut BTreeMap<String, u64>, table: &Table, rows: u64) {
    if rows > 0 {
        counts.insert(table.name.to_owned(), rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imported_table_belongs_to_repositories_or_to_all() {
        for table in tables()
            .iter()
            .filter(|table| table.group == Group::Imported)
        {
            let shared = SHARED.contains(&table.name);
            assert_ne!(condition(table).is_some(), shared, "{}", table.name);
        }
    }
}
