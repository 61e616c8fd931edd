//! A report for people.

use std::io::{self, Write};

use analysis::{Bots, FEW, Figure, Grouping, Piece, Report, Unit, change, shown, whole_number};

use crate::moment;
use crate::output::table::{Align, plain};

/// How many measures a table of groups or pieces shows unless it is told which.
const COLUMNS: usize = 6;

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
            now.text(unit),
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
                    before.text(unit),
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
            let text = figure.now.text(figure.unit);
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
        .filter(|figure| figure.now.is_thin(figure.unit))
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
