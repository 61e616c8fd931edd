//! Deployment rules, and what they can be tried on.

use model::{Id, Instant};
use serde::Deserialize;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::run_measures::{RuleRun, RuleStep};
use crate::statements::deployments::*;
use crate::{At, StoreError};

/// A deployment rule as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRule {
    /// Its number: of two that fit, the lower one counts.
    pub id: Id,
    /// What it says.
    pub rule: NewRule,
    /// When it was made.
    pub created_at: Instant,
}

/// What a rule says. The patterns are regular expressions; the store does not look into them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRule {
    /// Its name.
    pub name: String,
    /// For `workspace/repository`.
    pub repository_pattern: Option<String>,
    /// For the name of the run.
    pub pipeline_pattern: Option<String>,
    /// For the name of a step.
    pub step_pattern: Option<String>,
    /// For the branch or tag.
    pub branch_pattern: Option<String>,
    /// For the environment of a Bitbucket deployment.
    pub environment_pattern: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// Its type.
    pub environment_type: Option<String>,
    /// The service.
    pub service: Option<String>,
}

#[derive(Deserialize)]
struct RuleColumns(
    Id,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Instant,
);

impl From<RuleColumns> for DeploymentRule {
    fn from(row: RuleColumns) -> Self {
        Self {
            id: row.0,
            rule: NewRule {
                name: row.1,
                repository_pattern: row.2,
                pipeline_pattern: row.3,
                step_pattern: row.4,
                branch_pattern: row.5,
                environment_pattern: row.6,
                environment: row.7,
                environment_type: row.8,
                service: row.9,
            },
            created_at: row.10,
        }
    }
}

/// A deployment of Bitbucket that a rule is tried on.
#[derive(Clone, Debug, Deserialize)]
pub struct TriedDeployment {
    /// The deployment.
    pub id: Id,
    /// The run.
    pub pipeline_id: Option<Id>,
    /// `workspace/repository`.
    pub repository: Option<String>,
    /// The environment's name.
    pub environment: Option<String>,
    /// The environment's type.
    pub environment_type: Option<String>,
    /// The name of the run.
    pub pipeline: Option<String>,
    /// The branch of the run.
    pub branch: Option<String>,
    /// The name of the step.
    pub step: Option<String>,
    /// When it ended.
    pub completed_at: Option<Instant>,
}

fn rules(list: &str) -> Result<Vec<DeploymentRule>, StoreError> {
    let rows: Vec<RuleColumns> = serde_json::from_str(list)?;
    let mut rules: Vec<DeploymentRule> = rows.into_iter().map(DeploymentRule::from).collect();
    rules.sort_by_key(|rule| rule.id);
    Ok(rules)
}

impl WriteTx {
    /// The rules, the first one that counts first, as this transaction sees them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployment_rules(&mut self) -> Result<Vec<DeploymentRule>, StoreError> {
        let sql = self.engine().sql(DEPLOYMENT_RULES);
        let (list,): (String,) = on_tx!(self, |db| sqlx::query_as(sql).fetch_one(db).await?);
        rules(&list)
    }

    /// Keeps a new rule, and notes that everything that it may touch has to be measured. The result
    /// is its number; nothing when the name is taken.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_deployment_rule(
        &mut self,
        rule: &NewRule,
        now: Instant,
    ) -> Result<Option<Id>, StoreError> {
        let added: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(INSERT_RULE)
            .bind(&rule.name)
            .bind(&rule.repository_pattern)
            .bind(&rule.pipeline_pattern)
            .bind(&rule.step_pattern)
            .bind(&rule.branch_pattern)
            .bind(&rule.environment_pattern)
            .bind(&rule.environment)
            .bind(&rule.environment_type)
            .bind(&rule.service)
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        if added.is_some() {
            self.mark_ruled(rule.environment_pattern.is_some()).await?;
        }
        Ok(added.map(|(id,)| Id(id)))
    }

    /// Takes a rule away, and notes that everything that it may have touched has to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_deployment_rule(&mut self, rule: &NewRule) -> Result<bool, StoreError> {
        let removed = on_tx!(self, |db| sqlx::query(REMOVE_RULE)
            .bind(&rule.name)
            .execute(db)
            .await?
            .rows_affected());
        if removed > 0 {
            self.mark_ruled(rule.environment_pattern.is_some()).await?;
        }
        Ok(removed > 0)
    }

    /// A rule of environments touches deployments alone; of other rules, runs tell which deployments
    /// they touch.
    async fn mark_ruled(&mut self, of_environments: bool) -> Result<(), StoreError> {
        if of_environments {
            self.mark_all_deployments_unmeasured().await
        } else {
            self.mark_all_runs_unmeasured().await
        }
    }
}

impl Db {
    /// The rules, the first one that counts first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployment_rules(&self) -> Result<Vec<DeploymentRule>, StoreError> {
        let sql = self.engine().sql(DEPLOYMENT_RULES);
        let (list,): (String,) = on_pool!(self, |pool| sqlx::query_as(sql).fetch_one(pool).await?);
        rules(&list)
    }

    /// Every repository that has a name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn named_repositories(&self) -> Result<Vec<(Id, String)>, StoreError> {
        let found: Vec<(i64, String)> = on_pool!(self, |pool| sqlx::query_as(NAMED_REPOSITORIES)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(id, name)| (Id(id), name)).collect())
    }

    /// Runs of a repository to try a rule on, with their steps, the newest first: `limit` of those
    /// before a place, and the place after them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn runs_to_try(
        &self,
        repository: Id,
        before: Option<(Instant, Id)>,
        limit: i64,
    ) -> Result<(Vec<RuleRun>, Vec<RuleStep>, Option<(Instant, Id)>), StoreError> {
        let (at, id) = before.unwrap_or((Instant::from_micros(i64::MAX), Id(i64::MAX)));
        let found: Vec<(i64, At)> = on_pool!(self, |pool| sqlx::query_as(RUNS_TO_TRY)
            .bind(repository.0)
            .bind(At(at))
            .bind(id.0)
            .bind(limit)
            .fetch_all(pool)
            .await?);
        let next = found.last().map(|(id, at)| (at.0, Id(*id)));
        let ids = serde_json::to_string(&found.iter().map(|(id, _)| id).collect::<Vec<_>>())?;
        let (of_runs, of_steps) = (self.engine().sql(RULE_RUNS), self.engine().sql(RULE_STEPS));
        let (runs, steps): (String, String) = on_pool!(self, |pool| {
            let (runs,): (String,) = sqlx::query_as(of_runs).bind(&ids).fetch_one(pool).await?;
            let (steps,): (String,) = sqlx::query_as(of_steps).bind(&ids).fetch_one(pool).await?;
            (runs, steps)
        });
        Ok((
            serde_json::from_str(&runs)?,
            serde_json::from_str(&steps)?,
            next,
        ))
    }

    /// Deployments of Bitbucket to try a rule on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployments_to_try(
        &self,
        repository: Id,
    ) -> Result<Vec<TriedDeployment>, StoreError> {
        let sql = self.engine().sql(DEPLOYMENTS_TO_TRY);
        let (list,): (String,) = on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(repository.0)
            .fetch_one(pool)
            .await?);
        Ok(serde_json::from_str(&list)?)
    }
}
