//! Measures over time.

use analysis::{Figure, Granularity, Period, Piece, Report, Unit};
use chrono::Datelike;

use super::{CHARTS, Cell, Line, PIECES, Series, behind, label, telling};
use crate::show;

/// A piece at either end has fewer days than the others.
pub(super) fn is_cut(report: &Report, piece: &Piece) -> bool {
    let Some(granularity) = report.granularity else {
        return false;
    };
    let whole = match granularity {
        Granularity::Day => return false,
        Granularity::Week => 7,
        Granularity::Month => {
            let next = granularity.start_of(piece.period.from);
            let next = next.checked_add_months(chrono::Months::new(1));
            next.map_or(30, |next| {
                (next - granularity.start_of(piece.period.from)).num_days()
            })
        }
    };
    piece.period.days() < whole
}

pub(super) fn series(report: &Report) -> Vec<Series> {
    let chosen = |measure: &str| {
        let telling = telling(report.report);
        let all = report.measures.len() < report.report.measures().count();
        all || telling.contains(&measure)
    };
    let Some(first) = report.series.first() else {
        return Vec::new();
    };
    let from = report.series.len().saturating_sub(PIECES);
    let pieces = report.series.get(from..).unwrap_or_default();
    first
        .figures
        .iter()
        .enumerate()
        .filter(|(_, figure)| chosen(figure.measure))
        .take(CHARTS)
        .map(|(place, figure)| one_series(report, pieces, place, figure))
        .collect()
}

fn one_series(report: &Report, pieces: &[Piece], place: usize, figure: &Figure) -> Series {
    let measure = figure.measure;
    let is_spread = report
        .distributions
        .iter()
        .any(|one| one.measure == measure);
    let (kind, columns, heads): (_, _, &'static [&'static str]) = if is_spread {
        ("line", "2,3,4", &["Median", "p75", "p90"])
    } else if figure.unit == Unit::Share {
        ("line", "2", &["Value"])
    } else {
        ("bar", "2", &["Value"])
    };
    let lines = pieces.iter().filter_map(|piece| {
        let figure = piece.figures.get(place)?;
        let link = behind(report, figure, piece.period, None);
        let mut cells = vec![Cell {
            rows: None,
            ..Cell::headline(figure, link)
        }];
        if is_spread {
            let (thin, unit) = (figure.now.is_thin(figure.unit), figure.unit);
            cells.extend(match figure.now.spread {
                Some(spread) => [
                    Cell::of(spread.p75, unit, thin),
                    Cell::of(spread.p90, unit, thin),
                ],
                None => [Cell::none(), Cell::none()],
            });
        }
        let star = if is_cut(report, piece) { "*" } else { "" };
        Some(Line {
            label: format!("{}{star}", piece_name(report, piece.period)),
            rows: show::count(figure.now.rows),
            cells,
        })
    });
    Series {
        measure,
        label: label(measure),
        unit: figure.unit.as_str(),
        kind,
        columns,
        heads,
        lines: lines.collect(),
    }
}

/// What a piece of a series is called.
fn piece_name(report: &Report, period: Period) -> String {
    let years = report.period.from.year() != report.period.to.year();
    let from = period.from;
    match report.granularity {
        Some(Granularity::Month) => from.format("%b %Y").to_string(),
        _ if years => from.format("%-d %b %Y").to_string(),
        _ => from.format("%-d %b").to_string(),
    }
}
