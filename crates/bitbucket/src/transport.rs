//! Sending: every request that reads goes through [`Transport::get`], every one that changes
//! something through [`Transport::change`].

mod attempt;
mod change;
mod http;
mod pool;
mod probe;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Clock, Instant};
use url::Url;

use crate::budget::{Demand, Offer, Refusal, SharedBudget};
use crate::endpoint::{Endpoint, Gate, Scope};
use crate::retry::{self, Decision, Trouble};
use crate::{ClientConfig, ClientError, Observer, Priority, Waiting, address};
use attempt::{Answer, Attempt};
pub(crate) use http::send_trial;
use pool::Pool;
pub(crate) use probe::Probed;

/// What sends requests.
pub(crate) struct Transport {
    pub(crate) gate: Gate,
    pub(crate) config: ClientConfig,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) budget: SharedBudget,
    pub(crate) pool: Mutex<Pool>,
    http: reqwest::Client,
    observer: Arc<dyn Observer>,
    sent: Mutex<BTreeMap<&'static str, u64>>,
    /// Endpoints that refused our page length.
    lengthless: Mutex<BTreeSet<Endpoint>>,
    jitter: AtomicU64,
}

/// Who asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asker {
    pub(crate) priority: Priority,
    /// This holder alone (its place in the pool), or whoever can.
    pub(crate) only: Option<usize>,
}

/// How often a request may be sent on. Once is what Bitbucket documents.
const MOST_SENT_ON: u32 = 3;

impl Transport {
    pub(crate) fn new(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        budget: SharedBudget,
    ) -> Result<Self, ClientError> {
        config.check()?;
        let http = http::client(&config)?;
        Ok(Self {
            gate: Gate::new(&config.base_url, &config.workspace),
            pool: Mutex::new(Pool::new(&config)),
            jitter: AtomicU64::new(config.jitter_seed),
            config,
            clock,
            budget,
            http,
            observer,
            sent: Mutex::default(),
            lengthless: Mutex::default(),
        })
    }

    /// Gets one page: waits for the budget, sends, tries again what may pass, and asks with another
    /// credential what one of them is refused. `ours` says whether the address was made here and
    /// may be changed; Bitbucket's own are followed as they are.
    ///
    /// Each refusal takes a holder out of those who may be asked, so that there are never more of
    /// them than holders.
    ///
    /// A diffstat of a pull request is sent on to one of two commits, and only there: every
    /// address, that one too, passes the gate before a credential goes to it.
    ///
    /// Dropping the future at any point is safe: a request that was counted but not sent makes the
    /// budget a little too careful, no more.
    pub(crate) async fn get(
        &self,
        url: &Url,
        scope: &Scope<'_>,
        mut ours: bool,
        asker: Asker,
    ) -> Result<Answer, ClientError> {
        if scope.endpoint.changes().is_some() {
            return Err(ClientError::NotAllowed {
                endpoint: scope.endpoint.template(),
                reason: "it changes something",
            });
        }
        let mut scope = *scope;
        let mut sent_on = 0;
        let mut url = url.clone();
        if ours && locked(&self.lengthless).contains(&scope.endpoint) {
            url = address::without_page_length(&url).unwrap_or(url);
        }
        let mut answered_404 = BTreeSet::new();
        let mut refusals: BTreeMap<usize, u32> = BTreeMap::new();
        let (mut failures, mut attempts) = (0, 0);
        loop {
            self.gate.admit(&url, &scope)?;
            let place = self.permission(&scope, asker, &answered_404).await?;
            let endpoint = scope.endpoint;
            attempts += 1;
            let trouble = match self
                .attempt(&url, endpoint, place, self.config.request_timeout)
                .await
            {
                Attempt::Answer(answer) => {
                    locked(&self.pool).answered(place, &scope, &answered_404);
                    return Ok(answer);
                }
                Attempt::Failed(error) => return Err(error),
                Attempt::SentOn(_) if sent_on >= MOST_SENT_ON => {
                    return Err(ClientError::BadRequest {
                        endpoint: endpoint.template(),
                        status: 302,
                        message: "it sends on again and again".to_owned(),
                    });
                }
                Attempt::SentOn(target) => {
                    sent_on += 1;
                    scope = scope.at(Endpoint::Diffstat);
                    url = target;
                    ours = false;
                    answered_404.clear();
                    continue;
                }
                // The documented lengths are "not part of the API".
                Attempt::TurnedAway(400, complaint) if complaint.is_about_page_length() => {
                    let Some(shorter) = address::without_page_length(&url) else {
                        return Err(complaint.into_error(endpoint.template(), 400));
                    };
                    locked(&self.lengthless).insert(endpoint);
                    // A walk that came here in longer pages has no place among shorter ones.
                    if !ours {
                        return Err(ClientError::InvalidPage {
                            endpoint: endpoint.template(),
                        });
                    }
                    url = shorter;
                    continue;
                }
                Attempt::TurnedAway(status, complaint) => {
                    let now = self.clock.now();
                    let refusal = (status, complaint);
                    locked(&self.pool).turned_away(
                        place,
                        &scope,
                        refusal,
                        &mut answered_404,
                        now,
                    )?;
                    continue;
                }
                Attempt::Again(trouble) => trouble,
            };
            let limited = matches!(trouble, Trouble::RateLimited { .. });
            let count = if limited {
                refusals.entry(place).or_default()
            } else {
                &mut failures
            };
            *count += 1;
            let now = self.clock.now();
            let window = self.config.window_seconds;
            match retry::decide(*count, &trouble, window, now, self.jitter()) {
                Decision::GiveUp => {
                    return Err(ClientError::Unavailable {
                        endpoint: endpoint.template(),
                        attempts,
                        last: trouble.describe(),
                        status: trouble.status(),
                        sorted: matches!(trouble, Trouble::Server { .. }) && is_sorted(&url),
                    });
                }
                // Everything of this allowance rests, not only this request.
                Decision::RetryAt(until) if limited => self.rest(place, endpoint, until, now),
                Decision::RetryAt(until) => {
                    let why = Waiting::Retry {
                        attempt: attempts,
                        reason: trouble.describe(),
                    };
                    self.wait(until, why).await;
                }
            }
        }
    }

    /// How often each endpoint was asked.
    pub(crate) fn sent(&self) -> BTreeMap<String, u64> {
        locked(&self.sent)
            .iter()
            .map(|(endpoint, count)| ((*endpoint).to_owned(), *count))
            .collect()
    }

    /// Waits until somebody may ask, and says who: the one whose allowance has most left.
    async fn permission(
        &self,
        scope: &Scope<'_>,
        asker: Asker,
        answered_404: &BTreeSet<usize>,
    ) -> Result<usize, ClientError> {
        let endpoint = scope.endpoint;
        let demand = Demand {
            group: endpoint.group(),
            endpoint: endpoint.template(),
            withheld: match asker.priority {
                Priority::Increment => 0,
                Priority::Backfill => self.config.backfill_reserve_percent,
            },
        };
        let mut told_of_slice = false;
        loop {
            let now = self.clock.now();
            let refusal = {
                // Nobody is refused between the choice and the count. The order of the two locks
                // is the same everywhere.
                let pool = locked(&self.pool);
                let places = pool.candidates(scope, asker.only, answered_404, now)?;
                let offers: Vec<Offer<'_>> = places
                    .iter()
                    .filter_map(|place| pool.allowance(*place))
                    .map(|(allowance, limit)| Offer { allowance, limit })
                    .collect();
                match locked(&self.budget).acquire(&offers, demand, now) {
                    Ok(number) => {
                        if let Some(place) = places.get(number) {
                            return Ok(*place);
                        }
                        continue;
                    }
                    Err(refusal) => refusal,
                }
            };
            match refusal {
                Some(Refusal::UsedUp(until)) => self.wait(until, Waiting::Budget).await,
                Some(Refusal::Resting(until)) => self.wait(until, Waiting::RateLimited).await,
                // Looked at often, so that it is told but once.
                Some(Refusal::SharedOut(until)) if told_of_slice => {
                    self.clock.sleep_until(until).await;
                }
                Some(Refusal::SharedOut(until)) => {
                    told_of_slice = true;
                    self.wait(until, Waiting::Budget).await;
                }
                None => return Err(no_credential(endpoint)),
            }
        }
    }

    /// Nothing of a holder's allowance is sent to this group of endpoints for a while.
    fn rest(&self, place: usize, endpoint: Endpoint, until: Instant, now: Instant) {
        let pool = locked(&self.pool);
        if let Some((allowance, _)) = pool.allowance(place) {
            locked(&self.budget).rest(allowance, endpoint.group(), until, now);
        }
    }

    async fn wait(&self, until: Instant, why: Waiting) {
        tracing::debug!(%until, ?why, "a request waits");
        self.observer.waiting(until, why);
        self.clock.sleep_until(until).await;
        self.observer.resumed();
    }

    /// A number from 0 to 1, the next of a sequence that the seed decides (SplitMix64).
    fn jitter(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self
            .jitter
            .fetch_add(STEP, Ordering::Relaxed)
            .wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// The lock, whether or not another thread panicked while it held it: all that is guarded here are
/// counts.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a pool without holders would say; the configuration is refused before there is one.
fn no_credential(endpoint: Endpoint) -> ClientError {
    ClientError::Unauthorized {
        endpoint: endpoint.template(),
        message: "there is no credential".to_owned(),
    }
}

fn is_sorted(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| name == "sort")
}
