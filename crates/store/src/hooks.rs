//! Webhooks that were registered, and the secrets that sign what they send.

use model::Instant;
use secrecy::ExposeSecret;

use crate::credentials::ResealError;
use crate::deliveries::DELIVERY_PURPOSE;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::webhooks::*;
use crate::{At, SigningSecret, StoreError, Vault};

/// What the secret of a webhook is sealed for.
pub const WEBHOOK_SECRET_PURPOSE: &str = "webhook_secrets.sealed";

/// How many bodies are sealed anew before more are read.
const RESEALED_AT_ONCE: i64 = 200;

/// A secret that deliveries are signed with, sealed for [`WEBHOOK_SECRET_PURPOSE`].
#[derive(Clone, Debug)]
pub struct WebhookSecret {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub connection_id: i64,
    /// What is secret, sealed.
    pub sealed: String,
    /// When it was made.
    pub created_at: Instant,
    /// When the first delivery came that was signed with it.
    pub seen_at: Option<Instant>,
    /// Since when it is not valid any more.
    pub retired_at: Option<Instant>,
}

/// A valid secret with what the deliveries that it signs have to name.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct WorkspaceSecret {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub connection_id: i64,
    /// What is secret, sealed for [`WEBHOOK_SECRET_PURPOSE`].
    pub sealed: String,
    /// The connection's name.
    #[sqlx(rename = "name")]
    pub connection: String,
    /// The workspace's name in addresses.
    pub workspace: String,
    /// The workspace's UUID, once it was imported.
    #[sqlx(rename = "source_id")]
    pub workspace_uuid: Option<String>,
}

/// A webhook that was registered in Bitbucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookHook {
    /// Whose it is.
    pub connection_id: i64,
    /// Bitbucket's UUID of it.
    pub uuid: String,
    /// Where it sends to.
    pub url: String,
    /// Since when it is there.
    pub registered_at: Instant,
    /// When a delivery was last seen to come through it.
    pub verified_at: Option<Instant>,
}

#[derive(sqlx::FromRow)]
struct SecretRecord {
    id: i64,
    connection_id: i64,
    sealed: String,
    created_at: At,
    seen_at: Option<At>,
    retired_at: Option<At>,
}

impl Db {
    /// The secrets of a connection, the oldest first, those that are not valid any more included.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn webhook_secrets(&self, connection: i64) -> Result<Vec<WebhookSecret>, StoreError> {
        let records: Vec<SecretRecord> = on_pool!(self, |pool| sqlx::query_as(WEBHOOK_SECRETS)
            .bind(connection)
            .fetch_all(pool)
            .await?);
        Ok(records
            .into_iter()
            .map(|record| WebhookSecret {
                id: record.id,
                connection_id: record.connection_id,
                sealed: record.sealed,
                created_at: record.created_at.0,
                seen_at: record.seen_at.map(Instant::from),
                retired_at: record.retired_at.map(Instant::from),
            })
            .collect())
    }

    /// Every secret that is valid, of all connections.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn all_webhook_secrets(&self) -> Result<Vec<WorkspaceSecret>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(ALL_WEBHOOK_SECRETS)
            .fetch_all(pool)
            .await?))
    }

    /// The webhook of a connection.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn webhook_hook(&self, connection: i64) -> Result<Option<WebhookHook>, StoreError> {
        let record: Option<(i64, String, String, At, Option<At>)> =
            on_pool!(self, |pool| sqlx::query_as(WEBHOOK_HOOK)
                .bind(connection)
                .fetch_optional(pool)
                .await?);
        Ok(record.map(
            |(connection_id, uuid, url, registered_at, verified_at)| WebhookHook {
                connection_id,
                uuid,
                url,
                registered_at: registered_at.0,
                verified_at: verified_at.map(Instant::from),
            },
        ))
    }
}

impl WriteTx {
    /// Adds a secret, sealed for [`WEBHOOK_SECRET_PURPOSE`]; those that are there stay valid. The
    /// result is its number.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_webhook_secret(
        &mut self,
        connection: i64,
        sealed: &str,
        now: Instant,
    ) -> Result<i64, StoreError> {
        let (id,): (i64,) = on_tx!(self, |db| sqlx::query_as(INSERT_WEBHOOK_SECRET)
            .bind(connection)
            .bind(sealed)
            .bind(At(now))
            .fetch_one(db)
            .await?);
        Ok(id)
    }

    /// A secret is not valid any more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn retire_webhook_secret(&mut self, id: i64, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(RETIRE_WEBHOOK_SECRET)
                .bind(id)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A delivery was signed with this secret; only the first time is kept. False where the secret
    /// is not there any more, or is sealed otherwise. Until the end of the transaction nobody can
    /// change that.
    pub(crate) async fn use_webhook_secret(
        &mut self,
        secret: &SigningSecret,
        at: Instant,
    ) -> Result<bool, StoreError> {
        let used = on_tx!(self, |db| sqlx::query(USE_WEBHOOK_SECRET)
            .bind(secret.id)
            .bind(&*secret.sealed)
            .bind(At(at))
            .execute(db)
            .await?
            .rows_affected());
        Ok(used == 1)
    }

    /// What is known of a connection's webhook from now on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_webhook_hook(&mut self, hook: &WebhookHook) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_WEBHOOK_HOOK)
                .bind(hook.connection_id)
                .bind(&hook.uuid)
                .bind(&hook.url)
                .bind(At(hook.registered_at))
                .bind(hook.verified_at.map(At))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// A connection has no webhook any more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_webhook_hook(&mut self, connection: i64) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REMOVE_WEBHOOK_HOOK)
                .bind(connection)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Seals secrets of webhooks and kept bodies anew; the result is how many there were.
    pub(crate) async fn reseal_webhooks(
        &mut self,
        old: &Vault,
        new: &Vault,
    ) -> Result<usize, ResealError> {
        let secrets: Vec<(i64, String)> = on_tx!(self, |db| sqlx::query_as(SEALED_WEBHOOK_SECRETS)
            .fetch_all(db)
            .await
            .map_err(StoreError::from)?);
        let mut count = secrets.len();
        for (id, sealed) in secrets {
            let text = sealed_anew(old, new, WEBHOOK_SECRET_PURPOSE, &sealed)?;
            self.set_sealed(RESEAL_WEBHOOK_SECRET, id, &text).await?;
        }
        let mut last = 0;
        loop {
            let bodies: Vec<(i64, String)> = on_tx!(self, |db| sqlx::query_as(SEALED_DELIVERIES)
                .bind(last)
                .bind(RESEALED_AT_ONCE)
                .fetch_all(db)
                .await
                .map_err(StoreError::from)?);
            let Some((newest, _)) = bodies.last() else {
                return Ok(count);
            };
            last = *newest;
            count += bodies.len();
            for (id, sealed) in bodies {
                let text = sealed_anew(old, new, DELIVERY_PURPOSE, &sealed)?;
                self.set_sealed(RESEAL_DELIVERY, id, &text).await?;
            }
        }
    }

    async fn set_sealed(
        &mut self,
        statement: &'static str,
        id: i64,
        text: &str,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(statement)
                .bind(id)
                .bind(text)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}

fn sealed_anew(
    old: &Vault,
    new: &Vault,
    purpose: &str,
    sealed: &str,
) -> Result<String, ResealError> {
    let opened = old.open(purpose, sealed)?;
    Ok(new.seal(purpose, opened.expose_secret())?)
}
