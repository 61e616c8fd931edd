//! What can be wrong with a request, for whoever sent it.

use analysis::AnalysisError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use store::StoreError;

use crate::access::Scope;
use crate::actions::ActionError;

/// Why a page was not shown, or a change not made.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// Whoever asks must sign in, at this address.
    SignInFirst(String),
    /// The session ended between the form and its sending.
    SignedOut,
    /// It is for others.
    Forbidden,
    /// The form was not sent by one of our pages.
    ForgedForm,
    /// The form is longer than any of ours.
    LongForm,
    /// There is no such thing: what, and where to look instead.
    NotFound {
        what: String,
        link: &'static str,
        link_text: &'static str,
    },
    /// A program has no token that is valid.
    NoToken,
    /// A program's token may do other things.
    LacksScope(Scope),
    /// Too often; in so many seconds again.
    TooMany(i64),
    /// What was asked for cannot be done, and why, in a sentence that says what to do.
    Refused(String),
    /// The database does not do what it should.
    Unavailable,
    /// Something here is wrong.
    Internal,
}

impl Problem {
    pub(crate) fn no_such(
        what: impl Into<String>,
        link: &'static str,
        link_text: &'static str,
    ) -> Self {
        Self::NotFound {
            what: what.into(),
            link,
            link_text,
        }
    }

    pub(crate) fn no_randomness() -> Self {
        tracing::warn!("the system gives no random numbers");
        Self::Internal
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignInFirst(_) | Self::SignedOut | Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::ForgedForm | Self::LacksScope(_) => StatusCode::FORBIDDEN,
            Self::LongForm => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What is wrong, as a title.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::SignInFirst(_) | Self::SignedOut => "You are signed out",
            Self::Forbidden => "This is for administrators",
            Self::ForgedForm => "This form was not accepted",
            Self::LongForm => "This form is too long",
            Self::NotFound { .. } => "Not found",
            Self::NoToken => "No valid token",
            Self::LacksScope(_) => "The token may not do this",
            Self::TooMany(_) => "Too many attempts",
            Self::Refused(_) => "That was not done",
            Self::Unavailable => "The database does not answer",
            Self::Internal => "Something went wrong here",
        }
    }

    /// What is wrong and what to do, in sentences.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::SignInFirst(_) | Self::SignedOut => {
                "Your session has ended, and nothing was changed. Sign in, and do it again.".to_owned()
            }
            Self::Forbidden => {
                "Your login may look at everything and change nothing here. An administrator can give it another role under Settings.".to_owned()
            }
            Self::ForgedForm => {
                "It did not come from a page of this session: that happens when you signed in anew in another tab. Nothing was changed. Go back, reload the page, and send it again.".to_owned()
            }
            Self::LongForm => "A form may have 256 KB. Nothing was changed.".to_owned(),
            Self::NotFound { what, .. } => what.clone(),
            Self::NoToken => {
                "send a token that is valid as `Authorization: Bearer TOKEN`; an administrator makes one under Settings".to_owned()
            }
            Self::LacksScope(scope) => format!("the token lacks the scope `{}`", scope.as_str()),
            Self::TooMany(seconds) => format!(
                "Signing in failed too often. Try again in {}.",
                crate::show::span(*seconds)
            ),
            Self::Refused(text) => text.clone(),
            Self::Unavailable => {
                "Nothing was changed. The log of the program says more; `windlass doctor` checks the database.".to_owned()
            }
            Self::Internal => {
                "It is not your fault, and nothing was changed. The log of the program says more.".to_owned()
            }
        }
    }

    /// A link that helps, and its text.
    pub(crate) fn link(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignInFirst(_) | Self::SignedOut | Self::TooMany(_) => ("/sign-in", "Sign in"),
            Self::NotFound {
                link, link_text, ..
            } => (link, link_text),
            _ => ("/", "Overview"),
        }
    }

    /// For whom no page can be made.
    pub(crate) fn plain(&self) -> Response {
        let text = format!("{}. {}\n", self.title(), self.text());
        self.with_headers((self.status(), text).into_response())
    }

    /// For programs.
    pub(crate) fn json(&self) -> Response {
        let code = match self {
            Self::NoToken => "invalid_auth",
            Self::LacksScope(_) => "missing_scope",
            Self::NotFound { .. } => "not_found",
            Self::TooMany(_) => "rate_limited",
            Self::Refused(_) | Self::LongForm => "invalid_request",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal_error",
            _ => "forbidden",
        };
        let body = json!({"ok": false, "error": code, "error_details": {"message": self.text()}});
        let kind = [(header::CONTENT_TYPE, "application/json")];
        self.with_headers((self.status(), kind, body.to_string()).into_response())
    }

    pub(crate) fn with_headers(&self, mut response: Response) -> Response {
        if let Self::TooMany(seconds) = self
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        if matches!(self, Self::NoToken) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The gate makes a page of it, for whoever reads it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a page could not be made");
        Self::Unavailable
    }
}

/// A question that makes no sense says so itself.
impl From<AnalysisError> for Problem {
    fn from(error: AnalysisError) -> Self {
        match error {
            AnalysisError::Store(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<askama::Error> for Problem {
    fn from(error: askama::Error) -> Self {
        tracing::warn!(%error, "a page could not be written");
        Self::Internal
    }
}

impl From<ActionError> for Problem {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::Refused(text) => Self::Refused(text),
            ActionError::Failed(text) => {
                tracing::warn!("what a page had done failed: {text}");
                Self::Refused(text)
            }
        }
    }
}
