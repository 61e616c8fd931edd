//! How the webhook of a connection fares, as far as the database tells.

use model::Instant;
use serde::Serialize;
use store::{Connection, ConnectionKind};

use crate::progress::{count, span};
use crate::session::Session;

/// A webhook that is silent for so long is looked at, in seconds: changes that polling finds may be
/// on their way before.
const SILENT: i64 = 3_600;

/// How far back changes count that no delivery announced, in seconds.
const LOOKED_BACK: i64 = 7 * 86_400;

/// How a webhook fares, for programs.
#[derive(Clone, Debug, Serialize)]
pub(in crate::command) struct Health {
    /// Where the webhook that was registered delivers.
    pub(in crate::command) url: Option<String>,
    pub(in crate::command) registered_at: Option<Instant>,
    pub(in crate::command) verified_at: Option<Instant>,
    /// When the last delivery came.
    pub(in crate::command) last_delivery_at: Option<Instant>,
    /// How many deliveries wait to be applied.
    pub(in crate::command) waiting: i64,
    /// How many could not be applied.
    pub(in crate::command) failed: i64,
    /// Changes that polling found and no delivery announced: since the day of the last delivery
    /// where it is long ago, else within seven days.
    pub(in crate::command) unannounced: i64,
    /// What deserves a look.
    pub(in crate::command) warnings: Vec<String>,
}

impl Health {
    /// Nothing for what has no webhooks.
    pub(in crate::command) async fn load(
        session: &Session,
        connection: &Connection,
    ) -> anyhow::Result<Option<Self>> {
        if connection.kind != ConnectionKind::BitbucketCloud {
            return Ok(None);
        }
        let (db, now) = (&session.db, session.now());
        let hook = db.webhook_hook(connection.id).await?;
        let inbox = db.inbox_state(connection.id).await?;
        let heard = inbox
            .last_received_at
            .max(hook.as_ref().map(|hook| hook.registered_at));
        let silent = heard
            .map(|at| now.seconds_since(at))
            .filter(|seconds| *seconds >= SILENT);
        let since = now.plus_seconds(-LOOKED_BACK);
        let since = heard
            .filter(|_| silent.is_some())
            .map_or(since, |at| at.max(since));
        let misses = db.webhook_misses(&connection.workspace, since).await?;
        let mut health = Self {
            url: hook.as_ref().map(|hook| hook.url.clone()),
            registered_at: hook.as_ref().map(|hook| hook.registered_at),
            verified_at: hook.and_then(|hook| hook.verified_at),
            last_delivery_at: inbox.last_received_at,
            waiting: inbox.waiting,
            failed: inbox.failed,
            unannounced: misses.iter().map(|one| one.found).sum(),
            warnings: Vec::new(),
        };
        let busiest = misses
            .into_iter()
            .max_by_key(|one| one.found)
            .and_then(|one| one.full_name);
        health.warnings = health.warnings(&connection.name, silent, busiest.as_deref());
        Ok(Some(health))
    }

    fn warnings(&self, name: &str, silent: Option<i64>, busiest: Option<&str>) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.registered_at.is_none() && self.last_delivery_at.is_none() {
            warnings.push(format!(
                "{name}: there is no webhook, so that changes show when they are polled and not at once: `windlass webhook register --connection {name}` makes one"
            ));
        }
        let where_most = busiest.map_or(String::new(), |busiest| {
            format!(", most of them in {busiest}")
        });
        let found = u64::try_from(self.unannounced).unwrap_or(0);
        match (found, silent) {
            (0, _) => {}
            (_, Some(seconds)) => warnings.push(format!(
                "{name}: no delivery for {} though {} found{where_most}: `windlass webhook verify --connection {name}` tries the way, `windlass webhook list --connection {name}` shows whether Bitbucket has switched it off",
                lasted(seconds),
                changes(found)
            )),
            (_, None) => warnings.push(format!(
                "{name}: within seven days {} found that no delivery announced{where_most}: deliveries got lost, and polling has made up for them",
                changes(found)
            )),
        }
        if self.failed > 0 {
            warnings.push(format!(
                "{name}: {} could not be applied: `windlass webhook deliveries --outcome failed` says why, `windlass webhook replay --failed` tries again",
                count(u64::try_from(self.failed).unwrap_or(0), "delivery")
            ));
        }
        warnings
    }
}

fn changes(found: u64) -> String {
    let were = if found == 1 { "was" } else { "were" };
    format!("{} {were}", count(found, "change"))
}

/// A span in whole hours or days, where it has some.
fn lasted(seconds: i64) -> String {
    let of = |number: i64, noun| count(u64::try_from(number).unwrap_or(0), noun);
    match seconds {
        172_800.. => of(seconds / 86_400, "day"),
        3_600.. => of(seconds / 3_600, "hour"),
        _ => span(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(unannounced: i64) -> Health {
        Health {
            url: None,
            registered_at: Some(Instant::from_seconds(0)),
            verified_at: None,
            last_delivery_at: None,
            waiting: 0,
            failed: 0,
            unannounced,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn silence_deserves_a_look_where_something_happened() {
        assert!(health(0).warnings("acme", Some(900_000), None).is_empty());
        let told = health(14).warnings("acme", Some(7_500), Some("acme/website"));
        assert!(
            told[0].starts_with("acme: no delivery for 2 hours though 14 changes were found, most of them in acme/website: "),
            "{told:?}"
        );
        let told = health(1).warnings("acme", None, None);
        assert!(
            told[0].contains("1 change was found that no delivery announced"),
            "{told:?}"
        );
        assert_eq!(lasted(3 * 86_400), "3 days");
    }
}
