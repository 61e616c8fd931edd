//! What becomes of deliveries that the door has taken in.

use std::sync::Arc;

use model::Instant;
use store::Inbox;
use sync::inbox::{Drained, InboxOptions, drain_some, forget};
use tokio::sync::watch;
use web::Metrics;

use super::told;
use crate::failure::describe;
use crate::output::say;
use crate::secret_key;
use crate::session::Session;

/// How long it waits at most before it looks for deliveries that another process has taken in, or
/// that are to be applied once more, in seconds.
const LOOK_SECONDS: i64 = 2;

/// How often deliveries that were kept long enough are forgotten, in seconds.
const FORGET_SECONDS: i64 = 3_600;

/// How long those that come at once go before those that wait, each time: what is told is seen
/// within a second, and a burst is answered as fast as can be.
const ANSWERS_FIRST_MILLIS: i64 = 400;

/// Makes rows of deliveries as they come.
pub(super) struct Drain {
    pub(super) session: Arc<Session>,
    pub(super) inbox: Inbox,
    pub(super) metrics: Arc<Metrics>,
}

impl Drain {
    /// Works until it is told to stop. What is under way then waits for the next start.
    pub(super) async fn work(self, stopped: watch::Receiver<bool>) {
        tokio::select! {
            () = self.go_on() => {}
            () = told(stopped) => {}
        }
    }

    async fn go_on(&self) {
        let clock = Arc::clone(&self.session.clock);
        let mut arrived = self.inbox.arrived();
        let mut forgotten_at: Option<Instant> = None;
        let mut problem: Option<String> = None;
        loop {
            // Whatever comes from here on is seen below.
            arrived.borrow_and_update();
            let done = self.once(&mut forgotten_at).await;
            // A problem that lasts is said once.
            let found = done.err().map(|error| describe(&error));
            if let Some(text) = found.as_ref().filter(|_| found != problem) {
                say(&format!("problem: deliveries wait: {text}"));
            }
            problem = found;
            let look_again = clock.sleep_until(clock.now().plus_seconds(LOOK_SECONDS));
            tokio::select! {
                Ok(()) = arrived.changed() => {}
                () = look_again => {}
            }
        }
    }

    async fn once(&self, forgotten_at: &mut Option<Instant>) -> anyhow::Result<()> {
        let session = &self.session;
        let settings = &session.config.settings;
        let options = InboxOptions {
            store_text: settings.bitbucket.store_text,
            keep_seconds: i64::from(settings.webhooks.keep_days) * 24 * 3_600,
        };
        while session.db.count_waiting_deliveries().await? > 0 {
            let clock = session.clock.as_ref();
            self.inbox.rest(clock, ANSWERS_FIRST_MILLIS).await;
            // The key is looked for each time: somebody may have put another in its place.
            let key = secret_key::require(&session.config, &session.db).await?;
            let drained = drain_some(&session.db, &key.vault, clock, &options).await?;
            if drained.all() == 0 {
                break;
            }
            self.tell(&drained);
        }
        let now = session.now();
        if forgotten_at.is_none_or(|at| now.seconds_since(at) >= FORGET_SECONDS) {
            forget(&session.db, &options, now).await?;
            *forgotten_at = Some(now);
        }
        Ok(())
    }

    fn tell(&self, drained: &Drained) {
        for (outcome, deliveries) in [
            ("applied", drained.applied),
            ("stale", drained.stale),
            ("ignored", drained.ignored),
            ("filtered", drained.filtered),
            ("failed", drained.failed),
        ] {
            if deliveries > 0 {
                self.metrics.add_applied(outcome, deliveries);
            }
        }
    }
}
