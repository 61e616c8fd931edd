//! The door for Bitbucket's deliveries.
//!
//! A delivery is answered with 200 when it is on the disk, and not before: Bitbucket then forgets
//! it. What it tells is read afterwards, by whoever drains the inbox. It comes in only if a secret
//! of a connection signed it and it speaks of that connection's workspace; anything else leaves no
//! trace but a count.

mod answer;
mod keyring;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use bitbucket::webhook::signature::{self, SignatureError};
use bitbucket::webhook::{Delivery, EventKey, workspace_of};
use model::{Clock, Instant};
use serde_json::{Map, Value};
use store::{Accepted, Db, Inbox, NewDelivery, StoreError};

use crate::Metrics;
use answer::{Refusal, Taken};
pub use keyring::{FindVault, NoVault};
use keyring::{Held, Keyring, Owner};

/// The longest body that is read. Bitbucket sends none of more than 256 KB.
const LONGEST_BODY: usize = 1024 * 1024;

/// How long a body may take to come.
const READING: Duration = Duration::from_secs(10);

/// How long the database may take. Bitbucket gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// The headers that are kept with a delivery: those that Bitbucket is known to send, without the
/// signature. What proxies add may name people's machines.
const KEPT_HEADERS: [&str; 7] = [
    "content-type",
    "user-agent",
    "x-event-key",
    "x-event-time",
    "x-hook-uuid",
    "x-request-uuid",
    "x-attempt-number",
];

/// Takes deliveries in. Clones share everything.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    inbox: Inbox,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// The connection that an address names.
#[derive(Clone, Debug)]
struct Named(Option<String>);

impl Door {
    /// A door to `inbox`. Secrets are read from `db` and opened with what `find_vault` finds, which
    /// is asked each time that they are read: a key may come later, or be replaced.
    pub fn new(
        db: Db,
        inbox: Inbox,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
        find_vault: FindVault,
    ) -> Self {
        let keyring = Keyring::new(db, Arc::clone(&clock), find_vault);
        Self(Arc::new(Inner {
            inbox,
            keyring,
            clock,
            metrics,
        }))
    }

    /// `POST /webhooks/bitbucket` for all connections, and with a connection's name for that one.
    pub(crate) fn routes(self) -> Router {
        let all = post(deliver).layer(Extension(Named(None)));
        Router::new()
            .route("/webhooks/bitbucket", all)
            .route("/webhooks/bitbucket/{connection}", post(deliver_to))
            .layer(DefaultBodyLimit::max(LONGEST_BODY))
            .with_state(self)
    }

    async fn take_in(&self, name: Named, request: Request) -> Result<Taken, Refusal> {
        let received_at = self.0.clock.now();
        // Whoever reads the secrets from now on reads those that were there when it arrived.
        let asked = self.0.keyring.moment();
        let headers = request.headers().clone();
        let body = within(READING, Refusal::Slow, read(request)).await?;
        let taking = async {
            let verified = Verified::find(self, &name, &headers, body.clone(), asked).await?;
            let kept = verified.keep(self, &headers, received_at).await;
            if !matches!(kept, Err(Refusal::SecretChanged)) {
                return kept;
            }
            // Somebody has put another key in the place of the one that it was sealed with.
            let keyring = &self.0.keyring;
            let asked = keyring.moment();
            keyring.read_since(asked).await?;
            let verified = Verified::find(self, &name, &headers, body, asked).await?;
            verified.keep(self, &headers, received_at).await
        };
        within(PATIENCE, Refusal::Unavailable, taking).await
    }
}

/// What `work` comes to, or `otherwise` when it takes too long.
async fn within<T>(
    patience: Duration,
    otherwise: Refusal,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    tokio::time::timeout(patience, work)
        .await
        .unwrap_or(Err(otherwise))
}

async fn read(request: Request) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, &())
        .await
        .map_err(|rejection: BytesRejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
            _ => Refusal::Unreadable,
        })
}

async fn deliver_to(
    door: State<Door>,
    Path(connection): Path<String>,
    request: Request,
) -> Response {
    deliver(door, Extension(Named(Some(connection))), request).await
}

async fn deliver(
    State(door): State<Door>,
    Extension(name): Extension<Named>,
    request: Request,
) -> Response {
    let began = std::time::Instant::now();
    let answer = door.take_in(name, request).await;
    let metrics = &door.0.metrics;
    metrics.add_answer_seconds(began.elapsed().as_secs_f64());
    match answer {
        Ok(taken) => {
            metrics.add_delivery(&taken.connection, &taken.event, taken.outcome());
            taken.into_response()
        }
        Err(refusal) => {
            metrics.add_refusal(refusal.reason());
            refusal.into_response()
        }
    }
}

/// A body that a secret of a connection signed, about that connection's workspace.
struct Verified {
    delivery: Delivery,
    held: Arc<Held>,
    owner: Owner,
}

impl Verified {
    async fn find(
        door: &Door,
        name: &Named,
        headers: &HeaderMap,
        body: Bytes,
        asked: u64,
    ) -> Result<Self, Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signed = text(signature::HEADER);
        let (held, owners) = door.owners(name, signed, &body, asked).await?;
        let delivery = Delivery::parse(text, body.into()).map_err(Refusal::NoDelivery)?;
        let workspace = workspace_of(&delivery.body).map_err(|_| Refusal::NotAnObject)?;
        let owner = match &workspace {
            Some(mark) => owners.into_iter().find(|owner| owner.has(mark)),
            // What nobody applies may be of any shape.
            None if !delivery.event.is_applied() => owners.into_iter().next(),
            None => None,
        };
        let owner = owner.ok_or(Refusal::Foreign)?;
        Ok(Self {
            delivery,
            held,
            owner,
        })
    }

    /// Puts it into the inbox; it is on the disk when this comes back.
    async fn keep(
        self,
        door: &Door,
        headers: &HeaderMap,
        received_at: Instant,
    ) -> Result<Taken, Refusal> {
        let Self {
            delivery,
            held,
            owner,
        } = self;
        let vault = held.vault().ok_or(Refusal::Unavailable)?;
        let sealed = vault
            .seal(store::DELIVERY_PURPOSE, &delivery.body)
            .map_err(|_| Refusal::Unavailable)?;
        let event = delivery.event.as_str().to_owned();
        let new = NewDelivery {
            connection_id: owner.connection_id,
            received_at,
            digest: NewDelivery::digest_of(&event, &delivery.body),
            event_key: event,
            event_time: delivery.event_time,
            hook_uuid: delivery.hook_uuid.map(|uuid| uuid.as_str().to_owned()),
            request_uuid: delivery.request_uuid.map(|uuid| uuid.as_str().to_owned()),
            attempt: i32::try_from(delivery.attempt).ok(),
            headers: kept(headers),
            body: sealed,
            size: i64::try_from(delivery.body.len()).unwrap_or(i64::MAX),
            secret: Some(owner.secret),
        };
        let Accepted { double, .. } =
            door.0
                .inbox
                .accept(new)
                .await
                .map_err(|error| match error {
                    StoreError::SecretChanged => Refusal::SecretChanged,
                    error => {
                        tracing::warn!(%error, "a delivery could not be stored");
                        Refusal::Unavailable
                    }
                })?;
        Ok(Taken {
            connection: owner.connection,
            event: match delivery.event {
                // Anything may be written there: it must not become a metric of its own each.
                EventKey::Unknown(_) => "unknown".to_owned(),
                known => known.as_str().to_owned(),
            },
            double,
        })
    }
}

impl Door {
    /// Whose secrets signed the body. A signature that fits none is looked at again with what the
    /// database has now: the secret may be a new one.
    async fn owners(
        &self,
        name: &Named,
        signed: Option<&str>,
        body: &[u8],
        asked: u64,
    ) -> Result<(Arc<Held>, Vec<Owner>), Refusal> {
        let keyring = &self.0.keyring;
        let held = keyring.recent().await?;
        match held.owners(name.0.as_deref(), signed, body) {
            Err(SignatureError::Mismatch) => {}
            Err(error) => return Err(Refusal::Signature(error)),
            Ok(owners) => return Ok((held, owners)),
        }
        let held = keyring.read_since(asked).await?;
        match held.owners(name.0.as_deref(), signed, body) {
            Ok(owners) => Ok((held, owners)),
            // One that cannot be opened may be the right one. Bitbucket tries again.
            Err(SignatureError::Mismatch) if held.has_closed_ones() => Err(Refusal::Unavailable),
            Err(error) => Err(Refusal::Signature(error)),
        }
    }
}

/// The headers that are kept, as JSON.
fn kept(headers: &HeaderMap) -> String {
    let kept: Map<String, Value> = KEPT_HEADERS
        .into_iter()
        .filter_map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.into()))
        })
        .collect();
    Value::Object(kept).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_signatures_nor_what_proxies_add_is_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-event-key", "repo:push"),
            ("x-hub-signature", "sha256=00"),
            ("x-forwarded-for", "192.0.2.7"),
            ("authorization", "Basic abc"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        assert_eq!(kept(&headers), r#"{"x-event-key":"repo:push"}"#);
    }
}
