//! What becomes of deliveries: each is opened, read, and applied by the same path as a page.
//!
//! A delivery waits in the database until the transaction that writes its rows says that it waits no
//! longer. Whoever is killed in between leaves it waiting, and of two processes that take the same
//! one the second finds nothing to do: so nothing is lost, nothing needs a lease, and applying twice
//! would change nothing either. Deliveries that follow each other and tell of different things share
//! a transaction: after a burst that is many times quicker.

mod dues;
mod groups;
mod homes;

use std::collections::BTreeSet;

use bitbucket::webhook::{self, Delivery, EventKey, Told};
use model::rows::Batch;
use model::{Clock, Id, Instant};
use secrecy::ExposeSecret;
use store::{
    DELIVERY_PURPOSE, Db, DeliveryOutcome, FinishedDelivery, StoreError, StoredDelivery, Vault,
};

use crate::apply::{Written, apply_and_tell};
use crate::commit::COMMIT_ATTEMPTS;
use crate::deploying;
use crate::people::forget::strip;
use homes::{Home, Homes};

/// How many deliveries are read from the database at once.
const READ_AT_ONCE: i64 = 64;

/// How long deliveries are kept if nobody says otherwise.
const KEEP_SECONDS: i64 = 30 * 24 * 3600;

/// How deliveries are applied and kept.
#[derive(Clone, Debug)]
pub struct InboxOptions {
    /// Whether descriptions and comments become rows, and stay in deliveries that are kept.
    pub store_text: bool,
    /// How long a delivery is kept.
    pub keep_seconds: i64,
}

impl Default for InboxOptions {
    fn default() -> Self {
        Self {
            store_text: false,
            keep_seconds: KEEP_SECONDS,
        }
    }
}

/// What became of the deliveries that waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Wrote rows, or made something due.
    pub applied: u64,
    /// Told nothing that was not known.
    pub stale: u64,
    /// Are about nothing that is imported.
    pub ignored: u64,
    /// Are about repositories that are not imported.
    pub filtered: u64,
    /// Could not be read.
    pub failed: u64,
}

impl Drained {
    /// How many there were.
    pub fn all(&self) -> u64 {
        self.applied + self.stale + self.ignored + self.filtered + self.failed
    }

    fn add_all(&mut self, more: &Self) {
        self.applied += more.applied;
        self.stale += more.stale;
        self.ignored += more.ignored;
        self.filtered += more.filtered;
        self.failed += more.failed;
    }

    fn add(&mut self, outcome: DeliveryOutcome) {
        match outcome {
            DeliveryOutcome::Applied => self.applied += 1,
            DeliveryOutcome::Stale => self.stale += 1,
            DeliveryOutcome::Ignored => self.ignored += 1,
            DeliveryOutcome::Filtered => self.filtered += 1,
            DeliveryOutcome::Failed => self.failed += 1,
            DeliveryOutcome::Waiting => {}
        }
    }
}

/// Applies everything that waits, in the order in which it came. It may be dropped at any time.
///
/// # Errors
/// The database cannot be used. What was not applied waits on.
pub async fn drain(
    db: &Db,
    vault: &Vault,
    clock: &dyn Clock,
    options: &InboxOptions,
) -> Result<Drained, StoreError> {
    let mut drained = Drained::default();
    loop {
        let some = drain_some(db, vault, clock, options).await?;
        if some.all() == 0 {
            return Ok(drained);
        }
        drained.add_all(&some);
    }
}

/// Applies the first of what waits. Nothing applied says that nothing waits, or that it is in the
/// hands of another process.
///
/// # Errors
/// The database cannot be used. What was not applied waits on.
pub async fn drain_some(
    db: &Db,
    vault: &Vault,
    clock: &dyn Clock,
    options: &InboxOptions,
) -> Result<Drained, StoreError> {
    let mut drain = Drain {
        db,
        vault,
        clock,
        options,
        homes: Homes::default(),
    };
    let mut waiting = Vec::new();
    for stored in db.waiting_deliveries(READ_AT_ONCE).await? {
        waiting.push(drain.read(&stored).await?);
    }
    let mut drained = Drained::default();
    for group in groups::of(&waiting) {
        for outcome in drain.deliver(group).await? {
            drained.add(outcome);
        }
        deploying::settle(db, clock).await?;
    }
    Ok(drained)
}

/// Forgets deliveries that were kept long enough; the result is how many.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(db: &Db, options: &InboxOptions, now: Instant) -> Result<u64, StoreError> {
    let mut tx = db.write().await?;
    let forgotten = tx
        .forget_deliveries(now.plus_seconds(-options.keep_seconds))
        .await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// A drain under way.
struct Drain<'a> {
    db: &'a Db,
    vault: &'a Vault,
    clock: &'a dyn Clock,
    options: &'a InboxOptions,
    homes: Homes,
}

/// A delivery as far as it could be read without the database.
struct Read {
    /// Its number.
    id: i64,
    /// The connection that it came for.
    connection: i64,
    /// What it tells; nothing where it is not to be applied.
    told: Option<Told>,
    finished: FinishedDelivery,
}

impl Drain<'_> {
    /// Applies deliveries together; the result says what became of those that nobody else has
    /// applied meanwhile. Where the database refuses one of them, each is applied by itself.
    async fn deliver(&self, group: &[Read]) -> Result<Vec<DeliveryOutcome>, StoreError> {
        match (self.write_again(group).await, group) {
            (Ok(outcomes), _) => Ok(outcomes),
            // Others wait behind it.
            (Err(error), [refused]) if error.is_refusal() => {
                let refused = Read {
                    id: refused.id,
                    connection: refused.connection,
                    told: None,
                    finished: FinishedDelivery {
                        outcome: DeliveryOutcome::Failed,
                        problem: Some(error.to_string()),
                        ..refused.finished.clone()
                    },
                };
                self.write(&[refused]).await
            }
            (Err(error), [_, _, ..]) if error.is_refusal() => {
                let mut outcomes = Vec::new();
                for one in group {
                    outcomes.extend(Box::pin(self.deliver(std::slice::from_ref(one))).await?);
                }
                Ok(outcomes)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Writes, and tries again where somebody else was in the way.
    async fn write_again(&self, group: &[Read]) -> Result<Vec<DeliveryOutcome>, StoreError> {
        let mut attempt = 1;
        loop {
            match self.write(group).await {
                Err(error) if error.is_conflict() && attempt < COMMIT_ATTEMPTS => attempt += 1,
                written => return written,
            }
        }
    }

    /// Opens and reads a delivery, and decides whether it is to be applied.
    async fn read(&mut self, stored: &StoredDelivery) -> Result<Read, StoreError> {
        let failed = |problem: String, redacted_body| Read {
            id: stored.id,
            connection: stored.connection_id,
            told: None,
            finished: FinishedDelivery {
                outcome: DeliveryOutcome::Failed,
                problem: Some(problem),
                repository: None,
                redacted_body,
            },
        };
        let body = match self.vault.open(DELIVERY_PURPOSE, &stored.body) {
            Ok(body) => body.expose_secret().clone(),
            Err(error) => return Ok(failed(error.to_string(), None)),
        };
        let redacted_body = self.redacted(&body);
        let delivery = Delivery {
            event: EventKey::parse(&stored.event_key),
            body,
            event_time: stored.event_time,
            hook_uuid: None,
            request_uuid: None,
            attempt: 1,
        };
        let told = match webhook::read(&delivery, stored.received_at, self.options.store_text) {
            Ok(told) => told,
            Err(error) => return Ok(failed(error.to_string(), redacted_body)),
        };
        let repository = told.repository.as_ref().map(|mark| mark.full_name.clone());
        let (outcome, problem) = if !delivery.event.is_applied() {
            (DeliveryOutcome::Ignored, None)
        } else {
            match self.homes.of(self.db, stored.connection_id, &told).await? {
                Home::Gone => (
                    DeliveryOutcome::Ignored,
                    Some("its connection was removed".to_owned()),
                ),
                Home::Excluded => (DeliveryOutcome::Filtered, None),
                Home::Imported => (DeliveryOutcome::Applied, None),
            }
        };
        Ok(Read {
            id: stored.id,
            connection: stored.connection_id,
            told: (outcome == DeliveryOutcome::Applied).then_some(told),
            finished: FinishedDelivery {
                outcome,
                problem,
                repository,
                redacted_body,
            },
        })
    }

    /// The body that is kept in the place of this one, where texts are not stored. One that cannot
    /// be sealed, or is no JSON, stays as it came: sealed.
    fn redacted(&self, body: &[u8]) -> Option<String> {
        if self.options.store_text {
            return None;
        }
        let redacted = webhook::redact(body)?;
        self.vault.seal(DELIVERY_PURPOSE, &redacted).ok()
    }

    /// Writes what deliveries tell, and that they wait no longer.
    async fn write(&self, group: &[Read]) -> Result<Vec<DeliveryOutcome>, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let ids: Vec<i64> = group.iter().map(|read| read.id).collect();
        let taken = tx.take_deliveries(&ids, now).await?;
        let group = || group.iter().filter(|read| taken.contains(&read.id));
        let mut batch = Batch::default();
        let mut scopes = BTreeSet::new();
        for told in group().filter_map(|read| read.told.as_ref()) {
            scopes.insert(scope(told));
            batch.append(told.batch.clone());
        }
        batch.order_shared_rows();
        // In order, so that two processes do not wait for each other.
        for scope in scopes {
            tx.lock(scope).await?;
        }
        let batch = strip(&mut tx, Some(self.vault), &batch).await?;
        let written = apply_and_tell(&mut tx, &batch, now).await?;
        let mut outcomes = Vec::new();
        for read in group() {
            let mut finished = read.finished.clone();
            if let Some(told) = &read.told {
                let wrote = brought(&written, &told.batch);
                let news = wrote || told.batch.pulls.is_empty();
                let due =
                    news && dues::request(&mut tx, read.connection, told, &self.homes, now).await?;
                if !wrote && !due {
                    finished.outcome = DeliveryOutcome::Stale;
                }
            }
            tx.finish_delivery(read.id, &finished, now).await?;
            outcomes.push(finished.outcome);
        }
        tx.commit().await?;
        Ok(outcomes)
    }
}

/// Whether any of this was new.
fn brought(written: &Written, batch: &Batch) -> bool {
    let wrote = |keys: Vec<_>| keys.iter().any(|key| written.rows.contains(key));
    let left =
        |participants: &model::rows::Participants| written.pulls.contains(&participants.pull_id);
    wrote(batch.own_rows()) || wrote(batch.shared_rows()) || batch.participants.iter().any(left)
}

/// Whose rows these are, as pages of the import lock it.
fn scope(told: &Told) -> Id {
    match &told.repository {
        Some(mark) => Id::repository(&mark.uuid),
        None => (told.batch.projects.first()).map_or(Id(0), |project| project.id),
    }
}
