//! One pull request and everything that happened to it.

use model::{Id, Instant};

use crate::engine::{Db, on_pool};
use crate::statements::pages::*;
use crate::{At, StoreError};

/// A pull request and what happened to it, as far as it was asked for.
#[derive(Clone, Debug)]
pub struct PullStory {
    /// What it is.
    pub pull: PullFacts,
    /// Entries of its activity other than comments, the first first.
    pub events: Vec<StoryEvent>,
    /// Comments that are there, the first first.
    pub comments: Vec<StoryComment>,
    /// Deployments that carried it.
    pub deployments: Vec<StoryDeployment>,
    /// Runs of pipelines on its branch while it was open.
    pub runs: Vec<StoryRun>,
}

/// What is known of a pull request. The columns are those of `bitbucket_pulls` and
/// `bitbucket_pull_sizes`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the catalogue says what each column is")]
pub struct PullFacts {
    pub id: i64,
    pub repository: Option<String>,
    pub number: i64,
    pub title: Option<String>,
    pub state: Option<String>,
    pub draft: Option<bool>,
    pub user_id: Option<i64>,
    pub closed_by_user_id: Option<i64>,
    pub source_branch: Option<String>,
    pub target_branch: Option<String>,
    pub source_url: Option<String>,
    pub comment_count: Option<i64>,
    pub task_count: Option<i64>,
    pub created_at: Option<At>,
    pub updated_at: Option<At>,
    pub ready_at: Option<At>,
    pub first_review_at: Option<At>,
    pub first_approval_at: Option<At>,
    pub first_commit_at: Option<At>,
    pub merged_at: Option<At>,
    pub closed_at: Option<At>,
    pub closed_at_estimated: Option<bool>,
    pub deleted_at: Option<At>,
    pub proof: Option<String>,
    pub proof_note: Option<String>,
    pub cycle_time: Option<i64>,
    pub coding_time: Option<i64>,
    pub pickup_time: Option<i64>,
    pub review_time: Option<i64>,
    pub merge_wait: Option<i64>,
    pub draft_time: Option<i64>,
    pub ready_to_merge: Option<i64>,
    pub review_rounds: Option<i64>,
    pub size: Option<i64>,
    pub additions: Option<i64>,
    pub deletions: Option<i64>,
    pub files: Option<i64>,
    pub unmeasured: bool,
}

/// An entry of the activity. The columns are those of `bitbucket_pull_events`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the catalogue says what each column is")]
pub struct StoryEvent {
    pub kind: String,
    pub user_id: Option<i64>,
    pub occurred_at: At,
    pub state: Option<String>,
    pub draft: Option<bool>,
    pub draft_changed_to: Option<bool>,
    pub source_commit_sha: Option<String>,
    pub target_branch: Option<String>,
    pub reviewers_added: Option<String>,
    pub reviewers_removed: Option<String>,
}

/// A comment. The columns are those of `bitbucket_pull_comments`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the catalogue says what each column is")]
pub struct StoryComment {
    pub user_id: Option<i64>,
    pub created_at: Option<At>,
    pub path: Option<String>,
    pub content: Option<String>,
    pub answers: bool,
    pub resolved_at: Option<At>,
    pub source_url: Option<String>,
}

/// A deployment that carried it. The columns are those of `deployment_pulls` and
/// `deployment_measures`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the catalogue says what each column is")]
pub struct StoryDeployment {
    pub deployment_id: i64,
    pub environment: Option<String>,
    pub service: Option<String>,
    pub production: Option<bool>,
    pub deployed_at: Option<At>,
    pub success: Option<bool>,
    pub rolled_back: Option<bool>,
    pub source_url: Option<String>,
    pub attributed_by: Option<String>,
    pub merge_to_deploy: Option<i64>,
    pub last_of_pull: Option<bool>,
}

/// A run of a pipeline. The columns are those of `bitbucket_pipelines`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the catalogue says what each column is")]
pub struct StoryRun {
    pub build_number: Option<i64>,
    pub state: Option<String>,
    pub result: Option<String>,
    pub created_at: Option<At>,
    pub completed_at: Option<At>,
    pub duration: Option<i64>,
    pub rerun: Option<bool>,
    pub source_url: Option<String>,
}

impl At {
    /// The instant of a column that may have none.
    pub fn instant(at: Option<Self>) -> Option<Instant> {
        at.map(|at| at.0)
    }
}

impl Db {
    /// The pull request of this number in `workspace/repository`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn pull_by_number(
        &self,
        repository: &str,
        number: i64,
    ) -> Result<Option<Id>, StoreError> {
        let found: Option<(i64,)> = on_pool!(self, |pool| sqlx::query_as(PULL_BY_NUMBER)
            .bind(repository)
            .bind(number)
            .fetch_optional(pool)
            .await?);
        Ok(found.map(|(id,)| Id(id)))
    }

    /// The repository and the number of a pull request.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn place_of_pull(&self, id: Id) -> Result<Option<(String, i64)>, StoreError> {
        let found: Option<(Option<String>, i64)> =
            on_pool!(self, |pool| sqlx::query_as(PLACE_OF_PULL)
                .bind(id.0)
                .fetch_optional(pool)
                .await?);
        Ok(found.and_then(|(repository, number)| Some((repository?, number))))
    }

    /// A pull request with at most so many entries of each kind, the first ones.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn pull_story(&self, id: Id, limit: i64) -> Result<Option<PullStory>, StoreError> {
        let pull: Option<PullFacts> = on_pool!(self, |pool| sqlx::query_as(PULL_FACTS)
            .bind(id.0)
            .fetch_optional(pool)
            .await?);
        let Some(pull) = pull else { return Ok(None) };
        on_pool!(self, |pool| Ok(Some(PullStory {
            pull,
            events: sqlx::query_as(EVENTS_OF_PULL)
                .bind(id.0)
                .bind(limit)
                .fetch_all(pool)
                .await?,
            comments: sqlx::query_as(COMMENTS_OF_PULL)
                .bind(id.0)
                .bind(limit)
                .fetch_all(pool)
                .await?,
            deployments: sqlx::query_as(DEPLOYMENTS_OF_PULL)
                .bind(id.0)
                .bind(limit)
                .fetch_all(pool)
                .await?,
            runs: sqlx::query_as(RUNS_OF_PULL)
                .bind(id.0)
                .bind(limit)
                .fetch_all(pool)
                .await?,
        })))
    }
}
