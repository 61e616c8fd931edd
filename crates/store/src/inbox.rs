//! Where deliveries are stored before they are answered.
//!
//! What was accepted survives the end of the program and of the machine: these commits alone are
//! synced to disk, whatever the rest of the database does. A sync costs the same for one delivery as
//! for many, so one task commits all that wait together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{Clock, Instant};
use sha2::{Digest, Sha256};
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{BEGIN, Db, WriteTx, on_tx};
use crate::statements::webhooks::*;
use crate::{At, StoreError};

/// How many deliveries are committed together at most.
const GROUP: usize = 256;

/// How many deliveries may wait for their commit; who comes then waits before.
const QUEUE: usize = 1024;

/// How long a commit waits for a connection before the deliveries are refused: Bitbucket gives up
/// after ten seconds, and tries again what is refused.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many deliveries within [`LOOK_MILLIS`], a thousand a second, say that the door is busy.
const MANY: u64 = 10;

/// How long the door is looked at to see whether it is busy.
const LOOK_MILLIS: i64 = 10;

/// A delivery whose signature was right.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// The connection whose secret signed it.
    pub connection_id: i64,
    /// When it came.
    pub received_at: Instant,
    /// What it is about.
    pub event_key: String,
    /// When that happened, as its header has it.
    pub event_time: Option<Instant>,
    /// The webhook that sent it.
    pub hook_uuid: Option<String>,
    /// The request.
    pub request_uuid: Option<String>,
    /// Which attempt this is.
    pub attempt: Option<i32>,
    /// SHA-256 over key, line feed and body, in hexadecimal digits: what comes again has the same.
    pub digest: String,
    /// The headers as a JSON object, without the signature.
    pub headers: String,
    /// The body, sealed for [`crate::DELIVERY_PURPOSE`].
    pub body: String,
    /// How many bytes the body had.
    pub size: i64,
    /// The secret that signed it.
    pub secret: Option<SigningSecret>,
}

/// The secret that a delivery was signed with, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningSecret {
    /// Its number.
    pub id: i64,
    /// The secret, sealed. The body of the delivery is sealed with the same key: once the secret is
    /// sealed with another, that body could never be opened.
    pub sealed: Arc<str>,
}

impl NewDelivery {
    /// The digest of a delivery: see [`NewDelivery::digest`].
    pub fn digest_of(event_key: &str, body: &[u8]) -> String {
        let digest = Sha256::new()
            .chain_update(event_key)
            .chain_update(b"\n")
            .chain_update(body)
            .finalize();
        hex::encode(digest)
    }
}

/// A delivery that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its number.
    pub id: i64,
    /// Whether it came before.
    pub double: bool,
}

/// Takes deliveries in. Clones share one queue; the last one that goes ends its task.
#[derive(Clone, Debug)]
pub struct Inbox {
    queue: mpsc::Sender<Waiting>,
    arrived: watch::Receiver<i64>,
    /// How many were stored here.
    stored: Arc<AtomicU64>,
    place: Place,
}

/// A delivery, and who waits for its commit.
#[derive(Debug)]
struct Waiting {
    delivery: NewDelivery,
    answer: oneshot::Sender<Result<Accepted, StoreError>>,
}

/// Connections whose commits are synced to disk.
#[derive(Clone, Debug)]
enum Place {
    Sqlite {
        own: SqlitePool,
        /// Whoever holds the one connection for writing has the turn: waiting there is fair, and
        /// waiting for SQLite's lock is not.
        turn: SqlitePool,
    },
    Postgres(PgPool),
}

impl Inbox {
    /// Opens the inbox of a database, with connections and a task of its own. It must be called
    /// within a runtime.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn open(db: &Db) -> Result<Self, StoreError> {
        let place = Place::open(db).await?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (arrival, arrived) = watch::channel(0);
        let stored = Arc::new(AtomicU64::new(0));
        let writer = Writer {
            place: place.clone(),
            arrival,
            stored: Arc::clone(&stored),
        };
        tokio::spawn(writer.run(waiting));
        Ok(Self {
            queue,
            arrived,
            stored,
            place,
        })
    }

    /// Stores a delivery; it is on disk when this returns. One that is dropped meanwhile may be
    /// stored or not.
    ///
    /// # Errors
    /// The database cannot take it: whoever sent it has to send it again.
    pub async fn accept(&self, delivery: NewDelivery) -> Result<Accepted, StoreError> {
        let (answer, answered) = oneshot::channel();
        let ended = || StoreError::Inbox("nobody writes deliveries any more".to_owned());
        self.queue
            .send(Waiting { delivery, answer })
            .await
            .map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Changes whenever deliveries were stored here: the number of the newest.
    pub fn arrived(&self) -> watch::Receiver<i64> {
        self.arrived.clone()
    }

    /// Waits while many deliveries come at once, and no longer than `patience_millis`. Whoever applies
    /// them competes with their answers for processors and for the one writer of SQLite, and
    /// Bitbucket waits for the answers.
    pub async fn rest(&self, clock: &dyn Clock, patience_millis: i64) {
        let stored = || self.stored.load(Ordering::Relaxed);
        let until = clock.now().plus_millis(patience_millis);
        loop {
            let (before, now) = (stored(), clock.now());
            clock.sleep_until(now.plus_millis(LOOK_MILLIS)).await;
            if stored() < before + MANY || now >= until {
                return;
            }
        }
    }

    /// What the engine itself says of how commits of deliveries are synced: `2` on SQLite
    /// (`PRAGMA synchronous`), `on` on PostgreSQL (`synchronous_commit`).
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn durability(&self) -> Result<String, StoreError> {
        match self.place.begin().await? {
            WriteTx::Sqlite(mut tx) => {
                let (level,): (i64,) = sqlx::query_as("PRAGMA synchronous")
                    .fetch_one(&mut *tx)
                    .await?;
                Ok(level.to_string())
            }
            WriteTx::Postgres(mut tx) => {
                let (level,): (String,) = sqlx::query_as("SHOW synchronous_commit")
                    .fetch_one(&mut *tx)
                    .await?;
                Ok(level)
            }
        }
    }
}

impl Place {
    async fn open(db: &Db) -> Result<Self, StoreError> {
        Ok(match db {
            Db::Sqlite { write, .. } => {
                let options = (*write.connect_options()).clone();
                let own = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(PATIENCE)
                    .connect_with(
                        options
                            .synchronous(SqliteSynchronous::Full)
                            .busy_timeout(PATIENCE),
                    )
                    .await?;
                Self::Sqlite {
                    own,
                    turn: write.clone(),
                }
            }
            Db::Postgres(pool) => {
                let options = (*pool.connect_options()).clone();
                let own = PgPoolOptions::new()
                    .max_connections(2)
                    .acquire_timeout(PATIENCE)
                    .connect_with(options.options([("synchronous_commit", "on")]))
                    .await?;
                Self::Postgres(own)
            }
        })
    }

    async fn begin(&self) -> Result<WriteTx, StoreError> {
        Ok(match self {
            Self::Sqlite { own, .. } => WriteTx::Sqlite(own.begin_with(BEGIN).await?),
            Self::Postgres(pool) => WriteTx::Postgres(pool.begin().await?),
        })
    }
}

/// The task that commits.
struct Writer {
    place: Place,
    arrival: watch::Sender<i64>,
    stored: Arc<AtomicU64>,
}

impl Writer {
    async fn run(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut waiting = Vec::with_capacity(GROUP);
        while queue.recv_many(&mut waiting, GROUP).await > 0 {
            let (deliveries, answers): (Vec<_>, Vec<_>) = waiting
                .drain(..)
                .map(|one| (one.delivery, one.answer))
                .unzip();
            let outcomes = self.store(&deliveries).await;
            // Whoever waits no longer finds its delivery stored when it comes again.
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                let _gone = answer.send(outcome);
            }
        }
    }

    /// Stores these deliveries: together, or each by itself where one of them is refused, so that
    /// the others do not suffer for it.
    async fn store(&self, deliveries: &[NewDelivery]) -> Vec<Result<Accepted, StoreError>> {
        match self.commit(deliveries).await {
            Ok(accepted) => accepted.into_iter().map(Ok).collect(),
            Err(error) if deliveries.len() == 1 => vec![Err(error)],
            Err(StoreError::Engine(sqlx::Error::Database(_)) | StoreError::SecretChanged) => {
                let mut outcomes = Vec::with_capacity(deliveries.len());
                for delivery in deliveries {
                    let outcome = self.commit(std::slice::from_ref(delivery)).await;
                    outcomes.push(outcome.and_then(|accepted| {
                        let none = || StoreError::Inbox("it has no number".to_owned());
                        accepted.first().copied().ok_or_else(none)
                    }));
                }
                outcomes
            }
            Err(error) => deliveries
                .iter()
                .map(|_| Err(StoreError::Inbox(error.to_string())))
                .collect(),
        }
    }

    async fn commit(&self, deliveries: &[NewDelivery]) -> Result<Vec<Accepted>, StoreError> {
        let _turn = match &self.place {
            Place::Sqlite { turn, .. } => Some(taken(turn).await?),
            Place::Postgres(_) => None,
        };
        let mut tx = self.place.begin().await?;
        let mut secrets: BTreeMap<&SigningSecret, Instant> = BTreeMap::new();
        for delivery in deliveries {
            let first = (delivery.secret.as_ref())
                .map(|secret| secrets.entry(secret).or_insert(delivery.received_at));
            if let Some(first) = first {
                *first = delivery.received_at.min(*first);
            }
        }
        // Before anything else: whoever changes the key waits for this transaction, or this one for
        // theirs.
        for (secret, at) in secrets {
            if !tx.use_webhook_secret(secret, at).await? {
                return Err(StoreError::SecretChanged);
            }
        }
        let mut accepted = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            accepted.push(tx.insert_delivery(delivery).await?);
        }
        tx.commit().await?;
        let count = u64::try_from(accepted.len()).unwrap_or(0);
        self.stored.fetch_add(count, Ordering::Relaxed);
        if let Some(newest) = accepted.iter().map(|one| one.id).max() {
            self.arrival.send_replace(newest);
        }
        Ok(accepted)
    }
}

/// The turn, unless others take too long with theirs.
async fn taken(turn: &SqlitePool) -> Result<PoolConnection<Sqlite>, StoreError> {
    let busy = || StoreError::Inbox("the database was busy for too long".to_owned());
    let acquired = tokio::time::timeout(PATIENCE, turn.acquire()).await;
    Ok(acquired.map_err(|_| busy())??)
}

impl WriteTx {
    async fn insert_delivery(&mut self, delivery: &NewDelivery) -> Result<Accepted, StoreError> {
        let (id, doubles): (i64, i64) = on_tx!(self, |db| sqlx::query_as(INSERT_DELIVERY)
            .bind(delivery.connection_id)
            .bind(At(delivery.received_at))
            .bind(&delivery.event_key)
            .bind(delivery.event_time.map(At))
            .bind(&delivery.hook_uuid)
            .bind(&delivery.request_uuid)
            .bind(delivery.attempt.map(i64::from))
            .bind(&delivery.digest)
            .bind(&delivery.headers)
            .bind(&delivery.body)
            .bind(delivery.size)
            .fetch_one(db)
            .await?);
        Ok(Accepted {
            id,
            double: doubles > 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::NewDelivery;

    #[test]
    fn the_same_body_of_another_event_is_another_delivery() {
        let of = |event| NewDelivery::digest_of(event, b"{}");
        assert_eq!(of("repo:push"), of("repo:push"));
        assert_ne!(of("repo:push"), of("repo:updated"));
        // printf 'repo:push\n{}' | sha256sum
        assert_eq!(
            of("repo:push"),
            "5141ebe56c9c61c6ee7a386c42a2823dc454b6e7d91639a2027a53e39372732a"
        );
    }
}
