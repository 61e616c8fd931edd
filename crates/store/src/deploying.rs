//! What is read of deployments to measure them, and whose are to be measured.

mod records;

use model::rows::{DeploymentMeasureRow, DeploymentPullRow, RuleDeploymentRow};
use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::deployments::*;
use crate::{At, StoreError};

pub use records::{
    BitbucketDeployment, DeploymentRecords, MergeRecord, PushedRecord, RuleDeployment,
    ServiceDeployment, ServiceIncident, ServiceRecords,
};

/// How many rows one statement writes: all deployments of a large repository in one text would take
/// a lot of memory.
const ROWS_AT_ONCE: usize = 2_000;

type RecordLists = (String, String, String, Option<String>);

impl WriteTx {
    /// Everything that a repository deployed; of repository 0, what names none.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployment_records(
        &mut self,
        repository: Id,
    ) -> Result<DeploymentRecords, StoreError> {
        let sql = self.engine().sql(DEPLOYMENT_RECORDS);
        let lists: RecordLists = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(repository.0)
            .fetch_one(db)
            .await?);
        Ok(DeploymentRecords {
            bitbucket: serde_json::from_str(&lists.0)?,
            rule: serde_json::from_str(&lists.1)?,
            pushed: serde_json::from_str(&lists.2)?,
            repository: lists.3,
        })
    }

    /// The pull requests that were merged into a repository's default branch.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn merges(&mut self, repository: Id) -> Result<Vec<MergeRecord>, StoreError> {
        let sql = self.engine().sql(MERGES);
        let (list,): (String,) = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(repository.0)
            .fetch_one(db)
            .await?);
        Ok(serde_json::from_str(&list)?)
    }

    /// The date of the one commit of the default branch that begins with these characters (less than
    /// twelve); nothing when there is none, or more than one.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn commit_beginning(
        &mut self,
        repository: Id,
        beginning: &str,
    ) -> Result<Option<Instant>, StoreError> {
        let length = i64::try_from(beginning.len()).unwrap_or(0);
        let found: Vec<(At,)> = on_tx!(self, |db| sqlx::query_as(COMMITS_BEGINNING)
            .bind(repository.0)
            .bind(beginning)
            .bind(length)
            .fetch_all(db)
            .await?);
        Ok(match found.as_slice() {
            [(at,)] => Some(at.0),
            _ => None,
        })
    }

    /// Puts what was measured of a repository's deployments in the place of what was measured
    /// before. The result says whether any deployment differs.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn replace_deployments(
        &mut self,
        repository: Id,
        deployments: &[DeploymentMeasureRow],
        pulls: &[DeploymentPullRow],
    ) -> Result<bool, StoreError> {
        let mut written = 0;
        for rows in deployments.chunks(ROWS_AT_ONCE) {
            written += self.upsert(rows).await?.written.len();
        }
        let kept: Vec<Id> = deployments.iter().map(|row| row.id).collect();
        let forgotten = self
            .forget(FORGET_DEPLOYMENT_MEASURES, repository, &kept)
            .await?;
        for rows in pulls.chunks(ROWS_AT_ONCE) {
            self.upsert(rows).await?;
        }
        let kept: Vec<Id> = pulls.iter().map(|row| row.id).collect();
        self.forget(FORGET_DEPLOYMENT_PULLS, repository, &kept)
            .await?;
        Ok(written > 0 || forgotten > 0)
    }

    async fn forget(&mut self, sql: &str, repository: Id, kept: &[Id]) -> Result<u64, StoreError> {
        let sql = self.engine().sql(sql);
        let kept = serde_json::to_string(kept)?;
        Ok(on_tx!(self, |db| sqlx::query(sql)
            .bind(repository.0)
            .bind(kept)
            .execute(db)
            .await?
            .rows_affected()))
    }

    /// What rules make of these runs is this and nothing else. The result says whether anything
    /// differs.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn replace_rule_deployments(
        &mut self,
        runs: &[Id],
        rows: &[RuleDeploymentRow],
    ) -> Result<bool, StoreError> {
        let written = self.upsert(rows).await?.written.len();
        let sql = self.engine().sql(FORGET_RULE_DEPLOYMENTS);
        let runs = serde_json::to_string(runs)?;
        let kept = serde_json::to_string(&rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
        let forgotten = on_tx!(self, |db| sqlx::query(sql)
            .bind(runs)
            .bind(kept)
            .execute(db)
            .await?
            .rows_affected());
        Ok(written > 0 || forgotten > 0)
    }

    /// The services of what a repository was measured to deploy.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn measured_services(&mut self, repository: Id) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String,)> = on_tx!(self, |db| sqlx::query_as(MEASURED_SERVICES)
            .bind(repository.0)
            .fetch_all(db)
            .await?);
        Ok(found.into_iter().map(|(service,)| service).collect())
    }

    /// Everything that happened to a service.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn service_records(&mut self, service: &str) -> Result<ServiceRecords, StoreError> {
        let sql = self.engine().sql(SERVICE_RECORDS);
        let lists: (String, String) = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(service)
            .fetch_one(db)
            .await?);
        Ok(ServiceRecords {
            deployments: serde_json::from_str(&lists.0)?,
            incidents: serde_json::from_str(&lists.1)?,
        })
    }

    /// Notes that the deployments of these repositories have to be measured; 0 stands for those that
    /// name none.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_deployments_unmeasured(
        &mut self,
        repositories: &[Id],
    ) -> Result<(), StoreError> {
        self.mark(MARK_DEPLOYMENTS, repositories).await
    }

    /// The same for the repositories of these pull requests, if they were merged.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_deployments_of_pulls(&mut self, pulls: &[Id]) -> Result<(), StoreError> {
        self.mark(MARK_DEPLOYMENTS_OF_PULLS, pulls).await
    }

    /// Notes that all deployments there are have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_all_deployments_unmeasured(&mut self) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(MARK_ALL_DEPLOYMENTS).execute(db).await?;
        });
        Ok(())
    }

    /// Notes that the failures and incidents of a service have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_service_unmeasured(&mut self, service: &str) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(MARK_SERVICE).bind(service).execute(db).await?;
        });
        Ok(())
    }

    /// Takes the mark of a repository's deployments away, to be measured in this transaction; false
    /// when there is none.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn take_unmeasured_deployments(
        &mut self,
        repository: Id,
    ) -> Result<bool, StoreError> {
        let taken: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(TAKE_DEPLOYMENTS)
            .bind(repository.0)
            .fetch_optional(db)
            .await?);
        Ok(taken.is_some())
    }

    /// The same for a service.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn take_unmeasured_service(&mut self, service: &str) -> Result<bool, StoreError> {
        let taken: Option<(String,)> = on_tx!(self, |db| sqlx::query_as(TAKE_SERVICE)
            .bind(service)
            .fetch_optional(db)
            .await?);
        Ok(taken.is_some())
    }
}

impl Db {
    /// The repositories whose deployments have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repositories_with_unmeasured_deployments(&self) -> Result<Vec<Id>, StoreError> {
        let found: Vec<(i64,)> = on_pool!(self, |pool| sqlx::query_as(MARKED_DEPLOYMENTS)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(id,)| Id(id)).collect())
    }

    /// The services whose failures have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unmeasured_services(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String,)> = on_pool!(self, |pool| sqlx::query_as(MARKED_SERVICES)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(service,)| service).collect())
    }
}
