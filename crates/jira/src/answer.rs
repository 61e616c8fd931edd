//! What an answer other than the one hoped for means.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::gate::Endpoint;
use crate::{JiraConfig, JiraError};

/// The permission that listing accounts takes.
pub(crate) const PERMISSION: &str = "Browse users and groups";

/// How to give it.
pub(crate) const BROWSE_USERS: &str = "Give the account the global permission `Browse users and groups` (Jira settings, System, Global permissions).";

/// The scope that both requests take, where a token has scopes.
pub(crate) const SCOPE: &str = "read:jira-user";

/// How to give it.
pub(crate) const ADD_SCOPE: &str = "Make a token with the scope `read:jira-user`.";

const ACCESS: &str = "Give the account access to Jira at this site.";

/// Longer words are cut: they are for people.
const LONGEST_MESSAGE: usize = 200;

/// What Jira said about a refusal.
#[derive(Debug)]
pub(crate) struct Complaint {
    message: String,
    /// The token has scopes, and this takes one that it lacks. The gateway says so with 401.
    lacks_scope: bool,
    /// Jira looked at the credential and did not accept it, whatever the status.
    sign_in_failed: bool,
}

impl Complaint {
    /// Reads a body of any kind: Jira's own errors, the gateway's, plain text, pages for browsers.
    pub(crate) fn read(body: &[u8], headers: &HeaderMap, config: &JiraConfig) -> Self {
        let words = match serde_json::from_slice::<Value>(body) {
            Ok(json) => words_of(&json),
            Err(_) if is_markup(body) => String::new(),
            Err(_) => String::from_utf8_lossy(body).into_owned(),
        };
        let message = tidy(&words, config);
        Self {
            lacks_scope: message.to_lowercase().contains("scope does not match"),
            message: if message.is_empty() {
                "it gave no reason".to_owned()
            } else {
                message
            },
            sign_in_failed: sign_in_failed(headers),
        }
    }

    /// The error that an answer with this status is.
    pub(crate) fn into_error(self, endpoint: Endpoint, status: u16) -> JiraError {
        let message = self.message;
        let forbidden = |message, mend| JiraError::Forbidden {
            endpoint: endpoint.path(),
            message,
            mend,
        };
        match status {
            401 | 403 if self.lacks_scope => forbidden(message, ADD_SCOPE),
            401 => unauthorized(endpoint, message),
            403 if self.sign_in_failed => unauthorized(endpoint, message),
            403 => match endpoint {
                Endpoint::Users { .. } => forbidden(message, BROWSE_USERS),
                Endpoint::Myself => forbidden(message, ACCESS),
            },
            300..=399 | 404 | 410 => JiraError::NotFound {
                endpoint: endpoint.path(),
            },
            _ => JiraError::BadRequest {
                endpoint: endpoint.path(),
                status,
                message,
            },
        }
    }
}

/// The error of a credential that is not accepted.
pub(crate) fn unauthorized(endpoint: Endpoint, message: String) -> JiraError {
    JiraError::Unauthorized {
        endpoint: endpoint.path(),
        message,
    }
}

/// Whether Jira says that signing in failed, which it may say with any status: what nobody in
/// particular may see is then answered as to nobody in particular.
pub(crate) fn sign_in_failed(headers: &HeaderMap) -> bool {
    headers
        .get_all("x-seraph-loginreason")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|reason| {
            reason.contains("AUTHENTICATED_FAILED") || reason.contains("AUTHENTICATION_DENIED")
        })
}

/// Whether a body is a page for browsers.
pub(crate) fn is_markup(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// `message`, or all of `errorMessages` and `errors`.
fn words_of(json: &Value) -> String {
    let list = json.get("errorMessages").and_then(Value::as_array);
    let by_field = json.get("errors").and_then(Value::as_object);
    json.get("message")
        .into_iter()
        .chain(list.into_iter().flatten())
        .chain(by_field.into_iter().flat_map(|errors| errors.values()))
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Makes words from outside fit to be shown: one line, not long, without addresses and secrets,
/// and without the dot that our own sentence sets.
pub(crate) fn tidy(text: &str, config: &JiraConfig) -> String {
    let token = config.token.expose_secret();
    let signature = BASE64.encode(format!("{}:{token}", config.email));
    let text = text
        .replace(token, "[secret]")
        .replace(&signature, "[secret]");
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            if word.contains('@') {
                "[address]"
            } else {
                word
            }
        })
        .collect();
    let line: String = words.join(" ").chars().take(LONGEST_MESSAGE).collect();
    line.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Site;

    fn config() -> JiraConfig {
        let site = Site::parse("acme").unwrap();
        JiraConfig::new(site, "ada@example.com", "sesame-token".into())
    }

    #[test]
    fn words_from_outside_are_made_fit_to_be_shown() {
        let signature = BASE64.encode("ada@example.com:sesame-token");
        for (text, shown) in [
            ("  two\n lines. ", "two lines"),
            ("Ada@Example.com is unknown", "[address] is unknown"),
            ("token sesame-token.", "token [secret]"),
            (&format!("Basic {signature}"), "Basic [secret]"),
            ("", ""),
        ] {
            assert_eq!(tidy(text, &config()), shown);
        }
        assert_eq!(tidy(&"é".repeat(500), &config()).chars().count(), 200);
    }

    #[test]
    fn every_kind_of_body_is_read() {
        for (body, message) in [
            (
                r#"{"message":"Sign in first.","status-code":401}"#,
                "Sign in first",
            ),
            (
                r#"{"errorMessages":["One.","Two."],"errors":{"x":"Three."}}"#,
                "One. Two. Three",
            ),
            (r#"{"errors":[1]}"#, "it gave no reason"),
            ("Unauthorized", "Unauthorized"),
            (" <!DOCTYPE html><p>no</p>", "it gave no reason"),
            ("", "it gave no reason"),
        ] {
            let complaint = Complaint::read(body.as_bytes(), &HeaderMap::new(), &config());
            assert_eq!(complaint.message, message, "{body}");
        }
    }
}
