//! What a listing has seen, and what its end makes of that.

use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

impl WriteTx {
    /// A listing that began at `began` has seen these rows. They must be written already.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_sightings(
        &mut self,
        stream: Id,
        rows: &[Id],
        began: Instant,
    ) -> Result<(), StoreError> {
        let sql = self.engine().sql(INSERT_SIGHTINGS);
        let ids = serde_json::to_string(rows)?;
        on_tx!(self, |db| {
            sqlx::query(sql)
                .bind(stream.0)
                .bind(ids)
                .bind(At(began))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A listing that began at `began` is complete: what only an earlier one saw is not in it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forget_sightings(&mut self, stream: Id, began: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(FORGET_SIGHTINGS)
                .bind(stream.0)
                .bind(At(began))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A listing of members is complete: whoever it lacks is a member no more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn finish_members(&mut self, stream: Id, workspace: Id) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(UNLIST_MEMBERS)
                .bind(stream.0)
                .bind(workspace.0)
                .execute(&mut *db)
                .await?;
            sqlx::query(MARK_ACTIVE).execute(&mut *db).await?;
            sqlx::query(MARK_INACTIVE).execute(&mut *db).await?;
        });
        Ok(())
    }

    /// A listing of a Jira site's accounts that began at `began` is complete: whoever it has again
    /// is there again, and whoever no site lists is marked as gone. Call it after
    /// [`WriteTx::forget_sightings`].
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn finish_jira_users(
        &mut self,
        stream: Id,
        began: Instant,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(RESTORE_JIRA_USERS)
                .bind(stream.0)
                .execute(&mut *db)
                .await?;
            sqlx::query(DELETE_JIRA_USERS)
                .bind(At(now))
                .bind(At(began))
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }
}

impl WriteTx {
    /// A listing of repositories is complete: whatever it has again is there again.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn restore_repositories(&mut self, stream: Id) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(RESTORE_REPOSITORIES)
                .bind(stream.0)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// What was there before `began` and is in no listing any more: neither in one that has just
    /// ended nor in the last one of another credential or connection that was read after
    /// `live_since`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unlisted_repositories(
        &mut self,
        workspace: Id,
        began: Instant,
        live_since: Instant,
    ) -> Result<Vec<KnownRepository>, StoreError> {
        let records: Vec<RepositoryRecord> =
            on_tx!(self, |db| sqlx::query_as(UNLISTED_REPOSITORIES)
                .bind(workspace.0)
                .bind(At(began))
                .bind(At(live_since))
                .fetch_all(db)
                .await?);
        Ok(records.into_iter().map(KnownRepository::from).collect())
    }

    /// Marks a repository as gone from Bitbucket.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_repository_deleted(
        &mut self,
        repository: Id,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(DELETE_REPOSITORY)
                .bind(repository.0)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }
}

/// A repository, as far as walking through it needs it.
#[derive(Clone, Debug)]
pub struct KnownRepository {
    /// Its row.
    pub id: Id,
    /// Bitbucket's UUID.
    pub source_id: String,
    /// Workspace and slug.
    pub full_name: String,
    /// When it was created.
    pub created_at: Option<Instant>,
    /// When its record last changed.
    pub updated_at: Option<Instant>,
    /// The default branch; none in an empty repository.
    pub default_branch: Option<String>,
}

type RepositoryRecord = (i64, String, String, Option<At>, Option<At>, Option<String>);

impl From<RepositoryRecord> for KnownRepository {
    fn from(record: RepositoryRecord) -> Self {
        let (id, source_id, full_name, created_at, updated_at, default_branch) = record;
        Self {
            id: Id(id),
            source_id,
            full_name,
            created_at: created_at.map(Instant::from),
            updated_at: updated_at.map(Instant::from),
            default_branch,
        }
    }
}

impl Db {
    /// The repositories of a workspace that are not gone, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repositories(&self, workspace: Id) -> Result<Vec<KnownRepository>, StoreError> {
        let records: Vec<RepositoryRecord> = on_pool!(self, |pool| sqlx::query_as(REPOSITORIES)
            .bind(workspace.0)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(KnownRepository::from).collect())
    }

    /// The workspace with this name in its address, if it was imported.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn workspace(&self, slug: &str) -> Result<Option<Id>, StoreError> {
        let found: Option<(i64,)> = on_pool!(self, |pool| sqlx::query_as(WORKSPACE)
            .bind(slug)
            .fetch_optional(pool)
            .await?);
        Ok(found.map(|(id,)| Id(id)))
    }
}
