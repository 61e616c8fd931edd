//! The secrets of a connection's webhook.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bitbucket::hooks::LONGEST_SECRET;
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use store::{AuditEntry, Connection, Vault, WEBHOOK_SECRET_PURPOSE, WebhookSecret};

use crate::failure::{Exit, Failure};
use crate::secret_key;
use crate::session::Session;

/// A secret that is stored.
pub(super) struct Held {
    pub(super) id: i64,
    pub(super) text: SecretString,
    /// Whether it was made just now.
    pub(super) is_new: bool,
}

/// The vault that secrets are sealed in.
pub(super) async fn vault(session: &Session) -> anyhow::Result<Vault> {
    Ok(secret_key::find_or_make(&session.config, &session.db)
        .await?
        .vault)
}

/// The newest secret that is valid, if there is one.
pub(super) async fn newest(
    session: &Session,
    vault: &Vault,
    connection: &Connection,
) -> anyhow::Result<Option<Held>> {
    let all = session.db.webhook_secrets(connection.id).await?;
    let Some(secret) = all.into_iter().rfind(|secret| secret.retired_at.is_none()) else {
        return Ok(None);
    };
    let text = opened(vault, &secret, connection)?;
    Ok(Some(Held {
        id: secret.id,
        text,
        is_new: false,
    }))
}

/// The newest secret that is valid, made where there is none.
pub(super) async fn newest_or_made(
    session: &Session,
    vault: &Vault,
    connection: &Connection,
) -> anyhow::Result<Held> {
    match newest(session, vault, connection).await? {
        Some(held) => Ok(held),
        None => add(session, vault, connection, made()?, "webhook.secret").await,
    }
}

/// Stores one more secret, and notes in the log that this was done.
pub(super) async fn add(
    session: &Session,
    vault: &Vault,
    connection: &Connection,
    text: SecretString,
    action: &str,
) -> anyhow::Result<Held> {
    let sealed = vault
        .seal(WEBHOOK_SECRET_PURPOSE, text.expose_secret().as_bytes())
        .map_err(|error| Failure::configuration(format!("the secret cannot be sealed: {error}")))?;
    let entry: AuditEntry = session.entry(action, format!("connection {}", connection.name), None);
    let mut tx = session.db.write().await?;
    let id = tx
        .add_webhook_secret(connection.id, &sealed, entry.occurred_at)
        .await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(Held {
        id,
        text,
        is_new: true,
    })
}

/// A secret that nobody knows: 32 bytes of chance.
pub(super) fn made() -> anyhow::Result<SecretString> {
    let mut bytes = [0; 32];
    SysRng
        .try_fill_bytes(&mut bytes)
        .context("the system gives no random numbers")?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Takes a secret from outside, if Bitbucket would take it too.
pub(super) fn given(text: &str) -> Result<SecretString, Failure> {
    let text = text.trim_end_matches(['\r', '\n']);
    let flaw = if text.trim().is_empty() {
        "there is none in standard input: write it there, alone"
    } else if text.chars().count() > LONGEST_SECRET {
        "Bitbucket takes at most 128 characters"
    } else if text.chars().any(char::is_control) {
        "it must be one line"
    } else {
        return Ok(SecretString::from(text.to_owned()));
    };
    Err(Failure::new(
        Exit::Usage,
        format!("the secret is not taken: {flaw}"),
    ))
}

fn opened(
    vault: &Vault,
    secret: &WebhookSecret,
    connection: &Connection,
) -> Result<SecretString, Failure> {
    let failed = |why: &str| {
        Failure::configuration(format!(
            "the webhook secret of `{}` cannot be opened: {why}",
            connection.name
        ))
    };
    let bytes = vault
        .open(WEBHOOK_SECRET_PURPOSE, &secret.sealed)
        .map_err(|error| failed(&error.to_string()))?;
    let text = std::str::from_utf8(bytes.expose_secret()).map_err(|_| failed("it is no text"))?;
    Ok(SecretString::from(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_one_that_bitbucket_takes_and_no_other() {
        let (one, other) = (made().unwrap(), made().unwrap());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert!(given(one.expose_secret()).is_ok());
        assert_eq!(given("a b\r\n").unwrap().expose_secret(), "a b");
        for wrong in ["", "\n", "a\nb", &"x".repeat(129)] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }
}
