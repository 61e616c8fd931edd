//! `windlass connection add`: nothing is kept before it was seen to work.

use std::io;

use model::verification::Verification;
use serde::Serialize;
use store::{
    Connection, ConnectionKind, ConnectionState, CredentialSeen, CredentialState, NewCredential,
};

use super::Described;
use crate::cli::{AddBitbucketArguments, AddJiraArguments, CredentialArguments, Global};
use crate::credential::{self, JIRA_VARIABLE, Secret, Target, VARIABLE};
use crate::failure::Failure;
use crate::jira_site;
use crate::output::{json, say};
use crate::secret_key;
use crate::session::Session;
use crate::stored;
use crate::verification::{self, Tried};

/// What a connection that was to be added came to, for programs.
#[derive(Serialize)]
struct Added<'a> {
    verification: &'a Verification,
    /// Nothing where it was not kept.
    connection: Option<Described>,
}

/// A connection that is to be kept.
pub(in crate::command) struct Candidate<'a> {
    kind: ConnectionKind,
    name: String,
    target: Target,
    secret: Secret,
    arguments: &'a CredentialArguments,
    /// Whether it waits until somebody lets it begin.
    paused: bool,
}

pub(super) async fn bitbucket(
    global: &Global,
    arguments: &AddBitbucketArguments,
) -> anyhow::Result<()> {
    let secret = credential::given(&arguments.credential, VARIABLE)?;
    let session = Session::open_or_make(global).await?;
    let candidate = Candidate::of_bitbucket(
        &session,
        (&arguments.workspace, arguments.base_url.as_deref()),
        arguments.name.as_deref(),
        secret,
        &arguments.credential,
    )?;
    let tried = candidate.try_out(&session).await?;
    keep(&session, &candidate, &tried, arguments.json).await
}

pub(super) async fn jira(global: &Global, arguments: &AddJiraArguments) -> anyhow::Result<()> {
    let secret = credential::given(&arguments.credential, JIRA_VARIABLE)?;
    let name = arguments.name.as_deref();
    let candidate = Candidate::of_jira(&arguments.site, name, secret, &arguments.credential)?;
    let session = Session::open_or_make(global).await?;
    let tried = candidate.try_out(&session).await?;
    keep(&session, &candidate, &tried, arguments.json).await
}

/// The name of a new connection.
fn name(given: Option<&str>, otherwise: &str) -> Result<String, Failure> {
    let name = given.unwrap_or(otherwise).trim();
    if name.is_empty() || name.chars().any(char::is_control) || name.starts_with('-') {
        return Err(Failure::configuration(
            "a connection needs a name that can be written on the command line: give it one with --name",
        ));
    }
    Ok(name.to_owned())
}

/// Refuses a name that is taken, and a second connection to the same workspace.
async fn require_new(session: &Session, candidate: &Candidate<'_>) -> anyhow::Result<()> {
    for known in session.db.connections().await? {
        let same = known.kind == candidate.kind
            && known.workspace == candidate.target.workspace
            && known.base_url == candidate.target.base_url;
        let has_credentials = !session.db.credentials(known.id).await?.is_empty();
        if same && !has_credentials && known.name == candidate.name {
            // An import with a token of its own has made it; now it gets credentials.
            continue;
        }
        if same {
            return Err(already(&known, has_credentials).into());
        }
        if known.name == candidate.name {
            return Err(Failure::configuration(format!(
                "there is a connection `{}` already, of {}: give this one another name with --name",
                known.name, known.workspace
            ))
            .into());
        }
    }
    Ok(())
}

fn already(known: &Connection, has_credentials: bool) -> Failure {
    let noun = match known.kind {
        ConnectionKind::BitbucketCloud => "workspace",
        ConnectionKind::JiraCloud => "site",
    };
    let advice = if has_credentials {
        "to give it another credential"
    } else {
        "to give it a credential"
    };
    Failure::configuration(format!(
        "the {noun} `{}` is connected already, as `{1}`: use `windlass credential add {1}` {advice}",
        known.workspace, known.name
    ))
}

/// Keeps what works, and says so; tells what does not.
async fn keep(
    session: &Session,
    candidate: &Candidate<'_>,
    tried: &Tried,
    as_json: bool,
) -> anyhow::Result<()> {
    let verification = &tried.verification;
    let out = &mut io::stdout().lock();
    if !as_json {
        verification::write_text(verification, out)?;
    }
    if let Some(failure) = verification::failure(verification, ". Nothing was saved") {
        if as_json {
            let connection = None;
            json::write(
                &Added {
                    verification,
                    connection,
                },
                out,
            )?;
        }
        return Err(failure.into());
    }
    let connection = candidate.save(session, tried).await?;
    if as_json {
        let connection = Some(Described::load(session, &connection).await?);
        return json::write(
            &Added {
                verification,
                connection,
            },
            out,
        );
    }
    say(&format!(
        "The connection {0} works and is saved. `windlass import {0}` imports it now, `windlass serve` from time to time",
        connection.name
    ));
    Ok(())
}

impl<'a> Candidate<'a> {
    /// A workspace, by its name or address, and the address of the API where it is not the usual one.
    pub(in crate::command) fn of_bitbucket(
        session: &Session,
        (workspace, base_url): (&str, Option<&str>),
        name: Option<&str>,
        secret: Secret,
        arguments: &'a CredentialArguments,
    ) -> Result<Self, Failure> {
        let workspace = credential::workspace_name(workspace);
        let base_url = base_url.unwrap_or(&session.config.settings.bitbucket.base_url);
        Ok(Self {
            kind: ConnectionKind::BitbucketCloud,
            name: self::name(name, &workspace)?,
            target: Target {
                workspace,
                base_url: base_url.trim_end_matches('/').to_owned(),
            },
            secret,
            arguments,
            paused: false,
        })
    }

    /// A site, as somebody has pasted it.
    pub(in crate::command) fn of_jira(
        site: &str,
        name: Option<&str>,
        secret: Secret,
        arguments: &'a CredentialArguments,
    ) -> Result<Self, Failure> {
        let target = jira_site::target(site)?;
        Ok(Self {
            kind: ConnectionKind::JiraCloud,
            name: self::name(name, &target.workspace)?,
            target,
            secret,
            arguments,
            paused: false,
        })
    }

    /// The same, waiting until somebody lets it begin.
    pub(in crate::command) fn paused(self, paused: bool) -> Self {
        Self { paused, ..self }
    }

    /// Tries it out, if it is new.
    pub(in crate::command) async fn try_out(&self, session: &Session) -> anyhow::Result<Tried> {
        require_new(session, self).await?;
        let (settings, clock) = (&session.config.settings, session.clock.clone());
        match self.kind {
            ConnectionKind::BitbucketCloud => {
                let holder =
                    verification::candidate(settings, &self.label(), &self.secret, self.arguments);
                let streams = stored::usual_streams(settings);
                verification::bitbucket(settings, &self.target, holder, &streams, clock).await
            }
            ConnectionKind::JiraCloud => {
                jira_site::verify(settings, &self.target, &self.secret, clock).await
            }
        }
    }

    /// Keeps what was seen to work.
    pub(in crate::command) async fn save(
        &self,
        session: &Session,
        tried: &Tried,
    ) -> anyhow::Result<Connection> {
        let candidate = self;
        let key = secret_key::find_or_make(&session.config, &session.db).await?;
        let label = candidate.label();
        let sealed = candidate.secret.seal(&key.vault, &label)?;
        let credential = credential::credential_of(&label, &candidate.secret);
        let new = NewCredential {
            label: &label,
            method: candidate.secret.method(),
            sealed: &sealed,
            allowance: &credential.allowance(),
            hourly_limit: candidate.arguments.hourly_limit,
            expires_at: candidate.arguments.expires,
        };
        let now = session.now();
        let (name, target) = (&candidate.name, &candidate.target);
        let mut tx = session.db.write().await?;
        let made = tx
            .insert_connection(
                candidate.kind,
                name,
                &target.workspace,
                &target.base_url,
                now,
            )
            .await?;
        let id = match made {
            Some(id) => id,
            // Made by an import, or by somebody else a moment ago; whoever has a credential stays.
            None => match session.db.connection(name).await? {
                Some(known) if session.db.credentials(known.id).await?.is_empty() => known.id,
                _ => {
                    return Err(Failure::configuration(format!(
                    "a connection `{name}` was made meanwhile: give this one another name with --name"
                ))
                .into());
                }
            },
        };
        let Some(credential) = tx.insert_credential(id, &new, now).await? else {
            return Err(Failure::configuration(format!(
            "a credential `{label}` was added meanwhile: give this one another name with --label"
        ))
        .into());
        };
        let seen = CredentialSeen {
            state: CredentialState::Ok,
            problem: None,
            resting_until: None,
            scopes: Some(tried.scopes.clone()).filter(|scopes| !scopes.is_empty()),
        };
        tx.note_credential(credential, &seen).await?;
        tx.set_credential_verified(credential, now).await?;
        tx.set_connection_state(id, ConnectionState::Verified, None, now)
            .await?;
        if self.paused {
            tx.pause_connection(id, Some(now)).await?;
        }
        tx.add_usage(&tried.usage).await?;
        let detail = format!(
            "{} {} at {}, credential {label}",
            candidate.kind.as_str(),
            target.workspace,
            target.base_url
        );
        let entry = session.entry("connection.add", format!("connection {name}"), Some(detail));
        tx.audit(&entry).await?;
        tx.commit().await?;
        session.connection(name).await
    }

    fn label(&self) -> String {
        let given = self.arguments.label.as_deref();
        given.unwrap_or("credential 1").to_owned()
    }
}
