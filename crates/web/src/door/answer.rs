//! What a delivery is answered.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bitbucket::webhook::DeliveryError;
use bitbucket::webhook::signature::SignatureError;
use serde_json::json;
use thiserror::Error;

/// After how many seconds it may be tried again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// A delivery that is on the disk.
#[derive(Debug)]
pub(super) struct Taken {
    /// The name of the connection.
    pub(super) connection: String,
    /// What it is about.
    pub(super) event: String,
    /// Whether it had come before.
    pub(super) double: bool,
}

impl Taken {
    /// The word for it, in metrics and in the answer.
    pub(super) fn outcome(&self) -> &'static str {
        if self.double { "double" } else { "accepted" }
    }
}

impl IntoResponse for Taken {
    fn into_response(self) -> Response {
        let text = json!({"delivery": self.outcome()}).to_string();
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    }
}

/// Why nothing was stored. None of these says which connections and secrets there are.
#[derive(Debug, Error)]
pub(super) enum Refusal {
    /// Nobody who is known signed it.
    #[error(transparent)]
    Signature(SignatureError),
    /// It speaks of somebody else's workspace, or of none.
    #[error("the delivery is not about the workspace of the connection whose secret signed it")]
    Foreign,
    /// The headers do not say what it is about.
    #[error(transparent)]
    NoDelivery(DeliveryError),
    /// The body is no JSON object.
    #[error("the body of the delivery is no JSON object")]
    NotAnObject,
    /// The body broke off.
    #[error("the body of the delivery did not arrive as it was announced")]
    Unreadable,
    /// The body is too long.
    #[error("the body is longer than 1 MiB; Bitbucket sends none of more than 256 KB")]
    TooLarge,
    /// The body took too long.
    #[error("the body took too long to arrive")]
    Slow,
    /// The database cannot take it now, or the key of the secrets is not there.
    #[error("the delivery cannot be stored now; try again. The log says more")]
    Unavailable,
    /// The secret that signed it has changed since it was read.
    #[error("the delivery cannot be stored now; try again. Its secret has just been changed")]
    SecretChanged,
}

impl Refusal {
    /// The word for it in metrics.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Signature(SignatureError::Missing) => "unsigned",
            Self::Signature(_) => "signature",
            Self::Foreign => "workspace",
            Self::NoDelivery(_) | Self::NotAnObject | Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::Slow => "slow",
            Self::Unavailable | Self::SecretChanged => "unavailable",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Signature(_) => StatusCode::UNAUTHORIZED,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::NoDelivery(_) | Self::NotAnObject | Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            // Bitbucket tries again on these alone.
            Self::Unavailable | Self::SecretChanged => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        tracing::info!(reason = self.reason(), "a delivery was refused: {self}");
        let text = json!({"error": self.to_string()}).to_string();
        let kind = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (self.status(), kind, text).into_response();
        if matches!(self, Self::Unavailable | Self::SecretChanged) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
