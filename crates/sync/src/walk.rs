//! What the walks over listings share: the cursors that outlive a killed run.

use bitbucket::ClientError;
use model::Instant;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::run::Stop;

/// Reads a stored cursor; one that is not understood (an older version wrote it) begins anew.
pub(crate) fn read_cursor<C: DeserializeOwned>(stored: Option<&str>) -> Option<C> {
    stored.and_then(|text| serde_json::from_str(text).ok())
}

/// Whether a stored walk is to go on: one that was to read everything serves every purpose, any
/// other only where everything was not asked for.
pub(crate) fn goes_on(full_walk: bool, full_wanted: bool) -> bool {
    full_walk || !full_wanted
}

/// A cursor as it is stored.
pub(crate) fn write_cursor<C: Serialize>(cursor: &C) -> Option<String> {
    serde_json::to_string(cursor).ok()
}

/// How often one walk may begin anew before its stream fails.
const RESTARTS: u32 = 3;

/// Counts how often a walk began anew.
#[derive(Default)]
pub(crate) struct Restarts(u32);

impl Restarts {
    /// Whether the walk is to begin anew after this error; else the error.
    pub(crate) fn after(&mut self, error: ClientError) -> Result<(), Stop> {
        let stale = matches!(
            error,
            ClientError::InvalidPage { .. } | ClientError::ForeignNext { .. }
        );
        self.0 += 1;
        if stale && self.0 <= RESTARTS {
            Ok(())
        } else {
            Err(error.into())
        }
    }
}

/// A part of a whole, for progress.
pub(crate) fn fraction(done: u64, all: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a fraction for the eye")]
    if all == 0 {
        1.0
    } else {
        done as f64 / all as f64
    }
}

/// How far a walk from `newest` back to `oldest` is when it has come to `reached`.
pub(crate) fn time_fraction(newest: Instant, oldest: Instant, reached: Instant) -> f64 {
    let seconds = |from: Instant, to: Instant| u64::try_from(to.seconds_since(from)).unwrap_or(0);
    fraction(seconds(reached, newest), seconds(oldest, newest))
}
