//! What trying out a credential came to, for people.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use bitbucket::verify::{Plan, verify};
use bitbucket::{Holder, Silent};
use model::Clock;
use model::verification::{Check, Outcome, Verification};
use store::{Connection, ConnectionKind, UsageRow};
use sync::StreamName;

use crate::cli::CredentialArguments;
use crate::config::Settings;
use crate::credential::{self, Secret, Target};
use crate::failure::{Exit, Failure};
use crate::jira_site;
use crate::session::Session;
use crate::stored;

/// A credential that was tried out.
pub(crate) struct Tried {
    pub(crate) verification: Verification,
    /// The scopes that it has, where that was told.
    pub(crate) scopes: Vec<String>,
    /// What the trial has spent.
    pub(crate) usage: Vec<UsageRow>,
}

/// Tries out a credential for a workspace of Bitbucket.
pub(crate) async fn bitbucket(
    settings: &Settings,
    target: &Target,
    holder: Holder,
    streams: &BTreeSet<StreamName>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Tried> {
    let id = holder.id;
    let client = credential::client_of(settings, target, vec![holder], clock, Arc::new(Silent))?;
    let plan = Plan::of_streams(streams.iter().map(|stream| stream.as_str()));
    let verification = verify(&client, id, &plan).await?;
    let scopes = client
        .holders()
        .into_iter()
        .flat_map(|holder| holder.scopes)
        .collect();
    Ok(Tried {
        verification,
        scopes,
        usage: sync::take_usage(&client),
    })
}

/// Writes each check: a line, and below it what to do where something does not work.
pub(crate) fn write_text(verification: &Verification, out: &mut dyn Write) -> io::Result<()> {
    for check in &verification.checks {
        let status = check
            .status
            .map_or_else(|| "-".to_owned(), |status| status.to_string());
        let code = check.code.map_or("", |code| code.as_str());
        let line = format!(
            "{:<8} {status:<4} {:<20} {:<60} {}",
            check.outcome.as_str(),
            code,
            check.endpoint,
            check.what
        );
        writeln!(out, "{}", line.trim_end())?;
        if check.outcome != Outcome::Ok {
            if !check.missing_scopes.is_empty() {
                writeln!(out, "         missing: {}", check.missing_scopes.join(", "))?;
            }
            if !check.mend.is_empty() {
                writeln!(out, "         {}", check.mend)?;
            }
            writeln!(out, "         {}", check.curl)?;
        }
    }
    Ok(())
}

/// In a few words how many checks there were, and how they ended.
pub(crate) fn summary(verification: &Verification) -> String {
    let count = |outcome: Outcome| {
        let of = |check: &&Check| check.outcome == outcome;
        verification.checks.iter().filter(of).count()
    };
    let ok = count(Outcome::Ok);
    let words = [(Outcome::Warning, "warning"), (Outcome::Failed, "failed")];
    let more: String = words
        .into_iter()
        .map(|(outcome, word)| (count(outcome), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!(", {number} {word}"))
        .collect();
    format!("{ok} ok{more}")
}

/// What is wrong in one sentence: the code, what was found, and what to do; nothing where the
/// connection can be used.
pub(crate) fn problem(verification: &Verification) -> Option<String> {
    if verification.is_usable() {
        return None;
    }
    let failed = verification
        .checks
        .iter()
        .find(|check| check.outcome == Outcome::Failed)?;
    let code = failed.code.map_or("", |code| code.as_str());
    Some(
        format!("{code}: {} {}", failed.what, failed.mend)
            .trim_end()
            .to_owned(),
    )
}

/// The failure of a credential that cannot be used.
pub(crate) fn failure(verification: &Verification, consequence: &str) -> Option<Failure> {
    let problem = problem(verification)?;
    let problem = problem.trim_end_matches('.');
    let message = format!("{problem}{consequence}");
    Some(Failure::new(Exit::Refused, message))
}

/// Tries out a credential that is to be kept with a connection that is there.
pub(crate) async fn of_candidate(
    session: &Session,
    connection: &Connection,
    label: &str,
    secret: &Secret,
    arguments: &CredentialArguments,
) -> anyhow::Result<Tried> {
    let (clock, target) = (session.clock.clone(), stored::target(connection));
    if connection.kind == ConnectionKind::JiraCloud {
        return jira_site::verify(&session.config.settings, &target, secret, clock).await;
    }
    let settings = &session.config.settings;
    let (options, _) = stored::order(settings, &session.db, connection).await?;
    let holder = candidate(settings, label, secret, arguments);
    bitbucket(settings, &target, holder, &options.streams, clock).await
}

/// A credential that is to be kept, as the client takes it.
pub(crate) fn candidate(
    settings: &Settings,
    label: &str,
    secret: &Secret,
    arguments: &CredentialArguments,
) -> Holder {
    Holder {
        hourly_limit: stored::limit(settings, arguments.hourly_limit),
        expires_at: arguments.expires,
        ..Holder::new(0, credential::credential_of(label, secret))
    }
}
