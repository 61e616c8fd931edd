//! The list of connections.

use askama::Template;
use axum::extract::{Query, State};
use model::Instant;
use serde::Deserialize;
use store::{Connection, ConnectionKind, ConnectionState};

use super::segment;
use crate::access::{Reader, Viewer};
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// A connection in the list.
pub(super) struct ConnectionLine {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) kind: &'static str,
    pub(super) workspace: String,
    pub(super) state: Standing,
    pub(super) problem: Option<String>,
    pub(super) last_synced_at: Option<Instant>,
    /// The part that is done of the run that is under way, in percent.
    pub(super) running: Option<u8>,
}

/// How a connection stands, for the eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// In a word.
    pub(super) word: &'static str,
    /// Its colour: `good`, `bad`, `busy` or `quiet`. The word says the same.
    pub(super) tone: &'static str,
}

/// How a connection stands.
pub(super) fn state_of(connection: &Connection, is_running: bool) -> Standing {
    let (word, tone) = match connection.state {
        _ if connection.paused_at.is_some() => ("Paused", "quiet"),
        ConnectionState::Failing => ("Failing", "bad"),
        _ if is_running => ("Importing", "busy"),
        ConnectionState::Verified => ("Working", "good"),
        ConnectionState::Unverified => ("Not verified", "quiet"),
    };
    Standing { word, tone }
}

/// What a connection leads to, for people.
pub(super) fn kind_name(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::BitbucketCloud => "Bitbucket Cloud",
        ConnectionKind::JiraCloud => "Jira Cloud",
    }
}

impl ConnectionLine {
    pub(super) async fn all(app: &App, reader: &Reader) -> Result<Vec<Self>, Problem> {
        let mut lines = Vec::new();
        for connection in app.db.connections().await? {
            let running = app.db.running(connection.id, reader.now).await?;
            let done = running.map(|running| percent(running.fraction));
            lines.push(Self {
                address: format!("/connections/{}", segment(&connection.name)),
                kind: kind_name(connection.kind),
                state: state_of(&connection, done.is_some()),
                problem: connection.problem.clone(),
                last_synced_at: connection.last_synced_at,
                running: done,
                workspace: connection.workspace,
                name: connection.name,
            });
        }
        Ok(lines)
    }
}

/// A part in percent, whole only when it is.
pub(super) fn percent(fraction: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 100"
    )]
    let percent = (fraction.clamp(0.0, 1.0) * 100.0).floor() as u8;
    percent
}

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    frame: Frame,
    connections: Vec<ConnectionLine>,
    may_change: bool,
    done: Option<&'static str>,
}

#[derive(Deserialize)]
pub(super) struct ConnectionsQuery {
    done: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<ConnectionsQuery>,
) -> Page {
    let done = match query.done.as_deref() {
        Some("removed") => Some(
            "The connection is removed. What it has imported stays; the same workspace connected again goes on with it.",
        ),
        _ => None,
    };
    page(&ConnectionsPage {
        frame: Frame::new(&viewer.reader, Some(Section::Connections), "Connections"),
        connections: ConnectionLine::all(&app, &viewer.reader).await?,
        may_change: viewer.visitor.is_administrator(),
        done,
    })
}
