//! The run that is under way.

use model::Instant;
use serde::{Deserialize, Serialize};

use crate::engine::{Db, on_pool};
use crate::statements::pages::*;
use crate::{At, RunRecord, StoreError};

/// A run that is under way, for programs.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    /// When it began.
    pub since: Instant,
    /// Why it runs: `asked`, `schedule` or `requested`.
    pub reason: String,
    /// Requests sent.
    pub requests: u64,
    /// The same in a minute.
    pub requests_a_minute: u64,
    /// Records that came.
    pub records: u64,
    /// The part that is done, from 0 to 1.
    pub fraction: f64,
    /// How long it may take yet, as far as that can be told from the part that is done.
    pub seconds_left: Option<i64>,
    /// How far each stream is.
    pub streams: Vec<StreamShare>,
}

/// How far a stream is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StreamShare {
    /// Its name.
    pub stream: String,
    /// The part that is done, from 0 to 1.
    pub fraction: f64,
    /// Requests sent.
    pub requests: u64,
    /// Records that came.
    pub records: u64,
    /// Whether it has come to its end.
    pub ended: bool,
}

/// Less than this tells nothing of the rest.
const TELLING: f64 = 0.02;

impl Running {
    /// From what a run has noted of itself.
    pub fn of(run: &RunRecord, now: Instant) -> Self {
        let progress = run.progress.as_deref().unwrap_or("[]");
        // What another version has noted otherwise is left out.
        let streams: Vec<StreamShare> = serde_json::from_str(progress).unwrap_or_default();
        let seconds = now.seconds_since(run.started_at).max(1);
        let fraction = share(&streams);
        Self {
            since: run.started_at,
            reason: run.reason.clone(),
            requests: run.totals.requests,
            requests_a_minute: run.totals.requests * 60 / u64::try_from(seconds).unwrap_or(1),
            records: streams.iter().map(|stream| stream.records).sum(),
            fraction,
            seconds_left: left(seconds, fraction),
            streams,
        }
    }
}

impl Db {
    /// The run of a connection that is under way. One that was killed has no claims that hold.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn running(
        &self,
        connection: i64,
        now: Instant,
    ) -> Result<Option<Running>, StoreError> {
        let last = self.runs(connection, 1).await?.into_iter().next();
        let Some(last) = last.filter(|run| run.outcome == "running") else {
            return Ok(None);
        };
        let (claims,): (i64,) = on_pool!(self, |pool| sqlx::query_as(CLAIMS_OF_CONNECTION)
            .bind(connection)
            .bind(At(now))
            .fetch_one(pool)
            .await?);
        Ok((claims > 0).then(|| Running::of(&last, now)))
    }
}

/// The part that is done of all streams together, by the requests that each has taken so far.
fn share(streams: &[StreamShare]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a fraction for the eye")]
    let weight = |stream: &StreamShare| stream.requests.max(1) as f64;
    // What a stream will have taken in the end.
    let whole = |stream: &StreamShare| weight(stream) / stream.fraction.clamp(TELLING, 1.0);
    let done: f64 = streams.iter().map(weight).sum();
    let all: f64 = streams.iter().map(whole).sum();
    if all > 0.0 {
        (done / all).min(1.0)
    } else {
        0.0
    }
}

fn left(seconds: i64, fraction: f64) -> Option<i64> {
    if fraction < TELLING {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a span for the eye")]
    let left = seconds as f64 * (1.0 - fraction) / fraction;
    #[expect(clippy::cast_possible_truncation, reason = "a span for the eye")]
    let left = left as i64;
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(fraction: f64, requests: u64) -> StreamShare {
        StreamShare {
            stream: "activity".to_owned(),
            fraction,
            requests,
            records: 0,
            ended: false,
        }
    }

    #[test]
    fn the_rest_is_told_from_what_each_stream_has_taken() {
        assert_eq!(share(&[]), 0.0);
        assert_eq!(share(&[stream(0.5, 10)]), 0.5);
        // One that is done in one request says little beside one that has taken a hundred.
        let of_both = share(&[stream(1.0, 1), stream(0.25, 100)]);
        assert!((0.25..0.26).contains(&of_both), "{of_both}");
        assert_eq!(left(60, 0.5), Some(60));
        assert_eq!(left(60, 0.25), Some(180));
        assert_eq!(left(60, 0.0), None);
    }
}
