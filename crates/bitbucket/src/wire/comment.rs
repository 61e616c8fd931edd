//! Comments on pull requests.

use model::{Field, Instant};
use serde::Deserialize;

use super::account::Account;
use super::{Links, whole};

/// `GET …/pullrequests/{id}/comments`, and the `comment` of an activity entry.
#[derive(Debug, Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: i64,
    pub(crate) created_on: Instant,
    #[serde(default)]
    pub(crate) updated_on: Field<Instant>,
    /// Null when the author is gone without a trace.
    #[serde(default)]
    pub(crate) user: Field<Account>,
    #[serde(default)]
    pub(crate) content: Field<Content>,
    #[serde(default)]
    pub(crate) deleted: Field<bool>,
    /// True for an unpublished draft of the one who asks.
    #[serde(default)]
    pub(crate) pending: Field<bool>,
    #[serde(default)]
    pub(crate) parent: Field<Numbered>,
    #[serde(default)]
    pub(crate) inline: Field<Inline>,
    #[serde(default)]
    pub(crate) resolution: Field<Resolution>,
    #[serde(default)]
    pub(crate) pullrequest: Field<Numbered>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// Something of which only the number is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Numbered {
    #[serde(default)]
    pub(crate) id: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Content {
    #[serde(default)]
    pub(crate) raw: Field<String>,
}

/// Where a comment stands; both lines are null for a comment on a whole file.
#[derive(Debug, Deserialize)]
pub(crate) struct Inline {
    #[serde(default)]
    pub(crate) path: Field<String>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) from: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) to: Field<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Resolution {
    #[serde(default)]
    pub(crate) user: Field<Account>,
    #[serde(default)]
    pub(crate) created_on: Field<Instant>,
}
