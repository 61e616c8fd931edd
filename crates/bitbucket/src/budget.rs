//! How many requests are left: a rolling window counted by ourselves, because Bitbucket tells
//! nobody how much remains before it says 429.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use model::Instant;

/// A budget that several clients of one process share.
pub type SharedBudget = Arc<Mutex<Budget>>;

/// Counts of requests per allowance and group of endpoints. Pure: it is told the time and never
/// waits itself.
///
/// Requests are counted in buckets of a minute (shorter for a short window), which is exact enough
/// and small enough to be stored. A bucket leaves the window as a whole, once its last instant has
/// left it.
#[derive(Clone, Debug)]
pub struct Budget {
    window: i64,
    bucket: i64,
    accounts: BTreeMap<(String, String), Account>,
}

/// One allowance in one group.
#[derive(Clone, Debug, Default)]
struct Account {
    /// What is stored, or was taken to be stored.
    known: BTreeMap<Instant, i64>,
    /// What nobody has taken yet.
    fresh: BTreeMap<Instant, i64>,
    /// Bitbucket asked to be left alone until then.
    rest_until: Option<Instant>,
    /// What Bitbucket says the window allows, where it says less than we were told.
    stated_limit: Option<u32>,
}

/// The requests of one allowance and group in one bucket: what is stored, to be known to the next
/// process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinuteCount {
    /// The allowance, as [`crate::Credential::allowance`] names it.
    pub allowance: String,
    /// The group of endpoints.
    pub group: String,
    /// The start of the bucket.
    pub minute: Instant,
    /// How many requests.
    pub requests: i64,
}

/// How far one allowance is used, per group of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetSnapshot {
    /// The allowance, as [`crate::Credential::allowance`] names it.
    pub allowance: String,
    /// Each group of endpoints that was used.
    pub groups: BTreeMap<String, GroupUsage>,
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

/// Whether a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permit {
    /// It may, and is counted.
    Ready,
    /// Not before then, since the window is used up.
    UsedUp(Instant),
    /// Not before then, since Bitbucket asked to be left alone.
    Resting(Instant),
}

impl Budget {
    /// Nothing used yet; `window` in seconds.
    pub fn new(window: i64) -> Self {
        let window = window.max(1);
        Self {
            window,
            bucket: (window / 60).clamp(1, 60),
            accounts: BTreeMap::new(),
        }
    }

    /// The same, to be shared by clients.
    pub fn shared(window: i64) -> SharedBudget {
        Arc::new(Mutex::new(Self::new(window)))
    }

    /// What a limit leaves for us: a fiftieth is kept back for other uses of the same allowance.
    fn spendable(limit: u32) -> i64 {
        i64::from(limit - limit / 50)
    }

    fn account(&mut self, allowance: &str, group: &str, now: Instant) -> &mut Account {
        let horizon = now.plus_seconds(-self.window - self.bucket);
        let account = self
            .accounts
            .entry((allowance.to_owned(), group.to_owned()))
            .or_default();
        account.known.retain(|start, _| *start > horizon);
        account
    }

    /// Asks to send one request; it is counted at once, so that requests that run side by side
    /// cannot all take the last place.
    pub(crate) fn acquire(
        &mut self,
        allowance: &str,
        group: &str,
        limit: u32,
        now: Instant,
    ) -> Permit {
        let (window, bucket) = (self.window, self.bucket);
        let account = self.account(allowance, group, now);
        if let Some(until) = account.rest_until {
            if until > now {
                return Permit::Resting(until);
            }
            account.rest_until = None;
        }
        let limit = Self::spendable(
            account
                .stated_limit
                .map_or(limit, |stated| stated.min(limit)),
        );
        let mut used = account.used(now, window, bucket);
        if used < limit {
            let start = Instant::from_seconds(
                now.micros().div_euclid(1_000_000).div_euclid(bucket) * bucket,
            );
            *account.fresh.entry(start).or_default() += 1;
            return Permit::Ready;
        }
        // The oldest buckets leave first; wait for the one that makes a place free.
        for (start, requests) in account.buckets(now, window, bucket) {
            used -= requests;
            if used < limit {
                return Permit::UsedUp(start.plus_seconds(bucket + window));
            }
        }
        Permit::UsedUp(now.plus_seconds(bucket))
    }

    /// Bitbucket said 429: nothing of this allowance and group is sent before `until`.
    pub(crate) fn rest(&mut self, allowance: &str, group: &str, until: Instant, now: Instant) {
        let account = self.account(allowance, group, now);
        account.rest_until = Some(account.rest_until.map_or(until, |old| old.max(until)));
    }

    /// Bitbucket said how much the window allows: it counts if it is less than we were told.
    pub(crate) fn limit_stated(&mut self, allowance: &str, group: &str, limit: u32, now: Instant) {
        self.account(allowance, group, now).stated_limit = Some(limit.max(1));
    }

    /// How far an allowance is used at `now`, under `limit` requests a window.
    pub fn snapshot(&self, allowance: &str, limit: u32, now: Instant) -> BudgetSnapshot {
        let groups = self
            .accounts
            .iter()
            .filter(|((owner, _), _)| owner == allowance)
            .map(|((_, group), account)| {
                let limit = Self::spendable(
                    account
                        .stated_limit
                        .map_or(limit, |stated| stated.min(limit)),
                );
                let used = account.used(now, self.window, self.bucket);
                let usage = GroupUsage {
                    used,
                    left: (limit - used).max(0),
                    rest_until: account.rest_until.filter(|until| *until > now),
                };
                (group.clone(), usage)
            })
            .collect();
        BudgetSnapshot {
            allowance: allowance.to_owned(),
            groups,
        }
    }

    /// Takes what was counted since the last call, to be added to what is stored.
    pub fn take_usage(&mut self) -> Vec<MinuteCount> {
        let mut taken = Vec::new();
        for ((allowance, group), account) in &mut self.accounts {
            for (minute, requests) in std::mem::take(&mut account.fresh) {
                *account.known.entry(minute).or_default() += requests;
                taken.push(MinuteCount {
                    allowance: allowance.clone(),
                    group: group.clone(),
                    minute,
                    requests,
                });
            }
        }
        taken
    }

    /// Learns what is stored: the requests of earlier and of other processes. May be called again
    /// at any time after [`Budget::take_usage`] was stored; each bucket keeps the larger count.
    pub fn restore_usage(&mut self, counts: impl IntoIterator<Item = MinuteCount>) {
        for count in counts {
            let account = self
                .accounts
                .entry((count.allowance, count.group))
                .or_default();
            let known = account.known.entry(count.minute).or_default();
            *known = (*known).max(count.requests);
        }
    }
}

impl Account {
    /// The buckets that are still in the window, oldest first.
    fn buckets(
        &self,
        now: Instant,
        window: i64,
        bucket: i64,
    ) -> impl Iterator<Item = (Instant, i64)> {
        let mut buckets: BTreeMap<Instant, i64> = BTreeMap::new();
        for (start, requests) in self.known.iter().chain(&self.fresh) {
            if start.plus_seconds(bucket + window) > now {
                *buckets.entry(*start).or_default() += requests;
            }
        }
        buckets.into_iter()
    }

    fn used(&self, now: Instant, window: i64, bucket: i64) -> i64 {
        self.buckets(now, window, bucket)
            .map(|(_, requests)| requests)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: &str = "token-1";

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(1_700_000_000 / 60 * 60 + seconds)
    }

    fn send(budget: &mut Budget, now: Instant) -> Permit {
        budget.acquire(WHO, "repositories", 100, now)
    }

    #[test]
    fn a_used_up_window_opens_as_its_oldest_minute_leaves_it() {
        let mut budget = Budget::new(3_600);
        for _ in 0..60 {
            assert_eq!(send(&mut budget, at(10)), Permit::Ready);
        }
        for _ in 0..38 {
            assert_eq!(send(&mut budget, at(300)), Permit::Ready);
        }
        // Two of a hundred are kept back.
        let opens = at(60 + 3_600);
        assert_eq!(send(&mut budget, at(301)), Permit::UsedUp(opens));
        assert_eq!(
            send(&mut budget, opens.plus_millis(-1)),
            Permit::UsedUp(opens)
        );
        assert_eq!(send(&mut budget, opens), Permit::Ready);
        let left = budget.snapshot(WHO, 100, opens).groups["repositories"];
        assert_eq!((left.used, left.left), (39, 59));
    }

    #[test]
    fn never_more_than_the_limit_in_any_hour() {
        let mut budget = Budget::new(3_600);
        let mut sent: Vec<Instant> = Vec::new();
        let mut now = at(0);
        while sent.len() < 500 {
            match send(&mut budget, now) {
                Permit::Ready => {
                    sent.push(now);
                    now = now.plus_millis(7_300);
                }
                Permit::UsedUp(until) => {
                    assert!(until > now);
                    now = until;
                }
                Permit::Resting(_) => panic!("nobody asked for a rest"),
            }
        }
        for (index, first) in sent.iter().enumerate() {
            let within = sent[index..]
                .iter()
                .filter(|other| other.seconds_since(*first) < 3_600)
                .count();
            assert!(within <= 100, "{within} requests from {first}");
        }
    }

    #[test]
    fn groups_and_allowances_are_counted_apart() {
        let mut budget = Budget::new(3_600);
        for _ in 0..98 {
            send(&mut budget, at(0));
        }
        assert!(matches!(send(&mut budget, at(0)), Permit::UsedUp(_)));
        for (who, group) in [(WHO, "workspaces"), ("token-2", "repositories")] {
            assert_eq!(budget.acquire(who, group, 100, at(0)), Permit::Ready);
        }
    }

    #[test]
    fn a_rest_holds_for_the_group_and_is_never_shortened() {
        let mut budget = Budget::new(3_600);
        budget.rest(WHO, "repositories", at(500), at(0));
        budget.rest(WHO, "repositories", at(30), at(0));
        assert_eq!(send(&mut budget, at(499)), Permit::Resting(at(500)));
        assert_eq!(budget.acquire(WHO, "workspaces", 100, at(0)), Permit::Ready);
        assert_eq!(send(&mut budget, at(500)), Permit::Ready);
    }

    #[test]
    fn a_stated_limit_counts_if_it_is_the_smaller() {
        let mut budget = Budget::new(3_600);
        budget.limit_stated(WHO, "repositories", 10_000, at(0));
        assert_eq!(
            budget.snapshot(WHO, 100, at(0)).groups["repositories"].left,
            98
        );
        budget.limit_stated(WHO, "repositories", 60, at(0));
        assert_eq!(
            budget.snapshot(WHO, 100, at(0)).groups["repositories"].left,
            59
        );
    }

    #[test]
    fn counts_outlive_the_process_and_are_shared() {
        let mut first = Budget::new(3_600);
        for _ in 0..40 {
            send(&mut first, at(0));
        }
        let stored = first.take_usage();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].requests, 40);
        assert_eq!(first.take_usage(), []);

        let mut second = Budget::new(3_600);
        second.restore_usage(stored.clone());
        second.restore_usage(stored.clone());
        for _ in 0..58 {
            assert_eq!(send(&mut second, at(90)), Permit::Ready);
        }
        assert!(matches!(send(&mut second, at(90)), Permit::UsedUp(_)));
        // What was restored is not taken again.
        let fresh = second.take_usage();
        assert_eq!(fresh.iter().map(|count| count.requests).sum::<i64>(), 58);

        first.restore_usage(stored.into_iter().chain(fresh));
        assert!(matches!(send(&mut first, at(90)), Permit::UsedUp(_)));
    }

    #[test]
    fn a_short_window_has_short_buckets() {
        let mut budget = Budget::new(5);
        for _ in 0..98 {
            assert_eq!(send(&mut budget, at(0)), Permit::Ready);
        }
        assert_eq!(send(&mut budget, at(0)), Permit::UsedUp(at(6)));
    }
}
