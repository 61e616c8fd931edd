//! How much work hangs on each account and each address, counted now and then.
//!
//! Counting reads every pull request, review and commit. Where that is quick it is done for each
//! page; where there is much, a page shows what was counted last, and has it counted anew behind its
//! back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use model::{Clock, Id, Instant};
use store::{CommitAddress, Db, StoreError, Work};
use tokio::sync::watch;

/// What takes no longer is done for each page.
const QUICK: Duration = Duration::from_millis(60);

/// How long a page waits for what is being counted for the first time.
const PATIENCE: Duration = Duration::from_millis(200);

/// After how long what was counted is counted anew, in seconds.
const KEPT_SECONDS: i64 = 600;

/// What was counted.
#[derive(Debug)]
pub(super) struct Tally {
    /// What each account did.
    pub(super) work: Vec<(Option<Id>, Work)>,
    /// Under which addresses commits were written.
    pub(super) commits: Vec<CommitAddress>,
    pub(super) counted_at: Instant,
    took: Duration,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Arc<Tally>>,
    /// Tells of the end of the count that is under way.
    under_way: Option<watch::Receiver<bool>>,
}

/// The last count, and the next one.
pub(super) struct Tallies {
    db: Db,
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

impl Tallies {
    pub(super) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            state: Arc::default(),
        }
    }

    /// What was counted last, if that is recent enough or counting takes long; nothing while the
    /// first count lasts longer than anybody waits.
    pub(super) async fn recent(&self) -> Option<Arc<Tally>> {
        let now = self.clock.now();
        let held = self.lock(|state| state.held.clone());
        if let Some(held) = held.filter(|held| held.took > QUICK) {
            if now.seconds_since(held.counted_at) >= KEPT_SECONDS {
                self.begin();
            }
            return Some(held);
        }
        let mut ended = self.begin();
        let _ = tokio::time::timeout(PATIENCE, ended.wait_for(|ended| *ended)).await;
        self.lock(|state| state.held.clone())
    }

    /// Begins to count, unless somebody is counting.
    fn begin(&self) -> watch::Receiver<bool> {
        self.lock(|state| {
            if let Some(under_way) = &state.under_way {
                return under_way.clone();
            }
            let (end, ended) = watch::channel(false);
            state.under_way = Some(ended.clone());
            let (db, clock) = (self.db.clone(), Arc::clone(&self.clock));
            let states = Arc::clone(&self.state);
            tokio::spawn(async move {
                let tally = count(&db, clock.now()).await;
                let mut state = states.lock().unwrap_or_else(PoisonError::into_inner);
                match tally {
                    Ok(tally) => state.held = Some(Arc::new(tally)),
                    Err(error) => tracing::warn!(%error, "the work of accounts was not counted"),
                }
                state.under_way = None;
                // Nobody may be waiting.
                let _ = end.send(true);
            });
            ended
        })
    }

    fn lock<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn count(db: &Db, now: Instant) -> Result<Tally, StoreError> {
    let began = Stopwatch::now();
    let work = db.work_of_accounts().await?;
    let commits = db.commit_addresses().await?;
    Ok(Tally {
        work,
        commits,
        counted_at: now,
        took: began.elapsed(),
    })
}
