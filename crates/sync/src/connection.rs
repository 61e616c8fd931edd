//! A stored connection as an import needs it: who asks, and what is to be read how often.

use bitbucket::{Credential, Holder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::{
    AuthMethod, CREDENTIAL_PURPOSE, Connection, Db, StoreError, StoredCredential, Vault, VaultError,
};

use crate::{ImportOptions, Intervals, RepositoryFilter, StreamName};

/// What is secret of a credential, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Secret {
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Why a stored credential cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It does not open.
    #[error("the credential `{label}` cannot be read: {reason}")]
    Sealed {
        /// What people call it.
        label: String,
        /// Why.
        #[source]
        reason: VaultError,
    },
    /// It opens, and is not what was sealed once.
    #[error("the credential `{label}` is damaged: replace it")]
    Damaged {
        /// What people call it.
        label: String,
    },
}

/// Seals what is secret of a credential, to be stored.
///
/// # Errors
/// [`VaultError`].
pub fn sealed_secret(
    vault: &Vault,
    token: &SecretString,
    email: Option<&str>,
) -> Result<String, VaultError> {
    let secret = Secret {
        token: token.expose_secret().to_owned(),
        email: email.map(str::to_owned),
    };
    let text = serde_json::to_vec(&secret).map_err(|_| VaultError::Damaged)?;
    vault.seal(CREDENTIAL_PURPOSE, &text)
}

/// The credentials of a connection, opened. `hourly_limit` holds for those that have none of their
/// own.
///
/// # Errors
/// One that does not open: without all of them an import would miss what that one alone sees.
pub fn holders(
    stored: &[StoredCredential],
    vault: &Vault,
    hourly_limit: u32,
) -> Result<Vec<Holder>, ConnectError> {
    stored
        .iter()
        .map(|credential| {
            let label = credential.label.clone();
            let opened = vault
                .open(CREDENTIAL_PURPOSE, &credential.sealed)
                .map_err(|reason| ConnectError::Sealed {
                    label: label.clone(),
                    reason,
                })?;
            let damaged = || ConnectError::Damaged {
                label: label.clone(),
            };
            let secret: Secret =
                serde_json::from_slice(opened.expose_secret()).map_err(|_| damaged())?;
            let token = SecretString::from(secret.token);
            let signed = match credential.method {
                AuthMethod::ApiToken => Credential::AccessToken {
                    label: label.clone(),
                    token,
                },
                AuthMethod::BasicAuth => Credential::ApiToken {
                    label: label.clone(),
                    email: secret.email.ok_or_else(damaged)?,
                    token,
                },
            };
            Ok(Holder {
                hourly_limit: credential
                    .hourly_limit
                    .and_then(|limit| u32::try_from(limit).ok())
                    .unwrap_or(hourly_limit),
                expires_at: credential.expires_at,
                ..Holder::new(credential.id, signed)
            })
        })
        .collect()
}

/// What is to be read of a stored connection, and how often: the usual streams and those in
/// `beyond`, as its settings say otherwise. The pace is left to the caller.
///
/// # Errors
/// Whatever the database says.
pub async fn order(
    db: &Db,
    connection: &Connection,
    beyond: impl IntoIterator<Item = StreamName>,
    run_token: impl Into<String>,
) -> Result<(ImportOptions, Intervals), StoreError> {
    let workspace = connection.workspace.clone();
    let mut options = ImportOptions {
        name: connection.name.clone(),
        filter: RepositoryFilter::load(db, connection.id, connection.filter_mode).await?,
        ..ImportOptions::new(workspace, connection.base_url.clone(), run_token)
    };
    options.streams.extend(beyond);
    let mut intervals = Intervals::default();
    for setting in db.stream_settings(connection.id).await? {
        // A stream that this version does not know was another version's.
        let Ok(stream) = setting.stream.parse::<StreamName>() else {
            continue;
        };
        match setting.enabled {
            Some(true) => options.streams.insert(stream),
            Some(false) => options.streams.remove(&stream),
            None => false,
        };
        if let Some(seconds) = setting.interval_seconds {
            intervals.set(stream, seconds);
        }
        if let Some(bound) = setting.not_before {
            options.not_before.insert(stream, bound);
        }
    }
    Ok((options, intervals))
}
