//! What a client needs to know.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::{JiraError, Site};

/// What a [`crate::JiraClient`] needs to know.
#[derive(Clone)]
pub struct JiraConfig {
    /// The site that is asked.
    pub site: Site,
    /// The address of the Atlassian account that the token belongs to; it is never shown.
    pub email: String,
    /// The API token; it is never shown.
    pub token: SecretString,
    /// How long it may take until a connection stands.
    pub connect_timeout: Duration,
    /// How long one request may take, its body included.
    pub request_timeout: Duration,
    /// Certificates (PEM) of authorities that are trusted beside the system's, for a company's
    /// proxy.
    pub extra_ca: Option<Vec<u8>>,
    /// From where the jitter of waits is drawn.
    pub jitter_seed: u64,
}

impl JiraConfig {
    /// A site with a credential and the usual times.
    pub fn new(site: Site, email: impl Into<String>, token: SecretString) -> Self {
        Self {
            site,
            email: email.into(),
            token,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            extra_ca: None,
            jitter_seed: 0,
        }
    }

    /// Refuses what could never work.
    pub(crate) fn check(&self) -> Result<(), JiraError> {
        let token = self.token.expose_secret();
        let unsendable = |c: char| c.is_whitespace() || c.is_control();
        let flaw = if token.is_empty() {
            Some("the API token is empty")
        } else if token.chars().any(unsendable) {
            Some("the API token has a space or a line break in it")
        } else if !self.email.contains('@') {
            Some("an API token goes with the e-mail address of its Atlassian account")
        } else if self.email.contains(':') || self.email.chars().any(unsendable) {
            Some("the e-mail address has a character that cannot be sent")
        } else {
            None
        };
        flaw.map_or(Ok(()), |flaw| {
            Err(JiraError::InvalidConfig(flaw.to_owned()))
        })
    }
}

impl fmt::Debug for JiraConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JiraConfig")
            .field("site", &self.site.as_str())
            .finish_non_exhaustive()
    }
}
