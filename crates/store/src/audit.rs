//! The log of what people changed.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub occurred_at: Instant,
    /// Who: `command line (name of the system's user)` for example.
    pub actor: String,
    /// What was done: `credential.add` for example.
    pub action: String,
    /// To what: `connection acme` for example.
    pub subject: String,
    /// What else there is to say; never a secret.
    pub detail: Option<String>,
}

impl Db {
    /// The newest entries, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn audit_log(&self, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let records: Vec<(At, String, String, String, Option<String>)> =
            on_pool!(self, |pool| sqlx::query_as(AUDIT_LOG)
                .bind(limit)
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(|(occurred_at, actor, action, subject, detail)| AuditEntry {
                occurred_at: occurred_at.0,
                actor,
                action,
                subject,
                detail,
            })
            .collect())
    }
}

impl WriteTx {
    /// Notes a change, in the transaction that makes it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(INSERT_AUDIT)
                .bind(At(entry.occurred_at))
                .bind(&entry.actor)
                .bind(&entry.action)
                .bind(&entry.subject)
                .bind(&entry.detail)
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
