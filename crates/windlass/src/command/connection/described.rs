//! A connection for people and programs.

use model::Instant;
use serde::Serialize;
use store::{Connection, ConnectionState, FilterSubject};

use crate::command::credential::CredentialShown;
use crate::moment;
use crate::session::Session;

/// A connection, for programs.
#[derive(Serialize)]
pub(in crate::command) struct Described {
    pub(in crate::command) id: String,
    pub(in crate::command) kind: &'static str,
    pub(in crate::command) name: String,
    pub(in crate::command) workspace: String,
    pub(in crate::command) base_url: String,
    /// `verified`, `failing`, `unverified` or `paused`.
    pub(in crate::command) state: &'static str,
    pub(in crate::command) problem: Option<String>,
    pub(in crate::command) created_at: Instant,
    pub(in crate::command) verified_at: Option<Instant>,
    pub(in crate::command) paused_at: Option<Instant>,
    pub(in crate::command) last_synced_at: Option<Instant>,
    pub(in crate::command) filter: FilterShown,
    pub(in crate::command) streams: Vec<StreamShown>,
    pub(in crate::command) credentials: Vec<CredentialShown>,
}

/// A filter, for programs.
#[derive(Serialize)]
pub(in crate::command) struct FilterShown {
    pub(in crate::command) mode: &'static str,
    pub(in crate::command) repositories: Vec<String>,
    pub(in crate::command) projects: Vec<String>,
}

/// What was said of a stream, for programs.
#[derive(Serialize)]
pub(in crate::command) struct StreamShown {
    pub(in crate::command) stream: String,
    pub(in crate::command) enabled: Option<bool>,
    pub(in crate::command) interval_seconds: Option<i64>,
    pub(in crate::command) not_before: Option<Instant>,
}

/// How a connection stands, in a word.
pub(in crate::command) fn state(connection: &Connection) -> &'static str {
    match (connection.paused_at, connection.state) {
        (_, ConnectionState::Failing) => "failing",
        (Some(_), _) => "paused",
        (None, state) => state.as_str(),
    }
}

impl Described {
    pub(in crate::command) async fn load(
        session: &Session,
        connection: &Connection,
    ) -> anyhow::Result<Self> {
        let db = &session.db;
        let rules = db.filter_rules(connection.id).await?;
        let patterns = |subject: FilterSubject| {
            rules
                .iter()
                .filter(|rule| rule.subject == subject)
                .map(|rule| rule.pattern.clone())
                .collect()
        };
        let settings = db.stream_settings(connection.id).await?;
        let streams = settings.into_iter().map(|setting| StreamShown {
            stream: setting.stream,
            enabled: setting.enabled,
            interval_seconds: setting.interval_seconds,
            not_before: setting.not_before,
        });
        Ok(Self {
            id: connection.id.to_string(),
            kind: connection.kind.as_str(),
            name: connection.name.clone(),
            workspace: connection.workspace.clone(),
            base_url: connection.base_url.clone(),
            state: state(connection),
            problem: connection.problem.clone(),
            created_at: connection.created_at,
            verified_at: connection.verified_at,
            paused_at: connection.paused_at,
            last_synced_at: connection.last_synced_at,
            filter: FilterShown {
                mode: connection.filter_mode.as_str(),
                repositories: patterns(FilterSubject::Repository),
                projects: patterns(FilterSubject::Project),
            },
            streams: streams.collect(),
            credentials: CredentialShown::load(session, connection).await?,
        })
    }
}

impl StreamShown {
    /// In words.
    pub(in crate::command) fn words(&self) -> String {
        let mut words = Vec::new();
        match self.enabled {
            Some(true) => words.push("read".to_owned()),
            Some(false) => words.push("not read".to_owned()),
            None => {}
        }
        if let Some(seconds) = self.interval_seconds {
            words.push(format!("every {}", moment::written(seconds)));
        }
        if let Some(at) = self.not_before {
            words.push(format!("nothing before {}", moment::shown(at)));
        }
        if words.is_empty() {
            words.push("as usual".to_owned());
        }
        words.join(", ")
    }
}
