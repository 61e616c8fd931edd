//! How fresh and how complete each stream is.

use std::collections::HashMap;

use model::{Id, Instant};
use serde::Serialize;
use store::{Connection, Stream};

use crate::session::Session;

/// A stream of a repository or of the workspace, for programs.
#[derive(Serialize)]
pub(super) struct StreamStatus {
    pub(super) stream: String,
    /// Nothing for a stream of the workspace.
    pub(super) repository: Option<String>,
    /// `due`, `running`, `complete`, `unavailable` or `failed`.
    pub(super) state: &'static str,
    /// As of when everything of it is stored.
    pub(super) complete_as_of: Option<Instant>,
    /// How long ago that was.
    pub(super) age_seconds: Option<i64>,
    pub(super) problem: Option<String>,
    /// How many rows Bitbucket has said there are.
    pub(super) upstream_rows: Option<i64>,
    /// When it said so.
    pub(super) upstream_at: Option<Instant>,
    /// How many are stored.
    pub(super) stored_rows: Option<i64>,
}

impl StreamStatus {
    /// Whether Bitbucket has said that there are more rows than are stored.
    pub(super) fn lacks_rows(&self) -> bool {
        matches!((self.upstream_rows, self.stored_rows), (Some(upstream), Some(stored)) if stored < upstream)
    }
}

/// The streams of a connection, by repository.
pub(super) async fn of_streams(
    session: &Session,
    connection: &Connection,
    streams: Vec<Stream>,
) -> anyhow::Result<Vec<StreamStatus>> {
    let (db, now) = (&session.db, session.now());
    let mut names: HashMap<Id, String> = HashMap::new();
    let mut stored: HashMap<(Option<Id>, String), i64> = HashMap::new();
    if let Some(workspace) = db.workspace(&connection.workspace).await? {
        for repository in db.repositories(workspace).await? {
            names.insert(repository.id, repository.full_name);
        }
        for holding in db.holdings(workspace).await? {
            stored.insert((holding.repository, holding.stream), holding.rows);
        }
    }
    let mut all: Vec<StreamStatus> = streams
        .into_iter()
        // What belongs to a repository that is gone is neither fresh nor old.
        .filter(|stream| {
            stream
                .repository_id
                .is_none_or(|id| names.contains_key(&id))
        })
        .map(|stream| {
            let complete_as_of = stream.known_as_of();
            StreamStatus {
                state: stream.state.as_str(),
                repository: stream.repository_id.and_then(|id| names.get(&id).cloned()),
                complete_as_of,
                age_seconds: complete_as_of.map(|at| now.seconds_since(at).max(0)),
                upstream_rows: stream.upstream.map(|(rows, _)| rows),
                upstream_at: stream.upstream.map(|(_, at)| at),
                stored_rows: stored
                    .get(&(stream.repository_id, stream.stream.clone()))
                    .copied(),
                stream: stream.stream,
                problem: stream.problem,
            }
        })
        .collect();
    all.sort_by(|one, other| {
        (&one.repository, &one.stream).cmp(&(&other.repository, &other.stream))
    });
    Ok(all)
}
