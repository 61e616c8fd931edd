//! Deployments that are told from outside, and the list of all.

use model::{Id, Instant};
use serde::Deserialize;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::flag::truth;
use crate::statements::deployments::*;
use crate::{At, StoreError};

/// A deployment that happened outside Bitbucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeployment {
    /// What whoever tells it calls it; told again, it is changed.
    pub reference_id: String,
    /// The service.
    pub service: String,
    /// The environment's name.
    pub environment: String,
    /// The environment's type.
    pub environment_type: String,
    /// The repository.
    pub repository_id: Option<Id>,
    /// The commit, 7 to 40 characters.
    pub commit_sha: Option<String>,
    /// The merge commits of the pull requests that it carried, where they are told.
    pub merge_commit_shas: Vec<String>,
    /// Whether it succeeded.
    pub success: bool,
    /// When it ended.
    pub deployed_at: Instant,
    /// Its page.
    pub source_url: Option<String>,
}

impl NewDeployment {
    /// Its id.
    pub fn id(&self) -> Id {
        Id::of("pushed_deployments", &[&self.reference_id])
    }
}

/// A deployment, for a list.
#[derive(Clone, Debug, Deserialize)]
pub struct DeploymentListed {
    /// The deployment.
    pub id: Id,
    /// `bitbucket`, `rule` or `pushed`.
    pub source: String,
    /// `workspace/repository`.
    pub repository: Option<String>,
    /// The environment's name.
    pub environment: Option<String>,
    /// The environment's type.
    pub environment_type: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// When it ended.
    pub deployed_at: Instant,
    /// Whether it succeeded.
    #[serde(deserialize_with = "truth")]
    pub success: Option<bool>,
    /// Whether it is a failed change.
    #[serde(deserialize_with = "truth")]
    pub failed: Option<bool>,
    /// Whether it was rolled back.
    #[serde(deserialize_with = "truth")]
    pub rolled_back: Option<bool>,
    /// Seconds until it was mended.
    pub time_to_restore: Option<i64>,
    /// How many pull requests it carried.
    pub pull_count: Option<i64>,
    /// The release, or the rule.
    pub source_name: Option<String>,
}

impl WriteTx {
    /// Keeps a deployment that was told, or changes it, and notes what has to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn record_deployment(
        &mut self,
        deployment: &NewDeployment,
        now: Instant,
    ) -> Result<(), StoreError> {
        let id = deployment.id();
        let merges = match deployment.merge_commit_shas.as_slice() {
            [] => None,
            shas => Some(serde_json::to_string(shas)?),
        };
        let before: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(RECORDED_REPOSITORY)
            .bind(id.0)
            .fetch_optional(db)
            .await?);
        on_tx!(self, |db| {
            sqlx::query(RECORD_DEPLOYMENT)
                .bind(id.0)
                .bind(&deployment.reference_id)
                .bind(&deployment.service)
                .bind(&deployment.environment)
                .bind(&deployment.environment_type)
                .bind(deployment.repository_id.map(|id| id.0))
                .bind(&deployment.commit_sha)
                .bind(merges)
                .bind(deployment.success)
                .bind(At(deployment.deployed_at))
                .bind(&deployment.source_url)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        let touched: Vec<Id> = before
            .map(|(id,)| Id(id))
            .into_iter()
            .chain([deployment.repository_id.unwrap_or(Id(0))])
            .collect();
        self.mark_deployments_unmeasured(&touched).await
    }
}

impl Db {
    /// The newest deployments that are over, of one service or environment where one is named, the
    /// latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn newest_deployments(
        &self,
        service: Option<&str>,
        environment: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeploymentListed>, StoreError> {
        let sql = self.engine().sql(DEPLOYMENT_LIST);
        let (list,): (String,) = on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(service)
            .bind(environment)
            .bind(limit)
            .fetch_one(pool)
            .await?);
        let mut listed: Vec<DeploymentListed> = serde_json::from_str(&list)?;
        listed.sort_by_key(|one| std::cmp::Reverse((one.deployed_at, one.id)));
        Ok(listed)
    }

    /// The service of a deployment.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn service_of_deployment(&self, id: Id) -> Result<Option<String>, StoreError> {
        let found: Option<(String,)> = on_pool!(self, |pool| sqlx::query_as(DEPLOYMENT_SERVICE)
            .bind(id.0)
            .fetch_optional(pool)
            .await?);
        Ok(found.map(|(service,)| service))
    }

    /// The services that deployed anything.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployed_services(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String,)> = on_pool!(self, |pool| sqlx::query_as(SERVICES)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(service,)| service).collect())
    }
}
