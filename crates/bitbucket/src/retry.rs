//! Whether to try again, and when. Pure: the time and the jitter are passed in.

use model::Instant;

/// Attempts at one page before giving up on a server that fails.
const MOST_FAILURES: u32 = 5;

/// Nobody waits longer than this on one word of a server.
const LONGEST_HINT: i64 = 24 * 3_600;

/// What went wrong with an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 429; the seconds to wait where Bitbucket named any.
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
        Trouble::Server { hint, .. } => {
            let least = hint.map_or(0, |hint| hint.clamp(0, LONGEST_HINT) * 1_000);
            Decision::RetryAt(now.plus_millis(backoff(doublings, jitter).max(least)))
        }
        Trouble::Broken { .. } => Decision::RetryAt(now.plus_millis(backoff(doublings, jitter))),
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

/// The seconds that an answer's headers ask to wait. `Retry-After` is a number of seconds or a
/// date; `X-RateLimit-Reset` is seconds that remain (not an epoch), and speaks only while
/// `X-RateLimit-Remaining` is 0 or missing.
pub(crate) fn hint(
    retry_after: Option<&str>,
    reset: Option<&str>,
    server_time: Option<Instant>,
    now: Instant,
) -> Option<i64> {
    let seconds = |text: &str| text.trim().parse::<i64>().ok().filter(|n| *n >= 0);
    if let Some(text) = retry_after {
        if let Some(seconds) = seconds(text) {
            return Some(seconds);
        }
        if let Some(date) = http_date(text) {
            // Counted from the server's own time: its clock and ours may differ.
            return Some(date.seconds_since(server_time.unwrap_or(now)).max(1));
        }
    }
    reset.and_then(seconds)
}

/// Reads a date as HTTP headers write it.
pub(crate) fn http_date(text: &str) -> Option<Instant> {
    let time = httpdate::parse_http_date(text).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Instant::from_seconds(i64::try_from(since.as_secs()).ok()?))
}

/// The requests a window allows, from `X-RateLimit-Limit`: `1000`, or a list such as
/// `60, 60;w=3600`, whose first number it is.
pub(crate) fn stated_limit(text: &str) -> Option<u32> {
    text.split(',').next()?.trim().parse().ok()
}
