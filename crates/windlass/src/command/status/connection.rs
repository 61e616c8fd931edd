//! How a connection stands.

use model::Instant;
use serde::Serialize;
use store::{Connection, Running};

use super::streams::{StreamStatus, of_streams};
use crate::command::connection::{Described, state};
use crate::command::credential::CredentialShown;
use crate::command::webhook::Health;
use crate::session::Session;

/// A connection, for programs.
#[derive(Serialize)]
pub(super) struct ConnectionStatus {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) workspace: String,
    pub(super) state: &'static str,
    pub(super) problem: Option<String>,
    pub(super) paused_at: Option<Instant>,
    pub(super) last_synced_at: Option<Instant>,
    /// The run that is under way.
    pub(super) running: Option<Running>,
    /// One for each stream of each repository, and for those of the workspace.
    pub(super) streams: Vec<StreamStatus>,
    pub(super) credentials: Vec<CredentialShown>,
    /// How its webhook fares; nothing for what has none.
    pub(super) webhook: Option<Health>,
}

impl ConnectionStatus {
    pub(super) async fn load(session: &Session, connection: &Connection) -> anyhow::Result<Self> {
        let now = session.now();
        let streams = session.db.streams(connection.id).await?;
        let is_worked_on = streams
            .iter()
            .any(|stream| stream.lease_token.is_some() && stream.lease_until >= Some(now));
        let last = session.db.runs(connection.id, 1).await?.into_iter().next();
        let described = Described::load(session, connection).await?;
        Ok(Self {
            name: connection.name.clone(),
            kind: connection.kind.as_str(),
            workspace: connection.workspace.clone(),
            state: state(connection),
            problem: connection.problem.clone(),
            paused_at: connection.paused_at,
            last_synced_at: connection.last_synced_at,
            running: last
                .filter(|run| is_worked_on && run.outcome == "running")
                .map(|run| Running::of(&run, now)),
            streams: of_streams(session, connection, streams).await?,
            credentials: described.credentials,
            webhook: Health::load(session, connection).await?,
        })
    }
}
