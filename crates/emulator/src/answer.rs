//! Answers, with the bodies of errors as they were recorded.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Json(Value),
    /// Content type and text: not everything that the service says is JSON.
    Text(&'static str, String),
    /// Nothing at all.
    None,
}

/// What an endpoint gives: an answer either way.
pub(crate) type Outcome = Result<Answer, Answer>;

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Content::Json(body),
            headers: Vec::new(),
        }
    }

    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            body: Content::Json(body),
            headers: Vec::new(),
        }
    }

    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        Self {
            status,
            body: Content::Text("text/plain", text.into()),
            headers: Vec::new(),
        }
    }

    pub(crate) fn error(status: u16, message: impl Into<String>) -> Self {
        Self::json(
            status,
            json!({ "type": "error", "error": { "message": message.into() } }),
        )
    }

    pub(crate) fn invalid_page() -> Self {
        Self::error(400, "Invalid page")
    }

    pub(crate) fn unauthorized() -> Self {
        Self::error(
            401,
            "Token is invalid, expired, or not supported for this endpoint.",
        )
    }

    pub(crate) fn forbidden() -> Self {
        Self::error(403, "Forbidden")
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Resource not found")
    }

    /// Here `detail` is an object, though it is documented as a string.
    pub(crate) fn lacking_scope(required: &[&str], granted: &[String]) -> Self {
        Self::json(
            403,
            json!({ "type": "error", "error": {
                "message": "Your credentials lack one or more required privilege scopes.",
                "detail": { "required": required, "granted": granted },
            }}),
        )
    }

    /// The addresses that went over all workspaces were removed in 2026.
    pub(crate) fn removed() -> Self {
        let announcement = json!({
            "announcement_url":
                "https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-2770"
        });
        Self::json(
            410,
            json!({ "type": "error", "data": announcement, "error": {
                "message": "CHANGE-2770 - Functionality has been deprecated",
                "detail": "Please read the changelog entry for more details.",
                "data": announcement,
            }}),
        )
    }

    pub(crate) fn no_pull_request() -> Self {
        Self::text(404, "Not Found")
    }

    pub(crate) fn rate_limited() -> Self {
        Self::text(429, "Rate limit for this resource has been exceeded")
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let (content_type, bytes) = match self.body {
            Content::Json(value) => ("application/json; charset=utf-8", value.to_string()),
            Content::Text(content_type, text) => (content_type, text),
            Content::None => ("", String::new()),
        };
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        }
        response
    }
}
