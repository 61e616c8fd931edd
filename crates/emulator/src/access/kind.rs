//! The kinds of credential, and how each is sent.

/// The kinds of credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialKind {
    /// Sent as `Authorization: Bearer`; it sees all repositories.
    WorkspaceAccessToken {
        /// The secret.
        token: String,
    },
    /// Sent as `Authorization: Bearer`; it sees the repositories of one project.
    ProjectAccessToken {
        /// The secret.
        token: String,
        /// The key of the project.
        project: String,
    },
    /// Sent as `Authorization: Bearer`; it sees one repository.
    RepositoryAccessToken {
        /// The secret.
        token: String,
        /// The slug or UUID of the repository.
        repository: String,
    },
    /// Sent as `Authorization: Basic` with the e-mail address of its owner.
    ApiToken {
        /// The owner's Atlassian address; a user name in its place is refused.
        email: String,
        /// The secret.
        token: String,
    },
    /// For Jira alone; sent as `Authorization: Basic` with the e-mail address of its owner. Without
    /// scopes it may do what its owner may; with scopes it is good at the common address alone.
    JiraToken {
        /// The owner's Atlassian address.
        email: String,
        /// The secret.
        token: String,
    },
}

impl CredentialKind {
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::WorkspaceAccessToken { token }
            | Self::ProjectAccessToken { token, .. }
            | Self::RepositoryAccessToken { token, .. }
            | Self::ApiToken { token, .. }
            | Self::JiraToken { token, .. } => token,
        }
    }

    /// What `X-Credential-Type` says.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::WorkspaceAccessToken { .. } => "workspace_access_token",
            Self::ProjectAccessToken { .. } => "project_access_token",
            Self::RepositoryAccessToken { .. } => "repository_access_token",
            Self::ApiToken { .. } | Self::JiraToken { .. } => "api_token",
        }
    }
}
