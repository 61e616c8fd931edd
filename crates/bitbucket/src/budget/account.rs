//! The count of one allowance in one group of endpoints.

use std::collections::BTreeMap;

use model::Instant;

use super::{GroupUsage, Refusal};

/// The window and its buckets, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    window: i64,
    bucket: i64,
}

/// Whoever has used up a slice looks again so often whether there is a new one.
const LOOK_AGAIN_MILLIS: i64 = 1_000;

impl Span {
    pub(super) fn of(window: i64) -> Self {
        let window = window.max(1);
        Self {
            window,
            bucket: (window / 60).clamp(1, 60),
        }
    }

    pub(super) fn start_of_bucket(self, now: Instant) -> Instant {
        let seconds = now.micros().div_euclid(1_000_000);
        Instant::from_seconds(seconds.div_euclid(self.bucket) * self.bucket)
    }

    /// Buckets that began then or before have left the window.
    pub(super) fn horizon(self, now: Instant) -> Instant {
        now.plus_seconds(-self.window - self.bucket)
    }

    /// When a bucket leaves the window.
    fn end_of(self, start: Instant) -> Instant {
        start.plus_seconds(self.bucket + self.window)
    }
}

/// One allowance in one group.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// All that this process counted.
    own: BTreeMap<Instant, i64>,
    /// What of it was taken to be stored.
    taken: BTreeMap<Instant, i64>,
    /// What of it nobody has taken yet, by endpoint.
    fresh: BTreeMap<(Instant, &'static str), i64>,
    /// What others stored.
    others: BTreeMap<Instant, i64>,
    /// Bitbucket asked to be left alone until then.
    rest_until: Option<Instant>,
    /// What Bitbucket says the window allows, where it says less than we were told.
    stated_limit: Option<u32>,
    slice: Option<Slice>,
    /// How large the last two slices were, the later one first.
    earlier_slices: [Option<i64>; 2],
}

/// What this process may spend until it hears of the others again.
#[derive(Clone, Copy, Debug)]
struct Slice {
    size: i64,
    left: i64,
    cut_at: Instant,
}

impl Account {
    /// Drops what has left the window.
    pub(super) fn forget(&mut self, horizon: Instant) {
        for buckets in [&mut self.own, &mut self.taken, &mut self.others] {
            while buckets
                .first_key_value()
                .is_some_and(|(start, _)| *start <= horizon)
            {
                buckets.pop_first();
            }
        }
    }

    pub(super) fn add(&mut self, start: Instant, endpoint: &'static str) {
        *self.own.entry(start).or_default() += 1;
        *self.fresh.entry((start, endpoint)).or_default() += 1;
        if let Some(slice) = &mut self.slice {
            slice.left -= 1;
        }
    }

    pub(super) fn rest(&mut self, until: Instant) {
        self.rest_until = Some(self.rest_until.map_or(until, |old| old.max(until)));
    }

    pub(super) fn state_limit(&mut self, limit: u32) {
        self.stated_limit = Some(limit.max(1));
    }

    /// The slice is over: there is news of the others.
    pub(super) fn drop_slice(&mut self) {
        if let Some(slice) = self.slice.take() {
            let [last, _] = self.earlier_slices;
            self.earlier_slices = [Some(slice.size), last];
        }
    }

    pub(super) fn take(&mut self) -> Vec<(Instant, &'static str, i64)> {
        let fresh = std::mem::take(&mut self.fresh);
        for ((start, _), requests) in &fresh {
            *self.taken.entry(*start).or_default() += requests;
        }
        fresh
            .into_iter()
            .map(|((start, endpoint), requests)| (start, endpoint, requests))
            .collect()
    }

    /// Learns what all stored. What was taken here may be among it or not yet, so that the rest is
    /// the least that others spent; it only grows, for nothing that is stored is taken away.
    pub(super) fn learn(&mut self, stored: &BTreeMap<Instant, i64>) {
        for (start, requests) in stored {
            let theirs = requests - self.taken.get(start).copied().unwrap_or(0);
            if theirs > 0 {
                let known = self.others.entry(*start).or_default();
                *known = (*known).max(theirs);
            }
        }
    }

    /// How many more requests may go now; at least one.
    pub(super) fn left(
        &mut self,
        limit: u32,
        withheld: u32,
        sharers: u32,
        span: Span,
        now: Instant,
    ) -> Result<i64, Refusal> {
        if let Some(until) = self.rest_until {
            if until > now {
                return Err(Refusal::Resting(until));
            }
            self.rest_until = None;
        }
        let limit = self.effective(limit);
        let used = self.used(span, now);
        let left = spendable(limit, withheld) - used;
        if left <= 0 {
            return Err(Refusal::UsedUp(self.opens_at(
                spendable(limit, withheld),
                span,
                now,
            )));
        }
        if sharers < 2 {
            return Ok(left);
        }
        // Whoever hears nothing for a whole window knows that all has left it.
        let slice = match self.slice.filter(|slice| span.end_of(slice.cut_at) > now) {
            Some(slice) => slice,
            None => {
                let size = self.slice_of(spendable(limit, 0) - used, limit, sharers);
                Slice {
                    size,
                    left: size,
                    cut_at: now,
                }
            }
        };
        self.slice = Some(slice);
        if slice.left <= 0 {
            return Err(Refusal::SharedOut(now.plus_millis(LOOK_AGAIN_MILLIS)));
        }
        Ok(left.min(slice.left))
    }

    /// The part of what is left that this process may spend until it hears of the others again: at
    /// most its share.
    ///
    /// What each of the others spent since it last stored is unknown. It may be a whole slice, and
    /// theirs were as large as ours about the same time; so what is shared is what is left without
    /// the others' slices of before. The larger of two is taken, as not all look equally often.
    fn slice_of(&self, left: i64, limit: u32, sharers: u32) -> i64 {
        let sharers = i64::from(sharers);
        if i64::from(limit) < 4 * sharers {
            // Too few to be cut: without this nobody would ever begin.
            return left.clamp(0, 1);
        }
        let unheard = match self.earlier_slices.iter().flatten().max() {
            Some(size) => *size,
            None => left / (2 * sharers - 1),
        };
        ((left - (sharers - 1) * unheard) / sharers).max(0)
    }

    /// When the oldest buckets have left the window so far that less than `limit` are in it.
    fn opens_at(&self, limit: i64, span: Span, now: Instant) -> Instant {
        let mut buckets: BTreeMap<Instant, i64> = BTreeMap::new();
        for (start, requests) in self.in_window(span, now) {
            *buckets.entry(start).or_default() += requests;
        }
        let mut used: i64 = buckets.values().sum();
        for (start, requests) in buckets {
            used -= requests;
            if used < limit {
                return span.end_of(start);
            }
        }
        now.plus_seconds(span.bucket)
    }

    pub(super) fn usage(&self, limit: u32, span: Span, now: Instant) -> GroupUsage {
        let used = self.used(span, now);
        GroupUsage {
            used,
            left: (spendable(self.effective(limit), 0) - used).max(0),
            rest_until: self.rest_until.filter(|until| *until > now),
        }
    }

    fn effective(&self, limit: u32) -> u32 {
        self.stated_limit.map_or(limit, |stated| stated.min(limit))
    }

    fn in_window(&self, span: Span, now: Instant) -> impl Iterator<Item = (Instant, i64)> {
        self.own
            .iter()
            .chain(&self.others)
            .filter(move |(start, _)| span.end_of(**start) > now)
            .map(|(start, requests)| (*start, *requests))
    }

    fn used(&self, span: Span, now: Instant) -> i64 {
        self.in_window(span, now)
            .map(|(_, requests)| requests)
            .sum()
    }
}

/// What a limit leaves for us: a fiftieth is kept back for other uses of the same allowance, or
/// what is withheld where that is more.
fn spendable(limit: u32, withheld: u32) -> i64 {
    let limit = i64::from(limit);
    let withheld = limit * i64::from(withheld.min(100)) / 100;
    limit - withheld.max(limit / 50)
}
