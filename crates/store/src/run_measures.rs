//! What is read of pipeline runs to measure them, and which are to be measured.

use model::{Id, Instant};
use serde::Deserialize;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::flag::Flag;
use crate::statements::deployments::*;
use crate::{At, StoreError};

/// A run, to be measured.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// The run.
    pub id: Id,
    /// When it was started.
    pub created_at: Instant,
    /// When it ended.
    pub completed_at: Option<Instant>,
    /// When its first step began.
    pub first_step_at: Option<Instant>,
    /// Whether the same was run before.
    pub rerun: bool,
}

#[derive(Deserialize)]
struct RunColumns(i64, Instant, Option<Instant>, Option<Instant>, Option<Flag>);

/// A series of runs of a default branch, and between which beginnings some of them were touched.
#[derive(Clone, Debug)]
pub struct RunSeries {
    repository: i64,
    ref_name: String,
    selector_type: String,
    selector_pattern: String,
    first: Instant,
    last: Instant,
}

/// A run among those of its series.
#[derive(Clone, Debug, Deserialize)]
pub struct SeriesRecord {
    /// The run.
    pub id: Id,
    /// When it was started.
    pub created_at: Instant,
    /// When it ended.
    pub completed_at: Option<Instant>,
    /// `bitbucket_pipelines.state`.
    pub state: Option<String>,
    /// `bitbucket_pipelines.result`.
    pub result: Option<String>,
}

/// A run as rules see it.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleRun {
    /// The run.
    pub id: Id,
    /// Its repository.
    pub repository_id: Id,
    /// `workspace/repository`.
    pub repository: Option<String>,
    /// The name of the run, as `pipeline_runs.name` has it.
    pub name: String,
    /// The branch or tag.
    pub branch: Option<String>,
    /// `bitbucket_pipelines.state`.
    pub state: Option<String>,
    /// `bitbucket_pipelines.result`.
    pub result: Option<String>,
    /// When it was started.
    pub created_at: Option<Instant>,
    /// When it ended.
    pub completed_at: Option<Instant>,
}

/// A step as rules see it.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleStep {
    /// The run.
    pub pipeline_id: Id,
    /// The step.
    pub id: Id,
    /// Its name.
    pub name: Option<String>,
    /// `bitbucket_pipeline_steps.state`.
    pub state: Option<String>,
    /// `bitbucket_pipeline_steps.result`.
    pub result: Option<String>,
    /// When it ended.
    pub completed_at: Option<Instant>,
}

type SeriesRow = (i64, String, String, String, At, At);

impl WriteTx {
    /// What these runs and the others of their commits are measured from.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn runs_to_measure(&mut self, runs: &[Id]) -> Result<Vec<RunRecord>, StoreError> {
        let records: Vec<RunColumns> = serde_json::from_str(&self.list(RUN_RECORDS, runs).await?)?;
        Ok(records
            .into_iter()
            .map(|run| RunRecord {
                id: Id(run.0),
                created_at: run.1,
                completed_at: run.2,
                first_step_at: run.3,
                rerun: run.4.is_some_and(|flag| flag.0),
            })
            .collect())
    }

    /// The series of default branches that these runs belong to.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn series_of_runs(&mut self, runs: &[Id]) -> Result<Vec<RunSeries>, StoreError> {
        let ids = serde_json::to_string(runs)?;
        let sql = self.engine().sql(RUN_SERIES);
        let rows: Vec<SeriesRow> = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_all(db)
            .await?);
        Ok(rows
            .into_iter()
            .map(|row| RunSeries {
                repository: row.0,
                ref_name: row.1,
                selector_type: row.2,
                selector_pattern: row.3,
                first: row.4.0,
                last: row.5.0,
            })
            .collect())
    }

    /// The runs of a series, from the last successful one before those that were touched to the
    /// first one after.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn series_runs(
        &mut self,
        series: &RunSeries,
    ) -> Result<Vec<SeriesRecord>, StoreError> {
        let sql = self.engine().sql(SERIES_RUNS);
        let (list,): (String,) = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(series.repository)
            .bind(&series.ref_name)
            .bind(&series.selector_type)
            .bind(&series.selector_pattern)
            .bind(At(series.first))
            .bind(At(series.last))
            .fetch_one(db)
            .await?);
        Ok(serde_json::from_str(&list)?)
    }

    /// These runs as rules see them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn runs_for_rules(&mut self, runs: &[Id]) -> Result<Vec<RuleRun>, StoreError> {
        Ok(serde_json::from_str(&self.list(RULE_RUNS, runs).await?)?)
    }

    /// Their steps.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn steps_for_rules(&mut self, runs: &[Id]) -> Result<Vec<RuleStep>, StoreError> {
        Ok(serde_json::from_str(&self.list(RULE_STEPS, runs).await?)?)
    }

    /// The repositories of those of these runs that deployed something.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repositories_of_deploying_runs(
        &mut self,
        runs: &[Id],
    ) -> Result<Vec<Id>, StoreError> {
        let ids = serde_json::to_string(runs)?;
        let sql = self.engine().sql(REPOSITORIES_OF_RUNS);
        let rows: Vec<(i64,)> = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_all(db)
            .await?);
        Ok(rows.into_iter().map(|(id,)| Id(id)).collect())
    }

    /// What these repositories are called, and which branch is their default one, where that is
    /// known.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repository_names(
        &mut self,
        repositories: &[Id],
    ) -> Result<Vec<(Id, Option<String>, Option<String>)>, StoreError> {
        let ids = serde_json::to_string(repositories)?;
        let sql = self.engine().sql(REPOSITORY_NAMES);
        let rows: Vec<(i64, Option<String>, Option<String>)> =
            on_tx!(self, |db| sqlx::query_as(sql)
                .bind(ids)
                .fetch_all(db)
                .await?);
        Ok(rows
            .into_iter()
            .map(|(id, name, branch)| (Id(id), name, branch))
            .collect())
    }

    /// Notes that all runs of these repositories have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_runs_unmeasured(&mut self, repositories: &[Id]) -> Result<(), StoreError> {
        self.mark(MARK_RUNS, repositories).await
    }

    /// Notes that all runs there are have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_all_runs_unmeasured(&mut self) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(MARK_ALL_RUNS).execute(db).await?;
        });
        Ok(())
    }

    /// Takes up the next runs of a repository that are marked, `limit` at most; the mark stays for
    /// those that are left. Nothing when none are marked.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn take_unmeasured_runs(
        &mut self,
        repository: Id,
        limit: i64,
    ) -> Result<Option<Vec<Id>>, StoreError> {
        let taken: Option<(Option<At>, Option<i64>)> = on_tx!(self, |db| {
            sqlx::query_as(TAKE_RUNS)
                .bind(repository.0)
                .fetch_optional(db)
                .await?
        });
        let Some((after_at, after_id)) = taken else {
            return Ok(None);
        };
        let (at, id) = (
            after_at.unwrap_or(At(Instant::EARLIEST)),
            after_id.unwrap_or(-1),
        );
        let next: Vec<(i64, At)> = on_tx!(self, |db| {
            sqlx::query_as(NEXT_RUNS)
                .bind(repository.0)
                .bind(at)
                .bind(id)
                .bind(limit)
                .fetch_all(db)
                .await?
        });
        if let Some((id, at)) = next.last().filter(|_| !next.is_empty()) {
            on_tx!(self, |db| {
                sqlx::query(KEEP_RUNS)
                    .bind(repository.0)
                    .bind(*at)
                    .bind(*id)
                    .execute(db)
                    .await?;
            });
        }
        Ok(Some(next.into_iter().map(|(id, _)| Id(id)).collect()))
    }

    /// The JSON list that a statement makes of rows with these ids.
    pub(crate) async fn list(&mut self, sql: &str, ids: &[Id]) -> Result<String, StoreError> {
        let ids = serde_json::to_string(ids)?;
        let sql = self.engine().sql(sql);
        let (list,): (String,) = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_one(db)
            .await?);
        Ok(list)
    }

    /// Runs a statement over ids.
    pub(crate) async fn mark(&mut self, sql: &str, ids: &[Id]) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = serde_json::to_string(ids)?;
        let sql = self.engine().sql(sql);
        on_tx!(self, |db| {
            sqlx::query(sql).bind(ids).execute(db).await?;
        });
        Ok(())
    }
}

impl Db {
    /// The repositories whose runs have to be measured.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn repositories_with_unmeasured_runs(&self) -> Result<Vec<Id>, StoreError> {
        let found: Vec<(i64,)> = on_pool!(self, |pool| sqlx::query_as(MARKED_RUNS)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(id,)| Id(id)).collect())
    }
}
