//! Whether to try again, and when. Pure: the time and the jitter are passed in.

use model::Instant;

/// Attempts at one answer before giving up on a server that fails.
const MOST_FAILURES: u32 = 5;

/// Nobody waits longer than this on one word of a server before asking again, in seconds.
const LONGEST_HINT: i64 = 3_600;

/// What went wrong with an attempt, in a way that may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 429; the seconds to wait where Jira named any.
    RateLimited { hint: Option<i64> },
    /// The server failed; likewise.
    Server { status: u16, hint: Option<i64> },
    /// No whole answer in JSON came.
    Broken { what: String },
}

impl Trouble {
    /// What happened, in words that continue "the last time".
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::RateLimited { .. } => "the rate limit was reached".to_owned(),
            Self::Server { status, .. } => format!("it answered with status {status}"),
            Self::Broken { what } => what.clone(),
        }
    }
}

/// When to try again after the `attempt`-th trouble of a kind (rate limits are counted on their
/// own); `None` to give up. `jitter` is from 0 to 1.
///
/// A rate limit is never given up on: waiting always helps. Where Jira does not say how long, the
/// wait grows from half a minute to five.
pub(crate) fn again(attempt: u32, trouble: &Trouble, now: Instant, jitter: f64) -> Option<Instant> {
    let doublings = attempt.saturating_sub(1).min(16);
    let millis = match trouble {
        Trouble::RateLimited { hint } => {
            let seconds = match hint {
                Some(hint) => (*hint).clamp(1, LONGEST_HINT),
                None => (30 << doublings).min(300),
            };
            // Up to a fifth more: those who were refused together should not return together, and
            // nobody may return early.
            stretched(seconds * 1_000, 1.0, 0.2, jitter)
        }
        Trouble::Server { .. } | Trouble::Broken { .. } if attempt >= MOST_FAILURES => return None,
        Trouble::Server { hint, .. } => {
            let least = hint.unwrap_or(0).clamp(0, LONGEST_HINT) * 1_000;
            backoff(doublings, jitter).max(least)
        }
        Trouble::Broken { .. } => backoff(doublings, jitter),
    };
    Some(now.plus_millis(millis))
}

/// 1, 2, 4, 8 s; each from a half less to a half more.
fn backoff(doublings: u32, jitter: f64) -> i64 {
    stretched(1_000 << doublings, 0.5, 1.0, jitter)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a wait of an hour in milliseconds is far from both limits"
)]
fn stretched(millis: i64, from: f64, by: f64, jitter: f64) -> i64 {
    (millis as f64 * (from + by * jitter.clamp(0.0, 1.0))) as i64
}

/// The seconds that `Retry-After` asks for: a number, or a date, which is counted from the
/// server's own time where it is told.
pub(crate) fn hint(retry_after: &str, server_time: Option<&str>, now: Instant) -> Option<i64> {
    let text = retry_after.trim();
    text.parse::<i64>().ok().filter(|n| *n >= 0).or_else(|| {
        let from = server_time.and_then(http_date).unwrap_or(now);
        http_date(text).map(|date| date.seconds_since(from).max(1))
    })
}

/// Reads a date as HTTP headers write it.
fn http_date(text: &str) -> Option<Instant> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Instant::from_seconds(i64::try_from(since.as_secs()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        Instant::from_seconds(1_700_000_000)
    }

    fn wait(attempt: u32, trouble: &Trouble, jitter: f64) -> Option<i64> {
        again(attempt, trouble, now(), jitter).map(|until| until.millis_since(now()))
    }

    #[test]
    fn a_failing_server_is_tried_five_times_ever_more_slowly() {
        let broken = Trouble::Broken {
            what: String::new(),
        };
        let waits: Vec<_> = (1..=5).map(|attempt| wait(attempt, &broken, 0.5)).collect();
        assert_eq!(
            waits,
            [Some(1_000), Some(2_000), Some(4_000), Some(8_000), None]
        );
        let asked = Trouble::Server {
            status: 503,
            hint: Some(20),
        };
        assert_eq!(wait(1, &asked, 0.0), Some(20_000));
        assert_eq!(wait(5, &asked, 0.0), None);
    }

    #[test]
    fn a_rate_limit_is_waited_for_as_long_as_it_takes_and_never_less_than_asked() {
        let silent = Trouble::RateLimited { hint: None };
        let waits: Vec<_> = [1, 2, 3, 4, 5, 50, u32::MAX]
            .into_iter()
            .map(|attempt| wait(attempt, &silent, 0.0))
            .collect();
        assert_eq!(
            waits,
            [30, 60, 120, 240, 300, 300, 300].map(|seconds| Some(seconds * 1_000))
        );
        for (hint, least, most) in [(0, 1, 2), (95, 95, 114), (i64::MAX, 3_600, 4_320)] {
            let told = Trouble::RateLimited { hint: Some(hint) };
            for jitter in [0.0, 0.3, 1.0] {
                let waited = wait(9, &told, jitter).unwrap();
                assert!(
                    (least * 1_000..=most * 1_000).contains(&waited),
                    "{hint}: {waited}"
                );
            }
        }
    }

    #[test]
    fn a_date_says_how_long_by_the_server_s_own_clock() {
        let date = "Tue, 14 Nov 2023 22:23:20 GMT"; // ten minutes after now
        assert_eq!(hint("120", None, now()), Some(120));
        assert_eq!(hint(date, None, now()), Some(600));
        assert_eq!(
            hint(date, Some("Tue, 14 Nov 2023 22:22:20 GMT"), now()),
            Some(60)
        );
        assert_eq!(
            hint(date, Some("Tue, 14 Nov 2023 23:00:00 GMT"), now()),
            Some(1)
        );
        assert_eq!(hint("-4", None, now()), None);
        assert_eq!(hint("soon", None, now()), None);
    }
}
