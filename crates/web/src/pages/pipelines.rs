//! Pipelines: their runs, and which steps are slow or flaky.

mod steps;

use analysis::ReportName;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use store::ListedRun;

pub(super) use steps::show as steps;

use super::repositories::{common_fields, repository_field};
use super::selection::{AccountDays, Selection};
use crate::access::{Reader, Viewer};
use crate::figures::FigureList;
use crate::filters::{Field, FilterForm};
use crate::layout::{Frame, Section, form_status, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

const PATH: &str = "/pipelines";

const FIGURES: [&str; 8] = [
    "runs",
    "success_rate",
    "runs_failed",
    "pipeline_duration",
    "queue_time",
    "rerun_rate",
    "time_to_green",
    "build_minutes",
];

/// How a run ended, or stands, in a word and a colour.
pub(super) struct RunState {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

impl RunState {
    pub(super) fn of(run: &ListedRun) -> Self {
        let (word, tone) = match (run.result.as_deref(), run.state.as_deref()) {
            (Some("SUCCESSFUL"), _) => ("succeeded", "good"),
            (Some("FAILED"), _) => ("failed", "bad"),
            (Some("ERROR"), _) => ("error", "bad"),
            (Some("STOPPED"), _) => ("stopped", "quiet"),
            (Some("EXPIRED"), _) => ("expired", "quiet"),
            (_, Some("PENDING")) => ("waiting", "busy"),
            (_, Some("COMPLETED")) => ("ended", "quiet"),
            _ => ("running", "busy"),
        };
        Self { word, tone }
    }
}

/// What an outcome in the address stands for, in Bitbucket's words.
const OUTCOMES: [(&str, &[&str]); 4] = [
    ("succeeded", &["SUCCESSFUL"]),
    ("failed", &["FAILED", "ERROR"]),
    ("stopped", &["STOPPED", "EXPIRED"]),
    ("running", &["PENDING", "IN_PROGRESS"]),
];

#[derive(Template)]
#[template(path = "pipelines.html")]
struct PipelinesPage {
    frame: Frame,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    runs: Vec<ListedRun>,
    next: Option<String>,
    newest: Option<String>,
    steps: String,
}

impl PipelinesPage {
    fn repository_of<'a>(&self, run: &'a ListedRun) -> Option<&'a String> {
        run.repository.as_ref()
    }

    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

/// The fields of the form, but for what only runs have.
async fn fields(
    app: &App,
    selection: &Selection,
    period: Option<analysis::Period>,
) -> Result<Vec<Field>, Problem> {
    let mut fields = common_fields(app, selection, period).await?;
    fields.push(repository_field(app, selection).await?);
    let branch = selection.asked().branches.into_iter().next();
    fields.push(Field::text(
        "branch",
        "Branch",
        branch.unwrap_or_default(),
        Vec::new(),
    ));
    Ok(fields)
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    selection: Selection,
) -> Result<Response, Problem> {
    let days = AccountDays::load(&app).await?;
    let made = days
        .report(&app, ReportName::Pipelines, &selection.asked())
        .await?;
    let report = made.as_ref().ok();
    let outcome = selection.value("result");
    let mut results: Vec<String> = Vec::new();
    if let Some((_, words)) = OUTCOMES.iter().find(|(word, _)| *word == outcome) {
        results.extend(words.iter().map(|word| (*word).to_owned()));
    }
    let runs = match report {
        None => Vec::new(),
        Some(report) => {
            let slice = selection.slice(&app, &days, report.period).await?;
            let branches = selection.asked().branches;
            app.db.listed_runs(&slice, &branches, &results).await?
        }
    };
    let mut fields = fields(&app, &selection, report.map(|one| one.period)).await?;
    let outcomes = OUTCOMES.map(|(word, _)| (word.to_owned(), word.to_owned()));
    fields.push(Field::choice(
        "result",
        "Result of the runs listed",
        outcome,
        outcomes.into(),
    ));
    let status = form_status(made.is_err());
    let html = page(&PipelinesPage {
        frame: Frame::new(&viewer.reader, Some(Section::Pipelines), "Pipelines"),
        form: FilterForm {
            action: PATH.to_owned(),
            fields,
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| FigureList::of(report, &FIGURES)),
        next: selection.next(PATH, &runs),
        newest: selection
            .after()
            .map(|_| selection.address(PATH, "before", None)),
        steps: selection.address("/pipelines/steps", "before", None),
        runs,
    })?;
    Ok((status, html).into_response())
}
