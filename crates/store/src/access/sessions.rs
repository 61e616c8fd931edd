//! Sessions of people who have signed in.

use model::Instant;

use super::logins::{Login, login};
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::access::*;
use crate::{At, StoreError};

/// A session that lives.
#[derive(Clone, Debug)]
pub struct LoginSession {
    /// Whose it is.
    pub login: Login,
    /// When it was last noted that it is used.
    pub seen_at: Instant,
}

/// How long sessions live.
#[derive(Clone, Copy, Debug)]
pub struct SessionTimes {
    /// Unused, in seconds.
    pub idle_seconds: i64,
    /// In all, in seconds.
    pub longest_seconds: i64,
}

impl Default for SessionTimes {
    fn default() -> Self {
        Self {
            idle_seconds: 7 * 86_400,
            longest_seconds: 30 * 86_400,
        }
    }
}

impl Db {
    /// The session with this digest, while it lives.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn session(
        &self,
        digest: &str,
        now: Instant,
        times: SessionTimes,
    ) -> Result<Option<LoginSession>, StoreError> {
        type Record = (i64, String, String, bool, At, Option<At>, At);
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(SESSION)
            .bind(digest)
            .bind(At(now))
            .bind(At(now.plus_seconds(-times.idle_seconds)))
            .fetch_optional(pool)
            .await?);
        let of = |(id, name, role, has_password, created_at, signed_in_at, seen_at): Record| {
            Ok(LoginSession {
                login: login((id, name, role, has_password, created_at, signed_in_at))?,
                seen_at: seen_at.0,
            })
        };
        record.map(of).transpose()
    }

    /// How many sessions a login has.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_sessions(&self, login: i64) -> Result<i64, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(COUNT_SESSIONS)
            .bind(login)
            .fetch_one(pool)
            .await?);
        Ok(count)
    }
}

impl WriteTx {
    /// Begins a session, and forgets those that have ended by themselves.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn begin_session(
        &mut self,
        digest: &str,
        login: i64,
        now: Instant,
        times: SessionTimes,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(FORGET_SESSIONS)
                .bind(At(now))
                .bind(At(now.plus_seconds(-times.idle_seconds)))
                .execute(&mut *db)
                .await?;
            sqlx::query(INSERT_SESSION)
                .bind(digest)
                .bind(login)
                .bind(At(now))
                .bind(At(now.plus_seconds(times.longest_seconds)))
                .execute(&mut *db)
                .await?;
            sqlx::query(NOTE_SIGN_IN)
                .bind(login)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Notes that a session is used.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn see_session(&mut self, digest: &str, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SEE_SESSION)
                .bind(digest)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn end_session(&mut self, digest: &str) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REMOVE_SESSION).bind(digest).execute(db).await?;
        });
        Ok(())
    }
}
