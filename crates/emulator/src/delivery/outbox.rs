//! Where deliveries wait.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::faults::Trouble;
use super::{Delivery, DeliveryFaults, LONGEST_BODY};

/// What becomes of deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeliveryMode {
    /// They are sent to their subscribers.
    #[default]
    Send,
    /// They wait until somebody [takes](crate::Emulator::take_deliveries) them.
    Collect,
}

/// What became of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentAs {
    /// The subscriber answered with this status.
    Answered(u16),
    /// The subscriber did not answer in time.
    TimedOut,
    /// There was nobody, or nothing that can be understood.
    Failed,
    /// A fault let it vanish.
    Lost,
}

/// An attempt to send a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// As it was sent: its headers tell which attempt it was.
    pub delivery: Delivery,
    /// What became of it.
    pub outcome: SentAs,
}

/// Shared by the world, which fills it, and by whoever empties it.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    content: Mutex<Content>,
    /// Something came in, or the mode changed.
    pub(super) filled: Notify,
    /// Nothing is left to do.
    settled: Notify,
}

#[derive(Debug, Default)]
struct Content {
    mode: DeliveryMode,
    waiting: VecDeque<Delivery>,
    /// Taken out by the sender, and not yet done with.
    underway: usize,
    trouble: Trouble,
    sent: Vec<Sent>,
    withheld: usize,
}

impl Outbox {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a delivery in, unless it is too long to be sent at all.
    pub(crate) fn add(&self, delivery: Delivery) {
        let mut content = self.content();
        if delivery.body.len() > LONGEST_BODY {
            content.withheld += 1;
            return;
        }
        content.waiting.push_back(delivery);
        drop(content);
        self.filled.notify_one();
    }

    pub(crate) fn set_mode(&self, mode: DeliveryMode) {
        self.content().mode = mode;
        self.filled.notify_one();
    }

    pub(crate) fn set_faults(&self, faults: DeliveryFaults) {
        self.content().trouble = Trouble::new(faults);
    }

    /// Everything that waits, as faults leave it.
    pub(crate) fn take(&self) -> Vec<Delivery> {
        self.content().take_all()
    }

    /// The same, if deliveries are to be sent now. They count as under way until they are done.
    pub(super) fn take_to_send(&self) -> Vec<Delivery> {
        let mut content = self.content();
        if content.mode == DeliveryMode::Collect {
            return Vec::new();
        }
        let taken = content.take_all();
        content.underway = taken.len();
        let idle = taken.is_empty();
        drop(content);
        if idle {
            self.settled.notify_waiters();
        }
        taken
    }

    pub(super) fn note(&self, delivery: Delivery, outcome: SentAs) {
        self.content().sent.push(Sent { delivery, outcome });
    }

    /// One of those under way needs no more attempts.
    pub(super) fn done(&self) {
        let mut content = self.content();
        content.underway = content.underway.saturating_sub(1);
    }

    /// The UUID of a further attempt, where it has one of its own.
    pub(super) fn fresh_uuid(&self) -> Option<String> {
        let mut content = self.content();
        let fresh = content.trouble.faults.fresh_uuid_for_attempts;
        fresh.then(|| content.trouble.uuid())
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.content().sent.clone()
    }

    pub(crate) fn withheld(&self) -> usize {
        self.content().withheld
    }

    /// Resolves when nothing waits to be sent and nothing is under way.
    pub(crate) async fn settle(&self) {
        loop {
            let settled = self.settled.notified();
            {
                let content = self.content();
                let waits = content.mode == DeliveryMode::Send && !content.waiting.is_empty();
                if !waits && content.underway == 0 {
                    return;
                }
            }
            settled.await;
        }
    }
}

impl Content {
    fn take_all(&mut self) -> Vec<Delivery> {
        let waiting = std::mem::take(&mut self.waiting);
        let (coming, lost) = self.trouble.befall(waiting.into());
        let lost = lost.into_iter().map(|delivery| Sent {
            delivery,
            outcome: SentAs::Lost,
        });
        self.sent.extend(lost);
        coming
    }
}
