//! Jira: a site, whether a credential may list its accounts, and the listing itself.

use std::sync::Arc;

use bitbucket::Credential;
use jira::{JiraClient, JiraConfig, Site};
use model::Clock;
use secrecy::{ExposeSecret, SecretString};
use store::{Connection, Db, RunReason, StoredCredential, Vault};
use sync::{JiraOptions, JiraSummary};

use crate::config::{Config, Settings};
use crate::credential::{Secret, Target, random};
use crate::failure::{Exit, Failure};
use crate::verification::Tried;
use crate::{secret_key, stored};

/// The site that somebody has pasted.
pub(crate) fn target(pasted: &str) -> Result<Target, Failure> {
    let site = Site::parse(pasted).map_err(|error| Failure::configuration(error.to_string()))?;
    let address = site.as_str();
    let name = address.split_once("://").map_or(address, |(_, name)| name);
    Ok(Target {
        workspace: name.to_owned(),
        base_url: address.to_owned(),
    })
}

/// A stored credential, opened.
pub(crate) fn opened(stored: &StoredCredential, vault: &Vault) -> anyhow::Result<Secret> {
    let holders = sync::holders(std::slice::from_ref(stored), vault, 1)?;
    match holders.into_iter().next().map(|holder| holder.credential) {
        Some(Credential::ApiToken { email, token, .. }) => Ok(Secret {
            email: Some(SecretString::from(email)),
            token,
        }),
        _ => Err(Failure::configuration(format!(
            "the credential `{}` has no e-mail address: replace it",
            stored.label
        ))
        .into()),
    }
}

/// Asks a site with a credential.
fn client(
    settings: &Settings,
    base_url: &str,
    secret: &Secret,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<JiraClient> {
    let Some(email) = &secret.email else {
        return Err(Failure::configuration(
            "a token for Jira goes with the e-mail address of its Atlassian account: name it with --email",
        )
        .into());
    };
    let site = Site::parse(base_url).map_err(|error| Failure::configuration(error.to_string()))?;
    let config = JiraConfig {
        jitter_seed: random()?,
        connect_timeout: settings.network.connect_timeout(),
        extra_ca: settings.network.extra_ca()?,
        ..JiraConfig::new(site, email.expose_secret(), secret.token.clone())
    };
    let client = JiraClient::new(config, clock);
    Ok(client.map_err(|error| Failure::configuration(error.to_string()))?)
}

/// Reads the accounts of a stored connection with the first of its credentials that is in use, and
/// finds out who is who.
pub(crate) async fn import(
    config: &Config,
    db: &Db,
    connection: &Connection,
    clock: Arc<dyn Clock>,
    reason: RunReason,
) -> anyhow::Result<JiraSummary> {
    let stored = db.credentials(connection.id).await?;
    if stored.is_empty() {
        return Err(stored::no_credential(connection).into());
    }
    let now = clock.now();
    let Some(credential) = stored.iter().find(|one| stored::is_used(one, now)) else {
        return Err(Failure::new(
            Exit::Refused,
            format!(
                "invalid_credentials: every credential of the connection `{0}` was refused or has expired: `windlass credential replace {0}` gives it another",
                connection.name
            ),
        )
        .into());
    };
    let key = secret_key::require(config, db).await?;
    let secret = opened(credential, &key.vault)?;
    let client = client(
        &config.settings,
        &connection.base_url,
        &secret,
        Arc::clone(&clock),
    )?;
    let options = JiraOptions {
        run_token: format!("{:016x}", random()?),
        reason,
        bots: config.settings.people.bot_names(),
        vault: Some(Arc::new(key.vault)),
    };
    Ok(sync::import_jira(db, &client, clock, connection, options).await?)
}

/// Tries a credential out.
pub(crate) async fn verify(
    settings: &Settings,
    target: &Target,
    secret: &Secret,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Tried> {
    let client = client(settings, &target.base_url, secret, clock)?;
    Ok(Tried {
        verification: client.verify().await,
        scopes: Vec::new(),
        usage: Vec::new(),
    })
}
