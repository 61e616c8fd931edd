//! `windlass connection verify`.

use std::io::{self, Write};

use model::verification::Verification;
use serde::Serialize;
use store::{
    Connection, ConnectionKind, ConnectionState, CredentialSeen, CredentialState, Db,
    StoredCredential,
};

use crate::cli::{Global, NamedArguments};
use crate::failure::{Exit, Failure};
use crate::jira_site;
use crate::output::json;
use crate::secret_key;
use crate::session::Session;
use crate::stored;
use crate::verification::{self, Tried};

/// What verifying came to, for programs.
#[derive(Serialize)]
struct Verified<'a> {
    connection: &'a str,
    /// Whether each credential can be used.
    usable: bool,
    credentials: Vec<VerifiedCredential<'a>>,
}

#[derive(Serialize)]
struct VerifiedCredential<'a> {
    label: &'a str,
    usable: bool,
    verification: &'a Verification,
}

pub(super) async fn run(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let tried = all(&session, &connection).await?;
    let entry = session.entry(
        "connection.verify",
        format!("connection {}", connection.name),
        None,
    );
    note(&session.db, &connection, &tried, &entry).await?;

    let out = &mut io::stdout().lock();
    let usable = tried
        .iter()
        .all(|(_, tried)| tried.verification.is_usable());
    if arguments.json {
        let credentials = tried.iter().map(|(credential, tried)| VerifiedCredential {
            label: &credential.label,
            usable: tried.verification.is_usable(),
            verification: &tried.verification,
        });
        let verified = Verified {
            connection: &connection.name,
            usable,
            credentials: credentials.collect(),
        };
        json::write(&verified, out)?;
    } else {
        for (credential, tried) in &tried {
            let summary = verification::summary(&tried.verification);
            writeln!(out, "{}: {summary}", credential.label)?;
            verification::write_text(&tried.verification, out)?;
        }
    }
    let failed = tried
        .iter()
        .filter_map(|(credential, tried)| {
            Some((credential, verification::problem(&tried.verification)?))
        })
        .collect::<Vec<_>>();
    match failed.as_slice() {
        [] => Ok(()),
        [(credential, problem), ..] => Err(Failure::new(
            Exit::Refused,
            format!("{problem} (the credential `{}`)", credential.label),
        )
        .into()),
    }
}

/// Tries every credential of a connection.
pub(in crate::command) async fn all(
    session: &Session,
    connection: &Connection,
) -> anyhow::Result<Vec<(StoredCredential, Tried)>> {
    let credentials = session.db.credentials(connection.id).await?;
    if credentials.is_empty() {
        return Err(stored::no_credential(connection).into());
    }
    let (settings, clock) = (&session.config.settings, &session.clock);
    let target = stored::target(connection);
    let mut all = Vec::new();
    if connection.kind == ConnectionKind::JiraCloud {
        let key = secret_key::require(&session.config, &session.db).await?;
        for credential in credentials {
            let secret = jira_site::opened(&credential, &key.vault)?;
            let tried = jira_site::verify(&target, &secret, clock.clone()).await?;
            all.push((credential, tried));
        }
        return Ok(all);
    }
    let (options, _) = stored::order(settings, &session.db, connection).await?;
    let holders = stored::holders(&session.config, &session.db, connection).await?;
    for (credential, holder) in credentials.into_iter().zip(holders) {
        let tried =
            verification::bitbucket(settings, &target, holder, &options.streams, clock.clone())
                .await?;
        all.push((credential, tried));
    }
    Ok(all)
}

/// Notes what was found of each credential, and of the connection: it works as long as one of them
/// does.
pub(in crate::command) async fn note(
    db: &Db,
    connection: &Connection,
    tried: &[(StoredCredential, Tried)],
    entry: &store::AuditEntry,
) -> Result<(), store::StoreError> {
    let now = entry.occurred_at;
    let mut tx = db.write().await?;
    for (credential, tried) in tried {
        let verification = &tried.verification;
        if verification
            .code
            .is_some_and(|code| !says_something_of_the_credential(code))
        {
            tx.add_usage(&tried.usage).await?;
            continue;
        }
        let scopes = Some(tried.scopes.clone()).filter(|scopes| !scopes.is_empty());
        tx.note_credential(credential.id, &seen(verification, scopes))
            .await?;
        if verification.is_usable() {
            tx.set_credential_verified(credential.id, now).await?;
        }
        tx.add_usage(&tried.usage).await?;
    }
    let some_work = tried
        .iter()
        .any(|(_, tried)| tried.verification.is_usable());
    let problem = tried
        .iter()
        .find_map(|(_, tried)| verification::problem(&tried.verification));
    let told = tried.iter().any(|(_, tried)| {
        let code = tried.verification.code;
        code.is_none_or(says_something_of_the_credential)
    });
    if some_work {
        tx.set_connection_state(connection.id, ConnectionState::Verified, None, now)
            .await?;
    } else if told {
        let (state, problem) = (ConnectionState::Failing, problem.as_deref());
        tx.set_connection_state(connection.id, state, problem, now)
            .await?;
    }
    tx.audit(entry).await?;
    tx.commit().await
}

/// That Bitbucket could not be reached, or asked to wait, is not the credential's fault.
fn says_something_of_the_credential(code: model::verification::Code) -> bool {
    use model::verification::Code;
    !matches!(code, Code::Unreachable | Code::RateLimited)
}

fn seen(verification: &Verification, scopes: Option<Vec<String>>) -> CredentialSeen {
    use model::verification::Code;
    let state = match verification.code {
        Some(Code::InvalidCredentials) => CredentialState::Refused,
        Some(Code::InvalidPermissions) => CredentialState::LacksScopes,
        _ => CredentialState::Ok,
    };
    CredentialSeen {
        state,
        problem: verification::problem(verification),
        resting_until: None,
        scopes,
    }
}
