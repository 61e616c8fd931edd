//! What of a connection is imported, and how often.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, FilterMode, StoreError};

/// What a pattern of a filter is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterSubject {
    /// A repository: its UUID, its slug, or `workspace/slug`.
    Repository,
    /// A repository's project: its UUID or its key.
    Project,
}

impl FilterSubject {
    /// The word in `import_filters.subject`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Project => "project",
        }
    }
}

/// A line of a connection's filter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterRule {
    /// What the pattern is held against.
    pub subject: FilterSubject,
    /// A UUID, a name, or a name with `*` and `?` in it.
    pub pattern: String,
}

/// A repository as filters see it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Filterable {
    /// Its row.
    pub id: i64,
    /// Bitbucket's UUID, in braces.
    pub source_id: String,
    /// `workspace/slug`.
    pub full_name: String,
    /// The UUID of its project, in braces.
    pub project_source_id: Option<String>,
    /// The key of its project.
    pub project_key: Option<String>,
    /// Pull requests that are stored.
    pub pull_requests: i64,
}

/// What an administrator said of a stream; `None` is as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamSetting {
    /// The stream's name.
    pub stream: String,
    /// Whether it is read.
    pub enabled: Option<bool>,
    /// How often, in seconds.
    pub interval_seconds: Option<i64>,
    /// Nothing older is read.
    pub not_before: Option<Instant>,
}

impl Db {
    /// The lines of a connection's filter.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn filter_rules(&self, connection: i64) -> Result<Vec<FilterRule>, StoreError> {
        let records: Vec<(String, String)> = on_pool!(self, |pool| sqlx::query_as(FILTER_RULES)
            .bind(connection)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(|(subject, pattern)| FilterRule {
                subject: match subject.as_str() {
                    "project" => FilterSubject::Project,
                    _ => FilterSubject::Repository,
                },
                pattern,
            })
            .collect())
    }

    /// The repositories of a workspace that are not gone, as filters see them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn filterable(&self, workspace_slug: &str) -> Result<Vec<Filterable>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(FILTERABLE)
            .bind(workspace_slug)
            .fetch_all(pool)
            .await?))
    }

    /// What was said of a connection's streams.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn stream_settings(&self, connection: i64) -> Result<Vec<StreamSetting>, StoreError> {
        type Record = (String, Option<bool>, Option<i64>, Option<At>);
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(STREAM_SETTINGS)
            .bind(connection)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(
                |(stream, enabled, interval_seconds, not_before)| StreamSetting {
                    stream,
                    enabled,
                    interval_seconds,
                    not_before: not_before.map(Instant::from),
                },
            )
            .collect())
    }
}

impl WriteTx {
    /// Sets which repositories are imported, and the whole list with it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_filter(
        &mut self,
        connection: i64,
        mode: FilterMode,
        rules: &[FilterRule],
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_FILTER_MODE)
                .bind(connection)
                .bind(mode.as_str())
                .execute(&mut *db)
                .await?;
            sqlx::query(REMOVE_FILTERS_OF_CONNECTION)
                .bind(connection)
                .execute(&mut *db)
                .await?;
            for rule in rules {
                sqlx::query(INSERT_FILTER)
                    .bind(connection)
                    .bind(rule.subject.as_str())
                    .bind(&rule.pattern)
                    .bind(At(now))
                    .execute(&mut *db)
                    .await?;
            }
        });
        Ok(())
    }

    /// Says something of a stream.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_stream_setting(
        &mut self,
        connection: i64,
        setting: &StreamSetting,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_STREAM_SETTING)
                .bind(connection)
                .bind(&setting.stream)
                .bind(setting.enabled)
                .bind(setting.interval_seconds)
                .bind(setting.not_before.map(At))
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
