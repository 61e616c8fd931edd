//! Logins, and the links by which their passwords are chosen.

use model::{Id, Instant};

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::access::*;
use crate::{At, StoreError};

/// Two who take away the rights of two last administrators wait for each other.
const ADMINISTRATORS: Id = Id(7_310_593);

/// What a login may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Looking at everything but settings.
    Viewer,
}

impl Role {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Viewer];

    /// The word in `logins.role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Viewer => "viewer",
        }
    }

    /// The role that a word stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who may use the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Its number.
    pub id: i64,
    /// Its name, in small letters.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether a password was chosen.
    pub has_password: bool,
    /// When it was made.
    pub created_at: Instant,
    /// When somebody last signed in with it.
    pub signed_in_at: Option<Instant>,
}

/// A login as the engines return it.
pub(super) type Record = (i64, String, String, bool, At, Option<At>);

pub(super) fn login(record: Record) -> Result<Login, StoreError> {
    let (id, name, role, has_password, created_at, signed_in_at) = record;
    Ok(Login {
        id,
        name,
        role: Role::parse(&role).ok_or(StoreError::Inconsistent {
            table: "logins",
            column: "role",
            id,
        })?,
        has_password,
        created_at: created_at.0,
        signed_in_at: signed_in_at.map(Instant::from),
    })
}

impl Db {
    /// All logins, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn logins(&self) -> Result<Vec<Login>, StoreError> {
        let records: Vec<Record> =
            on_pool!(self, |pool| sqlx::query_as(LOGINS).fetch_all(pool).await?);
        records.into_iter().map(login).collect()
    }

    /// The login of this name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn login(&self, name: &str) -> Result<Option<Login>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(LOGIN_BY_NAME)
            .bind(name)
            .fetch_optional(pool)
            .await?);
        record.map(login).transpose()
    }

    /// The login of this number.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn login_by_id(&self, id: i64) -> Result<Option<Login>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(LOGIN_BY_ID)
            .bind(id)
            .fetch_optional(pool)
            .await?);
        record.map(login).transpose()
    }

    /// The hash of a login's password; nothing where none was chosen yet.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn login_password(&self, id: i64) -> Result<Option<String>, StoreError> {
        let record: Option<(Option<String>,)> =
            on_pool!(self, |pool| sqlx::query_as(LOGIN_PASSWORD)
                .bind(id)
                .fetch_optional(pool)
                .await?);
        Ok(record.and_then(|(password,)| password))
    }

    /// Whose link it is while it works: nothing where it does not, `Some(None)` where it is for the
    /// first administrator.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn login_link(
        &self,
        digest: &str,
        now: Instant,
    ) -> Result<Option<Option<i64>>, StoreError> {
        let record: Option<(Option<i64>,)> = on_pool!(self, |pool| sqlx::query_as(LOGIN_LINK)
            .bind(digest)
            .bind(At(now))
            .fetch_optional(pool)
            .await?);
        Ok(record.map(|(login,)| login))
    }
}

impl WriteTx {
    /// Makes a login that has no password yet; nothing where the name is taken.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_login(
        &mut self,
        name: &str,
        role: Role,
        now: Instant,
    ) -> Result<Option<i64>, StoreError> {
        let id: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(INSERT_LOGIN)
            .bind(name)
            .bind(role.as_str())
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        Ok(id.map(|(id,)| id))
    }

    /// Gives a login another role. False where no administrator would be left: nothing is changed
    /// then.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_login_role(&mut self, id: i64, role: Role) -> Result<bool, StoreError> {
        if role != Role::Administrator && !self.leaves_an_administrator(id).await? {
            return Ok(false);
        }
        on_tx!(self, |db| {
            sqlx::query(SET_LOGIN_ROLE)
                .bind(id)
                .bind(role.as_str())
                .execute(db)
                .await?;
        });
        Ok(true)
    }

    /// Sets a password's hash. Every session of the login ends, and its links work no more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_login_password(
        &mut self,
        id: i64,
        hash: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_LOGIN_PASSWORD)
                .bind(id)
                .bind(hash)
                .bind(At(now))
                .execute(&mut *db)
                .await?;
            for statement in [REMOVE_SESSIONS_OF_LOGIN, REMOVE_LINKS_OF_LOGIN] {
                sqlx::query(statement).bind(id).execute(&mut *db).await?;
            }
        });
        Ok(())
    }

    /// Takes a login away with its sessions and links, and revokes its tokens. False where no
    /// administrator would be left: nothing is changed then.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_login(&mut self, id: i64, now: Instant) -> Result<bool, StoreError> {
        if !self.leaves_an_administrator(id).await? {
            return Ok(false);
        }
        on_tx!(self, |db| {
            sqlx::query(REVOKE_TOKENS_OF_LOGIN)
                .bind(id)
                .bind(At(now))
                .execute(&mut *db)
                .await?;
            for statement in [
                REMOVE_SESSIONS_OF_LOGIN,
                REMOVE_LINKS_OF_LOGIN,
                REMOVE_LOGIN,
            ] {
                sqlx::query(statement).bind(id).execute(&mut *db).await?;
            }
        });
        Ok(true)
    }

    /// Whether somebody else could still administer.
    async fn leaves_an_administrator(&mut self, id: i64) -> Result<bool, StoreError> {
        self.lock(ADMINISTRATORS).await?;
        let (others,): (i64,) = on_tx!(self, |db| sqlx::query_as(OTHER_ADMINISTRATORS)
            .bind(id)
            .fetch_one(db)
            .await?);
        Ok(others > 0)
    }

    /// Makes a link that works once, for a login or, with none, for the first administrator. Older
    /// ones of the same work no more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_login_link(
        &mut self,
        digest: &str,
        login: Option<i64>,
        now: Instant,
        expires_at: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            let older = match login {
                Some(login) => sqlx::query(REMOVE_LINKS_OF_LOGIN).bind(login),
                None => sqlx::query(REMOVE_FIRST_LINKS),
            };
            older.execute(&mut *db).await?;
            sqlx::query(INSERT_LOGIN_LINK)
                .bind(digest)
                .bind(login)
                .bind(At(now))
                .bind(At(expires_at))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Uses a link up: whose it is, as [`Db::login_link`] says it. Of two who come at once one gets it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn take_login_link(
        &mut self,
        digest: &str,
        now: Instant,
    ) -> Result<Option<Option<i64>>, StoreError> {
        let record: Option<(Option<i64>,)> = on_tx!(self, |db| sqlx::query_as(TAKE_LOGIN_LINK)
            .bind(digest)
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        Ok(record.map(|(login,)| login))
    }
}
