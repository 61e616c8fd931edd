//! Numbers that follow from what is there already.
//!
//! Commits, steps and sizes are far more than pull requests. They are not kept but worked out anew
//! whenever they are asked for, always alike.

use std::fmt::Write;

/// Chance that follows from a text and a number instead of from a throw.
pub(crate) struct Derived(u64);

impl Derived {
    /// Where chance starts for this thing; `salt` keeps apart what is derived from one thing.
    pub(crate) fn of(text: &str, salt: &str, number: u64) -> Self {
        let bytes = text.bytes().chain([0]).chain(salt.bytes());
        let mixed = bytes.fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mixed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }

    pub(crate) fn seconds(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.below((high - low).max(1).unsigned_abs())).unwrap_or(0)
    }

    pub(crate) fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let place = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices.get(place).copied().unwrap_or_default()
    }

    /// The forty characters of a commit.
    pub(crate) fn hash(&mut self) -> String {
        let mut text = String::with_capacity(48);
        while text.len() < 40 {
            let _ = write!(text, "{:016x}", self.number());
        }
        text.truncate(40);
        text
    }

    /// A UUID in braces; what is derived from something has version 5.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{{{:08x}-{:04x}-5{:03x}-{:04x}-{:012x}}}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 50) | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}
