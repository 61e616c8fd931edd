//! A report for people.

use std::io::{self, Write};

use analysis::{Bots, Figure, Grouping, Number, Piece, Report, Unit};

use crate::moment;
use crate::output::table::{Align, plain};

/// How many measures a table of groups or pieces shows unless it is told which.
const COLUMNS: usize = 6;

/// Fewer rows than that say little.
const FEW: u64 = 10;

/// Writes it. `chosen` says that somebody named the measures: then each is shown everywhere.
pub(super) fn write(report: &Report, chosen: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", heading(report))?;
    writeln!(out)?;
    writeln!(out, "{}", whole(report))?;
    let shown = if chosen { usize::MAX } else { COLUMNS };
    if !report.series.is_empty() {
        let unit = report
            .granularity
            .map_or("", |granularity| granularity.as_str());
        writeln!(out)?;
        writeln!(
            out,
            "{}",
            wide(unit, shown, report.series.iter().map(of_piece))
        )?;
    }
    if let Some(grouping) = report.grouping {
        writeln!(out)?;
        if report.groups.is_empty() {
            writeln!(out, "There is no {} to show.", grouping.as_str())?;
        } else {
            let rows = report.groups.iter();
            let rows = rows.map(|group| (group.name.clone(), group.figures.as_slice()));
            writeln!(out, "{}", wide(grouping.as_str(), shown, rows))?;
        }
        if !report.series.is_empty() {
            let groups = report.groups.iter();
            let rows = groups.flat_map(|group| {
                let pieces = group.series.iter();
                pieces.map(|piece| {
                    let (days, figures) = of_piece(piece);
                    (format!("{}, {days}", group.name), figures)
                })
            });
            writeln!(out)?;
            writeln!(out, "{}", wide(grouping.as_str(), shown, rows))?;
        }
    }
    for note in notes(report) {
        writeln!(out, "note: {note}")?;
    }
    Ok(())
}

fn heading(report: &Report) -> String {
    let mut text = format!(
        "{}\n{} to {}",
        report.report.title(),
        report.period.from,
        report.period.to
    );
    if let Some(previous) = report.previous {
        text.push_str(&format!(", before: {} to {}", previous.from, previous.to));
    }
    if report.business_hours {
        text.push_str(", in business hours");
    }
    let bots = match report.filters.bots {
        Bots::Exclude => "",
        Bots::Include => ", with bots",
        Bots::Only => ", bots only",
    };
    text.push_str(bots);
    text.push_str(&match report.freshness.complete_to {
        Some(at) => format!("\nEverything up to {} is in it.", moment::shown(at)),
        None => {
            "\nNot everything is imported yet: `windlass status` says what is missing.".to_owned()
        }
    });
    text
}

/// The figures of everything, one to a line.
fn whole(report: &Report) -> String {
    let compared = report.previous.is_some();
    let mut header = vec![
        "measure",
        "rows",
        "value or median",
        "p75",
        "p90",
        "p95",
        "mean",
    ];
    if compared {
        header.extend(["before", "rows before", "change"]);
    }
    let mut align = vec![Align::Right; header.len()];
    if let Some(first) = align.first_mut() {
        *first = Align::Left;
    }
    let rows = report.total.iter().map(|figure| {
        let unit = figure.unit;
        let now = &figure.now;
        let mut row = vec![
            figure.measure.to_owned(),
            now.rows.to_string(),
            headline(now, unit),
        ];
        row.extend(match now.spread {
            None => Default::default(),
            Some(spread) => [
                whole_number(spread.p75, unit),
                whole_number(spread.p90, unit),
                whole_number(spread.p95, unit),
                shown(spread.mean, unit),
            ],
        });
        if compared {
            row.extend(match &figure.previous {
                None => Default::default(),
                Some(before) => [
                    headline(before, unit),
                    before.rows.to_string(),
                    change(before, now, unit),
                ],
            });
        }
        row
    });
    plain(&header, &align, rows)
}

fn of_piece(piece: &Piece) -> (String, &[Figure]) {
    (piece.period.from.to_string(), piece.figures.as_slice())
}

/// A line for each row, a column for each measure, with the number of rows behind what is no count.
fn wide<'a>(
    name: &str,
    columns: usize,
    rows: impl Iterator<Item = (String, &'a [Figure])>,
) -> String {
    let rows: Vec<(String, &[Figure])> = rows.collect();
    let measures = rows.first().map_or(&[][..], |(_, figures)| figures);
    let mut header = vec![name];
    header.extend(measures.iter().take(columns).map(|figure| figure.measure));
    let mut align = vec![Align::Right; header.len()];
    if let Some(first) = align.first_mut() {
        *first = Align::Left;
    }
    let rows = rows.iter().map(|(name, figures)| {
        let mut row = vec![name.clone()];
        row.extend(figures.iter().take(columns).map(|figure| {
            let text = headline(&figure.now, figure.unit);
            if figure.unit == Unit::Count && figure.now.spread.is_none() || text == "-" {
                text
            } else {
                format!("{text} ({})", figure.now.rows)
            }
        }));
        row
    });
    plain(&header, &align, rows)
}

fn notes(report: &Report) -> Vec<String> {
    let mut notes = report.notes.clone();
    let few: Vec<&str> = report
        .total
        .iter()
        .filter(|figure| {
            let counted = figure.unit == Unit::Count && figure.now.spread.is_none();
            !counted && (1..FEW).contains(&figure.now.rows)
        })
        .map(|figure| figure.measure)
        .collect();
    if !few.is_empty() {
        notes.push(format!(
            "fewer than {FEW} rows are behind these, which says little: {}",
            few.join(", ")
        ));
    }
    if matches!(
        report.grouping,
        Some(Grouping::Author | Grouping::Reviewer | Grouping::Person)
    ) {
        notes.push(
            "people are in the order of their names: these figures are no ranking".to_owned(),
        );
    }
    notes
}

fn headline(number: &Number, unit: Unit) -> String {
    match (number.value, number.spread) {
        (Some(value), _) => shown(value, unit),
        (None, Some(spread)) => whole_number(spread.median, unit),
        (None, None) => "-".to_owned(),
    }
}

/// How much more or less than before. Shares differ by points.
fn change(before: &Number, now: &Number, unit: Unit) -> String {
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

#[expect(clippy::cast_precision_loss, reason = "it is rounded for the eye")]
fn whole_number(number: i64, unit: Unit) -> String {
    shown(number as f64, unit)
}

fn shown(value: f64, unit: Unit) -> String {
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
