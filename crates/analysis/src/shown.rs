//! Figures in words, the same wherever people read them.

use crate::figure::Number;
use crate::measures::Unit;

/// Fewer rows than that say little.
pub const FEW: u64 = 10;

impl Number {
    /// The value, or the median, in words; `-` where there is none.
    pub fn text(&self, unit: Unit) -> String {
        match (self.value, self.spread) {
            (Some(value), _) => shown(value, unit),
            (None, Some(spread)) => whole_number(spread.median, unit),
            (None, None) => "-".to_owned(),
        }
    }

    /// Whether so few rows are behind it that it says little. A count says what it says.
    pub fn is_thin(&self, unit: Unit) -> bool {
        let counted = unit == Unit::Count && self.spread.is_none();
        !counted && (1..FEW).contains(&self.rows)
    }
}

/// How much more or less than before; empty where that cannot be said. Shares differ by points.
pub fn change(before: &Number, now: &Number, unit: Unit) -> String {
    let Some((before, now)) = before.headline().zip(now.headline()) else {
        return String::new();
    };
    if unit == Unit::Share {
        return format!("{:+.1} points", (now - before) * 100.0);
    }
    if before == 0.0 {
        return String::new();
    }
    format!("{:+.0} %", (now / before - 1.0) * 100.0)
}

/// A whole number of a unit in words.
#[expect(clippy::cast_precision_loss, reason = "it is rounded for the eye")]
pub fn whole_number(number: i64, unit: Unit) -> String {
    shown(number as f64, unit)
}

/// A number of a unit in words.
pub fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Seconds => duration(value),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Minutes => format!("{value:.0} min"),
        Unit::Days => format!("{} d", rounded(value)),
        Unit::Count | Unit::Lines => rounded(value),
    }
}

/// A whole number as it is, another with as many digits as tell something.
fn rounded(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

/// Seconds in the two largest units that they fill.
fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "no duration is that long")]
    let seconds = seconds.round() as i64;
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", (seconds + 30) / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (59.4, "59 s"),
            (3_599.0, "60 min"),
            (3_660.0, "1 h 1 min"),
            (90_000.0, "1 d 1 h"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn a_share_changes_by_points_and_nothing_by_no_share() {
        let number = |value| Number {
            rows: 4,
            value,
            spread: None,
        };
        let changed = |before, now, unit| change(&number(before), &number(now), unit);
        assert_eq!(changed(Some(0.5), Some(0.75), Unit::Share), "+25.0 points");
        assert_eq!(changed(Some(4.0), Some(3.0), Unit::Count), "-25 %");
        assert_eq!(changed(Some(0.0), Some(3.0), Unit::Count), "");
        assert_eq!(changed(None, Some(3.0), Unit::Count), "");
    }
}
