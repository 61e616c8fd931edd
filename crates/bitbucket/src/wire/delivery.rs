//! What only deliveries of webhooks have. Everything else in them has the shape that it has in
//! answers, with less of it.

use model::{Field, Uuid};
use serde::Deserialize;
use serde_json::Value;

use super::uuid_if_any;

/// One change of a `repo:push`: a branch or a tag that was made, moved or deleted.
#[derive(Debug, Deserialize)]
pub(crate) struct PushChange {
    /// Null when it is new.
    #[serde(default)]
    pub(crate) old: Field<Reference>,
    /// Null when it was deleted.
    #[serde(default)]
    pub(crate) new: Field<Reference>,
    #[serde(default)]
    pub(crate) forced: Field<bool>,
    /// Whether there are more commits than the five at most that are told.
    #[serde(default)]
    pub(crate) truncated: Field<bool>,
    /// Newest first. Each is read by itself.
    #[serde(default)]
    pub(crate) commits: Field<Vec<Value>>,
}

/// A branch or a tag.
#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    #[serde(default)]
    pub(crate) name: Field<String>,
    /// `branch`, `named_branch`, `tag`, `annotated_tag`.
    #[serde(default)]
    pub(crate) r#type: Field<String>,
    /// The whole commit that it points to.
    #[serde(default)]
    pub(crate) target: Field<Value>,
}

/// The state of a commit, as a build reports it.
#[derive(Debug, Deserialize)]
pub(crate) struct CommitStatus {
    /// Where the build can be seen; of a pipeline run it ends with the number of the run.
    #[serde(default)]
    pub(crate) url: Field<String>,
}

/// What changed of a repository.
#[derive(Debug, Deserialize)]
pub(crate) struct RepositoryChanges {
    #[serde(default)]
    pub(crate) full_name: Field<Change>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    #[serde(default)]
    pub(crate) old: Field<String>,
    #[serde(default)]
    pub(crate) new: Field<String>,
}

/// A fork that was made of a repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Fork {
    #[serde(default)]
    pub(crate) full_name: Field<String>,
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
}
