//! Commits, and how many lines a change has.

use model::{Field, Instant};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::account::Account;
use super::{Links, whole};

/// `GET …/commits/{revision}`, `…/pullrequests/{id}/commits` and `…/commit/{sha}`. Its committer was
/// seen to be an empty object and is not read.
#[derive(Debug, Deserialize)]
pub(crate) struct WholeCommit {
    /// 40 characters here, unlike anywhere else.
    pub(crate) hash: String,
    #[serde(default)]
    pub(crate) date: Field<Instant>,
    #[serde(default)]
    pub(crate) message: Field<String>,
    #[serde(default)]
    pub(crate) author: Field<Author>,
    /// Only counted.
    #[serde(default)]
    pub(crate) parents: Field<Vec<IgnoredAny>>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// Who made a commit, as the commit has it, and the account where Bitbucket knows one.
#[derive(Debug, Deserialize)]
pub(crate) struct Author {
    #[serde(default)]
    pub(crate) raw: Field<String>,
    #[serde(default)]
    pub(crate) user: Field<Account>,
}

/// `GET …/diffstat/{spec}`: one file. Its path is not read.
#[derive(Debug, Deserialize)]
pub(crate) struct ChangedFile {
    #[serde(default, deserialize_with = "whole")]
    pub(crate) lines_added: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) lines_removed: Field<i64>,
}
