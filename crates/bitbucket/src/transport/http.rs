//! How HTTP is spoken.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::config::is_this_machine;
use crate::hooks::TrialError;
use crate::retry::Trouble;
use crate::{ClientConfig, ClientError};

/// Larger bodies are refused: a page of 100 records has some 500 kB.
pub(super) const LARGEST_BODY: usize = 64 << 20;

pub(super) fn client(config: &ClientConfig) -> Result<reqwest::Client, ClientError> {
    let builder = reqwest::Client::builder()
        .timeout(config.request_timeout)
        .read_timeout(config.request_timeout)
        .connect_timeout(config.connect_timeout);
    secured(builder, &config.base_url, config.extra_ca.as_deref())
}

/// Sends one request without any credential, and says with what status it was answered.
pub(crate) async fn send_trial(
    url: &Url,
    headers: &[(&str, &str)],
    body: Vec<u8>,
    extra_ca: Option<&[u8]>,
    patience: Duration,
) -> Result<u16, TrialError> {
    let client = secured(reqwest::Client::builder(), url, extra_ca)
        .map_err(|error| TrialError::Unsendable(error.to_string()))?;
    let mut request = client.post(url.clone()).timeout(patience).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match request.send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) => Err(TrialError::NoAnswer(broken(&error).describe())),
    }
}

/// A client that talks to the host of this address as it is talked to safely, and follows nobody
/// elsewhere.
fn secured(
    builder: reqwest::ClientBuilder,
    url: &Url,
    extra_ca: Option<&[u8]>,
) -> Result<reqwest::Client, ClientError> {
    let unusable = |what: &str, error: &dyn std::fmt::Display| {
        ClientError::InvalidConfig(format!("{what} ({error})"))
    };
    let mut builder = builder
        .user_agent(concat!("windlass/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    if is_this_machine(url) {
        // Nothing between us and ourselves.
        builder = builder.no_proxy();
    }
    let provider = rustls::crypto::ring::default_provider();
    if url.scheme() == "http" {
        // Without TLS no trusted authorities are needed; where a machine has none, looking for
        // them would fail.
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("TLS cannot be set up", &error))?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder = builder.tls_backend_preconfigured(tls);
    } else {
        // One that is already installed serves as well.
        let _ = provider.install_default();
        builder = builder
            .https_only(true)
            .tls_certs_merge(authorities(extra_ca)?);
    }
    builder
        .build()
        .map_err(|error| unusable("TLS cannot be set up", &root_cause(&error)))
}

/// The authorities that are trusted beside the system's.
fn authorities(extra_ca: Option<&[u8]>) -> Result<Vec<reqwest::Certificate>, ClientError> {
    let Some(pem) = extra_ca else {
        return Ok(Vec::new());
    };
    let flaw = "the authorities to be trusted cannot be read: a file in PEM is expected, with lines such as `-----BEGIN CERTIFICATE-----`";
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(ClientError::InvalidConfig(flaw.to_owned())),
    }
}

/// The body; `None` when it is too large.
pub(super) async fn body(
    mut response: reqwest::Response,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

pub(super) fn broken(error: &reqwest::Error) -> Trouble {
    let what = if error.is_timeout() {
        "it took too long to answer".to_owned()
    } else if error.is_connect() {
        format!("no connection came about ({})", root_cause(error))
    } else {
        format!("the connection broke ({})", root_cause(error))
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
