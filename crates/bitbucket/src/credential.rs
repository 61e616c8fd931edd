//! Who asks.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What a request is signed with.
///
/// App passwords are not here: Bitbucket switched them off on 2026-07-28.
#[derive(Clone)]
pub enum Credential {
    /// The access token of a workspace, project or repository: sent as `Bearer`. It is an identity
    /// of its own with an allowance of its own.
    AccessToken {
        /// What people call it; it is shown.
        label: String,
        /// The token; it is never shown.
        token: SecretString,
    },
    /// A person's API token: sent as `Basic` with the e-mail address of the Atlassian account (the
    /// user name is answered with 401). All tokens of a person share one allowance.
    ApiToken {
        /// What people call it; it is shown.
        label: String,
        /// The address of the Atlassian account; it is never shown.
        email: String,
        /// The token; it is never shown.
        token: SecretString,
    },
}

impl Credential {
    /// What people call it.
    pub fn label(&self) -> &str {
        match self {
            Self::AccessToken { label, .. } | Self::ApiToken { label, .. } => label,
        }
    }

    /// The allowance that requests count against: a stable key that gives nothing away and may be
    /// stored. It depends on the token, or on the person's address in small letters.
    pub fn allowance(&self) -> String {
        let (kind, secret) = match self {
            Self::AccessToken { token, .. } => ("token", token.expose_secret().to_owned()),
            Self::ApiToken { email, .. } => ("user", email.trim().to_lowercase()),
        };
        let digest = Sha256::digest(format!("windlass allowance\0{kind}\0{secret}"));
        let mut digits = hex::encode(digest);
        digits.truncate(16);
        format!("{kind}-{digits}")
    }

    /// Signs a request.
    pub(crate) fn sign(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Self::AccessToken { token, .. } => request.bearer_auth(token.expose_secret()),
            Self::ApiToken { email, token, .. } => {
                request.basic_auth(email, Some(token.expose_secret()))
            }
        }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn flaw(&self) -> Option<&'static str> {
        let token = match self {
            Self::AccessToken { token, .. } | Self::ApiToken { token, .. } => token,
        };
        let token = token.expose_secret();
        if token.trim().is_empty() {
            return Some("the token is empty");
        }
        if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Some("the token has a space or a line break in it");
        }
        match self {
            Self::ApiToken { email, .. } if !email.contains('@') => {
                Some("an API token goes with the e-mail address of the Atlassian account")
            }
            Self::ApiToken { email, .. } if email.contains(':') || email.contains('\n') => {
                Some("the e-mail address has a character that cannot be sent")
            }
            _ => None,
        }
    }

    /// Takes the secret and the address out of a text from outside.
    pub(crate) fn redact(&self, text: &str) -> String {
        match self {
            Self::AccessToken { token, .. } => text.replace(token.expose_secret(), "[secret]"),
            Self::ApiToken { email, token, .. } => text
                .replace(token.expose_secret(), "[secret]")
                .replace(email.as_str(), "[address]"),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::AccessToken { .. } => "AccessToken",
            Self::ApiToken { .. } => "ApiToken",
        };
        formatter
            .debug_struct(name)
            .field("label", &self.label())
            .finish_non_exhaustive()
    }
}
