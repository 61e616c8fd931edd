//! What stops an import as a whole. What stops only one stream is in the summary.

use bitbucket::ClientError;
use store::StoreError;

/// Why an import could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The credential is not accepted.
    #[error("invalid_credentials: {0}")]
    InvalidCredentials(#[source] ClientError),
    /// The credential may not list repositories, without which there is nothing to do.
    #[error("invalid_permissions: {0}")]
    InvalidPermissions(#[source] ClientError),
    /// There is no such workspace, or the credential cannot see it.
    #[error(
        "no_resources: the workspace `{0}` does not exist, or the credential may not see it. Its name is the first part of its address: in https://bitbucket.org/myworkspace/ it is myworkspace"
    )]
    NoWorkspace(String),
    /// The list of repositories could not be had, without which there is nothing to do.
    #[error("{0}")]
    Client(#[source] ClientError),
    /// The connection of this name is another workspace's.
    #[error(
        "the connection `{name}` belongs to the workspace `{workspace}`: give this one another name with --name"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The workspace that has it.
        workspace: String,
    },
    /// Another import works on the same streams.
    #[error(
        "another import is at work on {0}: wait until it has ended. If it was stopped, its claim ends by itself within a minute"
    )]
    Busy(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
