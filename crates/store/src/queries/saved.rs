//! Queries that somebody has kept under a name.

use model::Instant;

use super::variables_of;
use crate::console::Variables;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::queries::*;
use crate::{At, StoreError};

/// A query that somebody has kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedQuery {
    /// Its number.
    pub id: i64,
    /// What it is called; no two have the same name.
    pub name: String,
    /// The SQL.
    pub sql: String,
    /// What it is asked with unless somebody says otherwise.
    pub variables: Variables,
    /// Whose it is (`logins.id`); 0 where nobody signs in.
    pub login: i64,
    /// Their name, while they are there.
    pub kept_by: Option<String>,
    /// When it was last changed.
    pub updated_at: Instant,
}

/// A query that is to be kept.
#[derive(Clone, Debug)]
pub struct NewSavedQuery<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The SQL.
    pub sql: &'a str,
    /// What it is asked with unless somebody says otherwise.
    pub variables: &'a Variables,
    /// Whose it is; 0 where nobody signs in.
    pub login: i64,
}

type Record = (i64, String, String, String, i64, Option<String>, At);

fn saved(record: Record) -> SavedQuery {
    let (id, name, sql, variables, login, kept_by, updated_at) = record;
    SavedQuery {
        id,
        name,
        sql,
        variables: variables_of(&variables),
        login,
        kept_by,
        updated_at: updated_at.0,
    }
}

impl Db {
    /// Queries that are kept, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn saved_queries(&self, limit: i64) -> Result<Vec<SavedQuery>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(SAVED_QUERIES)
            .bind(limit)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(saved).collect())
    }

    /// The query of this number.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn saved_query(&self, id: i64) -> Result<Option<SavedQuery>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(SAVED_QUERY)
            .bind(id)
            .fetch_optional(pool)
            .await?);
        Ok(record.map(saved))
    }

    /// The query of this name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn saved_query_named(&self, name: &str) -> Result<Option<SavedQuery>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(SAVED_QUERY_BY_NAME)
            .bind(name)
            .fetch_optional(pool)
            .await?);
        Ok(record.map(saved))
    }
}

impl WriteTx {
    /// Keeps a query; the result is its number, nothing where the name is taken.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_saved_query(
        &mut self,
        new: &NewSavedQuery<'_>,
        now: Instant,
    ) -> Result<Option<i64>, StoreError> {
        let variables = serde_json::to_string(new.variables)?;
        let id: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(INSERT_SAVED_QUERY)
            .bind(new.name)
            .bind(new.sql)
            .bind(&variables)
            .bind(new.login)
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        Ok(id.map(|(id,)| id))
    }

    /// Changes a query that is kept.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn update_saved_query(
        &mut self,
        id: i64,
        sql: &str,
        variables: &Variables,
        now: Instant,
    ) -> Result<(), StoreError> {
        let variables = serde_json::to_string(variables)?;
        on_tx!(self, |db| {
            sqlx::query(UPDATE_SAVED_QUERY)
                .bind(id)
                .bind(sql)
                .bind(&variables)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Forgets a query that was kept.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_saved_query(&mut self, id: i64) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REMOVE_SAVED_QUERY).bind(id).execute(db).await?;
        });
        Ok(())
    }
}
