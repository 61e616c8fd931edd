//! Whether to try again, and when. Pure: the time and the jitter are passed in.

use model::Instant;

/// Attempts at one page before giving up on a server that fails.
const MOST_FAILURES: u32 = 5;

/// Attempts at something that took too long to compute: it mostly does so again.
const MOST_COMPUTATIONS: u32 = 2;

/// Nobody waits longer than this on one word of a server.
const LONGEST_HINT: i64 = 24 * 3_600;

/// What went wrong with an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 429; the seconds to wait where Bitbucket named any.
    RateLimited { hint: Option<i64> },
    /// The server failed; likewise.
    Server { status: u16, hint: Option<i64> },
    /// 555 for a diffstat: it took the server too long to compute.
    Uncomputed,
    /// No whole answer in JSON came.
    Broken { what: String },
}

impl Trouble {
    /// What happened, in words that continue "the last time".
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::RateLimited { .. } => "the rate limit was reached".to_owned(),
            Self::Server { status, .. } => format!("it answered with status {status}"),
            Self::Uncomputed => "it took too long to compute".to_owned(),
            Self::Broken { what } => what.clone(),
        }
    }

    /// The status that says so, where a server said it was its own fault.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Server { status, .. } => Some(*status),
            Self::Uncomputed => Some(UNCOMPUTED),
            Self::RateLimited { .. } | Self::Broken { .. } => None,
        }
    }
}

/// The status of what took too long to compute.
pub(crate) const UNCOMPUTED: u16 = 555;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    RetryAt(Instant),
    GiveUp,
}

/// Decides after an attempt failed. `attempt` counts the failures of this kind (429 on its own),
/// from 1; `jitter` is from 0 to 1; `window` is the rate window in seconds.
///
/// A rate limit is never given up on: the window rolls, so waiting always helps. Without a hint
/// the wait grows from a 120th of the window (30 s) to a 12th (5 minutes).
pub(crate) fn decide(
    attempt: u32,
    trouble: &Trouble,
    window: i64,
    now: Instant,
    jitter: f64,
) -> Decision {
    let doublings = attempt.saturating_sub(1).min(16);
    match trouble {
        Trouble::RateLimited { hint: Some(hint) } => {
            Decision::RetryAt(now.plus_seconds((*hint).clamp(1, LONGEST_HINT)))
        }
        Trouble::RateLimited { hint: None } => {
            let shortest = (window / 120).clamp(1, 30);
            let longest = (window / 12).clamp(1, 300);
            let seconds = (shortest << doublings).min(longest);
            // Up to a fifth more, so that those who were refused together do not return together.
            Decision::RetryAt(now.plus_millis(stretched(seconds * 1_000, 1.0, 0.2, jitter)))
        }
        Trouble::Server { .. } | Trouble::Broken { .. } if attempt >= MOST_FAILURES => {
            Decision::GiveUp
        }
        Trouble::Uncomputed if attempt >= MOST_COMPUTATIONS => Decision::GiveUp,
        Trouble::Server { hint, .. } => {
            let least = hint.map_or(0, |hint| hint.clamp(0, LONGEST_HINT) * 1_000);
            Decision::RetryAt(now.plus_millis(backoff(doublings, jitter).max(least)))
        }
        Trouble::Broken { .. } | Trouble::Uncomputed => {
            Decision::RetryAt(now.plus_millis(backoff(doublings, jitter)))
        }
    }
}

/// 1, 2, 4, 8 s; each from a half less to a half more.
fn backoff(doublings: u32, jitter: f64) -> i64 {
    stretched(1_000 << doublings, 0.5, 1.0, jitter)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a wait of minutes in milliseconds is far from both limits"
)]
fn stretched(millis: i64, from: f64, by: f64, jitter: f64) -> i64 {
    (millis as f64 * (from + by * jitter.clamp(0.0, 1.0))) as i64
}

/// What an answer's headers say of waiting.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Headers<'a> {
    /// `Retry-After`: a number of seconds or a date; mostly missing.
    pub(crate) retry_after: Option<&'a str>,
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: Option<&'a str>,
    /// `X-RateLimit-Reset`: seconds that remain, not an epoch.
    pub(crate) reset: Option<&'a str>,
    /// `Date`, read.
    pub(crate) server_time: Option<Instant>,
}

impl Headers<'_> {
    /// The seconds to wait. While requests remain, a reset is not what is waited for: Bitbucket's
    /// edge also refuses bursts.
    pub(crate) fn hint(&self, now: Instant) -> Option<i64> {
        let seconds = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n >= 0);
        let asked = self.retry_after.and_then(|text| {
            seconds(text).or_else(|| {
                // Counted from the server's own time: its clock and ours may differ.
                let from = self.server_time.unwrap_or(now);
                http_date(text).map(|date| date.seconds_since(from).max(1))
            })
        });
        let remaining = self.remaining.and_then(seconds).unwrap_or(0);
        asked.or_else(|| self.reset.filter(|_| remaining == 0).and_then(seconds))
    }
}

/// Reads a date as HTTP headers write it.
pub(crate) fn http_date(text: &str) -> Option<Instant> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Instant::from_seconds(i64::try_from(since.as_secs()).ok()?))
}

/// The requests an hour allows, from `X-RateLimit-Limit`: `1000`, or a list such as
/// `60, 60;w=3600`. A limit for another time than an hour is none of the budget's.
pub(crate) fn stated_limit(text: &str) -> Option<u32> {
    let of_another_time = text
        .split([',', ';'])
        .filter_map(|part| part.trim().strip_prefix("w="))
        .any(|window| window != "3600");
    if of_another_time {
        return None;
    }
    text.split([',', ';']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: fn() -> Instant = || Instant::from_seconds(1_700_000_000);

    fn wait(attempt: u32, trouble: &Trouble, jitter: f64) -> Option<i64> {
        match decide(attempt, trouble, 3_600, NOW(), jitter) {
            Decision::RetryAt(until) => Some(until.millis_since(NOW())),
            Decision::GiveUp => None,
        }
    }

    #[test]
    fn a_failing_server_is_tried_five_times_ever_more_slowly() {
        for trouble in [
            Trouble::Server {
                status: 555,
                hint: None,
            },
            Trouble::Broken {
                what: String::new(),
            },
        ] {
            let waits: Vec<_> = (1..=5)
                .map(|attempt| wait(attempt, &trouble, 0.5))
                .collect();
            assert_eq!(
                waits,
                [Some(1_000), Some(2_000), Some(4_000), Some(8_000), None]
            );
            assert_eq!(wait(1, &trouble, 0.0), Some(500));
            assert_eq!(wait(1, &trouble, 1.0), Some(1_500));
        }
        let asked = Trouble::Server {
            status: 503,
            hint: Some(20),
        };
        assert_eq!(wait(1, &asked, 0.5), Some(20_000));
        assert_eq!(wait(5, &asked, 0.5), None);
    }

    #[test]
    fn what_took_too_long_to_compute_is_tried_twice() {
        let trouble = Trouble::Uncomputed;
        assert_eq!(wait(1, &trouble, 0.5), Some(1_000));
        assert_eq!(wait(2, &trouble, 0.5), None);
        assert_eq!(trouble.status(), Some(555));
    }

    #[test]
    fn a_rate_limit_is_waited_for_as_long_as_it_takes() {
        let silent = Trouble::RateLimited { hint: None };
        let waits: Vec<_> = [1, 2, 3, 4, 5, 50, u32::MAX]
            .into_iter()
            .map(|attempt| wait(attempt, &silent, 0.0).unwrap() / 1_000)
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 300, 300, 300]);
        assert_eq!(wait(1, &silent, 1.0), Some(36_000));
        for (hint, seconds) in [(0, 1), (7, 7), (745, 745), (i64::MAX, 24 * 3_600)] {
            let told = Trouble::RateLimited { hint: Some(hint) };
            assert_eq!(wait(9, &told, 0.7), Some(seconds * 1_000));
        }
    }

    #[test]
    fn a_short_window_shortens_the_waits() {
        let silent = Trouble::RateLimited { hint: None };
        for attempt in 1..9 {
            let Decision::RetryAt(until) = decide(attempt, &silent, 6, NOW(), 0.0) else {
                panic!("a rate limit is never given up on");
            };
            assert_eq!(until.seconds_since(NOW()), 1);
        }
    }

    #[test]
    fn headers_say_how_long() {
        let date = "Tue, 14 Nov 2023 22:23:20 GMT"; // ten minutes after NOW
        let some = |retry_after, remaining, reset| Headers {
            retry_after,
            remaining,
            reset,
            server_time: None,
        };
        for (headers, expected) in [
            (some(None, None, None), None),
            (some(Some("120"), None, None), Some(120)),
            (some(Some(date), None, None), Some(600)),
            (some(Some("soon"), None, Some("745")), Some(745)),
            (some(Some("3"), Some("0"), Some("745")), Some(3)),
            (some(None, Some("0"), Some("745")), Some(745)),
            (some(None, Some("12"), Some("745")), None),
            (some(Some("-4"), None, Some("x")), None),
        ] {
            assert_eq!(headers.hint(NOW()), expected, "{headers:?}");
        }
        // A server whose clock is off says the same.
        let skewed = Headers {
            server_time: http_date("Tue, 14 Nov 2023 22:22:20 GMT"),
            ..some(Some(date), None, None)
        };
        assert_eq!(skewed.hint(NOW()), Some(60));
    }

    #[test]
    fn the_limit_may_be_written_as_a_list() {
        assert_eq!(stated_limit("60, 60;w=3600"), Some(60));
        assert_eq!(stated_limit("1000"), Some(1_000));
        assert_eq!(stated_limit("20;w=1"), None);
        assert_eq!(stated_limit("many"), None);
    }
}
