//! An import with the credentials that are stored with connections.

use std::io;
use std::sync::Arc;

use bitbucket::Observer;
use model::Clock;
use store::{Connection, ConnectionKind, Db, RunReason};

use super::estimate::Estimate;
use super::{estimate, is_there};
use crate::cli::{Global, ImportArguments};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::{Failure, describe, exit_of};
use crate::interrupt::interrupted;
use crate::output::say;
use crate::progress::Watcher;
use crate::report::Imported;
use crate::run_import::watch;
use crate::session::Session;
use crate::{credential, jira_site, report, secret_key, stored};

/// The connections to import.
pub(super) struct Chosen {
    connections: Vec<Connection>,
    /// Whether one was named; otherwise they are all that there are.
    is_one: bool,
}

/// The connections whose own credentials are to be used: the one that is named, the one of the
/// workspace where no token is given, or all where there is no workspace either. Nothing where a
/// workspace and a token are given, or no connection has credentials.
pub(super) async fn chosen(
    config: &Config,
    arguments: &ImportArguments,
) -> anyhow::Result<Option<Chosen>> {
    if let Some(name) = &arguments.stored {
        let session = Session::open_configured(config.clone()).await?;
        let connection = session.connection(name).await?;
        if arguments.estimate || !arguments.streams.is_empty() {
            stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
        }
        session.db.close().await;
        return Ok(Some(Chosen {
            connections: vec![connection],
            is_one: true,
        }));
    }
    let settings = &config.settings;
    let has_workspace = settings.bitbucket.workspace.is_some();
    let has_token = credential::is_given(settings, &arguments.connection);
    let token_is_asked_for = arguments.connection.token_file.is_some();
    if (has_workspace && has_token) || token_is_asked_for || !is_there(config)? {
        return Ok(None);
    }
    let session = Session::open_configured(config.clone()).await?;
    let mut connections = Vec::new();
    for connection in session.db.connections().await? {
        let is_wanted = match (&arguments.name, has_workspace) {
            (Some(name), _) => connection.name == *name,
            (None, true) => connection.workspace == credential::workspace(settings)?,
            (None, false) => true,
        };
        let is_readable = connection.kind == ConnectionKind::BitbucketCloud
            || !(arguments.estimate || has_workspace || !arguments.streams.is_empty());
        if is_readable && is_wanted && !session.db.credentials(connection.id).await?.is_empty() {
            connections.push(connection);
        }
    }
    // Jira tells addresses, by which the others find who is who.
    connections.sort_by_key(|connection| connection.kind != ConnectionKind::JiraCloud);
    let is_one = has_workspace || arguments.name.is_some();
    let nothing_named = arguments.name.is_some() && !has_workspace && connections.is_empty();
    if nothing_named && let Some(name) = &arguments.name {
        let connection = session.connection(name).await?;
        stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
        return Err(stored::no_credential(&connection).into());
    }
    session.db.close().await;
    Ok((!connections.is_empty()).then_some(Chosen {
        connections,
        is_one,
    }))
}

/// Imports them in turn. One that fails does not stop the others; the first failure is the result.
pub(super) async fn run(
    global: &Global,
    arguments: &ImportArguments,
    config: Config,
    chosen: Chosen,
) -> anyhow::Result<()> {
    let session = Session::open_configured(config).await?;
    if arguments.estimate {
        return estimates(arguments, &session, &chosen).await;
    }
    let mut summaries = Vec::new();
    let mut failures: Vec<anyhow::Error> = Vec::new();
    for connection in &chosen.connections {
        if connection.paused_at.is_some() {
            let resume = format!(
                "the connection `{0}` is paused: `windlass connection resume {0}` lets it be imported again",
                connection.name
            );
            if chosen.is_one {
                return Err(Failure::configuration(resume).into());
            }
            say(&format!("note: {resume}"));
            continue;
        }
        match one(global, arguments, &session, connection).await {
            Ok(summary) => {
                if !arguments.json {
                    summary.write_text(&mut io::stdout().lock())?;
                }
                failures.extend(summary.shortfall(&arguments.streams).map(Into::into));
                summaries.push(summary);
            }
            Err(error) if is_the_end(&error) => return Err(error),
            Err(error) => failures.push(error),
        }
    }
    session.db.close().await;
    if arguments.json {
        let out = &mut io::stdout().lock();
        match (chosen.is_one, summaries.as_slice()) {
            (true, [summary]) => report::write_json(summary, out)?,
            (true, _) => {}
            (false, summaries) => report::write_json_of_all(summaries, out)?,
        }
    }
    the_first(failures)
}

/// Whether somebody has said stop.
fn is_the_end(error: &anyhow::Error) -> bool {
    use crate::failure::Exit;
    matches!(exit_of(error), Exit::Interrupted | Exit::Terminated)
}

fn the_first(failures: Vec<anyhow::Error>) -> anyhow::Result<()> {
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else {
        return Ok(());
    };
    for other in failures {
        say(&format!("problem: {}", describe(&other)));
    }
    Err(first)
}

async fn one(
    global: &Global,
    arguments: &ImportArguments,
    session: &Session,
    connection: &Connection,
) -> anyhow::Result<Imported> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    if connection.kind == ConnectionKind::JiraCloud {
        let (config, db) = (&session.config, &session.db);
        let import = jira_site::import(config, db, connection, clock, RunReason::Asked);
        return tokio::select! {
            summary = import => Ok(Imported::Site(summary?)),
            // Its claim runs out by itself; what is half read marks nobody.
            stopped = interrupted() => Err(stopped.into()),
        };
    }
    let watcher = Watcher::new(Arc::clone(&clock), global.verbose > 0);
    let (config, db): (&Config, &Db) = (&session.config, &session.db);
    let observer = Arc::clone(&watcher);
    let client = stored::client(config, db, connection, Arc::clone(&clock), observer).await?;
    let (mut options, _) = stored::order(&config.settings, db, connection).await?;
    if !arguments.streams.is_empty() {
        options.streams = arguments.streams.iter().copied().collect();
    }
    options.full = arguments.full;
    options.vault = secret_key::for_import(config, db).await?;
    let summary = watch(db, client, clock, watcher, options).await?;
    Ok(Imported::Workspace(summary))
}

async fn estimates(
    arguments: &ImportArguments,
    session: &Session,
    chosen: &Chosen,
) -> anyhow::Result<()> {
    let mut estimates = Vec::new();
    for connection in &chosen.connections {
        let observer = Watcher::new(Arc::clone(&session.clock), true);
        estimates.push(estimated(session, connection, observer).await?);
    }
    estimate::write(&estimates, arguments.json)
}

/// What the first import of a connection would cost.
pub(in crate::command) async fn estimated(
    session: &Session,
    connection: &Connection,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Estimate> {
    let (config, db) = (&session.config, &session.db);
    let clock = Arc::clone(&session.clock);
    let client = stored::client(config, db, connection, clock, observer).await?;
    let (options, _) = stored::order(&config.settings, db, connection).await?;
    let (workspace, settings) = (&connection.workspace, &config.settings);
    let estimate = estimate::make(&client, workspace, &options.streams, settings).await;
    let usage = sync::take_usage(&client);
    let mut tx = db.write().await?;
    tx.add_usage(&usage).await?;
    tx.commit().await?;
    estimate
}
