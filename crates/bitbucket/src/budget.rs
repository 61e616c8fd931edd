//! How many requests are left: a rolling window counted by ourselves, because Bitbucket tells
//! nobody how much remains before it says 429.

mod account;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use model::Instant;

use account::{Account, Span};

/// A budget that several clients of one process share.
pub type SharedBudget = Arc<Mutex<Budget>>;

/// Counts of requests per allowance and group of endpoints. Pure: it is told the time and never
/// waits itself.
///
/// Requests are counted in buckets of a minute (shorter for a short window), which is exact enough
/// and small enough to be stored. A bucket leaves the window as a whole, once its last instant has
/// left it.
///
/// Several processes share an allowance by storing what they counted ([`Budget::take_usage`]) and
/// learning what all stored ([`Budget::restore_usage`]), in this order, every few seconds. Between
/// two such refreshes each spends no more than a slice of what was left at the last one
/// ([`Budget::set_sharers`]).
#[derive(Clone, Debug)]
pub struct Budget {
    span: Span,
    sharers: u32,
    accounts: BTreeMap<(String, String), Account>,
}

/// The requests to one endpoint out of one allowance in one bucket: what is stored, to be known to
/// the next process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinuteCount {
    /// The allowance, as [`crate::Credential::allowance`] names it.
    pub allowance: String,
    /// The group of endpoints that Bitbucket counts together.
    pub group: String,
    /// The address with names left out; empty where it is not known. It is for people: the budget
    /// decides by group.
    pub endpoint: String,
    /// The start of the bucket.
    pub minute: Instant,
    /// How many requests.
    pub requests: i64,
}

/// How far one group of endpoints is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupUsage {
    /// Requests in the window.
    pub used: i64,
    /// Requests that the window still has, the reserve left out.
    pub left: i64,
    /// Until when nothing is sent because Bitbucket said 429.
    pub rest_until: Option<Instant>,
}

/// What is to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand<'a> {
    pub(crate) group: &'a str,
    pub(crate) endpoint: &'static str,
    /// How many hundredths of a limit are left to others.
    pub(crate) withheld: u32,
}

/// An allowance that may pay for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) allowance: &'a str,
    /// Requests a window.
    pub(crate) limit: u32,
}

/// Why a request may not go yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not before then, since the window is used up.
    UsedUp(Instant),
    /// Not before then, since Bitbucket asked to be left alone.
    Resting(Instant),
    /// What was this process's slice is used up; to be asked again then.
    SharedOut(Instant),
}

impl Refusal {
    pub(crate) fn until(self) -> Instant {
        match self {
            Self::UsedUp(until) | Self::Resting(until) | Self::SharedOut(until) => until,
        }
    }
}

impl Budget {
    /// Nothing used yet; `window` in seconds.
    pub fn new(window: i64) -> Self {
        Self {
            span: Span::of(window),
            sharers: 1,
            accounts: BTreeMap::new(),
        }
    }

    /// The same, to be shared by clients.
    pub fn shared(window: i64) -> SharedBudget {
        Arc::new(Mutex::new(Self::new(window)))
    }

    fn account(&mut self, allowance: &str, group: &str, now: Instant) -> &mut Account {
        let account = self
            .accounts
            .entry((allowance.to_owned(), group.to_owned()))
            .or_default();
        account.forget(self.span.horizon(now));
        account
    }

    /// Asks to send one request out of whichever of these allowances has most left, the first of
    /// equals. It is counted at once, so that requests that run side by side cannot all take the
    /// last place. The result is the number of the offer.
    ///
    /// # Errors
    /// What the earliest of them waits for; nothing when there is no offer.
    pub(crate) fn acquire(
        &mut self,
        offers: &[Offer<'_>],
        demand: Demand<'_>,
        now: Instant,
    ) -> Result<usize, Option<Refusal>> {
        let (span, sharers) = (self.span, self.sharers);
        let mut best: Option<(usize, i64)> = None;
        let mut earliest: Option<Refusal> = None;
        for (number, offer) in offers.iter().enumerate() {
            let account = self.account(offer.allowance, demand.group, now);
            match account.left(offer.limit, demand.withheld, sharers, span, now) {
                Ok(left) if best.is_none_or(|(_, most)| left > most) => {
                    best = Some((number, left));
                }
                Ok(_) => {}
                Err(refusal) => {
                    if earliest.is_none_or(|other| refusal.until() < other.until()) {
                        earliest = Some(refusal);
                    }
                }
            }
        }
        let Some((number, _)) = best else {
            return Err(earliest);
        };
        if let Some(offer) = offers.get(number) {
            self.count(offer.allowance, demand.group, demand.endpoint, now);
        }
        Ok(number)
    }

    /// Counts a request that is sent whatever is left.
    pub(crate) fn count(
        &mut self,
        allowance: &str,
        group: &str,
        endpoint: &'static str,
        now: Instant,
    ) {
        let start = self.span.start_of_bucket(now);
        self.account(allowance, group, now).add(start, endpoint);
    }

    /// Bitbucket said 429: nothing of this allowance and group is sent before `until`.
    pub(crate) fn rest(&mut self, allowance: &str, group: &str, until: Instant, now: Instant) {
        self.account(allowance, group, now).rest(until);
    }

    /// Bitbucket said how much the window allows: it counts if it is less than we were told.
    pub(crate) fn limit_stated(&mut self, allowance: &str, group: &str, limit: u32, now: Instant) {
        self.account(allowance, group, now).state_limit(limit);
    }

    /// How far an allowance is used at `now`, under `limit` requests a window, per group of
    /// endpoints that was used.
    pub fn usage(&self, allowance: &str, limit: u32, now: Instant) -> BTreeMap<String, GroupUsage> {
        self.accounts
            .iter()
            .filter(|((owner, _), _)| owner == allowance)
            .map(|((_, group), account)| (group.clone(), account.usage(limit, self.span, now)))
            .collect()
    }

    /// Takes what was counted since the last call, to be added to what is stored.
    pub fn take_usage(&mut self) -> Vec<MinuteCount> {
        let mut taken = Vec::new();
        for ((allowance, group), account) in &mut self.accounts {
            for (minute, endpoint, requests) in account.take() {
                taken.push(MinuteCount {
                    allowance: allowance.clone(),
                    group: group.clone(),
                    endpoint: endpoint.to_owned(),
                    minute,
                    requests,
                });
            }
        }
        taken
    }

    /// Learns what is stored: the requests of earlier and of other processes. May be called again
    /// at any time, with everything that is stored of each bucket at once.
    ///
    /// What this process took ([`Budget::take_usage`]) is part of what is stored, or will be, and
    /// is never counted twice: only what is stored beyond it is somebody else's.
    pub fn restore_usage(&mut self, counts: impl IntoIterator<Item = MinuteCount>) {
        let mut stored: BTreeMap<(String, String), BTreeMap<Instant, i64>> = BTreeMap::new();
        for count in counts {
            let buckets = stored.entry((count.allowance, count.group)).or_default();
            *buckets.entry(count.minute).or_default() += count.requests;
        }
        for (key, buckets) in stored {
            self.accounts.entry(key).or_default().learn(&buckets);
        }
        self.slice_anew();
    }

    /// How many processes live that spend out of the same allowances, this one included. With more
    /// than one, each may spend a slice until the next [`Budget::restore_usage`].
    pub fn set_sharers(&mut self, sharers: u32) {
        let sharers = sharers.max(1);
        if sharers != self.sharers {
            self.sharers = sharers;
            self.slice_anew();
        }
    }

    fn slice_anew(&mut self) {
        for account in self.accounts.values_mut() {
            account.drop_slice();
        }
    }
}

#[cfg(test)]
mod tests;
