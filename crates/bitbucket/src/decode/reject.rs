//! A record that could not be read, described without a word of what it says.

use model::rows::RejectRow;
use model::{Instant, Uuid};
use serde_json::Value;

use crate::endpoint::is_hash;
use crate::{ClientError, Listing};

/// Where in a record the trouble lies, and what was expected there.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl Trouble {
    /// A member that a row cannot do without.
    pub(crate) fn missing(path: &'static str) -> Self {
        Self::at(path, "it is missing")
    }

    /// A member that is not what a row needs, in our own words.
    pub(crate) fn at(path: &'static str, reason: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The same, seen from the value that has the record as its member.
    pub(crate) fn within(self, member: &str) -> Self {
        let path = match self.path.as_str() {
            "." => member.to_owned(),
            inner if inner.starts_with('[') => format!("{member}{inner}"),
            inner => format!("{member}.{inner}"),
        };
        Self { path, ..self }
    }

    /// The row of a rejected record.
    pub(super) fn into_row(
        self,
        listing: &Listing,
        value: &Value,
        index: usize,
        observed_at: Instant,
    ) -> RejectRow {
        let key = natural_key(listing, value)
            .unwrap_or_else(|| format!("record {} of a page", index + 1));
        let repository = listing.repository();
        let key = match repository {
            Some(repository) if key.starts_with('#') => format!("{}{key}", repository.full_name),
            Some(repository) => format!("{} {key}", repository.full_name),
            None => key,
        };
        RejectRow::of(
            listing.stream(),
            repository.map(crate::RepositoryRef::id),
            &key,
            &self.path,
            &self.reason,
            observed_at,
        )
    }

    /// The same as an error, where there is nothing to go on with.
    pub(crate) fn into_error(self, endpoint: &'static str) -> ClientError {
        ClientError::Undecodable {
            endpoint,
            json_path: self.path,
            reason: self.reason,
        }
    }
}

impl From<serde_path_to_error::Error<serde_json::Error>> for Trouble {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let mut path = error.path().to_string();
        let message = error.inner().to_string();
        // The path of a missing member is its parent's.
        if let Some(member) = message
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next())
        {
            path = if path == "." {
                member.to_owned()
            } else {
                format!("{path}.{member}")
            };
            return Self {
                path,
                reason: "it is missing".to_owned(),
            };
        }
        Self {
            path,
            reason: reason(&message),
        }
    }
}

/// The kinds of JSON values, as serde names what it found and as people do.
const KINDS: [(&str, &str); 8] = [
    ("null", "nothing"),
    ("unit", "nothing"),
    ("boolean", "a boolean"),
    ("integer", "a number"),
    ("floating", "a number with a fraction"),
    ("string", "a text"),
    ("sequence", "a list"),
    ("map", "an object"),
];

/// What serde says, without the value that it quotes: `invalid type: string "…", expected i64`.
fn reason(message: &str) -> String {
    // What stands after the last comma is our own word; what was quoted stands before it.
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        let own = message.starts_with("expected a date") || message == "an empty uuid";
        return if own { message } else { "it cannot be read" }.to_owned();
    };
    let expected = match expected {
        "i64" => "a whole number",
        "a string" => "a text",
        "a sequence" => "a list",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    };
    let kind = found
        .split_once(": ")
        .and_then(|(_, rest)| KINDS.iter().find(|(kind, _)| rest.starts_with(kind)));
    match kind {
        Some((_, kind)) => format!("expected {expected}, found {kind}"),
        None => format!("expected {expected}"),
    }
}

/// What Bitbucket calls the record, as far as it can be read without taking in anything else: only
/// numbers and UUIDs, and the slugs of repositories.
fn natural_key(listing: &Listing, value: &Value) -> Option<String> {
    let number = |pointer: &str| value.pointer(pointer).and_then(Value::as_i64);
    let uuid = |pointer: &str| {
        value
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| text.len() <= 40 && text.chars().all(is_of_a_uuid))
            .and_then(Uuid::parse)
            .map(|uuid| uuid.as_str().to_owned())
    };
    match listing {
        Listing::Repositories => {
            let name = value
                .pointer("/full_name")
                .and_then(Value::as_str)
                .filter(|name| name.len() <= 200 && name.chars().all(is_of_a_slug));
            name.map(str::to_owned).or_else(|| uuid("/uuid"))
        }
        Listing::Members => uuid("/user/uuid"),
        Listing::PullRequests { .. } => number("/id").map(|id| format!("#{id}")),
        Listing::RepositoryActivity { .. } | Listing::PullActivity { .. } => {
            let pull = listing
                .number()
                .or_else(|| number("/pull_request/id"))
                .map(|id| format!("#{id}"))?;
            Some(match number("/comment/id") {
                Some(comment) => format!("{pull} comment {comment}"),
                None => pull,
            })
        }
        Listing::PullComments { number: pull, .. } => Some(match number("/id") {
            Some(comment) => format!("#{pull} comment {comment}"),
            None => format!("#{pull}"),
        }),
        Listing::Pipelines { .. } => uuid("/uuid")
            .or_else(|| number("/build_number").map(|run| run.to_string()))
            .map(|key| format!("pipeline {key}")),
        Listing::Commits { .. } => hash(value).map(|sha| format!("commit {sha}")),
        Listing::PullCommits { number: pull, .. } => Some(match hash(value) {
            Some(sha) => format!("#{pull} commit {sha}"),
            None => format!("#{pull}"),
        }),
        Listing::PipelineSteps { .. } => uuid("/uuid").map(|key| format!("step {key}")),
        Listing::Environments { .. } => uuid("/uuid").map(|key| format!("environment {key}")),
        Listing::Deployments { .. } => uuid("/uuid").map(|key| format!("deployment {key}")),
        // A file has no name but its path, which nobody is told.
        Listing::PullDiffstat { number: pull, .. } => Some(format!("#{pull}")),
    }
}

/// A commit's hash, if it is one.
fn hash(value: &Value) -> Option<&str> {
    value
        .get("hash")
        .and_then(Value::as_str)
        .filter(|text| is_hash(text))
}

fn is_of_a_uuid(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, '-' | '{' | '}')
}

fn is_of_a_slug(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_never_quotes() {
        for (message, expected) in [
            (
                "invalid type: string \"pay, expected nothing\", expected i64",
                "expected a whole number, found a text",
            ),
            (
                "invalid type: null, expected struct Member",
                "expected an object, found nothing",
            ),
            (
                "invalid value: integer `123456789`, expected a number",
                "expected a number, found a number",
            ),
            ("secret words of a new error", "it cannot be read"),
            ("an empty uuid", "an empty uuid"),
        ] {
            assert_eq!(reason(message), expected);
        }
    }
}
