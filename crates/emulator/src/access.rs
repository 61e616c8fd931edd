//! Who may ask for what.

mod kind;
mod scopes;
mod spelling;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Instant;

use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::world::{Repository, World};

pub use kind::CredentialKind;
pub(crate) use scopes::Requirement;
pub use spelling::CredentialError;

/// A credential that the emulator knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// What tests call it. Unless [`labelled`](Self::labelled), the secret itself.
    pub label: String,
    /// What it is and how it must be sent.
    pub kind: CredentialKind,
    /// What it was granted: classic scopes for access tokens, granular ones for API tokens.
    pub scopes: Vec<String>,
    /// The slugs or UUIDs of all repositories that it sees; None for every one that its kind
    /// allows.
    pub repositories: Option<Vec<String>>,
    /// Requests in a window; None for the allowance that every credential has. API tokens of one
    /// person share one allowance all the same: what one has used is missing to the others.
    pub hourly_limit: Option<usize>,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// Whether it is refused already.
    pub revoked: bool,
    /// Whether its owner administers the workspace. It says nothing about access tokens.
    pub administrator: bool,
    /// Whether its owner has the permission "Browse users and groups" in Jira.
    pub browses_users: bool,
}

impl Credential {
    /// A workspace access token with all the scopes that an import needs.
    pub fn workspace_access_token(token: impl Into<String>) -> Self {
        let token = token.into();
        let kind = CredentialKind::WorkspaceAccessToken { token };
        Self::new(kind, &["account", "pipeline", "pullrequest", "repository"])
    }

    /// A project access token for the project of this key. It cannot have the scope `account`.
    pub fn project_access_token(token: impl Into<String>, project: impl Into<String>) -> Self {
        let (token, project) = (token.into(), project.into());
        let kind = CredentialKind::ProjectAccessToken { token, project };
        Self::new(kind, &["pipeline", "pullrequest", "repository"])
    }

    /// A repository access token for the repository of this slug or UUID. It cannot have the scope
    /// `account`.
    pub fn repository_access_token(
        token: impl Into<String>,
        repository: impl Into<String>,
    ) -> Self {
        let (token, repository) = (token.into(), repository.into());
        let kind = CredentialKind::RepositoryAccessToken { token, repository };
        Self::new(kind, &["pipeline", "pullrequest", "repository"])
    }

    /// An API token with all the scopes that an import needs.
    pub fn api_token(email: impl Into<String>, token: impl Into<String>) -> Self {
        let (email, token) = (email.into(), token.into());
        let kind = CredentialKind::ApiToken { email, token };
        Self::new(
            kind,
            &[
                "read:repository:bitbucket",
                "read:pullrequest:bitbucket",
                "read:pipeline:bitbucket",
                "read:workspace:bitbucket",
            ],
        )
    }

    /// An API token for Jira of the old kind, which has no scopes.
    pub fn jira_token(email: impl Into<String>, token: impl Into<String>) -> Self {
        let (email, token) = (email.into(), token.into());
        Self::new(CredentialKind::JiraToken { email, token }, &[])
    }

    fn new(kind: CredentialKind, scopes: &[&str]) -> Self {
        Self {
            label: kind.secret().to_owned(),
            kind,
            scopes: owned(scopes),
            repositories: None,
            hourly_limit: None,
            expires_at: None,
            revoked: false,
            administrator: false,
            browses_users: true,
        }
    }

    /// The same credential under this name.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same credential with exactly these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &[&str]) -> Self {
        self.scopes = owned(scopes);
        self
    }

    /// The same credential with one scope more.
    #[must_use]
    pub fn with_scope(mut self, scope: &str) -> Self {
        self.scopes.push(scope.to_owned());
        self
    }

    /// The same credential without one of its scopes.
    #[must_use]
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.retain(|granted| granted != scope);
        self
    }

    /// The same credential, which sees these repositories alone.
    #[must_use]
    pub fn seeing(mut self, repositories: &[&str]) -> Self {
        self.repositories = Some(owned(repositories));
        self
    }

    /// The same credential with an allowance of its own.
    #[must_use]
    pub fn limited_to(mut self, requests_in_an_hour: usize) -> Self {
        self.hourly_limit = Some(requests_in_an_hour);
        self
    }

    /// The same credential, which is refused from this time on.
    #[must_use]
    pub fn expiring_at(mut self, at: Instant) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// The same credential of somebody who administers the workspace.
    #[must_use]
    pub fn of_administrator(mut self) -> Self {
        self.administrator = true;
        self
    }

    /// The same credential of somebody who may not browse the users of Jira.
    #[must_use]
    pub fn without_browsing_users(mut self) -> Self {
        self.browses_users = false;
        self
    }

    pub(crate) fn is_bearer(&self) -> bool {
        !matches!(
            self.kind,
            CredentialKind::ApiToken { .. } | CredentialKind::JiraToken { .. }
        )
    }

    fn is_for_jira(&self) -> bool {
        matches!(self.kind, CredentialKind::JiraToken { .. })
    }

    /// Whether it may do what administrators of the workspace may, as far as its scopes go.
    pub(crate) fn administers(&self) -> bool {
        match &self.kind {
            CredentialKind::WorkspaceAccessToken { .. } => true,
            CredentialKind::ApiToken { .. } => self.administrator,
            _ => false,
        }
    }

    /// Whose rate allowance it uses: an access token has its own, all API tokens of a user share
    /// one. It names the credential in the record of requests too.
    pub(crate) fn allowance(&self) -> &str {
        match &self.kind {
            CredentialKind::ApiToken { email, .. } | CredentialKind::JiraToken { email, .. } => {
                email
            }
            kind => kind.secret(),
        }
    }

    /// The value of the header that presents it.
    pub fn authorization(&self) -> String {
        match &self.kind {
            CredentialKind::ApiToken { email, token }
            | CredentialKind::JiraToken { email, token } => {
                format!("Basic {}", STANDARD.encode(format!("{email}:{token}")))
            }
            kind => format!("Bearer {}", kind.secret()),
        }
    }

    /// Whether this repository is within its reach.
    pub(crate) fn reaches(&self, world: &World, repository: &Repository) -> bool {
        let is = |key: &String| *key == repository.slug || *key == repository.uuid;
        let by_kind = match &self.kind {
            CredentialKind::RepositoryAccessToken { repository, .. } => is(repository),
            CredentialKind::ProjectAccessToken { project, .. } => repository
                .project
                .and_then(|index| world.projects.get(index))
                .is_some_and(|found| found.key == *project),
            _ => true,
        };
        let listed = self.repositories.as_ref();
        by_kind && listed.is_none_or(|listed| listed.iter().any(is))
    }

    /// Refuses a credential that is no longer good for anything. An API token without scopes never
    /// was.
    pub(crate) fn check_alive(&self, now: Instant) -> Result<(), Answer> {
        let expired = self.expires_at.is_some_and(|at| at <= now);
        let useless =
            matches!(self.kind, CredentialKind::ApiToken { .. }) && self.scopes.is_empty();
        if self.revoked || expired || useless {
            return Err(Answer::unauthorized());
        }
        Ok(())
    }

    /// Refuses what the granted scopes do not allow.
    pub(crate) fn permit(&self, endpoint: Endpoint, method: &str) -> Result<(), Answer> {
        self.permit_all(&endpoint.requirement(method))
    }

    /// Refuses it unless all of these scopes are granted.
    pub(crate) fn permit_all(&self, requirement: &Requirement) -> Result<(), Answer> {
        let required = if self.is_bearer() {
            &requirement.classic
        } else {
            &requirement.granular
        };
        if required.iter().all(|scope| self.grants(scope)) {
            Ok(())
        } else {
            Err(Answer::lacking_scope(required, &self.scopes))
        }
    }

    fn grants(&self, required: &str) -> bool {
        self.scopes.iter().any(|granted| {
            granted == required || (self.is_bearer() && scopes::implies(granted, required))
        })
    }
}

/// The known credential that a request presents in its right way and to the right service, dead or
/// alive.
pub(crate) fn presented<'a>(
    known: &'a [Credential],
    authorization: Option<&str>,
    to_jira: bool,
) -> Option<&'a Credential> {
    let sent = authorization?;
    known.iter().find(|credential| {
        credential.is_for_jira() == to_jira && credential.authorization() == sent
    })
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
