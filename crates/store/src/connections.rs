//! Connections: which workspace or site, where its API is, and how it stands.

use model::Instant;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::webhooks::*;
use crate::statements::*;
use crate::{At, StoreError};

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionKind {
    /// A workspace of Bitbucket Cloud.
    BitbucketCloud,
    /// A site of Jira Cloud.
    JiraCloud,
}

impl ConnectionKind {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::BitbucketCloud, Self::JiraCloud];

    /// The word in `connections.kind` and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BitbucketCloud => "bitbucket_cloud",
            Self::JiraCloud => "jira_cloud",
        }
    }

    /// The kind that a word stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// How a connection stood when it was last tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nobody has tried it.
    Unverified,
    /// It was verified, and nothing has failed since.
    Verified,
    /// The last verification or import was refused.
    Failing,
}

impl ConnectionState {
    /// The word in `connections.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::Failing => "failing",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "verified" => Self::Verified,
            "failing" => Self::Failing,
            _ => Self::Unverified,
        }
    }
}

/// Which repositories of a connection are imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterMode {
    /// All of them; the list says nothing.
    AllowAll,
    /// Those on the list alone.
    Allowlist,
    /// Those that are not on the list.
    Denylist,
}

impl FilterMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AllowAll, Self::Allowlist, Self::Denylist];

    /// The word in `connections.filter_mode` and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowAll => "allow_all",
            Self::Allowlist => "allowlist",
            Self::Denylist => "denylist",
        }
    }

    /// The mode that a word stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number.
    pub id: i64,
    /// What it leads to.
    pub kind: ConnectionKind,
    /// Its name: the workspace, unless another was given.
    pub name: String,
    /// The workspace's slug; of a Jira connection the site.
    pub workspace: String,
    /// The address of the API.
    pub base_url: String,
    /// When it was made.
    pub created_at: Instant,
    /// How it stood when it was last tried.
    pub state: ConnectionState,
    /// What is wrong, in words.
    pub problem: Option<String>,
    /// When it was last verified with success.
    pub verified_at: Option<Instant>,
    /// Since when nothing is imported because somebody said so.
    pub paused_at: Option<Instant>,
    /// When an import last came to its end.
    pub last_synced_at: Option<Instant>,
    /// Which repositories are imported.
    pub filter_mode: FilterMode,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    kind: String,
    name: String,
    workspace: String,
    base_url: String,
    created_at: At,
    state: String,
    problem: Option<String>,
    verified_at: Option<At>,
    paused_at: Option<At>,
    last_synced_at: Option<At>,
    filter_mode: String,
}

impl TryFrom<Record> for Connection {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self, StoreError> {
        let inconsistent = |column| StoreError::Inconsistent {
            table: "connections",
            column,
            id: record.id,
        };
        Ok(Self {
            id: record.id,
            kind: ConnectionKind::parse(&record.kind).ok_or_else(|| inconsistent("kind"))?,
            created_at: record.created_at.0,
            state: ConnectionState::parse(&record.state),
            filter_mode: FilterMode::parse(&record.filter_mode)
                .ok_or_else(|| inconsistent("filter_mode"))?,
            name: record.name,
            workspace: record.workspace,
            base_url: record.base_url,
            problem: record.problem,
            verified_at: record.verified_at.map(Instant::from),
            paused_at: record.paused_at.map(Instant::from),
            last_synced_at: record.last_synced_at.map(Instant::from),
        })
    }
}

impl Db {
    /// The Bitbucket connection of this name, made if it is not there.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn ensure_connection(
        &self,
        name: &str,
        workspace: &str,
        base_url: &str,
        now: Instant,
    ) -> Result<Connection, StoreError> {
        let mut tx = self.write().await?;
        let kind = ConnectionKind::BitbucketCloud;
        tx.insert_connection(kind, name, workspace, base_url, now)
            .await?;
        let found: Record = on_tx!(&mut tx, |db| {
            let found: Record = sqlx::query_as(CONNECTION_BY_NAME)
                .bind(name)
                .fetch_one(&mut *db)
                .await?;
            // A connection of another workspace is the caller's to refuse, and keeps its address.
            sqlx::query(MOVE_CONNECTION)
                .bind(found.id)
                .bind(base_url)
                .bind(workspace)
                .execute(&mut *db)
                .await?;
            found
        });
        tx.commit().await?;
        found.try_into()
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let records: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(CONNECTIONS)
            .fetch_all(pool)
            .await?);
        records.into_iter().map(Connection::try_from).collect()
    }

    /// The connection of this name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn connection(&self, name: &str) -> Result<Option<Connection>, StoreError> {
        let record: Option<Record> = on_pool!(self, |pool| sqlx::query_as(CONNECTION_BY_NAME)
            .bind(name)
            .fetch_optional(pool)
            .await?);
        record.map(Connection::try_from).transpose()
    }
}

impl WriteTx {
    /// Makes a connection; the result is its number, or nothing where the name is taken.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn insert_connection(
        &mut self,
        kind: ConnectionKind,
        name: &str,
        workspace: &str,
        base_url: &str,
        now: Instant,
    ) -> Result<Option<i64>, StoreError> {
        let made: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(INSERT_CONNECTION)
            .bind(kind.as_str())
            .bind(name)
            .bind(workspace)
            .bind(base_url)
            .bind(At(now))
            .fetch_optional(db)
            .await?);
        Ok(made.map(|(id,)| id))
    }

    /// How a connection stands; a success is dated.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_connection_state(
        &mut self,
        connection: i64,
        state: ConnectionState,
        problem: Option<&str>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let verified_at = (state == ConnectionState::Verified).then_some(At(now));
        on_tx!(self, |db| {
            sqlx::query(SET_CONNECTION_STATE)
                .bind(connection)
                .bind(state.as_str())
                .bind(problem)
                .bind(verified_at)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Nothing is imported any more, or again where `since` is `None`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn pause_connection(
        &mut self,
        connection: i64,
        since: Option<Instant>,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(PAUSE_CONNECTION)
                .bind(connection)
                .bind(since.map(At))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// An import of the connection came to its end.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_last_synced(
        &mut self,
        connection: i64,
        at: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_LAST_SYNCED)
                .bind(connection)
                .bind(At(at))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Takes a connection away with its credentials, filters, settings and positions. What it has
    /// imported stays.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_connection(&mut self, connection: i64) -> Result<(), StoreError> {
        for statement in [
            REMOVE_SIGHTINGS_OF_CONNECTION,
            REMOVE_STREAMS_OF_CONNECTION,
            REMOVE_CREDENTIALS_OF_CONNECTION,
            REMOVE_FILTERS_OF_CONNECTION,
            REMOVE_SETTINGS_OF_CONNECTION,
            REMOVE_WEBHOOK_SECRETS_OF_CONNECTION,
            REMOVE_WEBHOOK_HOOK,
            REMOVE_DELIVERIES_OF_CONNECTION,
            REMOVE_CONNECTION,
        ] {
            on_tx!(self, |db| {
                sqlx::query(statement).bind(connection).execute(db).await?;
            });
        }
        Ok(())
    }
}
