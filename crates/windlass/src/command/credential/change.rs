//! `windlass credential add`, `replace`, `rename` and `remove`.

use std::io;

use model::verification::Verification;
use serde::Serialize;
use store::{
    AuditEntry, Connection, ConnectionKind, ConnectionState, CredentialSeen, CredentialState,
    NewCredential, WriteTx,
};

use super::CredentialShown;
use crate::cli::{
    CredentialAddArguments, CredentialArguments, CredentialRemoveArguments,
    CredentialRenameArguments, CredentialReplaceArguments, Global,
};
use crate::confirm::confirm;
use crate::credential::{self, JIRA_VARIABLE, Secret, VARIABLE};
use crate::failure::{Exit, Failure};
use crate::output::{json, say};
use crate::secret_key;
use crate::session::Session;
use crate::verification::{self, Tried};

/// What a credential that was to be kept came to, for programs.
#[derive(Serialize)]
struct Kept<'a> {
    verification: &'a Verification,
    /// Nothing where it was not kept.
    credential: Option<CredentialShown>,
}

pub(super) async fn add(global: &Global, arguments: &CredentialAddArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let labels: Vec<String> = session
        .db
        .credentials(connection.id)
        .await?
        .into_iter()
        .map(|credential| credential.label)
        .collect();
    let label = match &arguments.credential.label {
        Some(label) if labels.contains(label) => return Err(taken(&connection, label).into()),
        Some(label) => label.clone(),
        None => free_label(&labels),
    };
    let candidate = Candidate {
        session: &session,
        connection: &connection,
        label: &label,
        arguments: &arguments.credential,
        replaced: None,
    };
    candidate.keep_if_it_works(arguments.json).await
}

pub(super) async fn replace(
    global: &Global,
    arguments: &CredentialReplaceArguments,
) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let replaced = session.credential(&connection, &arguments.replaced).await?;
    let label = arguments
        .credential
        .label
        .clone()
        .unwrap_or(replaced.label.clone());
    let candidate = Candidate {
        session: &session,
        connection: &connection,
        label: &label,
        arguments: &arguments.credential,
        replaced: Some(replaced.id),
    };
    candidate.keep_if_it_works(arguments.json).await
}

fn given(connection: &Connection, arguments: &CredentialArguments) -> Result<Secret, Failure> {
    match connection.kind {
        ConnectionKind::BitbucketCloud => credential::given(arguments, VARIABLE),
        ConnectionKind::JiraCloud => credential::given(arguments, JIRA_VARIABLE),
    }
}

/// The first of `credential 1`, `credential 2` and so on that nobody has.
fn free_label(labels: &[String]) -> String {
    (1_u32..)
        .map(|number| format!("credential {number}"))
        .find(|label| !labels.contains(label))
        .unwrap_or_default()
}

fn require_label(label: &str) -> Result<(), Failure> {
    if label.trim().is_empty() || label.chars().any(char::is_control) {
        return Err(Failure::new(
            Exit::Usage,
            "a credential needs a name that can be written on the command line",
        ));
    }
    Ok(())
}

fn taken(connection: &Connection, label: &str) -> Failure {
    Failure::configuration(format!(
        "the connection `{}` has a credential `{label}` already: give this one another name, or use `windlass credential replace`",
        connection.name
    ))
}

/// Keeps a further credential of a connection if it works, or one in place of the one that has its
/// label; the result is the label under which it was kept.
pub(in crate::command) async fn keep_given(
    session: &Session,
    connection: &Connection,
    secret: &Secret,
    arguments: &CredentialArguments,
) -> anyhow::Result<(Tried, Option<String>)> {
    let known = session.db.credentials(connection.id).await?;
    let labels: Vec<String> = known.iter().map(|one| one.label.clone()).collect();
    let label = arguments
        .label
        .clone()
        .unwrap_or_else(|| free_label(&labels));
    require_label(&label)?;
    let replaced = known.iter().find(|one| one.label == label);
    let tried = verification::of_candidate(session, connection, &label, secret, arguments).await?;
    if !tried.verification.is_usable() {
        return Ok((tried, None));
    }
    let keep = Keep {
        session,
        connection,
        label: &label,
        secret,
        arguments,
        replaced: replaced.map(|one| one.id),
    };
    keep.save(&tried).await?;
    Ok((tried, Some(label)))
}

/// A credential that may be kept.
struct Candidate<'a> {
    session: &'a Session,
    connection: &'a Connection,
    label: &'a str,
    arguments: &'a CredentialArguments,
    /// The one in whose place it comes.
    replaced: Option<i64>,
}

impl Candidate<'_> {
    async fn keep_if_it_works(&self, as_json: bool) -> anyhow::Result<()> {
        require_label(self.label)?;
        let secret = given(self.connection, self.arguments)?;
        let tried = verification::of_candidate(
            self.session,
            self.connection,
            self.label,
            &secret,
            self.arguments,
        )
        .await?;
        let keep = Keep {
            session: self.session,
            connection: self.connection,
            label: self.label,
            secret: &secret,
            arguments: self.arguments,
            replaced: self.replaced,
        };
        keep.finish(&tried, as_json).await
    }
}

/// A credential that is kept if it works.
struct Keep<'a> {
    session: &'a Session,
    connection: &'a Connection,
    label: &'a str,
    secret: &'a Secret,
    arguments: &'a CredentialArguments,
    /// The one in whose place it comes.
    replaced: Option<i64>,
}

impl Keep<'_> {
    async fn finish(&self, tried: &Tried, as_json: bool) -> anyhow::Result<()> {
        let verification = &tried.verification;
        let out = &mut io::stdout().lock();
        if !as_json {
            verification::write_text(verification, out)?;
        }
        if let Some(failure) = verification::failure(verification, ". Nothing was saved") {
            if as_json {
                let credential = None;
                json::write(
                    &Kept {
                        verification,
                        credential,
                    },
                    out,
                )?;
            }
            return Err(failure.into());
        }
        self.save(tried).await?;
        if as_json {
            let shown = CredentialShown::load(self.session, self.connection).await?;
            let credential = shown.into_iter().find(|one| one.label == self.label);
            return json::write(
                &Kept {
                    verification,
                    credential,
                },
                out,
            );
        }
        say(&format!(
            "The credential `{}` of {} works and is saved",
            self.label, self.connection.name
        ));
        Ok(())
    }

    async fn save(&self, tried: &Tried) -> anyhow::Result<()> {
        let session = self.session;
        let key = secret_key::find_or_make(&session.config, &session.db).await?;
        let sealed = self.secret.seal(&key.vault, self.label)?;
        let credential = credential::credential_of(self.label, self.secret);
        let new = NewCredential {
            label: self.label,
            method: self.secret.method(),
            sealed: &sealed,
            allowance: &credential.allowance(),
            hourly_limit: self.arguments.hourly_limit,
            expires_at: self.arguments.expires,
        };
        let now = session.now();
        let mut tx = session.db.write().await?;
        let (id, action) = match self.replaced {
            None => (
                tx.insert_credential(self.connection.id, &new, now).await?,
                "credential.add",
            ),
            Some(id) => {
                let done = tx.replace_credential(id, &new, now).await?;
                (done.then_some(id), "credential.replace")
            }
        };
        let Some(id) = id else {
            return Err(taken(self.connection, self.label).into());
        };
        let seen = CredentialSeen {
            state: CredentialState::Ok,
            problem: None,
            resting_until: None,
            scopes: Some(tried.scopes.clone()).filter(|scopes| !scopes.is_empty()),
        };
        tx.note_credential(id, &seen).await?;
        tx.set_credential_verified(id, now).await?;
        // It has just worked, whatever the others do.
        tx.set_connection_state(self.connection.id, ConnectionState::Verified, None, now)
            .await?;
        tx.add_usage(&tried.usage).await?;
        let entry = entry(session, self.connection, action, self.label, None);
        Ok(end(tx, &entry).await?)
    }
}

pub(super) async fn rename(
    global: &Global,
    arguments: &CredentialRenameArguments,
) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let credential = session.credential(&connection, &arguments.from).await?;
    let to = &arguments.to;
    require_label(to)?;
    let mut tx = session.db.write().await?;
    if !tx.rename_credential(credential.id, to).await? {
        return Err(taken(&connection, to).into());
    }
    let detail = Some(format!("now {to}"));
    let entry = entry(
        &session,
        &connection,
        "credential.rename",
        &arguments.from,
        detail,
    );
    end(tx, &entry).await?;
    report(
        &session,
        &connection,
        arguments.json,
        &format!("`{}` is `{to}` now", arguments.from),
    )
    .await
}

pub(super) async fn remove(
    global: &Global,
    arguments: &CredentialRemoveArguments,
) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let credential = session
        .credential(&connection, &arguments.credential)
        .await?;
    let others = session.db.credentials(connection.id).await?.len() - 1;
    let (label, name) = (&credential.label, &connection.name);
    let consequence = match others {
        0 => format!(" It is the only one: nothing of {name} is imported without it."),
        _ => String::new(),
    };
    confirm(
        &format!("Take away the credential `{label}` of {name}?{consequence}"),
        arguments.yes,
    )?;
    let mut tx = session.db.write().await?;
    tx.remove_credential(credential.id).await?;
    let entry = entry(&session, &connection, "credential.remove", label, None);
    end(tx, &entry).await?;
    report(&session, &connection, arguments.json, &format!("The credential `{label}` is removed. The token itself lives on until you revoke it at Atlassian")).await
}

fn entry(
    session: &Session,
    connection: &Connection,
    action: &str,
    label: &str,
    detail: Option<String>,
) -> AuditEntry {
    let subject = format!("credential {label} of connection {}", connection.name);
    session.entry(action, subject, detail)
}

async fn end(mut tx: WriteTx, entry: &AuditEntry) -> Result<(), store::StoreError> {
    tx.audit(entry).await?;
    tx.commit().await
}

async fn report(
    session: &Session,
    connection: &Connection,
    as_json: bool,
    told: &str,
) -> anyhow::Result<()> {
    if as_json {
        let credentials = CredentialShown::load(session, connection).await?;
        return json::write(&credentials, &mut io::stdout().lock());
    }
    say(told);
    Ok(())
}
