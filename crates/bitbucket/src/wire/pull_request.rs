//! Pull requests.

use model::{Field, Instant};
use serde::Deserialize;

use super::account::Account;
use super::repository::EmbeddedRepository;
use super::{Commit, Links, Named, whole};

/// `GET …/pullrequests`. Lists leave `participants` and `reviewers` out unless asked for them.
#[derive(Debug, Deserialize)]
pub(crate) struct PullRequest {
    pub(crate) id: i64,
    pub(crate) created_on: Instant,
    pub(crate) updated_on: Instant,
    #[serde(default)]
    pub(crate) title: Field<String>,
    #[serde(default)]
    pub(crate) description: Field<String>,
    #[serde(default)]
    pub(crate) state: Field<String>,
    #[serde(default)]
    pub(crate) draft: Field<bool>,
    #[serde(default)]
    pub(crate) author: Field<Account>,
    #[serde(default)]
    pub(crate) closed_by: Field<Account>,
    #[serde(default)]
    pub(crate) merge_commit: Field<Commit>,
    #[serde(default)]
    pub(crate) source: Field<Endpoint>,
    #[serde(default)]
    pub(crate) destination: Field<Endpoint>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) comment_count: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) task_count: Field<i64>,
    #[serde(default)]
    pub(crate) close_source_branch: Field<bool>,
    #[serde(default)]
    pub(crate) participants: Field<Vec<Option<Participant>>>,
    #[serde(default)]
    pub(crate) reviewers: Field<Vec<Option<Account>>>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// Where a pull request comes from or goes to. The repository is null once a fork is deleted, the
/// commit once it is gone.
#[derive(Debug, Deserialize)]
pub(crate) struct Endpoint {
    #[serde(default)]
    pub(crate) branch: Field<Named>,
    #[serde(default)]
    pub(crate) commit: Field<Commit>,
    #[serde(default)]
    pub(crate) repository: Field<EmbeddedRepository>,
}

/// Somebody who takes part. `state` is null without a vote, and was null beside a vote too.
#[derive(Debug, Deserialize)]
pub(crate) struct Participant {
    #[serde(default)]
    pub(crate) user: Field<Account>,
    #[serde(default)]
    pub(crate) role: Field<String>,
    #[serde(default)]
    pub(crate) approved: Field<bool>,
    #[serde(default)]
    pub(crate) state: Field<String>,
    #[serde(default)]
    pub(crate) participated_on: Field<Instant>,
}
