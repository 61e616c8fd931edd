//! The several ways in which dates are written.

use chrono::{FixedOffset, SecondsFormat};
use model::Instant;

/// As the core of the API writes them: an offset and six digits, or none when they are all zero.
pub(super) fn core(at: Instant) -> String {
    let format = if at.micros() % 1_000_000 == 0 {
        "%Y-%m-%dT%H:%M:%S+00:00"
    } else {
        "%Y-%m-%dT%H:%M:%S%.6f+00:00"
    };
    at.to_chrono().format(format).to_string()
}

/// As commits have them: whole seconds in their author's own time zone.
pub(super) fn commit(at: Instant, hours_ahead: i64) -> String {
    let seconds = i32::try_from(hours_ahead * 3_600).unwrap_or(0);
    match FixedOffset::east_opt(seconds) {
        Some(zone) => at
            .to_chrono()
            .with_timezone(&zone)
            .to_rfc3339_opts(SecondsFormat::Secs, false),
        None => core(at),
    }
}

/// As pipelines write them: `Z`, and only the digits that are needed, up to nine.
pub(super) fn pipeline(at: Instant) -> String {
    let whole = at.to_chrono().format("%Y-%m-%dT%H:%M:%S").to_string();
    let micros = at.micros().rem_euclid(1_000_000);
    let mut digits = format!("{micros:06}");
    if micros % 11 == 7 {
        // Some dates are known to the nanosecond.
        digits.push_str("413");
    }
    match digits.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        digits => format!("{whole}.{digits}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_as_many_digits_as_recorded_ones() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        assert_eq!(
            core(at("2026-01-02T03:04:05.600000Z")),
            "2026-01-02T03:04:05.600000+00:00"
        );
        assert_eq!(
            core(at("2026-01-02T03:04:05Z")),
            "2026-01-02T03:04:05+00:00"
        );
        assert_eq!(
            pipeline(at("2026-01-02T03:04:05.143970Z")),
            "2026-01-02T03:04:05.14397Z"
        );
        assert_eq!(pipeline(at("2026-01-02T03:04:05Z")), "2026-01-02T03:04:05Z");
        assert_eq!(
            pipeline(at("2026-01-02T03:04:05.000007Z")),
            "2026-01-02T03:04:05.000007413Z"
        );
        assert_eq!(
            commit(at("2026-01-02T03:04:05.9Z"), 2),
            "2026-01-02T05:04:05+02:00"
        );
    }
}
