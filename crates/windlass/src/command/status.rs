//! `windlass status`.

mod connection;
mod streams;
mod text;
mod warnings;

use std::io;

use model::Instant;
use serde::Serialize;
use store::ConnectionKind;

use crate::cli::{Global, StatusArguments};
use crate::output::json;
use crate::session::Session;
use connection::ConnectionStatus;

/// How everything stands, for programs.
#[derive(Serialize)]
struct Status {
    at: Instant,
    connections: Vec<ConnectionStatus>,
    /// What deserves a look, the most pressing first.
    warnings: Vec<String>,
}

pub(super) async fn run(global: &Global, arguments: &StatusArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let all = session.db.connections().await?;
    let chosen = match &arguments.connection {
        Some(name) => vec![session.connection(name).await?],
        None => all.clone(),
    };
    let mut connections = Vec::new();
    for connection in &chosen {
        connections.push(ConnectionStatus::load(&session, connection).await?);
    }
    let has_jira = all.iter().any(|one| one.kind == ConnectionKind::JiraCloud);
    let status = Status {
        at: session.now(),
        warnings: warnings::of(&connections, has_jira),
        connections,
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&status, out);
    }
    // One that was named is shown in full.
    Ok(text::write(&status, arguments.connection.is_some(), out)?)
}
