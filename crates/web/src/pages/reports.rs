//! Reports: the list of them, one of them, and what their measures mean.

mod form;
mod view;

use analysis::{Asked, FEW, Query, Report, ReportName, Today, measures};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::access::Viewer;
use crate::address::Asking;
use crate::layout::{Frame, Page, Section, form_status, page};
use crate::problem::Problem;
use crate::show::Exact;
use crate::site::App;
use form::Form;
use view::View;
pub(super) use view::day;

/// A report in the list.
struct Listed {
    name: &'static str,
    heading: &'static str,
    tells: &'static str,
}

/// What a report is called, and what it tells.
fn titled(name: ReportName) -> Listed {
    let (heading, tells) = name.title().split_once(": ").unwrap_or((name.title(), ""));
    let heading = match name {
        ReportName::Dora => "DORA",
        ReportName::Deployments => "Deployments",
        _ => heading,
    };
    let tells = match name {
        ReportName::Deployments => "to every environment",
        _ => tells,
    };
    Listed {
        name: name.as_str(),
        heading,
        tells,
    }
}

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    frame: Frame,
    reports: Vec<Listed>,
}

pub(super) async fn list(viewer: Viewer) -> Page {
    page(&ReportsPage {
        frame: Frame::new(&viewer.reader, Some(Section::Reports), "Reports"),
        reports: ReportName::ALL.into_iter().map(titled).collect(),
    })
}

/// A measure and where it is shown.
struct Definition {
    name: &'static str,
    unit: &'static str,
    text: String,
    reports: Vec<Listed>,
}

#[derive(Template)]
#[template(path = "definitions.html")]
struct DefinitionsPage {
    frame: Frame,
    definitions: Vec<Definition>,
}

pub(super) async fn definitions(viewer: Viewer) -> Page {
    let definitions = measures().iter().map(|measure| {
        let reports = ReportName::ALL.into_iter();
        let has = |report: &ReportName| report.measures().any(|one| one.name == measure.name);
        Definition {
            name: measure.name,
            unit: view::unit_name(measure.unit),
            text: measure.definition.replace('`', ""),
            reports: reports.filter(has).map(titled).collect(),
        }
    });
    page(&DefinitionsPage {
        frame: Frame::new(&viewer.reader, Some(Section::Reports), "Definitions"),
        definitions: definitions.collect(),
    })
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    listed: Listed,
    all: Vec<(Listed, bool)>,
    form: Form,
    /// Why there is no report.
    refused: Option<String>,
    view: Option<View>,
}

impl ReportPage {
    fn few(&self) -> u64 {
        FEW
    }
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (name, as_csv) = match name.strip_suffix(".csv") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let found = ReportName::ALL.into_iter().find(|one| one.as_str() == name);
    let report = found
        .ok_or_else(|| Problem::no_such("There is no such report.", "/reports", "All reports"))?;
    let asking = Asking::read(query.as_deref());
    if as_csv || asking.get("format") == Some("csv") {
        return csv(&app, report, &asking).await;
    }
    let today = Today::load(&app.db, app.now()).await?;
    let mut asked = Asked::read(asking.pairs());
    form::choose_granularity(&mut asked, today.date());
    let made = make(&app, report, &asked, &today, false).await;
    let (made, refused) = match made {
        Ok(made) => (Some(made), None),
        Err(Problem::Refused(why)) => (None, Some(why)),
        Err(problem) => return Err(problem),
    };
    let form = Form::load(&app, report, &asked, &asking, made.as_ref()).await?;
    let listed = titled(report);
    let title = format!("{} report", listed.heading);
    let status = form_status(refused.is_some());
    let html = page(&ReportPage {
        frame: Frame::new(&viewer.reader, Some(Section::Reports), title),
        view: made.map(|report| View::of(&report, &asking)),
        all: ReportName::ALL
            .into_iter()
            .map(|one| (titled(one), one == report))
            .collect(),
        listed,
        form,
        refused,
    })?;
    Ok((status, html).into_response())
}

async fn make(
    app: &App,
    name: ReportName,
    asked: &Asked,
    today: &Today,
    series_of_groups: bool,
) -> Result<Report, Problem> {
    let mut query = Query::parse(name, asked, today.date())?;
    query.series_of_groups = series_of_groups;
    Ok(analysis::run(&app.db, &query, today).await?)
}

/// The same text as the command line writes.
async fn csv(app: &App, name: ReportName, asking: &Asking) -> Result<Response, Problem> {
    let today = Today::load(&app.db, app.now()).await?;
    let mut asked = Asked::read(asking.pairs());
    if asked.granularity.as_deref() == Some("none") {
        asked.granularity = None;
    }
    let report = make(app, name, &asked, &today, true).await?;
    let mut text = Vec::new();
    report.write_csv(&mut text).map_err(|error| {
        tracing::warn!(%error, "a report could not be written");
        Problem::Internal
    })?;
    let file = format!(
        "attachment; filename=\"{}-{}-{}.csv\"",
        name.as_str(),
        report.period.from,
        report.period.to
    );
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}
