//! What a listing has seen, and what its end makes of that.

use model::{Id, Instant};

use crate::StoreError;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;

impl WriteTx {
    /// A listing begins anew: it has seen nothing.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn clear_sightings(&mut self, stream: Id) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(CLEAR_SIGHTINGS)
                .bind(stream.0)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A listing has seen these rows. They must be written already.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_sightings(&mut self, stream: Id, rows: &[Id]) -> Result<(), StoreError> {
        let sql = self.engine().sql(INSERT_SIGHTINGS);
        let ids = serde_json::to_string(rows)?;
        on_tx!(self, |db| {
            sqlx::query(sql)
                .bind(stream.0)
                .bind(ids)
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
        self.clear_sightings(stream).await
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
}

impl Db {
    /// The repositories of a workspace that are not gone, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repositories(&self, workspace: Id) -> Result<Vec<KnownRepository>, StoreError> {
        type Record = (i64, String, String, Option<crate::At>, Option<crate::At>);
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(REPOSITORIES)
            .bind(workspace.0)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(
                |(id, source_id, full_name, created_at, updated_at)| KnownRepository {
                    id: Id(id),
                    source_id,
                    full_name,
                    created_at: created_at.map(Instant::from),
                    updated_at: updated_at.map(Instant::from),
                },
            )
            .collect())
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
