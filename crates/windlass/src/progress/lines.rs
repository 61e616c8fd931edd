//! Plain lines: for files, pipes and journals, so not too many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bitbucket::Waiting;
use model::{Clock, Instant};
use sync::{StreamName, StreamProgress};

use crate::output::say;

use super::{count, span, why_waiting};

/// A stream says something at most this often.
const SECONDS_BETWEEN_LINES: i64 = 5;

pub(crate) struct Lines {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<StreamName, Stream>,
    waiting: u32,
}

struct Stream {
    started: Instant,
    told: Instant,
    ended: bool,
}

impl Lines {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advanced(&self, progress: &StreamProgress) {
        let now = self.clock.now();
        let mut state = self.state();
        let stream = state.streams.entry(progress.stream).or_insert(Stream {
            started: now,
            told: now,
            ended: false,
        });
        let due = now.seconds_since(stream.told) >= SECONDS_BETWEEN_LINES;
        if stream.ended || !(due || progress.ended) {
            return;
        }
        stream.told = now;
        stream.ended = progress.ended;
        let took = now.seconds_since(stream.started);
        say(&sentence(progress, took));
    }

    pub(super) fn note(&self, text: &str) {
        say(text);
    }

    pub(super) fn waiting(&self, until: Instant, why: &Waiting) {
        let mut state = self.state();
        state.waiting += 1;
        // Requests that wait for the same window need one line, not eight.
        if state.waiting == 1 || matches!(why, Waiting::Retry { .. }) {
            let left = until.seconds_since(self.clock.now());
            say(&format!(
                "waiting {} (until {}): {}",
                span(left),
                until.to_chrono().format("%H:%M:%S UTC"),
                why_waiting(why)
            ));
        }
    }

    pub(super) fn resumed(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
    }
}

fn sentence(progress: &StreamProgress, took: i64) -> String {
    let cost = format!(
        "{}, {}",
        count(progress.requests, "request"),
        count(progress.records, "record")
    );
    if progress.ended {
        return format!("{}: done, {cost}, {}", progress.stream, span(took));
    }
    let percent = progress.fraction * 100.0;
    let left = left(progress.fraction, took)
        .map(|seconds| format!(", about {} left", span(seconds)))
        .unwrap_or_default();
    format!("{}: {percent:.0} %, {cost}{left}", progress.stream)
}

/// How long the rest takes if it goes on like this.
fn left(fraction: f64, took: i64) -> Option<i64> {
    if fraction <= 0.01 {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a guess for the eye"
    )]
    let seconds = (took as f64 * (1.0 - fraction) / fraction) as i64;
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_it_cost_and_how_long_it_still_takes() {
        let progress = StreamProgress {
            stream: StreamName::PullRequests,
            fraction: 0.25,
            requests: 1,
            records: 1_250,
            ended: false,
        };
        assert_eq!(
            sentence(&progress, 30),
            "pull_requests: 25 %, 1 request, 1,250 records, about 90 s left"
        );
        let ended = StreamProgress {
            ended: true,
            ..progress
        };
        assert_eq!(
            sentence(&ended, 30),
            "pull_requests: done, 1 request, 1,250 records, 30 s"
        );
    }
}
