//! Workspaces, projects and repositories.

use model::{Field, Instant, Uuid};
use serde::Deserialize;

use super::{Links, Named, uuid_if_any, whole};

/// A workspace, whole or embedded.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
    #[serde(default)]
    pub(crate) slug: Field<String>,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) is_private: Field<bool>,
    #[serde(default)]
    pub(crate) created_on: Field<Instant>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// A project, embedded in a repository.
#[derive(Debug, Deserialize)]
pub(crate) struct Project {
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
    #[serde(default)]
    pub(crate) key: Field<String>,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// `GET /repositories/{workspace}`. Its `owner` is the workspace in the shape of an account, nobody
/// who does anything, and is not read. The slug is missing in some embedded forms: it is the tail of
/// `full_name`.
#[derive(Debug, Deserialize)]
pub(crate) struct Repository {
    pub(crate) uuid: Uuid,
    pub(crate) full_name: String,
    #[serde(default)]
    pub(crate) slug: Field<String>,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) is_private: Field<bool>,
    #[serde(default)]
    pub(crate) language: Field<String>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) size: Field<i64>,
    #[serde(default)]
    pub(crate) created_on: Field<Instant>,
    #[serde(default)]
    pub(crate) updated_on: Field<Instant>,
    #[serde(default)]
    pub(crate) workspace: Field<Workspace>,
    #[serde(default)]
    pub(crate) project: Field<Project>,
    /// Null while the repository is empty.
    #[serde(default)]
    pub(crate) mainbranch: Field<Named>,
    /// The repository that it was forked from.
    #[serde(default)]
    pub(crate) parent: Field<EmbeddedRepository>,
    #[serde(default)]
    pub(crate) links: Field<Links>,
}

/// A repository inside another record; only its UUID is read.
#[derive(Debug, Deserialize)]
pub(crate) struct EmbeddedRepository {
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
}
