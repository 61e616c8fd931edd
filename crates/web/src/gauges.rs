//! What the database says of connections, streams and credentials.

use std::collections::BTreeMap;

use model::Instant;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use store::{Connection, ConnectionState, StoreError, UsageRow};

use crate::metrics::{Labels, Source};

type Numbers = Family<Labels, Gauge>;

#[derive(Default)]
struct Gauges {
    last_synced: Numbers,
    failing: Numbers,
    paused: Numbers,
    freshness: Numbers,
    unfinished: Numbers,
    used: Numbers,
    left: Numbers,
    expires: Numbers,
}

/// Reads everything, and adds it to what is told.
pub(crate) async fn register(source: &Source, registry: &mut Registry) -> Result<(), StoreError> {
    let now = source.clock.now();
    let gauges = Gauges::default();
    let usage = source
        .db
        .usage_since(now.plus_seconds(-source.limit.window_seconds))
        .await?;
    for connection in source.db.connections().await? {
        gauges.connection(&connection);
        gauges.streams(source, &connection, now).await?;
        gauges.credentials(source, &connection, &usage).await?;
    }
    for (name, help, family) in [
        (
            "connection_last_synced_timestamp_seconds",
            "When an import last came to its end",
            gauges.last_synced,
        ),
        (
            "connection_failing",
            "Whether the last verification or import was refused",
            gauges.failing,
        ),
        (
            "connection_paused",
            "Whether somebody has paused it",
            gauges.paused,
        ),
        (
            "stream_freshness_seconds",
            "How long ago a stream was last known to be complete, the oldest of all repositories",
            gauges.freshness,
        ),
        (
            "stream_unfinished",
            "Parts of a stream that were never read to their end",
            gauges.unfinished,
        ),
        (
            "budget_used_requests",
            "Requests of the last hour, of everything that shares the allowance",
            gauges.used,
        ),
        (
            "budget_left_requests",
            "Requests that are left of the hour",
            gauges.left,
        ),
        (
            "credential_expiry_timestamp_seconds",
            "When a credential expires, where that is known",
            gauges.expires,
        ),
    ] {
        registry.register(name, help, family);
    }
    Ok(())
}

fn set(numbers: &Numbers, labels: &[(&'static str, &str)], value: i64) {
    let labels: Labels = labels
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    numbers.get_or_create(&labels).set(value);
}

fn seconds(at: Instant) -> i64 {
    at.micros().div_euclid(1_000_000)
}

impl Gauges {
    fn connection(&self, connection: &Connection) {
        let labels = [("connection", connection.name.as_str())];
        if let Some(at) = connection.last_synced_at {
            set(&self.last_synced, &labels, seconds(at));
        }
        let failing = connection.state == ConnectionState::Failing;
        set(&self.failing, &labels, i64::from(failing));
        set(
            &self.paused,
            &labels,
            i64::from(connection.paused_at.is_some()),
        );
    }

    async fn streams(
        &self,
        source: &Source,
        connection: &Connection,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut oldest: BTreeMap<String, Instant> = BTreeMap::new();
        let mut unfinished: BTreeMap<String, i64> = BTreeMap::new();
        for stream in source.db.streams(connection.id).await? {
            let open = unfinished.entry(stream.stream.clone()).or_default();
            match stream.known_as_of() {
                Some(at) => {
                    let known = oldest.entry(stream.stream).or_insert(at);
                    *known = (*known).min(at);
                }
                None => *open += 1,
            }
        }
        for (stream, at) in oldest {
            let labels = [
                ("connection", connection.name.as_str()),
                ("stream", stream.as_str()),
            ];
            set(&self.freshness, &labels, now.seconds_since(at).max(0));
        }
        for (stream, number) in unfinished {
            let labels = [
                ("connection", connection.name.as_str()),
                ("stream", stream.as_str()),
            ];
            set(&self.unfinished, &labels, number);
        }
        Ok(())
    }

    async fn credentials(
        &self,
        source: &Source,
        connection: &Connection,
        usage: &[UsageRow],
    ) -> Result<(), StoreError> {
        for credential in source.db.credentials(connection.id).await? {
            let mut by_group: BTreeMap<&str, i64> = BTreeMap::from([("repositories", 0)]);
            for row in usage
                .iter()
                .filter(|row| row.allowance == credential.allowance)
            {
                *by_group.entry(&row.endpoint_group).or_default() += row.requests;
            }
            let limit = credential.hourly_limit.unwrap_or(source.limit.requests);
            let named = [
                ("connection", connection.name.as_str()),
                ("credential", credential.label.as_str()),
            ];
            for (group, used) in by_group {
                let [connection, credential] = named;
                let labels = [connection, credential, ("group", group)];
                set(&self.used, &labels, used);
                set(&self.left, &labels, (limit - used).max(0));
            }
            if let Some(at) = credential.expires_at {
                set(&self.expires, &named, seconds(at));
            }
        }
        Ok(())
    }
}
