//! Pull requests that were touched and have to be measured.

use model::Id;

use crate::StoreError;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;

/// Held by whoever measures, together with others, and alone by whoever changes what all measures
/// go by. So a change finds every pull request that was measured without it, and marks it.
const MEASURING: Id = Id(7_310_593);

impl WriteTx {
    /// To be said before measures are made, and before anything is read for them: from here to the
    /// end of the transaction nobody marks all pull requests, or those of an account.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn begin_measuring(&mut self) -> Result<(), StoreError> {
        self.lock_shared(MEASURING).await
    }

    /// Notes that every pull request has to be measured; to be written together with what changed
    /// that all of them go by, and after it. The result is how many were not marked before.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_all_unmeasured(&mut self) -> Result<u64, StoreError> {
        self.lock(MEASURING).await?;
        Ok(on_tx!(self, |db| sqlx::query(MARK_ALL_UNMEASURED)
            .execute(db)
            .await?
            .rows_affected()))
    }

    /// Notes that the pull requests in which these accounts (`bitbucket_users.id`) did something
    /// have to be measured; to be written together with what changed about the accounts (whose they
    /// are, that person's time zone, whether they are programs), and after it. The result is how
    /// many were not marked before.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_unmeasured_of_accounts(
        &mut self,
        accounts: &[Id],
    ) -> Result<u64, StoreError> {
        if accounts.is_empty() {
            return Ok(0);
        }
        self.lock(MEASURING).await?;
        let ids = serde_json::to_string(accounts)?;
        let sql = self.engine().sql(MARK_UNMEASURED_OF_ACCOUNTS);
        Ok(on_tx!(self, |db| sqlx::query(sql)
            .bind(ids)
            .execute(db)
            .await?
            .rows_affected()))
    }

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
    /// How many pull requests have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_unmeasured(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(COUNT_UNMEASURED)
            .fetch_one(pool)
            .await?);
        Ok(u64::try_from(count).unwrap_or(0))
    }

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
