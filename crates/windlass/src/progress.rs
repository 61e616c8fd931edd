//! How far an import is, on standard error: bars on a terminal, lines anywhere else.

mod bars;
mod lines;

use std::sync::Arc;

use bitbucket::{Observer, Waiting};
use model::{Clock, Instant};
use sync::{Progress, StreamProgress};

use bars::Bars;
use lines::Lines;

/// Shows an import to whoever watches.
pub(crate) enum Watcher {
    Bars(Bars),
    Lines(Lines),
}

impl Watcher {
    /// Bars where they can be drawn. A log would tear them apart, so that with `-v` there are lines.
    pub(crate) fn new(clock: Arc<dyn Clock>, verbose: bool) -> Arc<Self> {
        let bars = Bars::new(Arc::clone(&clock)).filter(|_| !verbose);
        Arc::new(match bars {
            Some(bars) => Self::Bars(bars),
            None => Self::Lines(Lines::new(clock)),
        })
    }

    /// Leaves the screen as the last words left it.
    pub(crate) fn end(&self) {
        if let Self::Bars(bars) = self {
            bars.end();
        }
    }
}

impl Progress for Watcher {
    fn advanced(&self, progress: &StreamProgress) {
        match self {
            Self::Bars(bars) => bars.advanced(progress),
            Self::Lines(lines) => lines.advanced(progress),
        }
    }

    fn note(&self, text: &str) {
        match self {
            Self::Bars(bars) => bars.note(text),
            Self::Lines(lines) => lines.note(text),
        }
    }
}

impl Observer for Watcher {
    fn waiting(&self, until: Instant, why: Waiting) {
        match self {
            Self::Bars(bars) => bars.waiting(until, &why),
            Self::Lines(lines) => lines.waiting(until, &why),
        }
    }

    fn resumed(&self) {
        match self {
            Self::Bars(bars) => bars.resumed(),
            Self::Lines(lines) => lines.resumed(),
        }
    }
}

/// Why something waits, in words.
fn why_waiting(why: &Waiting) -> String {
    match why {
        Waiting::Budget => "the requests of this hour are used up".to_owned(),
        Waiting::RateLimited => "Bitbucket asks to slow down (429)".to_owned(),
        Waiting::Retry { attempt, reason } => format!("attempt {attempt} failed: {reason}"),
    }
}

/// A span of time for the eye.
pub(crate) fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A count with its noun.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match (
        number,
        noun.strip_suffix('y').filter(|stem| !stem.ends_with('a')),
    ) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", grouped(number)),
        (_, None) => format!("{} {noun}s", grouped(number)),
    }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_the_eye() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(count(1, "request"), "1 request");
        assert_eq!(count(2_500, "repository"), "2,500 repositories");
        assert_eq!(span(-3), "0 s");
        assert_eq!(span(119), "119 s");
        assert_eq!(span(150), "3 min");
        assert_eq!(span(7_260), "2 h 1 min");
    }
}
