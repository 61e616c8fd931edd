//! Packing months for reports while the program serves.

use std::sync::Arc;

use tokio::sync::watch;

use super::told;
use crate::failure::describe;
use crate::output::say;
use crate::session::Session;

/// How often months that changed are packed, in seconds. A month that is not packed is read from its
/// table, so that the latest is always right; the latest one changes all the time.
const PACK_SECONDS: i64 = 300;

/// Packs what changed, now and then.
pub(super) struct Packer {
    pub(super) session: Arc<Session>,
}

impl Packer {
    /// Works until it is told to stop. A month that is half packed then is packed by the next start.
    pub(super) async fn work(self, stopped: watch::Receiver<bool>) {
        tokio::select! {
            () = self.go_on() => {}
            () = told(stopped) => {}
        }
    }

    async fn go_on(&self) {
        let clock = Arc::clone(&self.session.clock);
        let mut problem: Option<String> = None;
        loop {
            // A problem that lasts is said once.
            let packed = analysis::pack(&self.session.db, |_, _| ()).await;
            let found = packed.err().map(|error| describe(&error.into()));
            if let Some(text) = found.as_ref().filter(|_| found != problem) {
                say(&format!("problem: reports take longer: {text}"));
            }
            problem = found;
            clock
                .sleep_until(clock.now().plus_seconds(PACK_SECONDS))
                .await;
        }
    }
}
