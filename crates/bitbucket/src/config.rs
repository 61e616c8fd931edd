//! What a client needs to know.

use std::time::Duration;

use url::{Host, Url};

use crate::{ClientError, Credential};

/// What a [`crate::Client`] needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The address of the API, such as `https://api.bitbucket.org/2.0`. Plain `http` is accepted
    /// for this machine only.
    pub base_url: Url,
    /// The workspace: the first part of every repository's address.
    pub workspace: String,
    /// Who asks.
    pub credential: Credential,
    /// Whether the text of comments and descriptions is asked for and put into rows.
    pub store_text: bool,
    /// How many requests a window allows; Bitbucket allows 1,000 an hour unless it is scaled up.
    pub hourly_limit: u32,
    /// The length of the window: 3600 for Bitbucket.
    pub window_seconds: i64,
    /// From where the jitter of waits is drawn.
    pub jitter_seed: u64,
    /// How long one request may take, its body included.
    pub request_timeout: Duration,
}

impl ClientConfig {
    /// Bitbucket Cloud itself, with its documented limits and without texts.
    pub fn new(base_url: Url, workspace: impl Into<String>, credential: Credential) -> Self {
        Self {
            base_url,
            workspace: workspace.into(),
            credential,
            store_text: false,
            hourly_limit: 1_000,
            window_seconds: 3_600,
            jitter_seed: 0,
            request_timeout: Duration::from_secs(60),
        }
    }

    /// Refuses what could never work or would send the credential where it must not go.
    pub(crate) fn check(&self) -> Result<(), ClientError> {
        let invalid = |reason: &str| Err(ClientError::InvalidConfig(reason.to_owned()));
        let url = &self.base_url;
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(url) => {}
            "http" => {
                return invalid(
                    "the address of the API must begin with https: a credential is sent with every request",
                );
            }
            _ => return invalid("the address of the API must begin with https"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("the address of the API must not contain a user or a password");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return invalid("the address of the API must end with its path");
        }
        // An empty name would ask for `/repositories/`, the listing over all workspaces that
        // Bitbucket removed (CHANGE-2770).
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '{' | '}');
        if self.workspace.is_empty()
            || !self.workspace.chars().all(plain)
            || self.workspace.chars().all(|c| c == '.')
        {
            return invalid(
                "the workspace is the first part of a repository's address, such as `acme` in bitbucket.org/acme/website",
            );
        }
        if self.hourly_limit == 0 || self.window_seconds <= 0 {
            return invalid("the limit and the window of requests must be more than 0");
        }
        match self.credential.flaw() {
            Some(flaw) => invalid(flaw),
            None => Ok(()),
        }
    }
}

/// Whether requests to this address stay on this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
