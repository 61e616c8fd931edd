//! One run of one connection.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bitbucket::{Client, Silent};
use store::{Connection, ConnectionKind, Lease, RunReason};
use sync::{Pace, Quiet, Summary};
use tokio::sync::watch;
use web::Metrics;

use super::told;
use crate::failure::describe;
use crate::output::say;
use crate::progress::count;
use crate::session::Session;
use crate::{jira_site, secret_key, stored};

/// How often it is told how many requests a run has sent, in seconds.
const TALLY_SECONDS: i64 = 5;

/// How long giving claims back may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A run that is to be made.
pub(super) struct Task {
    pub(super) session: Arc<Session>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) connection: Connection,
    pub(super) reason: RunReason,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing stopped it as a whole.
    Done,
    /// It could not be made.
    Failed,
    /// The program is to stop.
    Stopped,
}

impl Task {
    /// Makes the run, and says how it ended.
    pub(super) async fn run(self, stopped: watch::Receiver<bool>) -> Ended {
        let name = &self.connection.name;
        if self.connection.kind == ConnectionKind::JiraCloud {
            return self.read_site(stopped).await;
        }
        match self.import(stopped).await {
            Ok(None) => {
                self.metrics.add_run(name, "stopped");
                Ended::Stopped
            }
            Ok(Some(summary)) => {
                self.report(&summary);
                let outcome = if summary.complete {
                    "complete"
                } else {
                    "incomplete"
                };
                self.metrics.add_run(name, outcome);
                Ended::Done
            }
            Err(error) => {
                say(&format!("problem: {name}: {}", describe(&error)));
                self.metrics.add_run(name, "failed");
                Ended::Failed
            }
        }
    }

    /// The same for a site of Jira.
    async fn read_site(self, stopped: watch::Receiver<bool>) -> Ended {
        let (name, session) = (&self.connection.name, &self.session);
        let clock = Arc::clone(&session.clock);
        let import = jira_site::import(
            &session.config,
            &session.db,
            &self.connection,
            clock,
            self.reason,
        );
        // What is half read marks nobody, and its claim runs out by itself.
        let outcome = tokio::select! {
            outcome = import => outcome,
            () = told(stopped) => {
                self.metrics.add_run(name, "stopped");
                return Ended::Stopped;
            }
        };
        match outcome {
            Ok(summary) => {
                let rows = summary.accounts;
                self.metrics
                    .add_rows(name, "jira_users", "added", rows.added);
                self.metrics
                    .add_rows(name, "jira_users", "changed", rows.changed);
                self.metrics.add_rejects(name, summary.rejects);
                self.metrics.add_run(name, "complete");
                if rows.added + rows.changed > 0 {
                    say(&format!(
                        "{name}: {} added, {} changed, {}",
                        count(rows.added, "account"),
                        count(rows.changed, "account"),
                        count(summary.requests, "request"),
                    ));
                }
                Ended::Done
            }
            Err(error) => {
                say(&format!("problem: {name}: {}", describe(&error)));
                self.metrics.add_run(name, "failed");
                Ended::Failed
            }
        }
    }

    /// Nothing where it was stopped.
    async fn import(&self, stopped: watch::Receiver<bool>) -> anyhow::Result<Option<Summary>> {
        let session = &self.session;
        let (config, db) = (&session.config, &session.db);
        let clock = Arc::clone(&session.clock);
        let observer = Arc::new(Silent);
        let client =
            stored::client(config, db, &self.connection, Arc::clone(&clock), observer).await?;
        let (mut options, intervals) =
            stored::order(&config.settings, db, &self.connection).await?;
        options.pace = Pace::Due(intervals);
        options.reason = self.reason;
        options.vault = secret_key::for_import(config, db).await?;
        let lease = Lease {
            token: options.run_token.clone(),
            seconds: options.lease_seconds,
        };
        let mut tally = Tally::new(client.clone());
        let import = sync::import(db, client, Arc::clone(&clock), Arc::new(Quiet), options);
        // Dropped with this block, the import gives its place at the database back.
        let outcome = {
            let (mut import, mut stop) = (pin!(import), pin!(told(stopped)));
            loop {
                let next = clock.now().plus_seconds(TALLY_SECONDS);
                tokio::select! {
                    outcome = &mut import => break Some(outcome),
                    () = &mut stop => break None,
                    () = clock.sleep_until(next) => {
                        tally.tell(&self.metrics, &self.connection.name);
                    }
                }
            }
        };
        tally.tell(&self.metrics, &self.connection.name);
        match outcome {
            Some(outcome) => Ok(Some(outcome?)),
            None => {
                // Claims that are given back can be taken at once; otherwise they run out.
                let _ = tokio::time::timeout(FAREWELL, db.release_leases(&lease, None)).await;
                Ok(None)
            }
        }
    }

    fn report(&self, summary: &Summary) {
        let name = &self.connection.name;
        for (table, rows) in &summary.rows {
            self.metrics.add_rows(name, table, "added", rows.added);
            self.metrics.add_rows(name, table, "changed", rows.changed);
        }
        self.metrics.add_rejects(name, summary.rejects);
        let rows = summary.all_rows();
        if rows.added + rows.changed > 0 {
            say(&format!(
                "{name}: {} added, {} changed, {}",
                count(rows.added, "row"),
                count(rows.changed, "row"),
                count(summary.requests, "request"),
            ));
        }
        for problem in &summary.problems {
            let place = problem.repository.as_deref().unwrap_or(name);
            say(&format!(
                "problem: {place}: {}: {}",
                problem.stream, problem.problem
            ));
        }
    }
}

/// The requests of a run that were told already.
struct Tally {
    client: Client,
    told: BTreeMap<String, u64>,
}

impl Tally {
    fn new(client: Client) -> Self {
        let told = BTreeMap::new();
        Self { client, told }
    }

    /// Tells those that were sent since.
    fn tell(&mut self, metrics: &Metrics, connection: &str) {
        let sent = self.client.requests_by_endpoint();
        for (endpoint, requests) in &sent {
            let before = self.told.get(endpoint).copied().unwrap_or(0);
            metrics.add_requests(connection, endpoint, requests.saturating_sub(before));
        }
        self.told = sent;
    }
}
