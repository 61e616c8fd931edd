//! What the pages of repositories, pipelines and deployments list.

use std::collections::HashMap;

use model::{Id, Instant};
use sqlx::FromRow;

use crate::engine::{Db, on_pool};
use crate::statements::places::*;
use crate::{At, StoreError};

/// A place in a list that has the newest first: what comes after it is older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the last one that was shown happened.
    pub at: Instant,
    /// Which of those of that instant it was.
    pub id: i64,
}

/// Which part of a list is read.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Only of these repositories.
    pub repositories: Option<Vec<i64>>,
    /// From then on.
    pub from: Instant,
    /// Before then.
    pub until: Instant,
    /// What was shown last.
    pub after: Option<Place>,
    /// How many at most.
    pub limit: i64,
}

impl Slice {
    /// The end, with the id below which rows of that instant count.
    fn end(&self) -> (At, i64) {
        match self.after {
            Some(place) => (At(place.at), place.id),
            None => (At(self.until), i64::MIN),
        }
    }

    fn ids(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(
            self.repositories.as_deref().unwrap_or_default(),
        )?)
    }
}

/// Something in such a list.
pub trait Placed {
    /// Where it stands.
    fn place(&self) -> Place;
}

/// A repository.
#[derive(Clone, Debug, FromRow)]
pub struct ListedRepository {
    /// The repository (`bitbucket_repositories.id`).
    pub id: i64,
    /// `workspace/slug`.
    pub full_name: String,
    /// The key of its project.
    #[sqlx(rename = "key")]
    pub project_key: Option<String>,
    /// The name of its project.
    #[sqlx(rename = "name")]
    pub project: Option<String>,
    /// Whether it is hidden from the public.
    pub private: Option<bool>,
    /// The default branch.
    pub default_branch: Option<String>,
    /// The language that its owner chose.
    pub language: Option<String>,
    /// Its page in Bitbucket.
    pub source_url: Option<String>,
    /// When it was made.
    pub created_at: Option<At>,
    /// When its record changed.
    pub updated_at: Option<At>,
    /// When it was found to be gone.
    pub deleted_at: Option<At>,
}

/// A run of a pipeline.
#[derive(Clone, Debug, FromRow)]
pub struct ListedRun {
    /// The run (`bitbucket_pipelines.id`).
    pub id: i64,
    /// The repository (`bitbucket_repositories.id`).
    pub repository_id: Option<i64>,
    /// `workspace/slug`.
    pub repository: Option<String>,
    /// Its number in the repository.
    pub build_number: Option<i64>,
    /// What of the configuration it ran.
    pub name: String,
    /// The branch or tag.
    pub branch: Option<String>,
    /// `PENDING`, `IN_PROGRESS` or `COMPLETED`.
    pub state: Option<String>,
    /// `SUCCESSFUL`, `FAILED`, `ERROR`, `STOPPED` or `EXPIRED`.
    pub result: Option<String>,
    /// When it was started.
    pub created_at: At,
    /// How long it took, in seconds.
    pub duration: Option<i64>,
    /// How long it waited for its first step, in seconds.
    pub queue_time: Option<i64>,
    /// Whether it repeats an earlier one.
    pub rerun: bool,
    /// The pull request that it ran for.
    pub pull_id: Option<i64>,
    /// Its number.
    pub pull_number: Option<i64>,
    /// Who set it off.
    pub person: Option<String>,
    /// Its page in Bitbucket.
    pub source_url: Option<String>,
}

/// A deployment that is over.
#[derive(Clone, Debug, FromRow)]
pub struct ListedDeployment {
    /// The deployment (`deployment_measures.id`).
    pub id: i64,
    /// `bitbucket`, `rule` or `pushed`.
    pub source: String,
    /// `workspace/slug`.
    pub repository: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// Its type.
    pub environment_type: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// When it ended.
    pub deployed_at: At,
    /// Whether it succeeded.
    pub success: Option<bool>,
    /// Whether it took place.
    pub counted: bool,
    /// Whether it is a failed change.
    pub failed: bool,
    /// Whether it was rolled back.
    pub rolled_back: bool,
    /// Seconds until it was mended.
    pub time_to_restore: Option<i64>,
    /// How many pull requests it carried.
    pub pull_count: i64,
    /// From the merge of its first pull request, in seconds.
    pub merge_to_deploy: Option<i64>,
    /// The release, or the rule.
    pub source_name: Option<String>,
    /// Its page.
    pub source_url: Option<String>,
    /// Who deployed.
    pub person: Option<String>,
}

/// A pull request that a deployment carried.
#[derive(Clone, Debug, FromRow)]
pub struct CarriedPull {
    /// The deployment.
    pub deployment_id: i64,
    /// The pull request (`bitbucket_pulls.id`).
    pub id: i64,
    /// Its number in its repository.
    pub number: Option<i64>,
    /// Its title.
    pub title: Option<String>,
    /// `workspace/slug`.
    pub repository: Option<String>,
    /// When it was merged.
    pub merged_at: Option<At>,
    /// Its author.
    pub person: Option<String>,
    /// `commit` or `time`.
    pub attributed_by: Option<String>,
    /// From its merge to the deployment, in seconds.
    pub merge_to_deploy: Option<i64>,
}

/// A pull request.
#[derive(Clone, Debug, FromRow)]
pub struct ListedPull {
    /// The pull request (`bitbucket_pulls.id`).
    pub id: i64,
    /// Its number in its repository.
    pub number: Option<i64>,
    /// Its title.
    pub title: Option<String>,
    /// `workspace/slug`.
    pub repository: Option<String>,
    /// `OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`.
    pub state: Option<String>,
    /// Whether it is a draft.
    pub draft: bool,
    /// When it was opened.
    pub created_at: Option<At>,
    /// When it last changed.
    pub updated_at: Option<At>,
    /// When it was merged.
    pub merged_at: Option<At>,
    /// Its author.
    pub person: Option<String>,
}

impl Placed for ListedRun {
    fn place(&self) -> Place {
        Place {
            at: self.created_at.0,
            id: self.id,
        }
    }
}

impl Placed for ListedDeployment {
    fn place(&self) -> Place {
        Place {
            at: self.deployed_at.0,
            id: self.id,
        }
    }
}

impl Db {
    /// The repository of a `workspace/slug`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn listed_repository(
        &self,
        full_name: &str,
    ) -> Result<Option<ListedRepository>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(REPOSITORY_BY_NAME)
            .bind(full_name)
            .fetch_optional(pool)
            .await?))
    }

    /// Key and name of every project.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn projects(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(PROJECTS)
            .fetch_all(pool)
            .await?))
    }

    /// The environments that anything was deployed to.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn deployed_environments(&self) -> Result<Vec<String>, StoreError> {
        let found: Vec<(String,)> = on_pool!(self, |pool| sqlx::query_as(DEPLOYED_ENVIRONMENTS)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(name,)| name).collect())
    }

    /// Runs of pipelines by when they were started, the newest first; only on some branches and with
    /// some results (or states, while they have none) where any are named.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn listed_runs(
        &self,
        slice: &Slice,
        branches: &[String],
        results: &[String],
    ) -> Result<Vec<ListedRun>, StoreError> {
        let text = match slice.repositories {
            Some(_) => RUNS_OF_REPOSITORIES,
            None => RUNS,
        };
        let sql = self.engine().sql(text);
        let (end, id) = slice.end();
        Ok(on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(slice.ids()?)
            .bind(At(slice.from))
            .bind(end)
            .bind(id)
            .bind(slice.limit)
            .bind(serde_json::to_string(branches)?)
            .bind(serde_json::to_string(results)?)
            .fetch_all(pool)
            .await?))
    }

    /// Deployments by when they ended, the newest first; only to some environments and of some
    /// services where any are named.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn listed_deployments(
        &self,
        slice: &Slice,
        environments: &[String],
        services: &[String],
    ) -> Result<Vec<ListedDeployment>, StoreError> {
        let text = match slice.repositories {
            Some(_) => DEPLOYMENTS_OF_REPOSITORIES,
            None => DEPLOYMENTS,
        };
        let sql = self.engine().sql(text);
        let (end, id) = slice.end();
        Ok(on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(slice.ids()?)
            .bind(At(slice.from))
            .bind(end)
            .bind(id)
            .bind(slice.limit)
            .bind(serde_json::to_string(environments)?)
            .bind(serde_json::to_string(services)?)
            .fetch_all(pool)
            .await?))
    }

    /// One deployment that is over.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn listed_deployment(&self, id: Id) -> Result<Option<ListedDeployment>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(DEPLOYMENT)
            .bind(id.0)
            .fetch_optional(pool)
            .await?))
    }

    /// Pull requests that each of these deployments carried, the last merged first: `limit` of each
    /// after the first `skipped`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn carried_pulls(
        &self,
        deployments: &[i64],
        skipped: i64,
        limit: i64,
    ) -> Result<HashMap<i64, Vec<CarriedPull>>, StoreError> {
        let sql = self.engine().sql(CARRIED_PULLS);
        let found: Vec<CarriedPull> = on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(serde_json::to_string(deployments)?)
            .bind(skipped)
            .bind(limit)
            .fetch_all(pool)
            .await?);
        let mut carried: HashMap<i64, Vec<CarriedPull>> = HashMap::new();
        for pull in found {
            carried.entry(pull.deployment_id).or_default().push(pull);
        }
        Ok(carried)
    }

    /// The pull requests of a repository that changed last.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn recent_pulls_of_repository(
        &self,
        repository: Id,
        limit: i64,
    ) -> Result<Vec<ListedPull>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(
            RECENT_PULLS_OF_REPOSITORY
        )
        .bind(repository.0)
        .bind(limit)
        .fetch_all(pool)
        .await?))
    }

    /// The pull requests that these accounts opened last, on days written `2027-01-31`, both included.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn recent_pulls_of_accounts(
        &self,
        accounts: &[i64],
        from: &str,
        to: &str,
        limit: i64,
    ) -> Result<Vec<ListedPull>, StoreError> {
        let sql = self.engine().sql(RECENT_PULLS_OF_ACCOUNTS);
        Ok(on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(serde_json::to_string(accounts)?)
            .bind(from)
            .bind(to)
            .bind(limit)
            .fetch_all(pool)
            .await?))
    }
}
