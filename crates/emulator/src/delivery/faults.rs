//! What goes wrong on the way to a subscriber.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Delivery;

/// Shares of a hundred deliveries that go wrong. Nobody promised order, nor that each comes once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFaults {
    /// Where chance starts.
    pub seed: u64,
    /// So many come twice, the second time with another `X-Request-UUID`.
    pub duplicated_percent: u32,
    /// So many change places with the one after them.
    pub reordered_percent: u32,
    /// So many never come.
    pub lost_percent: u32,
    /// Further attempts have an `X-Request-UUID` of their own.
    pub fresh_uuid_for_attempts: bool,
}

/// The faults with the chance that drives them.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) faults: DeliveryFaults,
    chance: ChaCha8Rng,
}

impl Default for Trouble {
    fn default() -> Self {
        Self::new(DeliveryFaults::default())
    }
}

impl Trouble {
    pub(super) fn new(faults: DeliveryFaults) -> Self {
        let chance = ChaCha8Rng::seed_from_u64(faults.seed);
        Self { faults, chance }
    }

    fn hits(&mut self, percent: u32) -> bool {
        percent > 0 && self.chance.random_range(0..100_u32) < percent
    }

    /// What becomes of deliveries that wait together: first those that come, then those that are
    /// lost.
    pub(super) fn befall(&mut self, waiting: Vec<Delivery>) -> (Vec<Delivery>, Vec<Delivery>) {
        let (mut coming, mut lost) = (Vec::new(), Vec::new());
        for delivery in waiting {
            if self.hits(self.faults.lost_percent) {
                lost.push(delivery);
                continue;
            }
            if self.hits(self.faults.duplicated_percent) {
                let mut again = delivery.clone();
                again.set_header("X-Request-UUID", self.uuid());
                coming.push(again);
            }
            coming.push(delivery);
        }
        for place in 1..coming.len() {
            if self.hits(self.faults.reordered_percent) {
                coming.swap(place - 1, place);
            }
        }
        (coming, lost)
    }

    /// A UUID without braces.
    pub(super) fn uuid(&mut self) -> String {
        let number: u128 = self.chance.random();
        let digits = format!("{number:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default().to_owned();
        let parts = [
            part(0, 8),
            part(8, 12),
            part(12, 16),
            part(16, 20),
            part(20, 32),
        ];
        parts.join("-")
    }
}
