//! Pull requests that were touched and have to be measured.

use model::Id;

use crate::StoreError;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;

impl WriteTx {
    /// Notes that these pull requests of a repository have to be measured; to be written together
    /// with what touched them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_unmeasured(
        &mut self,
        repository: Id,
        pulls: &[Id],
    ) -> Result<(), StoreError> {
        if pulls.is_empty() {
            return Ok(());
        }
        let ids = serde_json::to_string(pulls)?;
        let sql = self.engine().sql(MARK_UNMEASURED);
        on_tx!(self, |db| {
            sqlx::query(sql)
                .bind(repository.0)
                .bind(ids)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Pull requests of a repository that have to be measured, `limit` of them at most.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unmeasured(&mut self, repository: Id, limit: i64) -> Result<Vec<Id>, StoreError> {
        let found: Vec<(i64,)> = on_tx!(self, |db| sqlx::query_as(UNMEASURED)
            .bind(repository.0)
            .bind(limit)
            .fetch_all(db)
            .await?);
        Ok(found.into_iter().map(|(id,)| Id(id)).collect())
    }

    /// Notes that these pull requests were measured; to be written together with their measures.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forget_unmeasured(
        &mut self,
        repository: Id,
        pulls: &[Id],
    ) -> Result<(), StoreError> {
        let ids = serde_json::to_string(pulls)?;
        let sql = self.engine().sql(FORGET_UNMEASURED);
        on_tx!(self, |db| {
            sqlx::query(sql)
                .bind(repository.0)
                .bind(ids)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}

impl Db {
    /// The repositories in which a pull request has to be measured: those that a walk is going
    /// through, and those where a killed run left some.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unmeasured_repositories(&self) -> Result<Vec<Id>, StoreError> {
        let found: Vec<(i64,)> = on_pool!(self, |pool| sqlx::query_as(UNMEASURED_REPOSITORIES)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(id,)| Id(id)).collect())
    }
}
