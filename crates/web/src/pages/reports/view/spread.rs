//! How values are spread.

use analysis::{Bucket, Distribution, Report, Unit, whole_number};

use super::{Histogram, label, telling};
use crate::address::Asking;
use crate::show;

pub(super) fn histogram(report: &Report, asking: &Asking) -> Option<Histogram> {
    let named = |name: &str| report.distributions.iter().find(|one| one.measure == name);
    let of_telling = || {
        let telling = telling(report.report).iter();
        telling
            .filter_map(|name| named(name))
            .find(|one| one.rows > 0)
    };
    let chosen: &Distribution = asking
        .get("distribution")
        .and_then(named)
        .or_else(of_telling)
        .or_else(|| report.distributions.iter().find(|one| one.rows > 0))
        .or_else(|| report.distributions.first())?;
    let figure = report
        .total
        .iter()
        .find(|one| one.measure == chosen.measure)?;
    let spread = figure.now.spread;
    let text =
        |value: Option<i64>| value.map_or("-".to_owned(), |value| whole_number(value, chosen.unit));
    Some(Histogram {
        label: label(chosen.measure),
        measure: chosen.measure,
        rows: chosen.rows,
        median: text(spread.map(|spread| spread.median)),
        p90: text(spread.map(|spread| spread.p90)),
        thin: figure.now.is_thin(figure.unit),
        buckets: chosen
            .buckets
            .iter()
            .map(|bucket| {
                (
                    bounds(bucket, chosen.unit),
                    bucket.rows,
                    show::count(bucket.rows),
                )
            })
            .collect(),
    })
}

/// The bounds of a bucket in words: the upper one does not belong to it.
fn bounds(bucket: &Bucket, unit: Unit) -> String {
    let words = |value: i64| match (unit, value) {
        (Unit::Seconds, 0) => "0".to_owned(),
        (Unit::Seconds, ..3_600) => format!("{} min", trimmed(value, 60)),
        (Unit::Seconds, 3_600..86_400) => format!("{} h", value / 3_600),
        (Unit::Seconds, _) => format!("{} d", value / 86_400),
        (Unit::Days, _) => format!("{value} d"),
        _ => show::grouped(value),
    };
    match bucket.below {
        None => format!("{} or more", words(bucket.from)),
        Some(below) if unit != Unit::Seconds && below == bucket.from + 1 => words(bucket.from),
        Some(below) if unit == Unit::Seconds => {
            format!("{} – {}", words(bucket.from), words(below))
        }
        Some(below) => format!("{} – {}", words(bucket.from), words(below - 1)),
    }
}

fn trimmed(value: i64, of: i64) -> String {
    if value % of == 0 {
        (value / of).to_string()
    } else {
        "½".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_say_their_bounds() {
        let bucket = |from, below| Bucket {
            from,
            below,
            rows: 1,
        };
        for (bucket, unit, text) in [
            (bucket(0, Some(30)), Unit::Seconds, "0 – ½ min"),
            (bucket(1_800, Some(3_600)), Unit::Seconds, "30 min – 1 h"),
            (bucket(86_400, Some(172_800)), Unit::Seconds, "1 d – 2 d"),
            (bucket(4_838_400, None), Unit::Seconds, "56 d or more"),
            (bucket(2, Some(3)), Unit::Count, "2"),
            (bucket(100, Some(250)), Unit::Lines, "100 – 249"),
        ] {
            assert_eq!(bounds(&bucket, unit), text);
        }
    }
}
