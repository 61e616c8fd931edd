//! Work with the credentials and settings that are stored with a connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bitbucket::{Client, Holder, Observer, Standing};
use model::{Clock, Instant};
use store::{
    Connection, ConnectionKind, CredentialSecret, CredentialSeen, CredentialState, Db,
    StoredCredential, StreamSetting, UsageRow,
};
use sync::{ImportOptions, Intervals, RepositoryFilter, StreamName};

use crate::config::{Config, Settings};
use crate::credential::{self, Target};
use crate::failure::{Exit, Failure};
use crate::secret_key;

/// A client with all credentials of a connection.
pub(crate) async fn client(
    config: &Config,
    db: &Db,
    connection: &Connection,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Client> {
    require_kind(connection, ConnectionKind::BitbucketCloud)?;
    let stored = db.credentials(connection.id).await?;
    if stored.is_empty() {
        return Err(no_credential(connection).into());
    }
    let key = secret_key::require(config, db).await?;
    let holders = stored
        .iter()
        .map(|one| {
            let secret = CredentialSecret::open(&key.vault, &one.sealed)
                .map_err(|error| secret_key::unopened(&one.label, &error))?;
            Ok(holder(&config.settings, one, &secret))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    credential::client_of(&config.settings, &target(connection), holders, clock, observer)
}

/// What a connection leads to.
pub(crate) fn target(connection: &Connection) -> Target {
    Target {
        workspace: connection.workspace.clone(),
        base_url: connection.base_url.clone(),
    }
}

/// A stored credential as the client takes it.
pub(crate) fn holder(
    settings: &Settings,
    stored: &StoredCredential,
    secret: &CredentialSecret,
) -> Holder {
    Holder {
        id: stored.id,
        credential: credential::credential_of(&stored.label, secret),
        hourly_limit: limit(settings, stored.hourly_limit),
        expires_at: stored.expires_at,
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

fn no_credential(connection: &Connection) -> Failure {
    Failure::configuration(format!(
        "the connection `{0}` has no credential: `windlass credential add {0}` gives it one",
        connection.name
    ))
}

/// The streams of a connection, as the configuration and its own settings say.
pub(crate) fn streams(settings: &Settings, of_streams: &[StreamSetting]) -> BTreeSet<StreamName> {
    let mut streams = StreamName::usual();
    streams.extend(&settings.import.per_row_streams);
    for (name, setting) in named(of_streams) {
        match setting.enabled {
            Some(true) => streams.insert(name),
            Some(false) => streams.remove(&name),
            None => continue,
        };
    }
    streams
}

/// How often each stream of a connection is read.
pub(crate) fn intervals(of_streams: &[StreamSetting]) -> Intervals {
    let mut intervals = Intervals::default();
    for (name, setting) in named(of_streams) {
        if let Some(seconds) = setting.interval_seconds {
            intervals.set(name, seconds);
        }
    }
    intervals
}

fn named(of_streams: &[StreamSetting]) -> impl Iterator<Item = (StreamName, &StreamSetting)> {
    of_streams
        .iter()
        .filter_map(|setting| Some((setting.stream.parse().ok()?, setting)))
}

/// What an import of a connection is asked to do: what its settings say.
pub(crate) async fn options(
    settings: &Settings,
    db: &Db,
    connection: &Connection,
) -> anyhow::Result<ImportOptions> {
    let of_streams = db.stream_settings(connection.id).await?;
    let not_before: BTreeMap<StreamName, Instant> = named(&of_streams)
        .filter_map(|(name, setting)| Some((name, setting.not_before?)))
        .collect();
    let run_token = format!("{:016x}", credential::random()?);
    Ok(ImportOptions {
        name: connection.name.clone(),
        streams: streams(settings, &of_streams),
        concurrency: usize::from(settings.import.concurrency),
        lease_seconds: i64::from(settings.import.lease_seconds.max(1)),
        window_seconds: i64::from(settings.bitbucket.window_seconds),
        filter: RepositoryFilter::load(db, connection.id, connection.filter_mode).await?,
        not_before,
        ..ImportOptions::new(&connection.workspace, &connection.base_url, run_token)
    })
}

/// Notes how a client's credentials fared, for people and for the next process.
pub(crate) async fn note_holders(
    db: &Db,
    client: &Client,
    now: Instant,
) -> Result<(), store::StoreError> {
    let usage = usage_rows(client);
    let mut tx = db.write().await?;
    for holder in client.holders() {
        tx.note_credential(holder.id, &seen(&holder.standing, holder.scopes, now))
            .await?;
    }
    tx.add_usage(&usage).await?;
    tx.commit().await
}

/// What a client has spent since it was last asked.
pub(crate) fn usage_rows(client: &Client) -> Vec<UsageRow> {
    let counts = client.take_usage().into_iter();
    counts
        .map(|count| UsageRow {
            allowance: count.allowance,
            endpoint_group: count.group,
            endpoint: count.endpoint,
            minute: count.minute,
            requests: count.requests,
        })
        .collect()
}

/// What is stored of how a holder fares.
pub(crate) fn seen(standing: &Standing, scopes: Vec<String>, now: Instant) -> CredentialSeen {
    let (state, problem, resting_until) = match standing {
        Standing::Ok => (CredentialState::Ok, None, None),
        Standing::Refused { problem } => (CredentialState::Refused, Some(problem.clone()), None),
        Standing::Expired { at } => {
            let problem = format!("it expired on {}", crate::moment::shown(*at));
            (CredentialState::Expired, Some(problem), None)
        }
        Standing::LacksScopes(lacking) => (CredentialState::LacksScopes, Some(lack(lacking)), None),
        Standing::Resting { until } if *until > now => (CredentialState::Resting, None, Some(*until)),
        Standing::Resting { .. } => (CredentialState::Ok, None, None),
    };
    CredentialSeen {
        state,
        problem,
        resting_until,
        scopes: Some(scopes).filter(|scopes| !scopes.is_empty()),
    }
}

fn lack(lacking: &BTreeMap<String, Vec<String>>) -> String {
    let scopes: BTreeSet<&str> = lacking.values().flatten().map(String::as_str).collect();
    let endpoints: Vec<&str> = lacking.keys().map(String::as_str).collect();
    let scopes: Vec<&str> = scopes.into_iter().collect();
    match scopes.as_slice() {
        [] => format!("it may not read {}", endpoints.join(", ")),
        scopes => format!(
            "it lacks {}, and may not read {}",
            scopes.join(", "),
            endpoints.join(", ")
        ),
    }
}
