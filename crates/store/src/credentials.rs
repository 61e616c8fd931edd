//! Credentials: who asks. What is secret in them is sealed by a [`Vault`].

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::vault::VaultError;
use crate::{At, StoreError, Vault};

/// What a credential's secret is sealed for.
pub const CREDENTIAL_PURPOSE: &str = "credentials.sealed";

/// How a credential signs its requests, in the words that people know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// The access token of a workspace, project or repository, sent as `Bearer`.
    ApiToken,
    /// An Atlassian account's e-mail address with an API token, sent as `Basic`.
    BasicAuth,
}

impl AuthMethod {
    /// The word in `credentials.method`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiToken => "api_token",
            Self::BasicAuth => "basic_auth",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::ApiToken, Self::BasicAuth]
            .into_iter()
            .find(|method| method.as_str() == text)
    }
}

/// How a credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialState {
    /// It works, as far as is known.
    Ok,
    /// Its expiry date has passed.
    Expired,
    /// It was answered with 401: it is not used until it is replaced.
    Refused,
    /// It may not do everything that is asked of it.
    LacksScopes,
    /// Its allowance is used up until an instant.
    Resting,
}

impl CredentialState {
    /// The word in `credentials.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::LacksScopes => "lacks_scopes",
            Self::Resting => "resting",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Ok,
            Self::Expired,
            Self::Refused,
            Self::LacksScopes,
            Self::Resting,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// A credential that is to be stored.
#[derive(Clone, Debug)]
pub struct NewCredential<'a> {
    /// What people call it.
    pub label: &'a str,
    /// How it signs.
    pub method: AuthMethod,
    /// The secret, sealed for [`CREDENTIAL_PURPOSE`].
    pub sealed: &'a str,
    /// What its requests count against.
    pub allowance: &'a str,
    /// Requests an hour; `None` for the usual number.
    pub hourly_limit: Option<i64>,
    /// When it ends, as its owner says.
    pub expires_at: Option<Instant>,
}

/// A credential as it is stored.
#[derive(Clone, Debug)]
pub struct StoredCredential {
    /// Its number.
    pub id: i64,
    /// Whose it is (`connections.id`).
    pub connection_id: i64,
    /// What people call it.
    pub label: String,
    /// How it signs.
    pub method: AuthMethod,
    /// The secret, sealed for [`CREDENTIAL_PURPOSE`].
    pub sealed: String,
    /// What its requests count against.
    pub allowance: String,
    /// Requests an hour; `None` for the usual number.
    pub hourly_limit: Option<i64>,
    /// When it ends, as its owner says.
    pub expires_at: Option<Instant>,
    /// How it stands.
    pub state: CredentialState,
    /// What is wrong, in words.
    pub problem: Option<String>,
    /// Until when it rests.
    pub resting_until: Option<Instant>,
    /// The scopes that Bitbucket said it has.
    pub scopes: Vec<String>,
    /// When it was last verified with success.
    pub verified_at: Option<Instant>,
    /// When it was added.
    pub created_at: Instant,
    /// When its secret, limit or expiry was last changed.
    pub updated_at: Instant,
}

/// What was seen of a credential while it was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSeen {
    /// How it stands.
    pub state: CredentialState,
    /// What is wrong, in words.
    pub problem: Option<String>,
    /// Until when it rests.
    pub resting_until: Option<Instant>,
    /// The scopes that Bitbucket said it has; nothing where it did not say.
    pub scopes: Option<Vec<String>>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    connection_id: i64,
    label: String,
    method: String,
    sealed: String,
    allowance: String,
    hourly_limit: Option<i64>,
    expires_at: Option<At>,
    state: String,
    problem: Option<String>,
    resting_until: Option<At>,
    scopes: Option<String>,
    verified_at: Option<At>,
    created_at: At,
    updated_at: At,
}

impl TryFrom<Record> for StoredCredential {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "credentials",
            column,
            id: record.id,
        };
        Ok(Self {
            id: record.id,
            connection_id: record.connection_id,
            method: AuthMethod::parse(&record.method).ok_or_else(|| inconsistent("method"))?,
            state: CredentialState::parse(&record.state).ok_or_else(|| inconsistent("state"))?,
            scopes: record
                .scopes
                .as_deref()
                .map(|text| text.split(' ').map(str::to_owned).collect())
                .unwrap_or_default(),
            label: record.label,
            sealed: record.sealed,
            allowance: record.allowance,
            hourly_limit: record.hourly_limit,
            expires_at: record.expires_at.map(Instant::from),
            problem: record.problem,
            resting_until: record.resting_until.map(Instant::from),
            verified_at: record.verified_at.map(Instant::from),
            created_at: record.created_at.0,
            updated_at: record.updated_at.0,
        })
    }
}

impl Db {
    /// The credentials of a connection, in the order in which they were added.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn credentials(&self, connection: i64) -> Result<Vec<StoredCredential>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(CREDENTIALS)
            .bind(connection)
            .fetch_all(pool)
            .await?);
        records
            .into_iter()
            .map(StoredCredential::try_from)
            .collect()
    }

    /// Seals every secret anew: with `new` what `old` opens. All of them or none; the result is
    /// how many there were.
    ///
    /// # Errors
    /// One that `old` cannot open, or whatever the engine says.
    pub async fn reseal(&self, old: &Vault, new: &Vault) -> Result<usize, ResealError> {
        let mut tx = self.write().await?;
        let sealed = tx.reseal(old, new).await?;
        tx.commit().await?;
        Ok(sealed)
    }
}

/// Why secrets were not sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// A secret does not open.
    #[error("a stored secret cannot be opened, and nothing was changed: {0}")]
    Vault(#[from] VaultError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteTx {
    /// As [`Db::reseal`], within a transaction, which is to be dropped after an error.
    ///
    /// # Errors
    /// One that `old` cannot open, or whatever the engine says.
    pub async fn reseal(&mut self, old: &Vault, new: &Vault) -> Result<usize, ResealError> {
        let sealed: Vec<(i64, String)> = on_tx!(self, |db| sqlx::query_as(SEALED_CREDENTIALS)
            .fetch_all(db)
            .await
            .map_err(StoreError::from)?);
        for (id, text) in &sealed {
            use secrecy::ExposeSecret;
            let secret = old.open(CREDENTIAL_PURPOSE, text)?;
            let text = new.seal(CREDENTIAL_PURPOSE, secret.expose_secret())?;
            on_tx!(self, |db| {
                sqlx::query(RESEAL_CREDENTIAL)
                    .bind(id)
                    .bind(text)
                    .execute(db)
                    .await
                    .map_err(StoreError::from)?;
            });
        }
        let webhooks = self.reseal_webhooks(old, new).await?;
        Ok(sealed.len() + webhooks + self.reseal_forget_key(old, new).await?)
    }

    /// Adds a credential; the result is its number, or nothing where the label is taken.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_credential(
        &mut self,
        connection: i64,
        credential: &NewCredential<'_>,
        now: Instant,
    ) -> Result<Option<i64>, StoreError> {
        let made: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(INSERT_CREDENTIAL)
            .bind(connection)
            .bind(credential.label)
            .bind(credential.method.as_str())
            .bind(credential.sealed)
            .bind(credential.allowance)
            .bind(credential.hourly_limit)
            .bind(credential.expires_at.map(At))
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        Ok(made.map(|(id,)| id))
    }

    /// Puts another secret in a credential's place. Its label may change with it; what was seen of
    /// the old one is forgotten. False where another has that label.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn replace_credential(
        &mut self,
        id: i64,
        credential: &NewCredential<'_>,
        now: Instant,
    ) -> Result<bool, StoreError> {
        let changed = on_tx!(self, |db| sqlx::query(REPLACE_CREDENTIAL)
            .bind(id)
            .bind(credential.label)
            .bind(credential.method.as_str())
            .bind(credential.sealed)
            .bind(credential.allowance)
            .bind(credential.hourly_limit)
            .bind(credential.expires_at.map(At))
            .bind(At(now))
            .execute(db)
            .await?
            .rows_affected());
        Ok(changed == 1)
    }

    /// Gives a credential another name. False where another has that name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn rename_credential(&mut self, id: i64, label: &str) -> Result<bool, StoreError> {
        let changed = on_tx!(self, |db| sqlx::query(RENAME_CREDENTIAL)
            .bind(id)
            .bind(label)
            .execute(db)
            .await?
            .rows_affected());
        Ok(changed == 1)
    }

    /// Takes a credential away, and what its listings saw.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_credential(&mut self, id: i64) -> Result<(), StoreError> {
        for statement in [
            REMOVE_SIGHTINGS_OF_CREDENTIAL,
            REMOVE_STREAMS_OF_CREDENTIAL,
            REMOVE_CREDENTIAL,
        ] {
            on_tx!(self, |db| {
                sqlx::query(statement).bind(id).execute(db).await?;
            });
        }
        Ok(())
    }

    /// What was seen of a credential while it was used.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn note_credential(
        &mut self,
        id: i64,
        seen: &CredentialSeen,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(NOTE_CREDENTIAL)
                .bind(id)
                .bind(seen.state.as_str())
                .bind(&seen.problem)
                .bind(seen.resting_until.map(At))
                .bind(seen.scopes.as_ref().map(|scopes| scopes.join(" ")))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A credential was verified with success.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_credential_verified(
        &mut self,
        id: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_CREDENTIAL_VERIFIED)
                .bind(id)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
