//! Work with the credentials and settings that are stored with a connection.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitbucket::{Client, Holder, Observer};
use model::Clock;
use store::{Connection, ConnectionKind, CredentialState, Db, StoredCredential};
use sync::{ImportOptions, Intervals, StreamName};

use crate::config::{Config, Settings};
use crate::credential::{self, Target};
use crate::failure::{Exit, Failure};
use crate::secret_key;

/// The credentials of a connection as the client takes them, opened.
pub(crate) async fn holders(
    config: &Config,
    db: &Db,
    connection: &Connection,
) -> anyhow::Result<Vec<Holder>> {
    require_kind(connection, ConnectionKind::BitbucketCloud)?;
    let stored = db.credentials(connection.id).await?;
    if stored.is_empty() {
        return Err(no_credential(connection).into());
    }
    let key = secret_key::require(config, db).await?;
    let limit = config.settings.bitbucket.hourly_limit;
    Ok(sync::holders(&stored, &key.vault, limit)?)
}

/// A client with all credentials of a connection.
pub(crate) async fn client(
    config: &Config,
    db: &Db,
    connection: &Connection,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Client> {
    let holders = holders(config, db, connection).await?;
    credential::client_of(
        &config.settings,
        &target(connection),
        holders,
        clock,
        observer,
    )
}

/// What a connection leads to.
pub(crate) fn target(connection: &Connection) -> Target {
    Target {
        workspace: connection.workspace.clone(),
        base_url: connection.base_url.clone(),
    }
}

/// How many requests an hour a credential has.
pub(crate) fn limit(settings: &Settings, own: Option<i64>) -> u32 {
    own.and_then(|limit| u32::try_from(limit).ok())
        .unwrap_or(settings.bitbucket.hourly_limit)
}

/// Refuses a connection of another kind.
pub(crate) fn require_kind(connection: &Connection, kind: ConnectionKind) -> Result<(), Failure> {
    if connection.kind == kind {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!(
            "the connection `{}` is of the kind {}, and this works with {} alone",
            connection.name,
            connection.kind.as_str(),
            kind.as_str()
        ),
    ))
}

pub(crate) fn no_credential(connection: &Connection) -> Failure {
    Failure::configuration(format!(
        "the connection `{0}` has no credential: `windlass credential add {0}` gives it one",
        connection.name
    ))
}

/// The streams of a connection of which nothing is said yet.
pub(crate) fn usual_streams(settings: &Settings) -> BTreeSet<StreamName> {
    let mut streams = StreamName::usual();
    streams.extend(&settings.import.per_row_streams);
    streams
}

/// What an import of a connection is asked to do, and how often, as its settings say.
pub(crate) async fn order(
    settings: &Settings,
    db: &Db,
    connection: &Connection,
) -> anyhow::Result<(ImportOptions, Intervals)> {
    let run_token = format!("{:016x}", credential::random()?);
    let beyond = settings.import.per_row_streams.iter().copied();
    let (options, intervals) = sync::order(db, connection, beyond, run_token).await?;
    let options = ImportOptions {
        concurrency: usize::from(settings.import.concurrency),
        lease_seconds: i64::from(settings.import.lease_seconds.max(1)),
        window_seconds: i64::from(settings.bitbucket.window_seconds),
        bots: settings.people.bot_names(),
        ..options
    };
    Ok((options, intervals))
}

/// Whether a credential is used at all: one that was refused waits to be replaced.
pub(crate) fn is_used(credential: &StoredCredential, now: model::Instant) -> bool {
    !matches!(
        credential.state,
        CredentialState::Refused | CredentialState::Expired
    ) && credential.expires_at.is_none_or(|at| at > now)
}
