//! Dates and spans of time as people write and read them.

use model::Instant;

use crate::progress::span;

/// Reads a day (its beginning, UTC) or an instant.
pub(crate) fn date(text: &str) -> Result<Instant, String> {
    let day = format!("{text}T00:00:00Z");
    day.parse().or_else(|_| text.parse()).map_err(|_| {
        "a date is written as 2027-01-31, or with its time as 2027-01-31T12:00:00Z".to_owned()
    })
}

/// Reads a day, and gives it back as it is stored.
pub(crate) fn day(text: &str) -> Result<String, String> {
    let text = text.trim();
    match format!("{text}T00:00:00Z").parse::<Instant>() {
        Ok(_) if text.len() == 10 => Ok(text.to_owned()),
        _ => Err("a day is written as 2027-01-31".to_owned()),
    }
}

/// Reads a span of time such as `15m`, in seconds.
pub(crate) fn interval(text: &str) -> Result<i64, String> {
    let wrong = || "a time is written as 90s, 15m, 2h or 1d".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: i64 = text
        .strip_suffix(unit)
        .and_then(|number| number.parse().ok())
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(wrong)?;
    Ok(number * seconds)
}

/// An instant for the eye, to the minute.
pub(crate) fn shown(at: Instant) -> String {
    let text = at.to_string();
    match text.get(..16) {
        Some(minute) => format!("{} UTC", minute.replace('T', " ")),
        None => text,
    }
}

/// An instant that may be missing.
pub(crate) fn shown_or(at: Option<Instant>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), shown)
}

/// How long ago, for the eye.
pub(crate) fn ago(at: Instant, now: Instant) -> String {
    format!("{} ago", span(now.seconds_since(at)))
}

/// A span of time as [`interval`] reads it.
pub(crate) fn written(seconds: i64) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds > 0 && seconds % length == 0 {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_intervals_are_read_as_people_write_them() {
        let midnight = date("2027-01-31").unwrap();
        assert_eq!(midnight, date("2027-01-31T00:00:00Z").unwrap());
        assert_eq!(shown(midnight), "2027-01-31 00:00 UTC");
        for wrong in ["", "tomorrow", "2027-02-30", "31.1.2027"] {
            assert!(date(wrong).is_err(), "{wrong}");
        }
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(interval(text), Ok(seconds));
            assert_eq!(written(seconds), text);
        }
        for wrong in ["", "0m", "-1h", "5", "m", "1w", "ten m", "99999d", "5µ"] {
            assert!(interval(wrong).is_err(), "{wrong}");
        }
    }
}
