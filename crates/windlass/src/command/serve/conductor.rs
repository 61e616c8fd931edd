//! What is due, connection by connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::Instant;
use store::{AuditEntry, Connection, ConnectionKind, RunReason};
use sync::Due;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use web::Metrics;

use super::run::{Ended, Task};
use super::told;
use crate::failure::describe;
use crate::output::say;
use crate::session::Session;
use crate::stored;

/// How often it is looked whether somebody has changed something, in seconds.
const LOOK_SECONDS: i64 = 2;

/// How often the schedule is made anew where nobody has changed anything, in seconds: other
/// processes work too.
const SCHEDULE_SECONDS: i64 = 60;

/// The first wait after a run that failed, in seconds; it doubles with each that follows.
const FIRST_WAIT: i64 = 5;

/// The longest wait after a run that failed, in seconds.
const LONGEST_WAIT: i64 = 1_800;

/// The first wait after a run that left due what another process holds, in seconds; it doubles with
/// each that follows.
const FIRST_PAUSE: i64 = 1;

/// The longest wait after such a run.
const LONGEST_PAUSE: i64 = 60;

/// Starts the runs of all connections, one at a time for each.
pub(super) struct Conductor {
    session: Arc<Session>,
    metrics: Arc<Metrics>,
    stopped: watch::Receiver<bool>,
    plans: BTreeMap<i64, Plan>,
    runs: JoinSet<(i64, Ended)>,
}

/// What is known of a connection.
#[derive(Default)]
struct Plan {
    is_running: bool,
    due: Option<Due>,
    /// When that was found out.
    made_at: Option<Instant>,
    /// Nothing is begun before.
    not_before: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    /// When the last run ended.
    ended_at: Option<Instant>,
    /// Runs in a row that left something due which they could have read.
    leftovers: u32,
}

impl Conductor {
    pub(super) fn new(
        session: Arc<Session>,
        metrics: Arc<Metrics>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            session,
            metrics,
            stopped,
            plans: BTreeMap::new(),
            runs: JoinSet::new(),
        }
    }

    /// Works until it is told to stop, and until every run has given its claims back.
    pub(super) async fn conduct(mut self) {
        let mut seen: Option<AuditEntry> = None;
        loop {
            if let Err(error) = self.look(&mut seen).await {
                say(&format!("problem: {}", describe(&error)));
            }
            let clock = Arc::clone(&self.session.clock);
            let next = clock.now().plus_seconds(LOOK_SECONDS);
            tokio::select! {
                () = told(self.stopped.clone()) => break,
                () = clock.sleep_until(next) => {}
                Some(ended) = self.runs.join_next() => self.note(ended),
            }
        }
        while let Some(ended) = self.runs.join_next().await {
            self.note(ended);
        }
    }

    /// Begins what is due.
    async fn look(&mut self, seen: &mut Option<AuditEntry>) -> anyhow::Result<()> {
        let latest = self.session.db.audit_log(1).await?.into_iter().next();
        let has_changed = latest != *seen;
        *seen = latest;
        let connections = self.session.db.connections().await?;
        self.plans
            .retain(|id, plan| plan.is_running || connections.iter().any(|one| one.id == *id));
        for connection in connections {
            if has_changed {
                let plan = self.plans.entry(connection.id).or_default();
                plan.made_at = None;
                plan.not_before = None;
                plan.failures = 0;
            }
            if let Err(error) = self.consider(&connection).await {
                self.put_off(&connection, &error);
            }
        }
        Ok(())
    }

    async fn consider(&mut self, connection: &Connection) -> anyhow::Result<()> {
        let now = self.session.now();
        let plan = self.plans.entry(connection.id).or_default();
        if plan.is_running || connection.paused_at.is_some() || plan.not_before > Some(now) {
            return Ok(());
        }
        let is_old = plan
            .made_at
            .is_none_or(|at| now.seconds_since(at) >= SCHEDULE_SECONDS);
        if is_old {
            let due = self.due(connection, now).await?;
            let plan = self.plans.entry(connection.id).or_default();
            plan.due = due;
            plan.made_at = Some(now);
        }
        let plan = self.plans.entry(connection.id).or_default();
        let Some(due) = plan.due else {
            return Ok(());
        };
        if due.at.is_none_or(|at| at > now) || plan.waits_for_leftovers(due, now) {
            return Ok(());
        }
        plan.is_running = true;
        let reason = if due.requested {
            RunReason::Requested
        } else {
            RunReason::Schedule
        };
        let task = Task {
            session: Arc::clone(&self.session),
            metrics: Arc::clone(&self.metrics),
            connection: connection.clone(),
            reason,
        };
        let (id, stopped) = (connection.id, self.stopped.clone());
        // An import keeps to one thread; so that several run side by side, each has its own.
        let runtime = Handle::current();
        self.runs
            .spawn_blocking(move || (id, runtime.block_on(task.run(stopped))));
        Ok(())
    }

    /// When something of a connection is due; nothing where no credential can ask.
    async fn due(&self, connection: &Connection, now: Instant) -> anyhow::Result<Option<Due>> {
        let db = &self.session.db;
        let readers: Vec<Option<i64>> = db
            .credentials(connection.id)
            .await?
            .into_iter()
            .filter(|credential| stored::is_used(credential, now))
            .map(|credential| Some(credential.id))
            .collect();
        if readers.is_empty() {
            return Ok(None);
        }
        if connection.kind == ConnectionKind::JiraCloud {
            return Ok(Some(sync::jira_due(db, connection.id, now).await?));
        }
        let settings = &self.session.config.settings;
        let (options, intervals) = stored::order(settings, db, connection).await?;
        let due = sync::next_due(db, connection.id, &intervals, &options, &readers, now).await?;
        Ok(Some(due))
    }

    fn note(&mut self, ended: Result<(i64, Ended), tokio::task::JoinError>) {
        let now = self.session.now();
        let (id, ended) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // A run that broke off: which one it was is not known, and each may begin again.
                say(&format!("problem: a run broke off: {error}"));
                for plan in self.plans.values_mut() {
                    plan.is_running = false;
                    plan.made_at = None;
                    plan.not_before = Some(now.plus_seconds(LONGEST_PAUSE));
                }
                return;
            }
        };
        let Some(plan) = self.plans.get_mut(&id) else {
            return;
        };
        plan.is_running = false;
        plan.made_at = None;
        let wait = match ended {
            Ended::Stopped => 0,
            Ended::Done => {
                plan.failures = 0;
                plan.ended_at = Some(now);
                0
            }
            Ended::Failed => {
                plan.failures = plan.failures.saturating_add(1);
                doubled(FIRST_WAIT, plan.failures, LONGEST_WAIT)
            }
        };
        plan.not_before = (wait > 0).then(|| now.plus_seconds(wait));
    }

    /// A connection that cannot be considered is left alone for a while.
    fn put_off(&mut self, connection: &Connection, error: &anyhow::Error) {
        let now = self.session.now();
        let plan = self.plans.entry(connection.id).or_default();
        plan.failures = plan.failures.saturating_add(1);
        let wait = doubled(FIRST_WAIT, plan.failures, LONGEST_WAIT);
        plan.not_before = Some(now.plus_seconds(wait));
        say(&format!(
            "problem: {}: {}",
            connection.name,
            describe(error)
        ));
    }
}

impl Plan {
    /// Whether to wait because the last run left something due: another would most likely do the
    /// same, and cost requests each time.
    fn waits_for_leftovers(&mut self, due: Due, now: Instant) -> bool {
        let Some(ended) = self.ended_at.take() else {
            return false;
        };
        if due.requested || due.at > Some(ended) {
            self.leftovers = 0;
            return false;
        }
        self.leftovers = self.leftovers.saturating_add(1);
        self.not_before =
            Some(now.plus_seconds(doubled(FIRST_PAUSE, self.leftovers, LONGEST_PAUSE)));
        true
    }
}

/// The wait after so many in a row.
fn doubled(first: i64, times: u32, longest: i64) -> i64 {
    let doublings = times.saturating_sub(1).min(16);
    (first << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_leaves_due_is_waited_for_longer_each_time() {
        let at = |seconds: i64| Instant::from_seconds(1_790_000_000 + seconds);
        let due = |at| Due {
            at: Some(at),
            requested: false,
        };
        let mut plan = Plan::default();
        assert!(
            !plan.waits_for_leftovers(due(at(0)), at(0)),
            "nothing has run yet"
        );
        for wait in [1, 2, 4, 8, 16, 32, 60, 60] {
            plan.ended_at = Some(at(100));
            assert!(plan.waits_for_leftovers(due(at(100)), at(100)));
            assert_eq!(plan.not_before, Some(at(100 + wait)));
            assert!(
                !plan.waits_for_leftovers(due(at(100)), at(200)),
                "once for each run"
            );
        }
        // What is due later than the end of the run was not left by it.
        plan.ended_at = Some(at(300));
        assert!(!plan.waits_for_leftovers(due(at(301)), at(301)));
        assert_eq!(plan.leftovers, 0);
        plan.ended_at = Some(at(400));
        let requested = Due {
            at: Some(Instant::EARLIEST),
            requested: true,
        };
        assert!(!plan.waits_for_leftovers(requested, at(400)));
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_wait_up_to_half_an_hour() {
        let waits: Vec<i64> = (1..=11)
            .map(|times| doubled(FIRST_WAIT, times, LONGEST_WAIT))
            .collect();
        assert_eq!(
            waits,
            [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 1_800, 1_800]
        );
        assert_eq!(doubled(FIRST_PAUSE, u32::MAX, LONGEST_PAUSE), 60);
    }
}
