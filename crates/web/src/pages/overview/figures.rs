//! The handful of figures that a team looks at on Monday.

use analysis::{Asked, Figure, Query, Report, ReportName, Today, change};
use chrono::{Datelike, Days, NaiveDate};
use futures_util::future::try_join_all;
use model::Instant;

use crate::pages::reports::day;
use crate::problem::Problem;
use crate::show;
use crate::site::App;

/// How many whole weeks a trend has.
const WEEKS: u64 = 8;

/// A figure, and where its report is.
struct Chosen {
    report: ReportName,
    measure: &'static str,
    name: &'static str,
    /// What is better: more, less, or neither.
    better: Option<bool>,
}

const fn chosen(
    report: ReportName,
    measure: &'static str,
    name: &'static str,
    better: Option<bool>,
) -> Chosen {
    Chosen {
        report,
        measure,
        name,
        better,
    }
}

const CHOSEN: [Chosen; 7] = [
    chosen(ReportName::PullRequests, "merged", "Throughput", None),
    chosen(
        ReportName::PullRequests,
        "cycle_time",
        "Cycle time",
        Some(false),
    ),
    chosen(
        ReportName::Reviews,
        "first_response",
        "First response",
        Some(false),
    ),
    chosen(ReportName::PullRequests, "open_now", "Open now", None),
    chosen(
        ReportName::PullRequests,
        "waiting_for_review_now",
        "Waiting for review now",
        None,
    ),
    chosen(
        ReportName::Pipelines,
        "success_rate",
        "Pipeline success",
        Some(true),
    ),
    chosen(
        ReportName::Dora,
        "deployments",
        "Deployments to production",
        None,
    ),
];

/// A figure for the eye.
pub(super) struct Card {
    pub(super) name: &'static str,
    pub(super) measure: &'static str,
    pub(super) address: String,
    pub(super) text: String,
    pub(super) exact: String,
    pub(super) of: String,
    pub(super) before: Option<String>,
    pub(super) change: String,
    /// Whether the change is good, bad or neither.
    pub(super) tone: &'static str,
    pub(super) thin: bool,
    pub(super) trend: Option<Trend>,
}

/// The whole weeks of late.
pub(super) struct Trend {
    /// Lines through the weeks that have a value, in a field of 100 by 24.
    pub(super) lines: Vec<String>,
    pub(super) last: Option<(String, String)>,
    /// The same in words.
    pub(super) text: String,
}

/// All of them.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) cards: Vec<Card>,
    pub(super) period: String,
    pub(super) complete_to: Option<Instant>,
}

impl Figures {
    pub(super) async fn load(app: &App, today: &Today) -> Result<Self, Problem> {
        let reports = [
            ReportName::PullRequests,
            ReportName::Reviews,
            ReportName::Pipelines,
            ReportName::Dora,
        ];
        let usual = reports.map(|report| (report, asked(report, |_| true)));
        let weeks = last_weeks(today.date());
        let weekly = reports.map(|report| {
            let asked = asked(report, |measure| !measure.ends_with("_now"));
            (report, of_weeks(asked, weeks))
        });
        let all = usual.into_iter().chain(weekly);
        let made = all.map(async |(report, asked)| {
            let mut query = Query::parse(report, &asked, today.date())?;
            // A trend is compared with itself.
            query.compared = query.granularity.is_none();
            analysis::run(&app.db, &query, today).await
        });
        let made: Vec<Report> = try_join_all(made).await?;
        let (usual, weekly) = made.split_at(made.len() / 2);
        let of = |reports: &[Report], name: ReportName| {
            reports.iter().position(|report| report.report == name)
        };
        let cards = CHOSEN.iter().filter_map(|chosen| {
            let report = usual.get(of(usual, chosen.report)?)?;
            let weekly = weekly.get(of(weekly, chosen.report)?)?;
            let figure = report
                .total
                .iter()
                .find(|one| one.measure == chosen.measure)?;
            Some(card(chosen, report, figure, trend(weekly, chosen.measure)))
        });
        Ok(Self {
            cards: cards.collect(),
            period: usual
                .first()
                .map(|report| format!("{} to {}", day(report.period.from), day(report.period.to)))
                .unwrap_or_default(),
            complete_to: usual
                .iter()
                .map(|report| report.freshness.complete_to)
                .min()
                .flatten(),
        })
    }
}

fn asked(report: ReportName, wanted: impl Fn(&str) -> bool) -> Asked {
    let of_report = CHOSEN.iter().filter(|one| one.report == report);
    Asked {
        measures: of_report
            .filter(|one| wanted(one.measure))
            .map(|one| one.measure.to_owned())
            .collect(),
        ..Asked::default()
    }
}

/// The last whole weeks, from Monday to Sunday.
fn last_weeks(today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let back = |day: NaiveDate, days: u64| day.checked_sub_days(Days::new(days)).unwrap_or(day);
    let monday = back(today, u64::from(today.weekday().num_days_from_monday()));
    (back(monday, 7 * WEEKS), back(monday, 1))
}

fn of_weeks(asked: Asked, (from, to): (NaiveDate, NaiveDate)) -> Asked {
    Asked {
        from: Some(from.to_string()),
        to: Some(to.to_string()),
        granularity: Some("week".to_owned()),
        ..asked
    }
}

fn card(chosen: &Chosen, report: &Report, figure: &Figure, trend: Option<Trend>) -> Card {
    let unit = figure.unit;
    let before = figure.previous.as_ref();
    let now = figure.now.headline();
    let rises = now
        .zip(before.and_then(analysis::Number::headline))
        .map(|(now, before)| (now > before, now == before));
    let tone = match (chosen.better, rises) {
        (Some(better), Some((rises, false))) if better == rises => "good",
        (Some(_), Some((_, false))) => "bad",
        _ => "quiet",
    };
    let is_now = chosen.measure.ends_with("_now");
    let address = match report.behind(figure.measure, report.period, None) {
        Some(behind) if is_now => crate::address::address(
            &format!("/{}", behind.listed.as_str()),
            behind
                .question
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        ),
        _ => format!(
            "/reports/{}?measure={}",
            chosen.report.as_str(),
            chosen.measure
        ),
    };
    let thin = figure.now.is_thin(unit);
    Card {
        name: chosen.name,
        measure: chosen.measure,
        address,
        text: figure.now.text(unit),
        exact: now.map(|value| value.to_string()).unwrap_or_default(),
        of: match figure.now.rows {
            0 if !is_now => "there was none in these days".to_owned(),
            rows => rows_of(chosen.measure, rows),
        },
        before: before.map(|before| before.text(unit)),
        change: before
            .map(|before| change(before, &figure.now, unit))
            .unwrap_or_default(),
        tone: if thin { "quiet" } else { tone },
        thin,
        trend,
    }
}

/// How many rows are behind it, in words. A number of rows says so itself.
fn rows_of(measure: &str, rows: u64) -> String {
    let counted = |noun| show::counted(i64::try_from(rows).unwrap_or(i64::MAX), noun);
    match measure {
        "merged" => "pull requests merged".to_owned(),
        "open_now" => "pull requests".to_owned(),
        "waiting_for_review_now" => format!("of {} open", counted("pull request")),
        "success_rate" => format!("of {}", counted("run")),
        "deployments" => "deployments that ended".to_owned(),
        _ => format!("median of {}", counted("pull request")),
    }
}

fn trend(report: &Report, measure: &str) -> Option<Trend> {
    let figures: Vec<(NaiveDate, &Figure)> = report
        .series
        .iter()
        .filter_map(|piece| {
            let figure = piece.figures.iter().find(|one| one.measure == measure)?;
            Some((piece.period.from, figure))
        })
        .collect();
    let values: Vec<Option<f64>> = figures
        .iter()
        .map(|(_, figure)| figure.now.headline())
        .collect();
    let largest = values.iter().flatten().copied().fold(0.0_f64, f64::max);
    if figures.len() < 2 || values.iter().flatten().count() < 2 {
        return None;
    }
    let place = |number: usize, value: f64| {
        let step = 96.0 / (number_of(figures.len()) - 1.0);
        let height = if largest > 0.0 {
            value / largest * 20.0
        } else {
            0.0
        };
        (
            format!("{:.1}", 2.0 + number_of(number) * step),
            format!("{:.1}", 22.0 - height),
        )
    };
    let mut lines: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (number, value) in values.iter().enumerate() {
        match value {
            Some(value) => {
                if let Some(line) = lines.last_mut() {
                    line.push(place(number, *value));
                }
            }
            // A week without a value is a gap, no zero.
            None => lines.push(Vec::new()),
        }
    }
    let words = figures.iter().map(|(from, figure)| {
        let rows = figure.now.rows;
        format!("{from} {} ({rows})", figure.now.text(figure.unit))
    });
    Some(Trend {
        last: lines.last().and_then(|line| line.last().cloned()),
        lines: lines
            .iter()
            .filter(|line| line.len() > 1)
            .map(|line| {
                let points: Vec<String> = line.iter().map(|(x, y)| format!("{x},{y}")).collect();
                points.join(" ")
            })
            .collect(),
        text: format!(
            "Weeks from Monday, with rows: {}",
            words.collect::<Vec<_>>().join("; ")
        ),
    })
}

#[expect(clippy::cast_precision_loss, reason = "there are eight weeks")]
fn number_of(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_made_of_whole_weeks() {
        // A Wednesday.
        let (from, to) = last_weeks("2027-03-31".parse().unwrap());
        assert_eq!(
            (from.to_string(), to.to_string()),
            ("2027-02-01".to_owned(), "2027-03-28".to_owned())
        );
        // On a Monday the week that has just ended is in it.
        let (_, to) = last_weeks("2027-03-29".parse().unwrap());
        assert_eq!(to.to_string(), "2027-03-28");
    }
}
