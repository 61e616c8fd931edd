//! Seeded chance: the same seed throws the same numbers on every machine.

use std::fmt::Write;

use model::Instant;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How far a duration strays from its median, by tenths of all cases. A table, since `exp` and
/// `ln` may differ in their last bit between platforms.
const SPREAD: [f64; 11] = [0.03, 0.12, 0.26, 0.45, 0.70, 1.0, 1.45, 2.2, 3.8, 7.5, 24.0];

pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`; 0 when there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        if end == 0 {
            0
        } else {
            self.0.random_range(0..end)
        }
    }

    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            low
        } else {
            self.0.random_range(low..=high)
        }
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100_u32) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len()))
    }

    pub(super) fn word(&mut self, choices: &[&'static str]) -> &'static str {
        self.pick(choices).copied().unwrap_or("thing")
    }

    /// An index, chosen in proportion to the weights.
    pub(super) fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut thrown = self.0.random_range(0..total.max(1));
        for (index, weight) in weights.iter().enumerate() {
            if thrown < *weight {
                return index;
            }
            thrown -= weight;
        }
        0
    }

    /// Seconds that are `median` in the middle case, seldom far more, as waiting times are.
    pub(super) fn seconds_around(&mut self, median: i64) -> i64 {
        let place = self.0.random_range(0.0..10.0_f64);
        let below = place.floor();
        let at = |index: f64| SPREAD.get(index as usize).copied().unwrap_or(1.0);
        let factor = at(below) + (at(below + 1.0) - at(below)) * (place - below);
        (median as f64 * factor) as i64
    }

    pub(super) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits);
        while text.len() < digits {
            let _ = write!(text, "{:016x}", self.0.random::<u64>());
        }
        text.truncate(digits);
        text
    }

    /// A version 4 UUID in braces, as bodies carry it.
    pub(super) fn uuid(&mut self) -> String {
        let high = (self.0.random::<u64>() & 0xffff_ffff_ffff_0fff) | 0x4000;
        let low = (self.0.random::<u64>() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// Microseconds for a date, so that dates look measured.
    pub(super) fn with_micros(&mut self, at: Instant) -> Instant {
        Instant::from_micros(at.micros() / 1_000_000 * 1_000_000 + self.between(1, 999_999))
    }

    /// The same items in another order.
    pub(super) fn shuffled<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let mut items = items.to_vec();
        for index in (1..items.len()).rev() {
            items.swap(index, self.below(index + 1));
        }
        items
    }
}
