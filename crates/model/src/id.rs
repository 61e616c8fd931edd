//! Ids of imported rows.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The id of an imported row: computed from what Bitbucket calls the thing, so that it is known
/// before the row is written and the same in every process, database and connection.
///
/// It is the first 63 bits of SHA-256 over the table's name and the parts of the immutable key,
/// each ended by a zero byte. Never negative, so that it fits a BIGINT of both engines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(pub i64);

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Id {
    /// The id of the row of `table` whose immutable key is `parts`.
    pub fn of(table: &str, parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in std::iter::once(&table).chain(parts) {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let digest = hasher.finalize();
        let bytes = digest
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        // The shift leaves 63 bits, which always fit.
        Self(i64::try_from(bytes >> 1).unwrap_or(i64::MAX))
    }

    /// The workspace with this UUID.
    pub fn workspace(uuid: &Uuid) -> Self {
        Self::of("bitbucket_workspaces", &[uuid.as_str()])
    }

    /// The project with this UUID.
    pub fn project(uuid: &Uuid) -> Self {
        Self::of("bitbucket_projects", &[uuid.as_str()])
    }

    /// The repository with this UUID.
    pub fn repository(uuid: &Uuid) -> Self {
        Self::of("bitbucket_repositories", &[uuid.as_str()])
    }

    /// The account (user, team or app) with this UUID.
    pub fn user(uuid: &Uuid) -> Self {
        Self::of("bitbucket_users", &[uuid.as_str()])
    }

    /// The membership of an account in a workspace.
    pub fn member(workspace: Id, user: Id) -> Self {
        Self::of(
            "bitbucket_workspace_members",
            &[&workspace.to_string(), &user.to_string()],
        )
    }

    /// The pull request of this number in a repository: numbers restart at 1 in each.
    pub fn pull(repository: &Uuid, number: i64) -> Self {
        Self::of(
            "bitbucket_pulls",
            &[repository.as_str(), &number.to_string()],
        )
    }

    /// A reviewer or participant of a pull request.
    pub fn reviewer(pull: Id, user: Id) -> Self {
        Self::of(
            "bitbucket_pull_reviewers",
            &[&pull.to_string(), &user.to_string()],
        )
    }

    /// The comment with this id, which Bitbucket gives out once for all repositories.
    pub fn comment(id: i64) -> Self {
        Self::of("bitbucket_pull_comments", &[&id.to_string()])
    }

    /// The commit with this hash of 40 characters in a repository.
    pub fn commit(repository: &Uuid, sha: &str) -> Self {
        Self::of("bitbucket_commits", &[repository.as_str(), sha])
    }

    /// The place of a commit in a pull request.
    pub fn pull_commit(pull: Id, commit: Id) -> Self {
        Self::of(
            "bitbucket_pull_commits",
            &[&pull.to_string(), &commit.to_string()],
        )
    }

    /// The size of a pull request.
    pub fn pull_size(pull: Id) -> Self {
        Self::of("bitbucket_pull_sizes", &[&pull.to_string()])
    }

    /// The pipeline step with this UUID.
    pub fn pipeline_step(uuid: &Uuid) -> Self {
        Self::of("bitbucket_pipeline_steps", &[uuid.as_str()])
    }

    /// The environment with this UUID.
    pub fn environment(uuid: &Uuid) -> Self {
        Self::of("bitbucket_environments", &[uuid.as_str()])
    }

    /// The deployment with this UUID.
    pub fn deployment(uuid: &Uuid) -> Self {
        Self::of("bitbucket_deployments", &[uuid.as_str()])
    }

    /// The Atlassian account with this account id, as Jira lists it.
    pub fn jira_user(account_id: &str) -> Self {
        Self::of("jira_users", &[account_id])
    }

    /// The pipeline run with this UUID.
    pub fn pipeline(uuid: &Uuid) -> Self {
        Self::of("bitbucket_pipelines", &[uuid.as_str()])
    }
}

/// A Bitbucket UUID in the form that its bodies use: lower case, in braces. Other answers and
/// headers leave the braces out; every spelling becomes this one, since ids are computed from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Uuid(String);

impl Uuid {
    /// Normalises a spelling; `None` when nothing but braces is left.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
        (!bare.is_empty()).then(|| Self(format!("{{{}}}", bare.to_lowercase())))
    }

    /// The normal form, with braces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an empty uuid"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_the_table_and_each_part_of_the_key() {
        let uuid = Uuid::parse("{AB-1}").unwrap();
        assert_eq!(uuid.as_str(), "{ab-1}");
        assert_ne!(Id::repository(&uuid), Id::user(&uuid));
        assert_ne!(Id::of("t", &["ab", "c"]), Id::of("t", &["a", "bc"]));
        assert_ne!(Id::pull(&uuid, 1), Id::pull(&uuid, 11));
        // Fixed for ever: a database holds ids that were computed by earlier versions.
        assert_eq!(Id::of("bitbucket_users", &["{ab-1}"]), Id::user(&uuid));
        assert_eq!(Id::user(&uuid), Id(760_417_020_633_652_372));
    }

    #[test]
    fn every_spelling_of_a_uuid_is_one() {
        for spelling in ["AB-1", "{ab-1}", " {AB-1} "] {
            assert_eq!(Uuid::parse(spelling).unwrap().as_str(), "{ab-1}");
        }
        assert_eq!(Uuid::parse("{}"), None);
    }
}
