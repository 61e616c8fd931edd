//! Every stored connection: whether its credentials work, and how long they will.

use std::sync::Arc;

use model::Clock;
use model::verification::Outcome;
use store::{Connection, ConnectionKind, ConnectionState, Db};

use super::finding::Findings;
use crate::command::connection::{note, try_all};
use crate::command::credential::expiry_warning;
use crate::command::webhook::{Health, doctor_line};
use crate::config::Config;
use crate::failure::describe;
use crate::session::Session;
use crate::verification;

/// Tries every connection that has credentials; whether there was any.
pub(super) async fn check(
    config: &Config,
    db: &Db,
    clock: &Arc<dyn Clock>,
    findings: &mut Findings,
) -> anyhow::Result<bool> {
    let session = Session {
        config: config.clone(),
        db: db.clone(),
        clock: Arc::clone(clock),
        actor: crate::actor::of_command_line(),
    };
    let mut any = false;
    for connection in db.connections().await? {
        let name = &connection.name;
        if let Some(since) = connection.paused_at {
            let text = format!("{name}: paused since {}", crate::moment::shown(since));
            findings.warning("connection", &text)?;
        }
        if let (ConnectionState::Failing, Some(problem)) = (connection.state, &connection.problem) {
            findings.warning(
                "connection",
                &format!("{name} is failing since its last trial: {problem}"),
            )?;
        }
        if db.credentials(connection.id).await?.is_empty() {
            continue;
        }
        any = true;
        let tried = match try_all(&session, &connection).await {
            Ok(tried) => tried,
            Err(error) => {
                findings.problem("credential", &format!("{name}: {}", describe(&error)))?;
                continue;
            }
        };
        for (credential, tried) in &tried {
            let place = format!("{name}, {}", credential.label);
            let summary = verification::summary(&tried.verification);
            match verification::problem(&tried.verification) {
                None => findings.ok("credential", &format!("{place}: {summary}"))?,
                Some(problem) => {
                    findings.problem("credential", &format!("{place}: {summary}: {problem}"))?;
                }
            }
            for check in &tried.verification.checks {
                if check.outcome == Outcome::Warning {
                    let text = format!("{place}: {} {}", check.what, check.mend);
                    findings.warning("credential", &text)?;
                }
            }
            let expiry = expiry_warning(&credential.label, credential.expires_at, session.now());
            if let Some(warning) = expiry {
                findings.warning("expiry", &format!("{name}: {warning}"))?;
            }
        }
        let entry = session.entry("connection.verify", format!("connection {name}"), None);
        // A database that cannot note it has its own line above.
        let _ = note(db, &connection, &tried, &entry).await;
        if connection.kind == ConnectionKind::BitbucketCloud {
            of_webhook(&session, &connection, findings).await?;
        }
    }
    Ok(any)
}

/// Whether Bitbucket has the webhook as it should be, and what came through it.
async fn of_webhook(
    session: &Session,
    connection: &Connection,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let (is_right, line) = doctor_line(session, connection).await?;
    if is_right {
        findings.ok("webhook", &line)?;
    } else {
        findings.warning("webhook", &line)?;
    }
    if let Some(health) = Health::load(session, connection).await? {
        // That there is none was said above.
        let known = health.registered_at.is_some() || health.last_delivery_at.is_some();
        for warning in health.warnings.iter().filter(|_| known) {
            findings.warning("webhook", warning)?;
        }
    }
    Ok(())
}
