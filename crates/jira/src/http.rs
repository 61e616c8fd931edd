//! How HTTP is spoken.

use std::error::Error as _;
use std::sync::Arc;

use reqwest::{Certificate, Client, ClientBuilder, Response};

use crate::answer::tidy;
use crate::retry::Trouble;
use crate::{JiraConfig, JiraError};

/// Larger bodies are refused: a page of 1,000 accounts has some 2 MB.
pub(crate) const LARGEST_BODY: usize = 32 << 20;

/// The one client of a connection. It follows nowhere: the credential would go along.
pub(crate) fn client(config: &JiraConfig) -> Result<Client, JiraError> {
    let mut builder = Client::builder()
        .user_agent(concat!("windlass/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(config.connect_timeout)
        .timeout(config.request_timeout);
    if config.site.is_this_machine() {
        // Nothing between us and ourselves.
        builder = builder.no_proxy();
    }
    builder = with_tls(builder, config)?;
    builder.build().map_err(|error| {
        JiraError::InvalidConfig(format!("TLS cannot be set up ({})", root_cause(&error)))
    })
}

fn with_tls(mut builder: ClientBuilder, config: &JiraConfig) -> Result<ClientBuilder, JiraError> {
    let provider = rustls::crypto::ring::default_provider();
    if config.site.url().scheme() == "http" {
        // Without TLS no trusted authorities are needed; where a machine has none, looking for
        // them would fail.
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| JiraError::InvalidConfig(format!("TLS cannot be set up ({error})")))?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        return Ok(builder.tls_backend_preconfigured(tls));
    }
    // One that is already installed serves as well.
    let _ = provider.install_default();
    if let Some(pem) = &config.extra_ca {
        let unreadable =
            || JiraError::InvalidConfig("the additional certificates are no PEM".to_owned());
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| unreadable())?;
        if certificates.is_empty() {
            return Err(unreadable());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder.https_only(true))
}

/// The body; `None` when it is too large.
pub(crate) async fn body(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What a request that brought no whole answer came to.
pub(crate) fn broken(error: &reqwest::Error, config: &JiraConfig) -> Trouble {
    let cause = || tidy(&root_cause(error), config);
    let what = if error.is_timeout() {
        "it took too long to answer".to_owned()
    } else if error.is_connect() {
        format!("no connection came about ({})", cause())
    } else {
        format!("the connection broke ({})", cause())
    };
    Trouble::Broken { what }
}

/// The innermost reason. The outer ones repeat the address.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "no reason was given".to_owned(), ToString::to_string)
}
