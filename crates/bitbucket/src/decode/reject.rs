//! A record that could not be read, described without a word of what it says.

use model::rows::RejectRow;
use model::{Instant, Uuid};
use serde_json::Value;

use crate::Listing;

/// Where in a record the trouble lies, and what was expected there.
#[derive(Debug)]
pub(super) struct Trouble {
    path: String,
    reason: String,
}

impl Trouble {
    /// A member that a row cannot do without.
    pub(super) fn missing(path: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            reason: "it is missing".to_owned(),
        }
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
            Some(repository) => format!("{}{key}", repository.full_name),
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

    /// The row of a workspace that could not be read.
    pub(super) fn into_workspace_row(self, observed_at: Instant) -> RejectRow {
        RejectRow::of(
            "workspace",
            None,
            "workspace",
            &self.path,
            &self.reason,
            observed_at,
        )
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

/// The kinds of JSON values as serde names them.
const KINDS: [&str; 8] = [
    "null", "boolean", "integer", "floating", "string", "unit", "map", "sequence",
];

/// What serde says, without the value that it quotes: `invalid type: string "…", expected i64`.
fn reason(message: &str) -> String {
    // What stands after the last comma is our own word; what was quoted stands before it.
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        let own = message.starts_with("expected a date") || message == "an empty uuid";
        return if own { message } else { "it cannot be read" }.to_owned();
    };
    let kind = found
        .split_once(": ")
        .and_then(|(_, rest)| KINDS.iter().find(|kind| rest.starts_with(**kind)));
    match kind {
        Some(kind) => format!("expected {expected}, found {kind}"),
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
            .map(|key| format!(" pipeline {key}")),
    }
}

fn is_of_a_uuid(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, '-' | '{' | '}')
}

fn is_of_a_slug(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}
