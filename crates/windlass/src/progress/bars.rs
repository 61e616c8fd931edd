//! One bar per stream, and a line that counts down while something waits.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bitbucket::Waiting;
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use model::{Clock, Instant};
use sync::{StreamName, StreamProgress};

use super::{count, span, why_waiting};

/// Into how many steps a bar is divided.
const STEPS: u64 = 1_000;

/// What is told last is cut off where the screen is narrow.
const UNDER_WAY: &str =
    "{prefix:<13} {bar:16} {percent:>3} % {elapsed:>5}, {eta:>4} left  {wide_msg}";
const ENDED: &str = "{prefix:<13} {bar:16} {percent:>3} % {elapsed:>5}             {wide_msg}";

pub(crate) struct Bars {
    clock: Arc<dyn Clock>,
    screen: MultiProgress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<StreamName, ProgressBar>,
    waiting: u32,
    countdown: Option<ProgressBar>,
}

impl Bars {
    /// Nothing where standard error is no terminal, or one that cannot do it.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Option<Self> {
        let screen = MultiProgress::new();
        (!screen.is_hidden()).then(|| Self {
            clock,
            screen,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn advanced(&self, progress: &StreamProgress) {
        let mut state = self.state();
        // Streams stand in their own order, whichever begins first.
        let place = state.streams.range(..progress.stream).count();
        let bar = state.streams.entry(progress.stream).or_insert_with(|| {
            let bar = self.screen.insert(place, ProgressBar::new(STEPS));
            bar.set_style(style(UNDER_WAY));
            bar.set_prefix(progress.stream.to_string());
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        if bar.is_finished() {
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction is from 0 to 1"
        )]
        bar.set_position((progress.fraction.clamp(0.0, 1.0) * STEPS as f64) as u64);
        bar.set_message(format!(
            "{}, {}",
            count(progress.requests, "request"),
            count(progress.records, "record")
        ));
        if progress.ended {
            bar.set_style(style(ENDED));
            bar.finish();
        }
    }

    pub(super) fn note(&self, text: &str) {
        // A screen that cannot be written to shows nothing else either.
        let _ = self.screen.println(text);
    }

    pub(super) fn waiting(&self, until: Instant, why: &Waiting) {
        let mut state = self.state();
        state.waiting += 1;
        let bar = state.countdown.get_or_insert_with(|| {
            let bar = self.screen.add(ProgressBar::new_spinner());
            bar.enable_steady_tick(Duration::from_millis(500));
            bar
        });
        let clock = Arc::clone(&self.clock);
        let left = move |_: &ProgressState, text: &mut dyn Write| {
            // Writing into a string cannot fail.
            let _ = text.write_str(&span(until.seconds_since(clock.now())));
        };
        bar.set_style(style("waiting {left}: {wide_msg}").with_key("left", left));
        bar.set_message(why_waiting(why));
    }

    pub(super) fn resumed(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        if state.waiting == 0
            && let Some(bar) = state.countdown.take()
        {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }

    pub(super) fn end(&self) {
        let state = self.state();
        for bar in state.streams.values() {
            if !bar.is_finished() {
                bar.abandon();
            }
        }
        if let Some(bar) = &state.countdown {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    // A template that cannot be read would be a mistake of ours; plain bars do as well.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_can_be_read() {
        assert!(ProgressStyle::with_template(UNDER_WAY).is_ok());
        assert!(ProgressStyle::with_template(ENDED).is_ok());
    }
}
