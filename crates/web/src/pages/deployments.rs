//! Deployments, and what each of them carried.

mod one;

use std::collections::HashMap;

use analysis::ReportName;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use store::{CarriedPull, DeploymentRule, ListedDeployment};

pub(super) use one::show as show_one;

use super::repositories::{SUGGESTED, common_fields, repository_field};
use super::selection::{AccountDays, Selection};
use crate::access::{Reader, Viewer};
use crate::figures::FigureList;
use crate::filters::{Field, FilterForm};
use crate::layout::{Frame, Section, form_status, page};
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;

const PATH: &str = "/deployments";

/// How many of the pull requests that one carried are named in the list.
const NAMED: i64 = 3;

const FIGURES: [&str; 5] = [
    "deployments",
    "deployments_successful",
    "deployment_frequency",
    "change_failure_rate",
    "time_to_restore",
];

/// What became of a deployment, in a word and a colour.
pub(super) struct Outcome {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

impl Outcome {
    pub(super) fn of(one: &ListedDeployment) -> Self {
        let (word, tone) = match (one.success, one.rolled_back, one.failed) {
            (Some(true), true, _) => ("rolled back", "bad"),
            (Some(true), false, true) => ("brought an incident", "bad"),
            (Some(true), ..) => ("succeeded", "good"),
            (_, _, true) => ("failed", "bad"),
            _ => ("did not take place", "quiet"),
        };
        Self { word, tone }
    }
}

#[derive(Template)]
#[template(path = "deployments.html")]
struct DeploymentsPage {
    frame: Frame,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    deployments: Vec<ListedDeployment>,
    carried: HashMap<i64, Vec<CarriedPull>>,
    next: Option<String>,
    newest: Option<String>,
    rules: Vec<DeploymentRule>,
    may_change: bool,
}

impl DeploymentsPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    /// The type of the environment, where its name does not say the same.
    fn kind_of<'a>(&self, one: &'a ListedDeployment) -> Option<&'a String> {
        let kind = one.environment_type.as_ref();
        kind.filter(|kind| one.environment.as_ref() != Some(kind))
    }

    fn rules_in_words(&self) -> String {
        counted(i64::try_from(self.rules.len()).unwrap_or(i64::MAX), "rule")
    }

    fn carried_by(&self, one: &ListedDeployment) -> &[CarriedPull] {
        self.carried.get(&one.id).map_or(&[], Vec::as_slice)
    }

    /// How many it carried that are not named.
    fn more(&self, one: &ListedDeployment) -> i64 {
        let named = i64::try_from(self.carried_by(one).len()).unwrap_or(0);
        one.pull_count - named
    }
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    selection: Selection,
) -> Result<Response, Problem> {
    let days = AccountDays::load(&app).await?;
    let asked = selection.asked();
    let made = days.report(&app, ReportName::Deployments, &asked).await?;
    let report = made.as_ref().ok();
    let deployments = match report {
        None => Vec::new(),
        Some(report) => {
            let slice = selection.slice(&app, &days, report.period).await?;
            let (environments, services) = (&asked.environments, &asked.services);
            app.db
                .listed_deployments(&slice, environments, services)
                .await?
        }
    };
    let mut fields = common_fields(&app, &selection, report.map(|one| one.period)).await?;
    fields.push(repository_field(&app, &selection).await?);
    let environments = app.db.deployed_environments().await?.into_iter();
    let environments = environments.map(|name| (name.clone(), Name::of(&name).plain()));
    fields.push(Field::choice(
        "environment",
        "Environment",
        selection.value("environment"),
        environments.take(SUGGESTED).collect(),
    ));
    let services = app.db.deployed_services().await?.into_iter();
    fields.push(Field::text(
        "service",
        "Service",
        selection.value("service"),
        services.take(SUGGESTED).collect(),
    ));
    let ids: Vec<i64> = deployments.iter().map(|one| one.id).collect();
    let status = form_status(made.is_err());
    let html = page(&DeploymentsPage {
        frame: Frame::new(&viewer.reader, Some(Section::Deployments), "Deployments"),
        form: FilterForm {
            action: PATH.to_owned(),
            fields,
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| FigureList::of(report, &FIGURES)),
        carried: app.db.carried_pulls(&ids, 0, NAMED).await?,
        next: selection.next(PATH, &deployments),
        newest: selection
            .after()
            .map(|_| selection.address(PATH, "before", None)),
        deployments,
        rules: app.db.deployment_rules().await?,
        may_change: viewer.visitor.is_administrator(),
    })?;
    Ok((status, html).into_response())
}
