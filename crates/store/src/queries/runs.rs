//! Runs of queries: what was asked, how it stands, and what it gave.

use model::Instant;

use super::packed::{pack, unpack};
use super::variables_of;
use crate::console::{QueryResult, Variables};
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::queries::*;
use crate::{At, StoreError};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryState {
    /// It waits for others.
    Queued,
    /// It is under way.
    Running,
    /// It gave a result.
    Succeeded,
    /// It gave an error.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
}

impl QueryState {
    const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word in `query_runs.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.unwrap_or(Self::Failed)
    }

    /// Whether nothing more will come of it.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// A run of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryRun {
    /// Its id, which nobody can guess.
    pub id: String,
    /// Who asked (`logins.id`); 0 where nobody signs in.
    pub login: i64,
    /// Their name, while they are there.
    pub asked_by: Option<String>,
    /// The SQL.
    pub sql: String,
    /// What it was asked with.
    pub variables: Variables,
    /// How it stands.
    pub state: QueryState,
    /// When it was asked.
    pub submitted_at: Instant,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it was over.
    pub finished_at: Option<Instant>,
    /// Until when its result is kept.
    pub expires_at: Option<Instant>,
    /// How many rows it gave.
    pub rows: Option<i64>,
    /// Which cap cut the rest off, in words.
    pub truncated: Option<String>,
    /// Why it failed, in a word for programs.
    pub error_code: Option<String>,
    /// The same in a sentence.
    pub error: Option<String>,
}

/// A run that is to begin.
#[derive(Clone, Debug)]
pub struct NewQueryRun<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who asks; 0 where nobody signs in.
    pub login: i64,
    /// The SQL.
    pub sql: &'a str,
    /// What it is asked with.
    pub variables: &'a Variables,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub enum FinishedQuery {
    /// A result.
    Succeeded(QueryResult),
    /// An error: a word for programs, and a sentence.
    Failed(&'static str, String),
    /// Nothing: somebody did not want it any more.
    Cancelled,
}

type Record = (
    String,
    i64,
    Option<String>,
    String,
    String,
    String,
    At,
    Option<At>,
    Option<At>,
    Option<At>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
);

fn run(record: Record) -> QueryRun {
    let (id, login, asked_by, sql, variables, state, submitted, started, finished, expires, ..) =
        &record;
    QueryRun {
        id: id.clone(),
        login: *login,
        asked_by: asked_by.clone(),
        sql: sql.clone(),
        variables: variables_of(variables),
        state: QueryState::parse(state),
        submitted_at: submitted.0,
        started_at: started.map(Instant::from),
        finished_at: finished.map(Instant::from),
        expires_at: expires.map(Instant::from),
        rows: record.10,
        truncated: record.11,
        error_code: record.12,
        error: record.13,
    }
}

impl Db {
    /// The run of this id.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn query_run(&self, id: &str) -> Result<Option<QueryRun>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(QUERY_RUN)
            .bind(id)
            .fetch_optional(pool)
            .await?);
        Ok(record.map(run))
    }

    /// What somebody has asked, the latest first, from before an instant.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn query_runs(
        &self,
        login: i64,
        before: Option<Instant>,
        limit: i64,
    ) -> Result<Vec<QueryRun>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(QUERY_RUNS_OF_LOGIN)
            .bind(login)
            .bind(before.map(At))
            .bind(limit)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(run).collect())
    }

    /// What a run gave, unless that has expired.
    ///
    /// # Errors
    /// Whatever the engine says; a result that cannot be read.
    pub async fn query_result(
        &self,
        id: &str,
        now: Instant,
    ) -> Result<Option<QueryResult>, StoreError> {
        let record: Option<(String,)> = on_pool!(self, |pool| sqlx::query_as(QUERY_RESULT)
            .bind(id)
            .bind(At(now))
            .fetch_optional(pool)
            .await?);
        record.map(|(text,)| unpack(&text)).transpose()
    }

    /// Whether somebody does not want a run any more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn is_query_cancelled(&self, id: &str) -> Result<bool, StoreError> {
        let record: Option<(bool,)> = on_pool!(self, |pool| sqlx::query_as(QUERY_CANCEL_REQUESTED)
            .bind(id)
            .fetch_optional(pool)
            .await?);
        // Nobody waits for a run that is forgotten.
        Ok(record.is_none_or(|(cancelled,)| cancelled))
    }
}

impl WriteTx {
    /// Notes a run that waits for its turn, and forgets results that have expired and runs from
    /// before `since`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_query_run(
        &mut self,
        new: &NewQueryRun<'_>,
        now: Instant,
        since: Instant,
    ) -> Result<(), StoreError> {
        let variables = serde_json::to_string(new.variables)?;
        on_tx!(self, |db| {
            sqlx::query(FORGET_QUERY_RESULTS)
                .bind(At(now))
                .execute(&mut *db)
                .await?;
            sqlx::query(FORGET_QUERY_RUNS)
                .bind(At(since))
                .execute(&mut *db)
                .await?;
            sqlx::query(INSERT_QUERY_RUN)
                .bind(new.id)
                .bind(new.login)
                .bind(new.sql)
                .bind(&variables)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Notes that a run begins.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn start_query_run(&mut self, id: &str, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(START_QUERY_RUN)
                .bind(id)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Notes what came of a run, and keeps its result until it expires.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn finish_query_run(
        &mut self,
        id: &str,
        outcome: &FinishedQuery,
        now: Instant,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        let (state, rows, truncated, failure) = match outcome {
            FinishedQuery::Succeeded(result) => (
                QueryState::Succeeded,
                Some(i64::try_from(result.rows.len()).unwrap_or(i64::MAX)),
                result.truncated.as_deref(),
                None,
            ),
            FinishedQuery::Failed(code, text) => {
                (QueryState::Failed, None, None, Some((*code, text.as_str())))
            }
            FinishedQuery::Cancelled => (QueryState::Cancelled, None, None, None),
        };
        let packed = match outcome {
            FinishedQuery::Succeeded(result) => Some(pack(result)?),
            _ => None,
        };
        on_tx!(self, |db| {
            let finished = sqlx::query(FINISH_QUERY_RUN)
                .bind(id)
                .bind(state.as_str())
                .bind(At(now))
                .bind(packed.is_some().then_some(At(expires_at)))
                .bind(rows)
                .bind(truncated)
                .bind(failure.map(|(code, _)| code))
                .bind(failure.map(|(_, text)| text))
                .execute(&mut *db)
                .await?
                .rows_affected();
            // A run that is forgotten or over already keeps nothing.
            if let Some(packed) = packed.filter(|_| finished == 1) {
                sqlx::query(INSERT_QUERY_RESULT)
                    .bind(id)
                    .bind(At(expires_at))
                    .bind(packed)
                    .execute(db)
                    .await?;
            }
        });
        Ok(())
    }

    /// Asks that a run ends, whichever process has it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn request_query_cancel(&mut self, id: &str) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REQUEST_QUERY_CANCEL)
                .bind(id)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
