//! Tokens by which programs ask.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::access::*;
use crate::{At, StoreError};

/// A token of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The name of the login that made it, while that is there.
    pub made_by: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub expires_at: Option<Instant>,
    /// When it was last noted that it is used.
    pub used_at: Option<Instant>,
    /// Since when it is valid no longer.
    pub revoked_at: Option<Instant>,
}

/// A token that is to be kept.
#[derive(Clone, Debug)]
pub struct NewApiToken<'a> {
    /// What people call it.
    pub name: &'a str,
    /// The digest of the token.
    pub digest: &'a str,
    /// What it may do.
    pub scopes: &'a [&'a str],
    /// Who makes it (`logins.id`).
    pub login: i64,
    /// When it ends.
    pub expires_at: Option<Instant>,
}

type Record = (
    i64,
    String,
    String,
    Option<String>,
    At,
    Option<At>,
    Option<At>,
    Option<At>,
);

fn token(record: Record) -> ApiToken {
    let (id, name, scopes, made_by, created_at, expires_at, used_at, revoked_at) = record;
    ApiToken {
        id,
        name,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        made_by,
        created_at: created_at.0,
        expires_at: expires_at.map(Instant::from),
        used_at: used_at.map(Instant::from),
        revoked_at: revoked_at.map(Instant::from),
    }
}

impl Db {
    /// All tokens, the newest first, those that are not valid any more included.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn api_tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(API_TOKENS)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(token).collect())
    }

    /// The token with this digest, while it is valid and its login is there.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn api_token(
        &self,
        digest: &str,
        now: Instant,
    ) -> Result<Option<ApiToken>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(API_TOKEN)
            .bind(digest)
            .bind(At(now))
            .fetch_optional(pool)
            .await?);
        Ok(record.map(token))
    }
}

impl WriteTx {
    /// Keeps a token; the result is its number.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_api_token(
        &mut self,
        new: &NewApiToken<'_>,
        now: Instant,
    ) -> Result<i64, StoreError> {
        let (id,): (i64,) = on_tx!(self, |db| sqlx::query_as(INSERT_API_TOKEN)
            .bind(new.name)
            .bind(new.digest)
            .bind(new.scopes.join(" "))
            .bind(new.login)
            .bind(At(now))
            .bind(new.expires_at.map(At))
            .fetch_one(db)
            .await?);
        Ok(id)
    }

    /// Notes that a token is used.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn see_api_token(&mut self, id: i64, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SEE_API_TOKEN)
                .bind(id)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A token is valid no longer. False where it was not.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn revoke_api_token(&mut self, id: i64, now: Instant) -> Result<bool, StoreError> {
        let revoked = on_tx!(self, |db| {
            sqlx::query(REVOKE_API_TOKEN)
                .bind(id)
                .bind(At(now))
                .execute(db)
                .await?
                .rows_affected()
        });
        Ok(revoked == 1)
    }
}
