//! A report for the eye: its figures, its series, how values are spread, its groups.

mod groups;
mod series;
mod spread;

use analysis::{
    Figure, Granularity, Group, Number, Period, Report, ReportName, Unit, change, shown,
    whole_number,
};
use chrono::{Datelike, NaiveDate};

use crate::address::{Asking, address};
use crate::show::{self, Name};
use groups::groups;
use series::{is_cut, series};
use spread::histogram;

/// How many groups a page has.
const GROUPS: usize = 50;
/// How many pieces of a series a table has: the last ones.
const PIECES: usize = 100;
/// How many measures the table of groups has, unless they are chosen.
const COLUMNS: usize = 6;
/// How many series are drawn, at most.
const CHARTS: usize = 6;
/// More groups than that are not drawn.
const DRAWN: usize = 25;

/// A report for the eye.
pub(super) struct View {
    pub(super) period: String,
    pub(super) previous: Option<String>,
    pub(super) complete_to: Option<model::Instant>,
    pub(super) incomplete: u64,
    pub(super) business_hours: bool,
    pub(super) notes: Vec<String>,
    pub(super) figures: Vec<Row>,
    pub(super) series: Vec<Series>,
    /// Series without any row, by name.
    pub(super) nothing_of: String,
    pub(super) unit: &'static str,
    pub(super) earlier_pieces: usize,
    pub(super) is_cut: bool,
    pub(super) histogram: Option<Histogram>,
    pub(super) groups: Option<Groups>,
    pub(super) is_empty: bool,
}

/// A figure of everything.
pub(super) struct Row {
    pub(super) measure: &'static str,
    pub(super) label: String,
    pub(super) definition: String,
    pub(super) rows: String,
    pub(super) behind: Option<String>,
    pub(super) value: Cell,
    pub(super) spread: Option<[String; 4]>,
    pub(super) before: Option<(String, String)>,
    pub(super) change: String,
    pub(super) thin: bool,
}

/// A number: in words, and exactly.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) exact: String,
    pub(super) behind: Option<String>,
    pub(super) rows: Option<String>,
    pub(super) thin: bool,
}

/// A measure over time.
pub(super) struct Series {
    pub(super) measure: &'static str,
    pub(super) label: String,
    pub(super) unit: &'static str,
    /// What it is drawn as.
    pub(super) kind: &'static str,
    /// Which columns are drawn.
    pub(super) columns: &'static str,
    pub(super) heads: &'static [&'static str],
    pub(super) lines: Vec<Line>,
}

/// A line of a table.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) rows: String,
    pub(super) cells: Vec<Cell>,
}

/// How values are distributed.
pub(super) struct Histogram {
    pub(super) label: String,
    pub(super) measure: &'static str,
    pub(super) rows: u64,
    pub(super) median: String,
    pub(super) p90: String,
    pub(super) thin: bool,
    pub(super) buckets: Vec<(String, u64, String)>,
}

/// The groups.
pub(super) struct Groups {
    pub(super) by: &'static str,
    pub(super) of_people: bool,
    pub(super) heads: Vec<(String, String)>,
    pub(super) lines: Vec<GroupLine>,
    /// What is drawn, unless it would rank people or be too much.
    pub(super) drawn: Option<(String, &'static str)>,
    pub(super) total: usize,
    pub(super) first: usize,
    pub(super) earlier: Option<String>,
    pub(super) later: Option<String>,
}

/// A group.
pub(super) struct GroupLine {
    pub(super) name: Name,
    pub(super) cells: Vec<Cell>,
}

/// The name of a measure as people write it.
pub(super) fn label(measure: &str) -> String {
    let text = measure.replace('_', " ");
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => text,
    }
}

/// What a unit is, for people.
pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "number",
        Unit::Seconds => "time",
        Unit::Minutes => "minutes",
        Unit::Days => "days",
        Unit::Share => "share",
        Unit::Lines => "lines",
    }
}

/// The measures that tell most of a report over time.
fn telling(report: ReportName) -> &'static [&'static str] {
    match report {
        ReportName::PullRequests => &["merged", "cycle_time", "pickup_time", "review_time"],
        ReportName::Reviews => &[
            "reviews",
            "first_response",
            "review_turnaround",
            "unreviewed_merges",
        ],
        ReportName::Pipelines => &["runs", "success_rate", "pipeline_duration", "queue_time"],
        ReportName::Deployments => &["deployments", "change_failure_rate", "time_to_restore"],
        ReportName::Dora => &[
            "deployments",
            "lead_time",
            "change_failure_rate",
            "time_to_restore",
        ],
        ReportName::Repositories => &["opened", "merged", "reviews", "runs"],
        ReportName::People => &["opened", "merged", "reviews", "cycle_time"],
    }
}

/// A measure and where the rows behind it are.
fn behind(
    report: &Report,
    figure: &Figure,
    period: Period,
    group: Option<&Group>,
) -> Option<String> {
    if figure.now.rows == 0 {
        return None;
    }
    let behind = report.behind(figure.measure, period, group)?;
    let question = behind.question.iter();
    Some(address(
        &format!("/{}", behind.listed.as_str()),
        question.map(|(name, value)| (*name, value.as_str())),
    ))
}

fn exact(number: &Number) -> String {
    number
        .headline()
        .map(|value| value.to_string())
        .unwrap_or_default()
}

impl Cell {
    fn headline(figure: &Figure, behind: Option<String>) -> Self {
        let counted = figure.unit == Unit::Count && figure.now.spread.is_none();
        let said = figure.now.headline().is_some();
        Self {
            text: figure.now.text(figure.unit),
            exact: exact(&figure.now),
            rows: (!counted && said).then(|| show::count(figure.now.rows)),
            thin: figure.now.is_thin(figure.unit),
            behind,
        }
    }

    fn of(value: i64, unit: Unit, thin: bool) -> Self {
        Self {
            text: whole_number(value, unit),
            exact: value.to_string(),
            behind: None,
            rows: None,
            thin,
        }
    }

    fn none() -> Self {
        Self {
            text: "-".to_owned(),
            exact: String::new(),
            behind: None,
            rows: None,
            thin: false,
        }
    }
}

impl View {
    pub(super) fn of(report: &Report, asking: &Asking) -> Self {
        let days = |period: Period| format!("{} to {}", day(period.from), day(period.to));
        let (series, nothing): (Vec<Series>, Vec<Series>) = series(report)
            .into_iter()
            .partition(|one| one.lines.iter().any(|line| line.rows != "0"));
        let nothing: Vec<String> = nothing.into_iter().map(|one| one.label).collect();
        Self {
            period: days(report.period),
            previous: report.previous.map(days),
            complete_to: report.freshness.complete_to,
            incomplete: report.freshness.incomplete,
            business_hours: report.business_hours,
            notes: report.notes.clone(),
            figures: report
                .total
                .iter()
                .map(|figure| row(report, figure))
                .collect(),
            unit: report.granularity.map_or("", Granularity::as_str),
            earlier_pieces: report.series.len().saturating_sub(PIECES),
            is_cut: report.series.iter().any(|piece| is_cut(report, piece)),
            series,
            nothing_of: nothing.join(", "),
            histogram: histogram(report, asking),
            groups: report
                .grouping
                .map(|grouping| groups(report, grouping, asking)),
            is_empty: report.total.iter().all(|figure| figure.now.rows == 0),
        }
    }
}

fn row(report: &Report, figure: &Figure) -> Row {
    let unit = figure.unit;
    let definition = report
        .measures
        .iter()
        .find(|one| one.name == figure.measure);
    Row {
        measure: figure.measure,
        label: label(figure.measure),
        definition: definition.map_or_else(String::new, |one| one.definition.replace('`', "")),
        rows: show::count(figure.now.rows),
        behind: behind(report, figure, report.period, None),
        value: Cell::headline(figure, None),
        spread: figure.now.spread.map(|spread| {
            [
                whole_number(spread.p75, unit),
                whole_number(spread.p90, unit),
                whole_number(spread.p95, unit),
                shown(spread.mean, unit),
            ]
        }),
        before: figure
            .previous
            .as_ref()
            .map(|before| (before.text(unit), show::count(before.rows))),
        change: figure
            .previous
            .as_ref()
            .map(|before| change(before, &figure.now, unit))
            .unwrap_or_default(),
        thin: figure.now.is_thin(unit),
    }
}

/// A day as people write it.
pub(in crate::pages) fn day(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%b %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_called_as_people_write() {
        assert_eq!(label("open_over_7_days"), "Open over 7 days");
        assert_eq!(day("2027-03-01".parse().unwrap()), "1 Mar 2027");
    }
}
