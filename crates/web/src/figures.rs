//! Figures of reports for the eye, each with how many rows stand behind it.

use analysis::{Figure, Measure, Report, Unit, change, measures, shown};
use askama::Template;
use askama::filters::HtmlSafe;

use crate::show;

/// A figure in words.
#[derive(Clone, Debug)]
pub(crate) struct ShownFigure {
    pub(crate) measure: &'static str,
    pub(crate) title: String,
    /// As it reads; empty where nothing can be said.
    pub(crate) text: String,
    /// As a program reads it: seconds, a part of 1.
    pub(crate) exact: String,
    pub(crate) rows: u64,
    /// A plain count says by itself of how many it is.
    pub(crate) is_count: bool,
    pub(crate) is_thin: bool,
    pub(crate) before: Option<String>,
    pub(crate) change: String,
}

impl ShownFigure {
    pub(crate) fn of(figure: &Figure) -> Self {
        let (now, unit) = (&figure.now, figure.unit);
        let headline = now.headline();
        let before = figure.previous.as_ref();
        Self {
            measure: figure.measure,
            title: title(figure.measure),
            text: headline.map(|value| words(value, unit)).unwrap_or_default(),
            exact: headline.map(|value| value.to_string()).unwrap_or_default(),
            rows: now.rows,
            is_count: unit == Unit::Count && now.spread.is_none(),
            is_thin: now.is_thin(unit),
            before: before
                .and_then(|before| before.headline())
                .map(|value| words(value, unit)),
            change: before.map_or_else(String::new, |before| change(before, now, unit)),
        }
    }

    /// The figures of these measures, in this order, as far as they are there.
    pub(crate) fn of_measures(figures: &[Figure], wanted: &[&str]) -> Vec<Self> {
        wanted
            .iter()
            .filter_map(|name| figures.iter().find(|figure| figure.measure == *name))
            .map(Self::of)
            .collect()
    }

    /// What stands behind it, in words.
    pub(crate) fn behind(&self) -> String {
        let rows = i64::try_from(self.rows).unwrap_or(i64::MAX);
        match (self.is_count, self.rows) {
            (true, _) => String::new(),
            (false, 0) => "of no rows".to_owned(),
            (false, _) if self.is_thin => format!("of {} only", show::counted(rows, "row")),
            (false, _) => format!("of {}", show::counted(rows, "row")),
        }
    }
}

/// A number in words; a whole one in groups of three.
fn words(value: f64, unit: Unit) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a count that is whole")]
    match unit {
        Unit::Count | Unit::Lines if value.fract() == 0.0 => show::grouped(value as i64),
        _ => shown(value, unit),
    }
}

/// The name of a measure for people.
pub(crate) fn title(measure: &str) -> String {
    let text = measure.replace('_', " ");
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    first.into_iter().flatten().chain(characters).collect()
}

/// Figures of everything that a report is about, with what they mean.
#[derive(Template)]
#[template(path = "parts/figures.html")]
pub(crate) struct FigureList {
    figures: Vec<ShownFigure>,
    meanings: Vec<&'static Measure>,
    days: String,
    /// Why something is not there, or says little.
    freshness: String,
}

impl HtmlSafe for FigureList {}

impl FigureList {
    /// The figures of these measures.
    pub(crate) fn of(report: &Report, wanted: &[&str]) -> Self {
        Self::made(report, &report.total, wanted)
    }

    /// The same of one group of the report.
    pub(crate) fn made(report: &Report, figures: &[Figure], wanted: &[&str]) -> Self {
        let figures = ShownFigure::of_measures(figures, wanted);
        let mut days = format!("{} to {}", report.period.from, report.period.to);
        if let Some(previous) = report.previous {
            days.push_str(&format!(
                ", compared with {} to {}",
                previous.from, previous.to
            ));
        }
        Self {
            meanings: measures()
                .iter()
                .filter(|measure| figures.iter().any(|figure| figure.measure == measure.name))
                .collect(),
            figures,
            days,
            freshness: freshness(report),
        }
    }
}

/// What is missing of a report, in a sentence; nothing where nothing is.
fn freshness(report: &Report) -> String {
    let fresh = &report.freshness;
    if fresh.unmeasured > 0 {
        let pulls = i64::try_from(fresh.unmeasured).unwrap_or(i64::MAX);
        format!(
            "{} read but not measured yet.",
            show::counted(pulls, "pull request")
        )
    } else if fresh.incomplete > 0 || fresh.complete_to.is_none() {
        "Not everything is imported yet: these figures will grow.".to_owned()
    } else {
        String::new()
    }
}
