//! Pipeline runs.

use model::{Field, Instant, Uuid};
use serde::Deserialize;
use serde_json::Value;

use super::account::Account;
use super::comment::Numbered;
use super::{Commit, Named, whole};

/// `GET …/pipelines/`. Its links lead to hosts inside Bitbucket and are not read.
#[derive(Debug, Deserialize)]
pub(crate) struct Pipeline {
    pub(crate) uuid: Uuid,
    pub(crate) created_on: Instant,
    #[serde(default)]
    pub(crate) completed_on: Field<Instant>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) build_number: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) run_number: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) duration_in_seconds: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) build_seconds_used: Field<i64>,
    #[serde(default)]
    pub(crate) creator: Field<Account>,
    #[serde(default)]
    pub(crate) state: Field<State>,
    #[serde(default)]
    pub(crate) target: Field<Target>,
    #[serde(default)]
    pub(crate) trigger: Field<Typed>,
}

/// `stage` is there while in progress, `result` once completed.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) stage: Field<Named>,
    #[serde(default)]
    pub(crate) result: Field<Named>,
}

/// A ref, a commit or a pull request; the last is not documented, and its `source` is the name of
/// a branch.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) r#type: Field<String>,
    #[serde(default)]
    pub(crate) ref_type: Field<String>,
    #[serde(default)]
    pub(crate) ref_name: Field<String>,
    #[serde(default)]
    pub(crate) source: Field<Value>,
    #[serde(default)]
    pub(crate) commit: Field<Commit>,
    #[serde(default)]
    pub(crate) selector: Field<Selector>,
    #[serde(default)]
    pub(crate) pullrequest: Field<Numbered>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Selector {
    #[serde(default)]
    pub(crate) r#type: Field<String>,
    #[serde(default)]
    pub(crate) pattern: Field<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    pub(crate) r#type: Field<String>,
}
