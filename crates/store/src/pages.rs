//! What pages read, and nothing else does.

use model::Instant;
use model::catalogue::{Group, Table};
use sqlx::AssertSqlSafe;

use crate::engine::{Db, on_pool};
use crate::statements::pages::*;
use crate::{At, StoreError};

/// How much is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredCounts {
    /// Repositories that are there.
    pub repositories: i64,
    /// Pull requests.
    pub pull_requests: i64,
    /// Runs of pipelines.
    pub pipelines: i64,
    /// Deployments.
    pub deployments: i64,
    /// Accounts.
    pub accounts: i64,
    /// Records that could not be read.
    pub rejects: i64,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The stream that met it.
    pub stream: String,
    /// The repository's `workspace/slug`, where it belongs to one.
    pub repository: Option<String>,
    /// What Bitbucket calls the record.
    pub natural_key: String,
    /// Where in it the trouble lies.
    pub json_path: String,
    /// What was expected there.
    pub reason: String,
    /// When it was met.
    pub observed_at: Instant,
}

/// How fresh a stream is, of all repositories and connections together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFreshness {
    /// The stream's name.
    pub stream: String,
    /// How many there are.
    pub streams: i64,
    /// How many of them were read to their end.
    pub complete: i64,
    /// As of when all of those are complete.
    pub as_of: Option<Instant>,
}

impl Db {
    /// How many rows a table or view has. It reads all of an index.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_rows(&self, table: &'static Table) -> Result<i64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM {}", with_as_many_rows(table));
        let (rows,): (i64,) = on_pool!(self, |pool| sqlx::query_as(AssertSqlSafe(sql))
            .fetch_one(pool)
            .await?);
        Ok(rows)
    }

    /// How fresh each stream is.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn stream_freshness(&self) -> Result<Vec<StreamFreshness>, StoreError> {
        let records: Vec<(String, i64, i64, Option<At>)> =
            on_pool!(self, |pool| sqlx::query_as(STREAM_FRESHNESS)
                .fetch_all(pool)
                .await?);
        let streams = records.into_iter();
        Ok(streams
            .map(|(stream, streams, complete, as_of)| StreamFreshness {
                stream,
                streams,
                complete,
                as_of: as_of.map(Instant::from),
            })
            .collect())
    }

    /// How much is stored.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn stored_counts(&self) -> Result<StoredCounts, StoreError> {
        let (repositories, pull_requests, pipelines, deployments, accounts, rejects) =
            on_pool!(self, |pool| sqlx::query_as(STORED_COUNTS)
                .fetch_one(pool)
                .await?);
        Ok(StoredCounts {
            repositories,
            pull_requests,
            pipelines,
            deployments,
            accounts,
            rejects,
        })
    }

    /// Records of a workspace that could not be read, the latest first, and those that belong to no
    /// repository.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn rejects(
        &self,
        workspace: &str,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Reject>, StoreError> {
        type Record = (
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<String>,
            At,
        );
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(REJECTS)
            .bind(workspace)
            .bind(limit)
            .bind(offset)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(
                |(stream, repository, natural_key, json_path, reason, observed_at)| Reject {
                    stream: stream.unwrap_or_default(),
                    repository,
                    natural_key: natural_key.unwrap_or_default(),
                    json_path: json_path.unwrap_or_default(),
                    reason: reason.unwrap_or_default(),
                    observed_at: observed_at.0,
                },
            )
            .collect())
    }

    /// How many those are.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_rejects_of(&self, workspace: &str) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(COUNT_REJECTS_OF_WORKSPACE)
            .bind(workspace)
            .fetch_one(pool)
            .await?);
        Ok(count)
    }
}

/// The table that has as many rows as this one. A unified view has one for each row of the table that
/// it is made from, and to count that takes a tenth of the time: what the view joins is left alone.
fn with_as_many_rows(table: &Table) -> &'static str {
    // This one leaves rows out: commits that are no longer of their pull request.
    if table.group == Group::Unified && table.name != "pull_request_commits" {
        table.source
    } else {
        table.name
    }
}
