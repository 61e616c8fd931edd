//! Jira: a site, and whether a credential may list its accounts.

use std::sync::Arc;

use bitbucket::Credential;
use jira::{JiraClient, JiraConfig, Site};
use model::Clock;
use secrecy::{ExposeSecret, SecretString};
use store::{StoredCredential, Vault};

use crate::credential::{Secret, Target, random};
use crate::failure::Failure;
use crate::verification::Tried;

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

/// Tries a credential out.
pub(crate) async fn verify(
    target: &Target,
    secret: &Secret,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Tried> {
    let Some(email) = &secret.email else {
        return Err(Failure::configuration(
            "a token for Jira goes with the e-mail address of its Atlassian account: name it with --email",
        )
        .into());
    };
    let site =
        Site::parse(&target.base_url).map_err(|error| Failure::configuration(error.to_string()))?;
    let config = JiraConfig {
        jitter_seed: random()?,
        ..JiraConfig::new(site, email.expose_secret(), secret.token.clone())
    };
    let client = JiraClient::new(config, clock)
        .map_err(|error| Failure::configuration(error.to_string()))?;
    Ok(Tried {
        verification: client.verify().await,
        scopes: Vec::new(),
        usage: Vec::new(),
    })
}
