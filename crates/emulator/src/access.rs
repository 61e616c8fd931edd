//! Who may ask for what.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::answer::Answer;
use crate::endpoint::Endpoint;

/// A credential that the emulator knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// What it is and how it must be sent.
    pub kind: CredentialKind,
    /// What it was granted: classic scopes for access tokens, granular ones for API tokens.
    pub scopes: Vec<String>,
}

/// The two kinds of credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialKind {
    /// Sent as `Authorization: Bearer`.
    WorkspaceAccessToken {
        /// The secret.
        token: String,
    },
    /// Sent as `Authorization: Basic` with the e-mail address of its owner.
    ApiToken {
        /// The owner's Atlassian address; a user name in its place is refused.
        email: String,
        /// The secret.
        token: String,
    },
}

impl Credential {
    /// A workspace access token with all the scopes that an import needs.
    pub fn workspace_access_token(token: impl Into<String>) -> Self {
        Self {
            kind: CredentialKind::WorkspaceAccessToken {
                token: token.into(),
            },
            scopes: owned(&["account", "pipeline", "pullrequest", "repository"]),
        }
    }

    /// An API token with all the scopes that an import needs.
    pub fn api_token(email: impl Into<String>, token: impl Into<String>) -> Self {
        Self {
            kind: CredentialKind::ApiToken {
                email: email.into(),
                token: token.into(),
            },
            scopes: owned(&[
                "read:repository:bitbucket",
                "read:pullrequest:bitbucket",
                "read:pipeline:bitbucket",
                "read:workspace:bitbucket",
            ]),
        }
    }

    /// The same credential with exactly these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = owned(scopes);
        self
    }

    /// The same credential without one of its scopes.
    #[must_use]
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.retain(|granted| granted != scope);
        self
    }

    pub(crate) fn is_bearer(&self) -> bool {
        matches!(self.kind, CredentialKind::WorkspaceAccessToken { .. })
    }

    /// Whose rate allowance it uses: an access token has its own, all API tokens of a user share
    /// one. It names the credential in the record of requests too.
    pub(crate) fn allowance(&self) -> &str {
        match &self.kind {
            CredentialKind::WorkspaceAccessToken { token } => token,
            CredentialKind::ApiToken { email, .. } => email,
        }
    }

    /// The value of the header that presents it.
    pub fn authorization(&self) -> String {
        match &self.kind {
            CredentialKind::WorkspaceAccessToken { token } => format!("Bearer {token}"),
            CredentialKind::ApiToken { email, token } => {
                format!("Basic {}", STANDARD.encode(format!("{email}:{token}")))
            }
        }
    }

    /// Refuses what the granted scopes do not allow.
    pub(crate) fn permit(&self, endpoint: Endpoint) -> Result<(), Answer> {
        let (classic, granular) = endpoint.scopes();
        let required = if self.is_bearer() { classic } else { granular };
        if required.iter().all(|scope| self.grants(scope)) {
            Ok(())
        } else {
            Err(Answer::lacking_scope(required, &self.scopes))
        }
    }

    /// Granular scopes stand for themselves alone. Classic ones imply their weaker forms, and both
    /// `pullrequest` and `project` let one read repositories.
    fn grants(&self, required: &str) -> bool {
        self.scopes.iter().any(|granted| {
            if granted == required {
                return true;
            }
            if !self.is_bearer() {
                return false;
            }
            let family = granted.split(':').next().unwrap_or(granted);
            family == required
                || (required == "repository" && matches!(family, "pullrequest" | "project"))
        })
    }
}

/// The credential that a request presents, in the right way, among the known ones.
pub(crate) fn identify<'a>(
    known: &'a [Credential],
    authorization: Option<&str>,
) -> Result<&'a Credential, Answer> {
    authorization
        .and_then(|sent| {
            known
                .iter()
                .find(|credential| credential.authorization() == sent)
        })
        .ok_or_else(Answer::unauthorized)
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
