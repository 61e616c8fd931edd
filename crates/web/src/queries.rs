//! Runs of queries: each is begun, goes on by itself, and keeps what it gave for a while.
//!
//! A run is a row of the database, which any process shows. The process that began it runs it; another
//! can ask for its end there. So many run at once and no more: an import and the door for deliveries
//! have the rest of the machine.

mod csv;
mod ready;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use csv::csv;
use model::{Clock, Instant};
pub use ready::{READY, ReadyQuery};
use store::console::{
    self, Console, ConsoleError, ConsoleLimits, Dialect, QueryResult, Variables, Wanted,
};
use store::{Db, FinishedQuery, NewQueryRun, QueryRun, QueryState, StoreError};
use tokio::sync::{Notify, Semaphore, watch};

/// How many runs may wait for their turn, of everybody together.
const MAY_WAIT: usize = 200;

/// How long runs are remembered, in seconds.
const REMEMBERED: i64 = 30 * 86_400;

/// How often it is looked whether another process was asked to end a run.
const LOOK: Duration = Duration::from_secs(1);

/// How long beyond its deadline a run may take until it is taken for lost, in seconds.
const GRACE: i64 = 60;

/// How queries are answered.
#[derive(Clone, Debug)]
pub struct QuerySettings {
    /// Where they are asked; nothing where that is not set up.
    pub console: Option<Console>,
    /// How much one may take.
    pub limits: ConsoleLimits,
    /// How many run at once.
    pub at_once: usize,
    /// How many somebody may have under way, waiting ones included.
    pub at_once_each: usize,
    /// How long results are kept, in seconds.
    pub keep_seconds: i64,
}

/// Why a run was not begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryRefusal {
    /// Queries are not set up.
    #[error("queries are not set up")]
    Off,
    /// The SQL or its variables are not right.
    #[error(transparent)]
    Wrong(#[from] ConsoleError),
    /// Somebody has as many under way as they may.
    #[error(
        "you have {0} queries under way, as many as one login may: wait for one, or cancel one (query.at_once_each)"
    )]
    Many(usize),
    /// Too many wait already.
    #[error("{MAY_WAIT} queries wait for their turn: try again in a minute (query.at_once)")]
    Full,
    /// The database does not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs queries.
#[derive(Clone)]
pub(crate) struct Queries(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    settings: QuerySettings,
    turns: Semaphore,
    under_way: Mutex<HashMap<String, UnderWay>>,
}

/// A run that this process has.
struct UnderWay {
    login: i64,
    cancel: Arc<Notify>,
    /// Closed when it is over.
    over: watch::Receiver<()>,
}

impl Queries {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>, settings: QuerySettings) -> Self {
        Self(Arc::new(Inner {
            turns: Semaphore::new(settings.at_once.max(1)),
            under_way: Mutex::default(),
            db,
            clock,
            settings,
        }))
    }

    /// Whether queries are answered at all.
    pub(crate) fn is_on(&self) -> bool {
        self.0.settings.console.is_some()
    }

    /// Whose SQL is written.
    pub(crate) fn dialect(&self) -> Dialect {
        Console::of(&self.0.db).dialect()
    }

    /// What one may take.
    pub(crate) fn settings(&self) -> &QuerySettings {
        &self.0.settings
    }

    /// The variables that a query names.
    pub(crate) fn wanted(&self, sql: &str) -> Result<Vec<Wanted>, ConsoleError> {
        console::wanted(sql, self.dialect())
    }

    /// Begins a run under an id that nobody can guess.
    pub(crate) async fn submit(
        &self,
        id: String,
        login: i64,
        sql: &str,
        variables: Variables,
    ) -> Result<(), QueryRefusal> {
        let inner = &self.0;
        let Some(console) = inner.settings.console.clone() else {
            return Err(QueryRefusal::Off);
        };
        // What cannot be asked is said at once, and leaves no run.
        console::check(sql, console.dialect(), &variables)?;
        let (place, cancel) = self.enter(&id, login)?;
        let now = inner.clock.now();
        let new = NewQueryRun {
            id: &id,
            login,
            sql,
            variables: &variables,
        };
        let mut tx = inner.db.write().await?;
        tx.insert_query_run(&new, now, now.plus_seconds(-REMEMBERED))
            .await?;
        tx.commit().await?;
        let (queries, sql) = (self.clone(), sql.to_owned());
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = queries.work(&id, &console, &sql, &variables) => outcome,
                () = cancel.notified() => FinishedQuery::Cancelled,
                () = queries.until_cancelled(&id) => FinishedQuery::Cancelled,
            };
            if let Err(error) = queries.finish(&id, &outcome).await {
                tracing::warn!(%error, "what came of a query could not be kept");
            }
            drop(place);
        });
        Ok(())
    }

    /// Takes a place among those under way.
    fn enter(&self, id: &str, login: i64) -> Result<(Place, Arc<Notify>), QueryRefusal> {
        let mut under_way = self.lock();
        let own = under_way.values().filter(|one| one.login == login).count();
        let most = self.0.settings.at_once_each.max(1);
        if own >= most {
            return Err(QueryRefusal::Many(most));
        }
        if under_way.len() >= MAY_WAIT {
            return Err(QueryRefusal::Full);
        }
        let (sender, over) = watch::channel(());
        let cancel = Arc::new(Notify::new());
        let one = UnderWay {
            login,
            cancel: Arc::clone(&cancel),
            over,
        };
        under_way.insert(id.to_owned(), one);
        let place = Place {
            queries: self.clone(),
            id: id.to_owned(),
            _over: sender,
        };
        Ok((place, cancel))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, UnderWay>> {
        let locked = self.0.under_way.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its turn, and asks.
    async fn work(
        &self,
        id: &str,
        console: &Console,
        sql: &str,
        variables: &Variables,
    ) -> FinishedQuery {
        let inner = &self.0;
        // Turns are never closed.
        let _turn = inner.turns.acquire().await;
        if let Err(error) = self.start(id).await {
            tracing::warn!(%error, "a query begins unseen");
        }
        match console.ask(sql, variables, inner.settings.limits).await {
            Ok(result) => FinishedQuery::Succeeded(result),
            Err(error) => FinishedQuery::Failed(error.code(), error.to_string()),
        }
    }

    async fn start(&self, id: &str) -> Result<(), StoreError> {
        let mut tx = self.0.db.write().await?;
        tx.start_query_run(id, self.0.clock.now()).await?;
        tx.commit().await
    }

    async fn finish(&self, id: &str, outcome: &FinishedQuery) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let expires_at = now.plus_seconds(self.0.settings.keep_seconds);
        let mut tx = self.0.db.write().await?;
        tx.finish_query_run(id, outcome, now, expires_at).await?;
        tx.commit().await
    }

    /// Resolves when the database says that somebody does not want the run any more.
    async fn until_cancelled(&self, id: &str) {
        let mut looks = tokio::time::interval(LOOK);
        looks.tick().await;
        loop {
            looks.tick().await;
            if matches!(self.0.db.is_query_cancelled(id).await, Ok(true)) {
                return;
            }
        }
    }

    /// Ends a run, whichever process has it.
    pub(crate) async fn cancel(&self, id: &str) -> Result<(), StoreError> {
        let own = self
            .lock()
            .get(id)
            .map(|one| (Arc::clone(&one.cancel), one.over.clone()));
        match own {
            Some((cancel, mut over)) => {
                // Kept for a run that does not wait for it yet.
                cancel.notify_one();
                // Until what came of it is kept, or as long as somebody would wait.
                let _ = tokio::time::timeout(LOOK, over.changed()).await;
            }
            None => {
                let mut tx = self.0.db.write().await?;
                tx.request_query_cancel(id).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Waits until a run of this process is over, but no longer than this.
    pub(crate) async fn wait(&self, id: &str, patience: Duration) {
        let over = self.lock().get(id).map(|one| one.over.clone());
        if let Some(mut over) = over {
            let _ = tokio::time::timeout(patience, over.changed()).await;
        }
    }

    /// How a run stands. One that a process has left behind has failed.
    pub(crate) async fn run(&self, id: &str) -> Result<Option<QueryRun>, StoreError> {
        let run = self.0.db.query_run(id).await?;
        Ok(run.map(|mut run| {
            if self.is_lost(&run) {
                run.state = QueryState::Failed;
                run.error_code = Some("lost".to_owned());
                run.error =
                    Some("the program that ran the query has ended: run it again".to_owned());
            }
            run
        }))
    }

    fn is_lost(&self, run: &QueryRun) -> bool {
        let since = match run.state {
            QueryState::Running => run.started_at.unwrap_or(run.submitted_at),
            QueryState::Queued => run.submitted_at,
            _ => return false,
        };
        let deadline = i64::try_from(self.0.settings.limits.deadline.as_secs()).unwrap_or(i64::MAX);
        let longest = match run.state {
            QueryState::Queued => deadline.saturating_mul(10),
            _ => deadline,
        };
        let now: Instant = self.0.clock.now();
        !self.lock().contains_key(&run.id)
            && now.seconds_since(since) > longest.saturating_add(GRACE)
    }

    /// What a run gave, unless that has expired.
    pub(crate) async fn result(&self, id: &str) -> Result<Option<QueryResult>, StoreError> {
        self.0.db.query_result(id, self.0.clock.now()).await
    }
}

/// The place of a run among those under way; given back when it is dropped.
struct Place {
    queries: Queries,
    id: String,
    _over: watch::Sender<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queries.lock().remove(&self.id);
    }
}
