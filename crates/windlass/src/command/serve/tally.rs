//! How much work hangs on each account and each address, counted now and then.
//!
//! Counting walks through all pull requests, reviews and commits. Where that is quick it is done for
//! each page; where there is much, a page shows what was counted last, and has it counted anew behind its
//! back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use analysis::{AnalysisError, Work, work_of_accounts};
use model::{Clock, Id, Instant};
use store::{CommitAddress, Db};
use tokio::sync::watch;

/// What takes no longer is done for each page.
const QUICK: Duration = Duration::from_millis(60);

/// How long a page waits for what is being counted for the first time.
const PATIENCE: Duration = Duration::from_millis(100);

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
    /// What takes no longer is done for each page.
    quick: Duration,
}

impl Tallies {
    pub(super) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            state: Arc::default(),
            quick: QUICK,
        }
    }

    /// What was counted last, if that is recent enough or counting takes long; nothing while the
    /// first count lasts longer than anybody waits.
    pub(super) async fn recent(&self) -> Option<Arc<Tally>> {
        let now = self.clock.now();
        let held = self.lock(|state| state.held.clone());
        if let Some(held) = held.filter(|held| held.took > self.quick) {
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

async fn count(db: &Db, now: Instant) -> Result<Tally, AnalysisError> {
    let began = Stopwatch::now();
    let work = work_of_accounts(db, now).await?;
    let commits = db.commit_addresses().await?;
    Ok(Tally {
        work,
        commits,
        counted_at: now,
        took: began.elapsed(),
    })
}

#[cfg(test)]
mod tests {
    use model::ManualClock;
    use model::rows::UserRow;
    use model::{Field, Id, Uuid};
    use testkit::both_engines;

    use super::*;

    async fn commit(db: &Db, number: u32, at: Instant) {
        let uuid = Uuid::parse("{11111111-aaaa-4bbb-8ccc-000000000001}").unwrap();
        let mut user = UserRow::new(Id::user(&uuid), at);
        user.source_id = Field::Value(uuid.as_str().to_owned());
        let sha = format!("{number:040}");
        let mut commit = model::rows::CommitRow::new(Id::of("bitbucket_commits", &[&sha]), at);
        commit.repository_id = Field::Value(Id::of("bitbucket_repositories", &["one"]));
        commit.sha = Field::Value(sha);
        commit.user_id = Field::Value(Id::user(&uuid));
        let mut tx = db.write().await.unwrap();
        tx.upsert(&[user]).await.unwrap();
        tx.upsert(&[commit]).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn commits(tally: &Tally) -> i64 {
        tally.work.iter().map(|(_, work)| work.commits).sum()
    }

    both_engines! {
        async fn what_takes_long_is_counted_behind_the_pages(database) {
            let clock = ManualClock::starting_at("2027-01-01T00:00:00Z".parse().unwrap());
            let db = &database.db;
            commit(db, 1, clock.now()).await;
            let slow = Tallies {
                quick: Duration::ZERO,
                ..Tallies::new(db.clone(), Arc::new(clock.clone()))
            };
            // However long the first count takes, it is there in the end.
            slow.begin().wait_for(|ended| *ended).await.unwrap();
            assert_eq!(commits(&slow.recent().await.unwrap()), 1);
            commit(db, 2, clock.now()).await;
            assert_eq!(commits(&slow.recent().await.unwrap()), 1, "the last count is kept");
            clock.advance_seconds(KEPT_SECONDS);
            let old = slow.recent().await.unwrap();
            assert_eq!(commits(&old), 1, "nobody waits for the next one");
            slow.begin().wait_for(|ended| *ended).await.unwrap();
            let new = slow.recent().await.unwrap();
            assert_eq!((commits(&new), new.counted_at), (2, clock.now()));

            let quick = Tallies {
                quick: Duration::MAX,
                ..Tallies::new(db.clone(), Arc::new(clock.clone()))
            };
            quick.begin().wait_for(|ended| *ended).await.unwrap();
            commit(db, 3, clock.now()).await;
            quick.begin().wait_for(|ended| *ended).await.unwrap();
            assert_eq!(commits(&quick.recent().await.unwrap()), 3);
        }
    }
}
