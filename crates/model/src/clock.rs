//! Time as a parameter.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Instant;

/// What time it is, and waiting: passed to everything that needs either, so that a test decides.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Instant;

    /// Resolves at `deadline`, at once if it has passed.
    fn sleep_until<'a>(
        &'a self,
        deadline: Instant,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// A clock that stands still until it is moved, or until somebody waits: then it jumps to the end
/// of the wait. Clones show the same time, so that one clock drives importer and emulator.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Instant>>);

impl ManualClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Instant) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// Moves the clock forward.
    pub fn advance_seconds(&self, seconds: i64) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.plus_seconds(seconds);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep_until<'a>(
        &'a self,
        deadline: Instant,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        {
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *now = (*now).max(deadline);
        }
        Box::pin(std::future::ready(()))
    }
}
