//! People whose names and addresses were removed, and the digests by which they stay removed.

use std::collections::BTreeSet;

use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;
use hmac::{Hmac, Mac};
use model::{Id, Instant};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;

use super::IdentitySource;
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::people::*;
use crate::statements::webhooks::{RESEAL_DELIVERY, SEALED_DELIVERIES};
use crate::{At, DELIVERY_PURPOSE, ResealError, StoreError, Vault, VaultError};

/// What the key of the digests is sealed for.
const PURPOSE: &str = "forgotten_keys.sealed";

/// How many deliveries are rewritten at once.
const REWRITTEN_AT_ONCE: i64 = 200;

/// The length of the key in bytes.
const KEY_BYTES: usize = 32;

/// The key under which accounts and addresses are digested. Without it nobody can try whether a
/// digest is somebody's.
pub struct ForgetKey(SecretBox<Vec<u8>>);

impl std::fmt::Debug for ForgetKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ForgetKey")
    }
}

impl ForgetKey {
    /// The digest of an account, by its row, or of an address, in lower case.
    pub fn digest(&self, source: IdentitySource, what: &str) -> String {
        self.digest_of(source.as_str(), what)
    }

    /// The digest of a name, in lower case.
    pub fn digest_of_name(&self, name: &str) -> String {
        self.digest_of("name", name)
    }

    fn digest_of(&self, kind: &str, what: &str) -> String {
        // A key may have any length, so that this never fails; one that did would match nobody.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            return String::new();
        };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(what.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

/// What is removed of somebody.
#[derive(Clone, Debug, Default)]
pub struct Forgettable {
    /// The person.
    pub user: i64,
    /// Their accounts of Bitbucket.
    pub accounts: Vec<Id>,
    /// Their accounts of Jira.
    pub jira: Vec<Id>,
    /// Their addresses as they are stored anywhere, in every spelling.
    pub addresses: BTreeSet<String>,
    /// Their names as they are typed on commits beside which no account stands.
    pub names: BTreeSet<String>,
}

impl Db {
    /// Under which secret key the digests' key is sealed, where anybody was forgotten.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forget_key_name(&self) -> Result<Option<String>, StoreError> {
        let sealed: Option<(i64, String)> = on_pool!(self, |pool| sqlx::query_as(FORGET_KEY)
            .fetch_optional(pool)
            .await?);
        Ok(sealed.and_then(|(_, sealed)| Vault::key_of(&sealed).map(str::to_owned)))
    }
}

impl WriteTx {
    /// The digests of all who were forgotten.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forgotten_digests(&mut self) -> Result<BTreeSet<String>, StoreError> {
        let digests: Vec<(String,)> =
            on_tx!(self, |db| sqlx::query_as(FORGOTTEN).fetch_all(db).await?);
        Ok(digests.into_iter().map(|(digest,)| digest).collect())
    }

    /// The key of the digests; `None` where nobody was forgotten yet.
    ///
    /// # Errors
    /// [`StoreError::ForgetKey`] when it does not open, or whatever the engine says.
    pub async fn forget_key(&mut self, vault: &Vault) -> Result<Option<ForgetKey>, StoreError> {
        let sealed: Option<(i64, String)> = on_tx!(self, |db| sqlx::query_as(FORGET_KEY)
            .fetch_optional(db)
            .await?);
        let opened = sealed.map(|(_, sealed)| vault.open(PURPOSE, &sealed));
        let opened = opened.transpose().map_err(|error| not_opened(&error))?;
        Ok(opened.map(ForgetKey))
    }

    /// The same, made where there is none yet.
    ///
    /// # Errors
    /// As [`WriteTx::forget_key`].
    pub async fn ensure_forget_key(&mut self, vault: &Vault) -> Result<ForgetKey, StoreError> {
        if let Some(key) = self.forget_key(vault).await? {
            return Ok(key);
        }
        let mut key = vec![0; KEY_BYTES];
        OsRng.fill_bytes(&mut key);
        let sealed = vault
            .seal(PURPOSE, &key)
            .map_err(|error| not_opened(&error))?;
        on_tx!(self, |db| {
            sqlx::query(INSERT_FORGET_KEY)
                .bind(sealed)
                .execute(db)
                .await?;
        });
        Ok(ForgetKey(SecretBox::new(Box::new(key))))
    }

    /// Removes names and addresses of somebody from every table but the log of changes and the
    /// deliveries, and keeps the digests. The numbers stay: accounts, pull requests, reviews and
    /// commits are there as before, under the same person, who has no name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn forget_person(
        &mut self,
        person: &Forgettable,
        digests: &BTreeSet<String>,
        now: Instant,
    ) -> Result<(), StoreError> {
        for digest in digests {
            on_tx!(self, |db| {
                sqlx::query(INSERT_FORGOTTEN)
                    .bind(digest)
                    .bind(person.user)
                    .bind(At(now))
                    .execute(db)
                    .await?;
            });
        }
        for (statement, ids) in [
            (FORGET_ACCOUNTS, &person.accounts),
            (FORGET_COMMITS_OF_ACCOUNTS, &person.accounts),
            (FORGET_LOOKUPS_OF_ACCOUNTS, &person.accounts),
            (FORGET_JIRA_ACCOUNTS, &person.jira),
        ] {
            if ids.is_empty() {
                continue;
            }
            let (sql, ids) = (self.engine().sql(statement), serde_json::to_string(ids)?);
            on_tx!(self, |db| {
                sqlx::query(sql).bind(ids).execute(db).await?;
            });
        }
        for address in &person.addresses {
            for statement in [
                FORGET_COMMITS_OF_ADDRESS,
                FORGET_LOOKUPS_OF_ADDRESS,
                FORGET_IDENTITY_OF_ADDRESS,
                FORGET_DECISIONS_OF_ADDRESS,
                FORGET_JIRA_ADDRESS,
            ] {
                on_tx!(self, |db| {
                    sqlx::query(statement).bind(address).execute(db).await?;
                });
            }
        }
        for name in &person.names {
            on_tx!(self, |db| {
                sqlx::query(FORGET_NAME_ON_COMMITS)
                    .bind(name)
                    .execute(db)
                    .await?;
            });
        }
        on_tx!(self, |db| {
            sqlx::query(FORGET_PERSON)
                .bind(person.user)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Rewrites the log of changes: each text as `rewrite` says, where it says anything.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn rewrite_audit(
        &mut self,
        rewrite: impl Fn(&str) -> Option<String>,
    ) -> Result<u64, StoreError> {
        let entries: Vec<(i64, String, String, Option<String>)> =
            on_tx!(self, |db| sqlx::query_as(AUDIT_TEXTS).fetch_all(db).await?);
        let mut rewritten = 0;
        for (id, actor, subject, detail) in entries {
            let anew = [
                rewrite(&actor),
                rewrite(&subject),
                detail.as_deref().and_then(&rewrite),
            ];
            if anew.iter().all(Option::is_none) {
                continue;
            }
            let [new_actor, new_subject, new_detail] = anew;
            on_tx!(self, |db| {
                sqlx::query(REWRITE_AUDIT)
                    .bind(id)
                    .bind(new_actor.unwrap_or(actor))
                    .bind(new_subject.unwrap_or(subject))
                    .bind(new_detail.or(detail))
                    .execute(db)
                    .await?;
            });
            rewritten += 1;
        }
        Ok(rewritten)
    }

    /// Seals the key of the digests anew; the result is how many there were.
    pub(crate) async fn reseal_forget_key(
        &mut self,
        old: &Vault,
        new: &Vault,
    ) -> Result<usize, ResealError> {
        let sealed: Option<(i64, String)> = on_tx!(self, |db| sqlx::query_as(FORGET_KEY)
            .fetch_optional(db)
            .await
            .map_err(StoreError::from)?);
        let Some((id, sealed)) = sealed else {
            return Ok(0);
        };
        let opened = old.open(PURPOSE, &sealed)?;
        let sealed = new.seal(PURPOSE, opened.expose_secret())?;
        on_tx!(self, |db| {
            sqlx::query(RESEAL_FORGET_KEY)
                .bind(id)
                .bind(sealed)
                .execute(db)
                .await
                .map_err(StoreError::from)?;
        });
        Ok(1)
    }
}

fn not_opened(error: &VaultError) -> StoreError {
    StoreError::ForgetKey(error.to_string())
}

impl WriteTx {
    /// Rewrites the bodies of kept deliveries: each as `rewrite` says, where it says anything.
    ///
    /// # Errors
    /// [`StoreError::ForgetKey`] when one does not open, or whatever the engine says.
    pub async fn rewrite_deliveries(
        &mut self,
        vault: &Vault,
        rewrite: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<u64, StoreError> {
        let mut rewritten = 0;
        let mut last = 0;
        loop {
            let bodies: Vec<(i64, String)> = on_tx!(self, |db| sqlx::query_as(SEALED_DELIVERIES)
                .bind(last)
                .bind(REWRITTEN_AT_ONCE)
                .fetch_all(db)
                .await?);
            let Some((newest, _)) = bodies.last() else {
                return Ok(rewritten);
            };
            last = *newest;
            for (id, sealed) in bodies {
                let opened = vault
                    .open(DELIVERY_PURPOSE, &sealed)
                    .map_err(|error| not_opened(&error))?;
                let Some(body) = rewrite(opened.expose_secret()) else {
                    continue;
                };
                let sealed = vault
                    .seal(DELIVERY_PURPOSE, &body)
                    .map_err(|error| not_opened(&error))?;
                on_tx!(self, |db| {
                    sqlx::query(RESEAL_DELIVERY)
                        .bind(id)
                        .bind(sealed)
                        .execute(db)
                        .await?;
                });
                rewritten += 1;
            }
        }
    }
}
