//! What streams that cost a request per row have not read yet.

use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// A pull request of which something has to be read.
#[derive(Clone, Debug)]
pub struct DuePull {
    /// Its row.
    pub id: Id,
    /// Its number.
    pub number: i64,
    /// The version: its newest commit.
    pub source_commit_sha: Option<String>,
    /// When it last changed.
    pub updated_at: Instant,
}

/// A pipeline run whose steps have to be read.
#[derive(Clone, Debug)]
pub struct DuePipeline {
    /// Its row.
    pub id: Id,
    /// Bitbucket's UUID.
    pub source_id: String,
    /// Its end, or its beginning while it has none.
    pub version: Instant,
}

type PullRecord = (i64, i64, Option<String>, At);

impl From<PullRecord> for DuePull {
    fn from((id, number, source_commit_sha, updated_at): PullRecord) -> Self {
        Self {
            id: Id(id),
            number,
            source_commit_sha,
            updated_at: updated_at.0,
        }
    }
}

impl Db {
    /// Pull requests of a repository whose newest version has no size, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn due_sizes(&self, repository: Id) -> Result<Vec<DuePull>, StoreError> {
        let records: Vec<PullRecord> = on_pool!(self, |pool| sqlx::query_as(DUE_SIZES)
            .bind(repository.0)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(DuePull::from).collect())
    }

    /// Pull requests of a repository the commits of whose newest version were not read, the latest
    /// first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn due_pull_commits(&self, repository: Id) -> Result<Vec<DuePull>, StoreError> {
        let records: Vec<PullRecord> = on_pool!(self, |pool| sqlx::query_as(DUE_COMMITS)
            .bind(repository.0)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(DuePull::from).collect())
    }

    /// Runs of a repository's pipeline whose steps were not read since they were first seen, or not
    /// since they ended, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn due_steps(&self, repository: Id) -> Result<Vec<DuePipeline>, StoreError> {
        let records: Vec<(i64, String, At)> = on_pool!(self, |pool| sqlx::query_as(DUE_STEPS)
            .bind(repository.0)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(|(id, source_id, version)| DuePipeline {
                id: Id(id),
                source_id,
                version: version.0,
            })
            .collect())
    }

    /// Merge commits of a repository of which only the first twelve characters are known.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unknown_merge_commits(&self, repository: Id) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String,)> = on_pool!(self, |pool| sqlx::query_as(UNKNOWN_MERGE_COMMITS)
            .bind(repository.0)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(sha,)| sha).collect())
    }

    /// Whether a pipeline run of the repository was seen to change after `since`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn pipelines_changed_since(
        &self,
        repository: Id,
        since: Instant,
    ) -> Result<bool, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(PIPELINES_CHANGED)
            .bind(repository.0)
            .bind(At(since))
            .fetch_one(pool)
            .await?);
        Ok(count > 0)
    }
}

impl WriteTx {
    /// The commits of a pull request are these and no others, as of `version`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn keep_pull_commits(
        &mut self,
        pull: Id,
        rows: &[Id],
        version: Instant,
    ) -> Result<(), StoreError> {
        let ids = serde_json::to_string(rows)?;
        let engine = self.engine();
        on_tx!(self, |db| {
            sqlx::query(engine.sql(REMOVE_PULL_COMMITS))
                .bind(pull.0)
                .bind(&ids)
                .bind(At(version))
                .execute(&mut *db)
                .await?;
            sqlx::query(engine.sql(RESTORE_PULL_COMMITS))
                .bind(pull.0)
                .bind(&ids)
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }

    /// Copies the sizes of these pull requests to where reports read them; to be said together with
    /// what was written in `bitbucket_pull_sizes`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn copy_sizes(&mut self, pulls: &[Id]) -> Result<(), StoreError> {
        if pulls.is_empty() {
            return Ok(());
        }
        let (sql, ids) = (self.engine().sql(COPY_SIZES), serde_json::to_string(pulls)?);
        on_tx!(self, |db| {
            sqlx::query(sql).bind(ids).execute(db).await?;
        });
        Ok(())
    }
}
