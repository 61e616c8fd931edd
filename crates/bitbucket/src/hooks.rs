//! Webhooks of the workspace: reading them, and the only requests of this crate that change
//! something at Bitbucket.
//!
//! [`Client::hooks`] lists them all, whoever made them. What Bitbucket keeps of a secret is never
//! told, only whether there is one.

mod trial;

use model::Uuid;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::endpoint::{Endpoint, Scope};
use crate::webhook::EventKey;
use crate::{Client, ClientError, Credential, address, decode};

pub use trial::{Trial, TrialError};

/// The longest secret that Bitbucket takes, in characters.
pub const LONGEST_SECRET: usize = 128;

/// No workspace has so many pages of webhooks: a listing that does not end is given up.
const MOST_PAGES: u64 = 100;

/// A webhook as Bitbucket tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its UUID.
    pub uuid: Uuid,
    /// Where deliveries go.
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Whether anything is delivered: people switch it off, and Bitbucket does.
    pub active: bool,
    /// Whether deliveries are signed; `None` where Bitbucket does not say.
    pub has_secret: Option<bool>,
    /// The events that are delivered, in Bitbucket's words.
    pub events: Vec<String>,
}

impl Hook {
    /// The events that are applied here and are not delivered.
    pub fn missing_events(&self) -> Vec<&'static str> {
        EventKey::to_register()
            .map(EventKey::as_str)
            .filter(|key| !self.events.iter().any(|event| event == key))
            .collect()
    }
}

/// What a webhook is to be.
#[derive(Clone, Debug)]
pub struct HookSettings {
    /// Where deliveries go.
    pub url: Url,
    /// What people call it.
    pub description: String,
    /// What deliveries are signed with: at most [`LONGEST_SECRET`] characters.
    pub secret: SecretString,
}

impl HookSettings {
    /// The body of the request: active, and with every event that is applied here.
    fn body(&self) -> Value {
        let events: Vec<&str> = EventKey::to_register().map(EventKey::as_str).collect();
        json!({
            "description": self.description,
            "url": self.url.as_str(),
            "active": true,
            "secret": self.secret.expose_secret(),
            "events": events,
        })
    }
}

impl Client {
    /// Every webhook of the workspace (`GET /workspaces/{workspace}/hooks`).
    ///
    /// # Errors
    /// As [`Client::page`]; 403 with the scopes that are missing where Bitbucket does not name them.
    pub async fn hooks(&self) -> Result<Vec<Hook>, ClientError> {
        let scope = Scope::of_workspace(Endpoint::Hooks);
        let endpoint = scope.endpoint.template();
        let mut hooks = Vec::new();
        for page in 1..=MOST_PAGES {
            let query = [("pagelen", "100".to_owned()), ("page", page.to_string())];
            let url = address::build(&self.transport.gate, &scope, &query)?;
            let answer = self.transport.get(&url, &scope, true, self.asker).await;
            let answer = answer.map_err(|error| self.with_scopes(error, scope.endpoint))?;
            let envelope = decode::envelope(answer.json, endpoint)?;
            for value in &envelope.values {
                hooks.push(read(value, endpoint)?);
            }
            if envelope.values.is_empty() || envelope.next.is_none_or(|next| next.is_empty()) {
                break;
            }
        }
        Ok(hooks)
    }

    /// Makes a webhook: active, and with every event that is applied here.
    ///
    /// # Errors
    /// As [`Client::hooks`]. [`ClientError::Unavailable`] says that nobody knows whether it was made:
    /// it is not tried again, since there would be two then. [`Client::hooks`] tells.
    pub async fn create_hook(&self, settings: &HookSettings) -> Result<Hook, ClientError> {
        let scope = Scope::of_workspace(Endpoint::CreateHook);
        let answer = self.changed(&scope, Some(settings)).await?;
        read(&answer, scope.endpoint.template())
    }

    /// Makes of a webhook that is there what [`Client::create_hook`] would make.
    ///
    /// # Errors
    /// As [`Client::hooks`]; [`ClientError::NotFound`] when it is not there any more.
    pub async fn update_hook(
        &self,
        uuid: &Uuid,
        settings: &HookSettings,
    ) -> Result<Hook, ClientError> {
        let scope = Scope::of_workspace(Endpoint::UpdateHook).named(uuid.as_str());
        let answer = self.changed(&scope, Some(settings)).await?;
        read(&answer, scope.endpoint.template())
    }

    /// Deletes a webhook; one that is not there any more is as good as deleted.
    ///
    /// # Errors
    /// As [`Client::hooks`].
    pub async fn delete_hook(&self, uuid: &Uuid) -> Result<(), ClientError> {
        let scope = Scope::of_workspace(Endpoint::DeleteHook).named(uuid.as_str());
        match self.changed(&scope, None).await {
            Ok(_) | Err(ClientError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn changed(
        &self,
        scope: &Scope<'_>,
        settings: Option<&HookSettings>,
    ) -> Result<Value, ClientError> {
        let url = address::build(&self.transport.gate, scope, &[])?;
        let body = settings.map(|settings| settings.body().to_string().into_bytes());
        let answer = self.transport.change(&url, scope, body, self.asker).await;
        answer.map_err(|error| self.with_scopes(error, scope.endpoint))
    }

    /// A refusal that names no scopes gets those that the endpoint takes, in the words of the kinds
    /// of credentials that there are.
    fn with_scopes(&self, error: ClientError, which: Endpoint) -> ClientError {
        match error {
            ClientError::Forbidden {
                endpoint,
                required,
                granted,
                message,
            } if required.is_empty() => {
                let mut required: Vec<String> = Vec::new();
                for holder in &self.transport.config.credentials {
                    for scope in scopes_of(which, &holder.credential) {
                        if !required.iter().any(|known| known == scope) {
                            required.push(scope.to_owned());
                        }
                    }
                }
                ClientError::Forbidden {
                    endpoint,
                    required,
                    granted,
                    message,
                }
            }
            other => other,
        }
    }
}

/// The scopes that a request takes: those of webhooks, and of what their events are about.
fn scopes_of(endpoint: Endpoint, credential: &Credential) -> Vec<&'static str> {
    let mut scopes = endpoint.scopes(credential).to_vec();
    if !matches!(endpoint, Endpoint::CreateHook | Endpoint::UpdateHook) {
        return scopes;
    }
    scopes.extend(match credential {
        Credential::AccessToken { .. } => ["pullrequest", "repository", "project"],
        Credential::ApiToken { .. } => [
            "read:pullrequest:bitbucket",
            "read:repository:bitbucket",
            "read:project:bitbucket",
        ],
    });
    scopes
}

/// The members of a webhook that are read.
#[derive(Deserialize)]
struct Told {
    uuid: String,
    url: String,
    description: Option<String>,
    active: bool,
    secret_set: Option<bool>,
    #[serde(default)]
    events: Vec<String>,
}

fn read(value: &Value, endpoint: &'static str) -> Result<Hook, ClientError> {
    let undecodable = |json_path: String, reason: String| ClientError::Undecodable {
        endpoint,
        json_path,
        reason,
    };
    let told: Told = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        undecodable(path, error.into_inner().to_string())
    })?;
    let uuid = Uuid::parse(&told.uuid)
        .ok_or_else(|| undecodable("uuid".to_owned(), "expected a UUID".to_owned()))?;
    Ok(Hook {
        uuid,
        url: told.url,
        description: told.description.unwrap_or_default(),
        active: told.active,
        has_secret: told.secret_set,
        events: told.events,
    })
}
