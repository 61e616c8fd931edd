//! Steps of pipelines: the slow ones, and those that fail and then succeed with nothing changed.

use analysis::{FEW, Figure, Group, ReportName};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::fields;
use crate::access::Viewer;
use crate::figures::{FigureList, ShownFigure};
use crate::filters::FilterForm;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::selection::{AccountDays, Selection};
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;

/// How many of each are listed.
const LISTED: usize = 15;

const PATH: &str = "/pipelines/steps";

const COLUMNS: [&str; 4] = [
    "steps",
    "step_duration",
    "step_failure_rate",
    "step_flakiness",
];

/// A step in a list.
struct StepLine {
    name: String,
    figures: Vec<ShownFigure>,
    /// 95 of 100 runs take no longer.
    p95: Option<String>,
}

/// Some steps, the first ones of an order.
struct StepList {
    heading: &'static str,
    /// What is said where there are none.
    none: &'static str,
    lines: Vec<StepLine>,
}

#[derive(Template)]
#[template(path = "pipeline_steps.html")]
struct StepsPage {
    frame: Frame,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    lists: Vec<StepList>,
    thin: usize,
    is_empty: bool,
    runs: String,
}

impl StepsPage {
    fn left_out(&self) -> String {
        counted(i64::try_from(self.thin).unwrap_or(i64::MAX), "step")
    }
}

fn figure<'a>(group: &'a Group, name: &str) -> Option<&'a Figure> {
    group.figures.iter().find(|figure| figure.measure == name)
}

fn rows(group: &Group) -> u64 {
    figure(group, "steps").map_or(0, |figure| figure.now.rows)
}

fn line(group: &Group) -> StepLine {
    let p95 = figure(group, "step_duration").and_then(|figure| {
        let spread = figure.now.spread?;
        Some(analysis::whole_number(spread.p95, figure.unit))
    });
    StepLine {
        name: group.name.clone(),
        figures: ShownFigure::of_measures(&group.figures, &COLUMNS),
        p95,
    }
}

/// The groups by a figure of theirs, the largest first, without those where it is nothing.
fn largest(groups: &[&Group], name: &str) -> Vec<StepLine> {
    let mut found: Vec<(f64, &Group)> = groups
        .iter()
        .filter_map(|group| Some((figure(group, name)?.now.headline()?, *group)))
        .filter(|(value, _)| *value > 0.0)
        .collect();
    found.sort_by(|(one, first), (other, second)| {
        other
            .total_cmp(one)
            .then_with(|| first.name.cmp(&second.name))
    });
    let found = found.into_iter().take(LISTED);
    found.map(|(_, group)| line(group)).collect()
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    selection: Selection,
) -> Result<Response, Problem> {
    let days = AccountDays::load(&app).await?;
    let mut asked = selection.asked();
    asked.group_by = Some("step".to_owned());
    let made = days.report(&app, ReportName::Pipelines, &asked).await?;
    let report = made.as_ref().ok();
    let groups: Vec<&Group> = report.iter().flat_map(|report| &report.groups).collect();
    let groups = groups.into_iter().filter(|group| rows(group) > 0);
    let (enough, few): (Vec<&Group>, Vec<&Group>) = groups.partition(|group| rows(group) >= FEW);
    let lists = vec![
        StepList {
            heading: "The slowest",
            none: "No step took any time.",
            lines: largest(&enough, "step_duration"),
        },
        StepList {
            heading: "The flakiest",
            none: "No step failed that succeeded for the same commit too.",
            lines: largest(&enough, "step_flakiness"),
        },
    ];
    let status = form_status(made.is_err());
    let html = page(&StepsPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::Pipelines),
            "Slow and flaky steps",
        ),
        form: FilterForm {
            action: PATH.to_owned(),
            fields: fields(&app, &selection, report.map(|one| one.period)).await?,
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| FigureList::of(report, &COLUMNS)),
        lists,
        thin: few.len(),
        is_empty: enough.is_empty() && few.is_empty(),
        runs: selection.address("/pipelines", "before", None),
    })?;
    Ok((status, html).into_response())
}
