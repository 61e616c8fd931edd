//! What happened to a pull request.

use model::{Field, Instant};
use serde::Deserialize;
use serde_json::Value;

use super::account::Account;
use super::comment::{Comment, Numbered};
use super::pull_request::Endpoint;

/// `GET …/pullrequests[/{id}]/activity`: one of the four kinds, sometimes none. Entries have no id
/// and no date of their own.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    #[serde(default)]
    pub(crate) pull_request: Field<Numbered>,
    #[serde(default)]
    pub(crate) update: Field<Update>,
    #[serde(default)]
    pub(crate) approval: Field<Vote>,
    #[serde(default)]
    pub(crate) changes_requested: Field<Vote>,
    /// The same under the name that deliveries give it.
    #[serde(default)]
    pub(crate) changes_request: Field<Vote>,
    #[serde(default)]
    pub(crate) comment: Field<Comment>,
}

/// Opened, pushed to, edited, merged or declined.
#[derive(Debug, Deserialize)]
pub(crate) struct Update {
    pub(crate) date: Instant,
    /// Who did it, not who wrote the pull request.
    #[serde(default)]
    pub(crate) author: Field<Account>,
    #[serde(default)]
    pub(crate) state: Field<String>,
    #[serde(default)]
    pub(crate) draft: Field<bool>,
    /// Undocumented, so nothing in it may spoil the entry.
    #[serde(default)]
    pub(crate) changes: Field<Value>,
    #[serde(default)]
    pub(crate) source: Field<Endpoint>,
    #[serde(default)]
    pub(crate) destination: Field<Endpoint>,
}

/// An approval or a request for changes.
#[derive(Debug, Deserialize)]
pub(crate) struct Vote {
    pub(crate) date: Instant,
    #[serde(default)]
    pub(crate) user: Field<Account>,
    #[serde(default)]
    pub(crate) pullrequest: Field<Numbered>,
}
