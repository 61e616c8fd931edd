//! What a client needs to know.

use std::collections::BTreeSet;
use std::time::Duration;

use url::{Host, Url};

use crate::{ClientError, Credential, Holder};

/// What a [`crate::Client`] needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The address of the API, such as `https://api.bitbucket.org/2.0`. Plain `http` is accepted
    /// for this machine only.
    pub base_url: Url,
    /// The workspace: the first part of every repository's address.
    pub workspace: String,
    /// Who asks. For each request the one is taken that may do it and has most requests left.
    pub credentials: Vec<Holder>,
    /// Whether the text of comments and descriptions is asked for and put into rows.
    pub store_text: bool,
    /// How many hundredths of each limit [`crate::Priority::Backfill`] leaves to what is new, at
    /// most 50.
    pub backfill_reserve_percent: u32,
    /// The length of the window in seconds: 3600 for Bitbucket.
    pub window_seconds: i64,
    /// From where the jitter of waits is drawn.
    pub jitter_seed: u64,
    /// How long one request may take, its body included.
    pub request_timeout: Duration,
    /// How long it may take until there is a connection, TLS included.
    pub connect_timeout: Duration,
    /// Certificates in PEM of authorities that are trusted beside the system's: those of a proxy
    /// that looks into TLS, for example.
    pub extra_ca: Option<Vec<u8>>,
}

impl ClientConfig {
    /// Bitbucket Cloud itself with one credential, whose number is 0, with its documented limits
    /// and without texts.
    pub fn new(base_url: Url, workspace: impl Into<String>, credential: Credential) -> Self {
        Self::with_holders(base_url, workspace, vec![Holder::new(0, credential)])
    }

    /// The same with several credentials.
    pub fn with_holders(
        base_url: Url,
        workspace: impl Into<String>,
        credentials: Vec<Holder>,
    ) -> Self {
        Self {
            base_url,
            workspace: workspace.into(),
            credentials,
            store_text: false,
            backfill_reserve_percent: 10,
            window_seconds: 3_600,
            jitter_seed: 0,
            request_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            extra_ca: None,
        }
    }

    /// The same with this many requests a window for each credential.
    #[must_use]
    pub fn limited_to(mut self, hourly_limit: u32) -> Self {
        for holder in &mut self.credentials {
            holder.hourly_limit = hourly_limit;
        }
        self
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
        if self.window_seconds <= 0 {
            return invalid("the window of requests must be more than 0 seconds");
        }
        if self.backfill_reserve_percent > 50 {
            return invalid("at most 50 hundredths of the requests can be kept for what is new");
        }
        let mut ids = BTreeSet::new();
        for holder in &self.credentials {
            if !ids.insert(holder.id) {
                return invalid("two credentials have the same number");
            }
            if holder.hourly_limit == 0 {
                return invalid("the limit of requests must be more than 0");
            }
            if let Some(flaw) = holder.credential.flaw() {
                return invalid(flaw);
            }
        }
        if ids.is_empty() {
            return invalid("there is no credential");
        }
        Ok(())
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
