//! What an answer other than 200 means.

use serde_json::Value;

use crate::{ClientError, Credential};

/// What Bitbucket said about a failure. Only `error.message` is documented to be there; `detail`
/// is a text or an object, and some answers are plain text.
#[derive(Debug, Default)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) required: Vec<String>,
    pub(crate) granted: Vec<String>,
}

/// Longer words are cut: they are for people.
const LONGEST_MESSAGE: usize = 200;

impl Complaint {
    /// Reads a body of any kind.
    pub(crate) fn read(body: &[u8], credential: &Credential) -> Self {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            let text = String::from_utf8_lossy(body);
            // A page for browsers helps nobody.
            let text = if text.trim_start().starts_with('<') {
                ""
            } else {
                text.trim()
            };
            return Self {
                message: tidy(text, credential),
                ..Self::default()
            };
        };
        let error = json.get("error");
        let message = match error {
            Some(Value::String(text)) => text.as_str(),
            Some(error) => error.get("message").and_then(Value::as_str).unwrap_or(""),
            None => "",
        };
        let message = match error.and_then(fields) {
            Some(fields) => format!("{message}: {fields}"),
            None => message.to_owned(),
        };
        let detail = error.and_then(|error| error.get("detail"));
        let list = |name: &str| -> Vec<String> {
            detail
                .and_then(|detail| detail.get(name))
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(|scope| tidy(scope, credential))
                .collect()
        };
        Self {
            message: tidy(&message, credential),
            required: list("required"),
            granted: list("granted"),
        }
    }

    /// What it says, in words that a sentence can hold.
    pub(crate) fn words(&self) -> String {
        if self.message.is_empty() {
            "it gave no reason".to_owned()
        } else {
            self.message.clone()
        }
    }

    /// Whether it speaks of the whole repository: "Repository acme/website not found", "The
    /// requested repository either does not exist or you do not have access".
    pub(crate) fn is_about_a_repository(&self) -> bool {
        self.message.to_lowercase().contains("repository")
    }

    /// Whether it is the refusal of a page length.
    pub(crate) fn is_about_page_length(&self) -> bool {
        self.message.eq_ignore_ascii_case("invalid pagelen")
    }

    /// The error that an answer with this status is.
    pub(crate) fn into_error(self, endpoint: &'static str, status: u16) -> ClientError {
        let message = self.words();
        match status {
            401 => ClientError::Unauthorized { endpoint, message },
            403 => ClientError::Forbidden {
                endpoint,
                required: self.required,
                granted: self.granted,
                message,
            },
            404 => ClientError::NotFound { endpoint },
            410 => ClientError::Gone { endpoint, message },
            400 if message.eq_ignore_ascii_case("invalid page") => {
                ClientError::InvalidPage { endpoint }
            }
            300..=399 => ClientError::BadRequest {
                endpoint,
                status,
                message: "it sends on to where this client does not go".to_owned(),
            },
            _ => ClientError::BadRequest {
                endpoint,
                status,
                message,
            },
        }
    }
}

/// What is wrong with which member of what was sent, where that is told.
fn fields(error: &Value) -> Option<String> {
    let fields = error.get("fields")?.as_object()?;
    let told = fields.iter().map(|(name, reasons)| {
        let reasons: Vec<&str> = match reasons {
            Value::Array(reasons) => reasons.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        format!("{name} ({})", reasons.join("; "))
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Makes words from outside fit to be shown: one line, not long, without addresses and secrets,
/// and without the dot that our own sentence sets.
fn tidy(text: &str, credential: &Credential) -> String {
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
    let line = credential.redact(&words.join(" "));
    let line: String = line.chars().take(LONGEST_MESSAGE).collect();
    line.trim_end_matches('.').to_owned()
}
