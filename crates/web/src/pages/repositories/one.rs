//! One repository.

use analysis::{Asked, ReportName};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use model::Id;
use store::{ListedDeployment, ListedPull, ListedRepository, ListedRun, Slice};

use crate::access::{Reader, Viewer};
use crate::address::address;
use crate::figures::FigureList;
use crate::filters::FilterForm;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::deployments::Outcome;
use crate::pages::outside;
use crate::pages::pipelines::RunState;
use crate::pages::pull_state::PullState;
use crate::pages::selection::{AccountDays, Selection};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How many of each kind are listed.
const RECENT: i64 = 10;

/// What is shown of it, by report.
const FIGURES: [(ReportName, &str, &[&str]); 3] = [
    (
        ReportName::Repositories,
        "Activity",
        &[
            "opened",
            "merged",
            "unreviewed_merges",
            "contributors",
            "reviews",
            "open_now",
            "waiting_for_review_now",
            "days_since_activity",
        ],
    ),
    (
        ReportName::Pipelines,
        "Pipelines",
        &["runs", "success_rate", "pipeline_duration", "build_minutes"],
    ),
    (
        ReportName::Deployments,
        "Deployments",
        &["deployments", "change_failure_rate", "time_to_restore"],
    ),
];

#[derive(Template)]
#[template(path = "repository.html")]
struct RepositoryPage {
    frame: Frame,
    repository: ListedRepository,
    source_url: Option<String>,
    form: FilterForm,
    problem: Option<String>,
    sections: Vec<(&'static str, FigureList)>,
    pulls: Vec<ListedPull>,
    runs: Vec<ListedRun>,
    deployments: Vec<ListedDeployment>,
    all_pulls: String,
    all_runs: String,
    all_deployments: String,
}

impl RepositoryPage {
    /// All runs are this repository's: it need not be said of each.
    fn repository_of(&self, _: &ListedRun) -> Option<&String> {
        None
    }

    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path((workspace, slug)): Path<(String, String)>,
    selection: Selection,
) -> Result<Response, Problem> {
    let full_name = format!("{workspace}/{slug}");
    let repository = app.db.listed_repository(&full_name).await?;
    let repository = repository.ok_or_else(|| {
        Problem::no_such(
            "No repository of this name is imported. It may have been renamed.",
            "/repositories",
            "Repositories",
        )
    })?;
    let days = AccountDays::load(&app).await?;
    let asked = Asked {
        // By its number: one that was deleted may have had the same name.
        repositories: vec![repository.id.to_string()],
        group_by: Some("none".to_owned()),
        from: selection.asked().from,
        to: selection.asked().to,
        ..Asked::default()
    };
    let (mut sections, mut problem, mut period) = (Vec::new(), None, None);
    for (name, heading, measures) in FIGURES {
        match days.report(&app, name, &asked).await? {
            Ok(report) => {
                period = Some(report.period);
                sections.push((heading, FigureList::of(&report, measures)));
            }
            Err(flaw) => problem = Some(flaw),
        }
    }
    let slice = Slice {
        repositories: Some(vec![repository.id]),
        from: model::Instant::from_seconds(0),
        until: days.begins(days.today()).plus_seconds(3 * 86_400),
        after: None,
        limit: RECENT,
    };
    let mut own: Vec<(&str, &str)> = vec![("repository", &full_name)];
    for name in ["from", "to"] {
        let value = selection.value(name);
        if !value.is_empty() {
            own.push((name, value));
        }
    }
    let id = Id(repository.id);
    let status = form_status(problem.is_some());
    let html = page(&RepositoryPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::Repositories),
            Name::of(&full_name).plain(),
        ),
        source_url: outside(repository.source_url.as_deref()),
        form: FilterForm {
            action: super::address_of(&full_name),
            fields: selection.day_fields(period),
        },
        problem,
        sections,
        pulls: app.db.recent_pulls_of_repository(id, RECENT).await?,
        runs: app.db.listed_runs(&slice, &[], &[]).await?,
        deployments: app.db.listed_deployments(&slice, &[], &[]).await?,
        all_pulls: address("/pull-requests", own.clone()),
        all_runs: address("/pipelines", own.clone()),
        all_deployments: address("/deployments", own),
        repository,
    })?;
    Ok((status, html).into_response())
}
