//! A point in time as the whole house writes it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: UTC, whole microseconds.
///
/// Its one written form is `YYYY-MM-DDTHH:MM:SS.ffffffZ`, in SQLite, in binds and in JSON. Every
/// digit is always there, so that the text sorts as the time does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A text that is no date that Bitbucket or Jira is known to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInstant;

impl fmt::Display for InvalidInstant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("expected a date such as 2024-05-06T07:08:09.123456+00:00")
    }
}

impl std::error::Error for InvalidInstant {}

/// The years that the written form can hold and PostgreSQL and SQLite agree on.
const FIRST_MICROSECOND: i64 = -62_135_596_800_000_000; // 0001-01-01
const LAST_MICROSECOND: i64 = 253_402_300_799_999_999; // 9999-12-31

impl Instant {
    /// The beginning of time, as far as a database can tell.
    pub const EARLIEST: Self = Self(FIRST_MICROSECOND);

    /// Microseconds since 1970-01-01T00:00:00Z; values outside the years 1 to 9999 are moved to
    /// the nearest end, since no column could hold them.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(FIRST_MICROSECOND, LAST_MICROSECOND))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by whole seconds, negative for the past.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This instant moved by milliseconds, negative for the past.
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_micros(self.0.saturating_add(millis.saturating_mul(1_000)))
    }

    /// Whole seconds from `earlier` to here, rounded down; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }

    /// Milliseconds from `earlier` to here, rounded down; negative when `earlier` is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000)
    }

    /// The calendar day in UTC, as `YYYY-MM-DD`.
    pub fn utc_day(self) -> String {
        self.to_chrono().format("%Y-%m-%d").to_string()
    }

    /// The same instant for calendar work.
    pub fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl From<DateTime<Utc>> for Instant {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_micros(time.timestamp_micros())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            &self
                .to_chrono()
                .to_rfc3339_opts(SecondsFormat::Micros, true),
        )
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Instant {
    type Err = InvalidInstant;

    /// Reads every form that Bitbucket was recorded to write: an offset or `Z`, no fraction or up
    /// to nine digits of it (what is finer than a microsecond is cut), and no zone at all, which
    /// means UTC.
    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time.with_timezone(&Utc).into());
        }
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .map(|time| time.and_utc().into())
            .map_err(|_| InvalidInstant)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Instant;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a date and time")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Instant, E> {
                // The text itself stays out of the error: it comes from outside.
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl std::ops::Sub for Instant {
    type Output = TimeDelta;
    fn sub(self, earlier: Self) -> TimeDelta {
        TimeDelta::microseconds(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recorded_form_of_a_date_is_read() {
        for (written, expected) in [
            (
                "2022-08-12T15:25:31.595898+00:00",
                "2022-08-12T15:25:31.595898Z",
            ),
            ("2015-09-12T08:53:47+00:00", "2015-09-12T08:53:47.000000Z"),
            ("2015-09-12T16:53:47+08:00", "2015-09-12T08:53:47.000000Z"),
            ("2020-11-03T22:14:50.671Z", "2020-11-03T22:14:50.671000Z"),
            ("2023-02-20T08:58:19.14397Z", "2023-02-20T08:58:19.143970Z"),
            ("2023-02-20T08:58:46.096165Z", "2023-02-20T08:58:46.096165Z"),
            (
                "2023-02-20T08:58:46.096165987Z",
                "2023-02-20T08:58:46.096165Z",
            ),
            ("2020-11-03T22:14:50", "2020-11-03T22:14:50.000000Z"),
            ("2020-11-03T22:14:50Z", "2020-11-03T22:14:50.000000Z"),
        ] {
            assert_eq!(
                written.parse::<Instant>().unwrap().to_string(),
                expected,
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2020-13-01T00:00:00Z",
            "2020-11-03",
            "1604441690",
        ] {
            assert_eq!(text.parse::<Instant>(), Err(InvalidInstant), "{text}");
        }
    }

    #[test]
    fn the_written_form_sorts_as_the_time_does() {
        let early = Instant::from_micros(1_000_001);
        let late = Instant::from_micros(1_000_010);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().len(), 27);
        assert_eq!(Instant::from_micros(i64::MAX).to_string().len(), 27);
        assert_eq!(Instant::from_micros(i64::MIN).to_string().len(), 27);
    }
}
