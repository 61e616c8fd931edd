//! The real time.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use model::{Clock, Instant};

/// The time of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the program's time comes from"
    )]
    fn now(&self) -> Instant {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Instant::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the program really waits"
    )]
    fn sleep_until<'a>(
        &'a self,
        deadline: Instant,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let millis = u64::try_from(deadline.millis_since(self.now())).unwrap_or(0);
        // One more, since the wait is rounded down and must not end before its time.
        Box::pin(tokio::time::sleep(Duration::from_millis(
            millis.saturating_add(1),
        )))
    }
}
