//! `windlass webhook deliveries` and `show`.

use std::collections::HashMap;
use std::io::{self, Write};

use bitbucket::webhook;
use model::Instant;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use store::{DELIVERY_PURPOSE, DeliveryFilter, StoredDelivery, Vault};

use super::connection;
use crate::cli::{DeliveriesArguments, DeliveryShowArguments, Global};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::secret_key;
use crate::session::Session;

/// A delivery, for programs.
#[derive(Serialize)]
struct Shown {
    id: String,
    connection: String,
    received_at: Instant,
    event: String,
    event_time: Option<Instant>,
    repository: Option<String>,
    outcome: &'static str,
    problem: Option<String>,
    applied_at: Option<Instant>,
    /// From its arrival until it was applied.
    milliseconds: Option<i64>,
    size: i64,
    attempt: Option<i64>,
    doubles: i64,
    hook_uuid: Option<String>,
    request_uuid: Option<String>,
    digest: String,
}

/// A delivery with what is in it, for programs.
#[derive(Serialize)]
struct InFull {
    #[serde(flatten)]
    shown: Shown,
    headers: Value,
    body: Value,
}

impl Shown {
    fn of(delivery: &StoredDelivery, names: &HashMap<i64, String>) -> Self {
        let applied_at = delivery.applied_at;
        Self {
            id: delivery.id.to_string(),
            connection: names
                .get(&delivery.connection_id)
                .cloned()
                .unwrap_or_default(),
            received_at: delivery.received_at,
            event: delivery.event_key.clone(),
            event_time: delivery.event_time,
            repository: delivery.repository.clone(),
            outcome: delivery.outcome.as_str(),
            problem: delivery.problem.clone(),
            applied_at,
            milliseconds: applied_at.map(|at| at.millis_since(delivery.received_at)),
            size: delivery.size,
            attempt: delivery.attempt,
            doubles: delivery.doubles,
            hook_uuid: delivery.hook_uuid.clone(),
            request_uuid: delivery.request_uuid.clone(),
            digest: delivery.digest.clone(),
        }
    }
}

pub(super) async fn list(global: &Global, arguments: &DeliveriesArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = match &arguments.connection {
        Some(name) => Some(connection(&session, Some(name)).await?.id),
        None => None,
    };
    let filter = DeliveryFilter {
        connection,
        event: arguments.event.clone(),
        outcome: arguments.outcome,
        repository: arguments.repository.clone(),
        limit: arguments.limit,
        before_id: arguments.before,
    };
    let names = names(&session).await?;
    let deliveries = session.db.deliveries(&filter).await?;
    let shown: Vec<Shown> = deliveries
        .iter()
        .map(|one| Shown::of(one, &names))
        .collect();
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    let rows = shown.into_iter().map(|one| {
        vec![
            one.id,
            moment::shown(one.received_at),
            one.connection,
            one.event,
            one.repository.unwrap_or_default(),
            one.outcome.to_owned(),
            one.milliseconds
                .map_or_else(String::new, |took| format!("{took} ms")),
            one.doubles.to_string(),
            one.problem.unwrap_or_default(),
        ]
    });
    let header = [
        "id",
        "received",
        "connection",
        "event",
        "repository",
        "outcome",
        "after",
        "doubles",
        "problem",
    ];
    let (left, right) = (Align::Left, Align::Right);
    let align = [right, left, left, left, left, left, right, right, left];
    writeln!(out, "{}", plain(&header, &align, rows))?;
    Ok(())
}

pub(super) async fn show(global: &Global, arguments: &DeliveryShowArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let delivery = find(&session, arguments.id, arguments.connection.as_deref()).await?;
    let key = secret_key::require(&session.config, &session.db).await?;
    let with_text = session.config.settings.bitbucket.store_text;
    let shown = InFull {
        shown: Shown::of(&delivery, &names(&session).await?),
        headers: serde_json::from_str(&delivery.headers).unwrap_or_default(),
        body: body(&delivery, &key.vault, with_text)?,
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    let one = &shown.shown;
    let lines = [
        ("delivery", Some(one.id.clone())),
        ("connection", Some(one.connection.clone())),
        ("event", Some(one.event.clone())),
        ("repository", one.repository.clone()),
        ("happened", one.event_time.map(moment::shown)),
        ("received", Some(one.received_at.to_string())),
        ("applied", one.applied_at.map(|at| at.to_string())),
        ("outcome", Some(one.outcome.to_owned())),
        ("problem", one.problem.clone()),
        ("bytes", Some(one.size.to_string())),
        ("came again", Some(one.doubles.to_string())),
    ];
    for (name, value) in lines {
        if let Some(value) = value {
            writeln!(out, "{name:<12} {}", crate::failure::one_line(&value))?;
        }
    }
    for (name, value) in shown.headers.as_object().into_iter().flatten() {
        writeln!(out, "{name}: {}", value.as_str().unwrap_or_default())?;
    }
    writeln!(out)?;
    json::write(&shown.body, out)
}

/// A delivery by its number.
pub(super) async fn find(
    session: &Session,
    id: i64,
    name: Option<&str>,
) -> anyhow::Result<StoredDelivery> {
    let of = match name {
        Some(name) => Some(connection(session, Some(name)).await?.id),
        None => None,
    };
    let delivery = session.db.delivery(id).await?;
    delivery
        .filter(|found| of.is_none_or(|of| of == found.connection_id))
        .ok_or_else(|| {
            let message = format!(
                "there is no delivery {id}: `windlass webhook deliveries` lists all that are kept"
            );
            Failure::new(Exit::Usage, message).into()
        })
}

/// The body as it is kept, without people's texts: one that waits or has failed has them still.
fn body(delivery: &StoredDelivery, vault: &Vault, with_text: bool) -> anyhow::Result<Value> {
    let opened = vault
        .open(DELIVERY_PURPOSE, &delivery.body)
        .map_err(|error| {
            Failure::configuration(format!("the delivery cannot be opened: {error}"))
        })?;
    let bytes = opened.expose_secret();
    if with_text {
        return Ok(serde_json::from_slice(bytes).unwrap_or_default());
    }
    let redacted = webhook::redact(bytes).unwrap_or_default();
    Ok(serde_json::from_slice(&redacted).unwrap_or_default())
}

async fn names(session: &Session) -> Result<HashMap<i64, String>, store::StoreError> {
    let connections = session.db.connections().await?;
    Ok(connections
        .into_iter()
        .map(|one| (one.id, one.name))
        .collect())
}
