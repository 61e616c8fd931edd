//! Repositories: what happens in each, and what has gone quiet.

mod one;

use analysis::{Figure, Period, ReportName};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

pub(super) use one::show as show_one;

use super::segment;
use super::selection::{AccountDays, Selection};
use crate::access::Viewer;
use crate::figures::{FigureList, ShownFigure};
use crate::filters::{Field, FilterForm};
use crate::layout::{Frame, Section, form_status, page};
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;

/// How many repositories a page has, and how many names a form suggests.
const SIZE: usize = 100;
pub(super) const SUGGESTED: usize = 500;

/// What is shown of each.
const COLUMNS: [&str; 6] = [
    "opened",
    "merged",
    "reviews",
    "runs",
    "open_now",
    "waiting_for_review_now",
];

/// The address of a repository's page.
pub(super) fn address_of(full_name: &str) -> String {
    let (workspace, slug) = full_name.split_once('/').unwrap_or(("-", full_name));
    format!("/repositories/{}/{}", segment(workspace), segment(slug))
}

struct Line {
    name: String,
    /// Its page; nothing where what is known of it is only that something happened there.
    address: Option<String>,
    figures: Vec<ShownFigure>,
    /// Days since anything happened.
    quiet_for: Option<i64>,
}

impl Line {
    fn activity(&self) -> String {
        match self.quiet_for {
            Some(0) => "today".to_owned(),
            Some(days) => format!("{} ago", counted(days, "day")),
            None => String::new(),
        }
    }

    fn is_stale(&self) -> bool {
        self.quiet_for.is_some_and(|days| days >= 90)
    }
}

fn quiet_for(figures: &[Figure]) -> Option<i64> {
    let mut figures = figures.iter();
    let age = figures.find(|figure| figure.measure == "days_since_activity")?;
    age.now.spread.map(|spread| spread.median)
}

#[derive(Template)]
#[template(path = "repositories.html")]
struct RepositoriesPage {
    frame: Frame,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    headings: Vec<String>,
    lines: Vec<Line>,
    total: i64,
    start: usize,
    first: String,
    next: Option<String>,
    is_narrowed: bool,
}

/// The fields for days and places that all these pages have.
pub(super) async fn common_fields(
    app: &App,
    selection: &Selection,
    period: Option<Period>,
) -> Result<Vec<Field>, Problem> {
    let projects = app.db.projects().await?;
    let projects = projects.into_iter().map(|(key, name)| {
        let name = Name::of(&name).plain();
        (key, name)
    });
    let mut fields = selection.day_fields(period);
    fields.push(Field::choice(
        "project",
        "Project",
        selection.value("project"),
        projects.collect(),
    ));
    Ok(fields)
}

/// The field for a repository.
pub(super) async fn repository_field(app: &App, selection: &Selection) -> Result<Field, Problem> {
    let known = app.db.named_repositories().await?;
    let known = known.into_iter().map(|(_, name)| name).take(SUGGESTED);
    Ok(Field::text(
        "repository",
        "Repository",
        selection.value("repository"),
        known.collect(),
    ))
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    selection: Selection,
) -> Result<Response, Problem> {
    let days = AccountDays::load(&app).await?;
    let made = days
        .report(&app, ReportName::Repositories, &selection.asked())
        .await?;
    let report = made.as_ref().ok();
    let mut fields = common_fields(&app, &selection, report.map(|one| one.period)).await?;
    let wanted = selection.value("name").to_lowercase();
    fields.push(Field::text(
        "name",
        "Name has",
        selection.value("name"),
        Vec::new(),
    ));
    let groups = report.iter().flat_map(|report| &report.groups);
    let all: Vec<Line> = groups
        .filter(|group| group.name.to_lowercase().contains(&wanted))
        .map(|group| Line {
            address: group.id.as_ref().map(|_| address_of(&group.name)),
            name: group.name.clone(),
            figures: ShownFigure::of_measures(&group.figures, &COLUMNS),
            quiet_for: quiet_for(&group.figures),
        })
        .collect();
    let total = all.len();
    let start = selection.number("start").unwrap_or(0).min(total);
    let lines: Vec<Line> = all.into_iter().skip(start).take(SIZE).collect();
    let end = start + lines.len();
    let path = "/repositories";
    let status = form_status(made.is_err());
    let html = page(&RepositoriesPage {
        frame: Frame::new(&viewer.reader, Some(Section::Repositories), "Repositories"),
        form: FilterForm {
            action: path.to_owned(),
            fields,
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| {
            let wanted = [
                "repositories",
                "stale_repositories",
                "opened",
                "merged",
                "contributors",
                "open_now",
            ];
            FigureList::of(report, &wanted)
        }),
        headings: COLUMNS
            .iter()
            .map(|name| crate::figures::title(name))
            .collect(),
        next: (end < total).then(|| selection.address(path, "start", Some(&end.to_string()))),
        first: selection.address(path, "start", None),
        lines,
        total: i64::try_from(total).unwrap_or(i64::MAX),
        start,
        is_narrowed: !wanted.is_empty() || !selection.value("project").is_empty(),
    })?;
    Ok((status, html).into_response())
}
