//! The days on which a time zone's clocks are changed.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::hours::day_number;

/// 1970-01-01, in seconds: from here to 2101-01-01 every change is known.
const FIRST: i64 = 0;
/// See [`FIRST`].
const LAST: i64 = 4_133_980_800;

/// Changes are nowhere closer together than this.
const STEP: i64 = 7 * 86_400;

/// Found once: it takes some thousand look-ups.
static KNOWN: LazyLock<Mutex<HashMap<Tz, Arc<[i64]>>>> = LazyLock::new(Mutex::default);

/// The numbers of the days on which the clocks of this zone are changed, in order: each day that
/// has a reading of the clock next to a change, on either side.
pub(super) fn days(zone: Tz) -> Arc<[i64]> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(zone).or_insert_with(|| find(zone).into()))
}

fn find(zone: Tz) -> Vec<i64> {
    let mut days = Vec::new();
    let mut at = FIRST;
    while at < LAST {
        let next = at + STEP;
        if offset(zone, at) != offset(zone, next) {
            let change = bisect(zone, at, next);
            let (before, after) = (local_day(zone, change - 1), local_day(zone, change));
            days.extend(before.min(after)..=before.max(after));
        }
        at = next;
    }
    days.sort_unstable();
    days.dedup();
    days
}

/// The first second with the offset of `late`.
fn bisect(zone: Tz, mut early: i64, mut late: i64) -> i64 {
    let new = offset(zone, late);
    while late - early > 1 {
        let middle = early + (late - early) / 2;
        if offset(zone, middle) == new {
            late = middle;
        } else {
            early = middle;
        }
    }
    late
}

fn utc(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .naive_utc()
}

/// Seconds by which local time is ahead of UTC.
fn offset(zone: Tz, seconds: i64) -> i64 {
    let offset = zone.offset_from_utc_datetime(&utc(seconds));
    i64::from(offset.fix().local_minus_utc())
}

fn local_day(zone: Tz, seconds: i64) -> i64 {
    day_number(utc(seconds + offset(zone, seconds)).date())
}
