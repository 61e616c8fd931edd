//! A delivery that is sent by ourselves, on the way that Bitbucket's take.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::transport::send_trial;
use crate::webhook::signature;

/// How long Bitbucket waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A delivery to try an address with: signed, and with the headers of Bitbucket's own.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Where it goes.
    pub url: Url,
    /// What it says that it is about.
    pub event: String,
    /// A UUID without braces that no other delivery has.
    pub request_uuid: String,
    /// The bytes that are signed.
    pub body: Vec<u8>,
    /// Certificates in PEM of authorities that are trusted beside the system's.
    pub extra_ca: Option<Vec<u8>>,
}

/// Why a trial got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// It cannot be sent from here at all.
    #[error("{0}")]
    Unsendable(String),
    /// Nobody answered.
    #[error("{0}")]
    NoAnswer(String),
}

impl Trial {
    /// Sends it once, and says with what status it was answered. An answer that sends on is not
    /// followed.
    ///
    /// # Errors
    /// See [`TrialError`].
    pub async fn send(&self, secret: &SecretString) -> Result<u16, TrialError> {
        let headers = [
            ("Content-Type", "application/json"),
            (
                "User-Agent",
                concat!("windlass/", env!("CARGO_PKG_VERSION")),
            ),
            ("X-Event-Key", &self.event),
            ("X-Request-UUID", &self.request_uuid),
            ("X-Attempt-Number", "1"),
            (signature::HEADER, &signature::sign(&self.body, secret)),
        ];
        let extra_ca = self.extra_ca.as_deref();
        send_trial(&self.url, &headers, self.body.clone(), extra_ca, PATIENCE).await
    }
}
