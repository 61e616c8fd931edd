//! Which repositories of a connection are imported.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::{Connection, FilterMode, FilterRule, FilterSubject};

use super::{address_of, find};
use crate::access::Administrator;
use crate::actions::FilterPreview;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;

/// How many repositories a preview lists.
const LISTED: usize = 500;

#[derive(Template)]
#[template(path = "connection_filter.html")]
struct FilterPage {
    frame: Frame,
    connection: Connection,
    address: String,
    mode: FilterMode,
    repositories: String,
    projects: String,
    preview: FilterPreview,
    is_saved: bool,
    problem: Option<&'static str>,
}

impl FilterPage {
    fn modes(&self) -> [(FilterMode, &'static str, &'static str); 3] {
        [
            (
                FilterMode::AllowAll,
                "All",
                "Every repository is imported; the patterns say nothing.",
            ),
            (
                FilterMode::Allowlist,
                "Only these",
                "Repositories that fit a pattern are imported, and no other.",
            ),
            (
                FilterMode::Denylist,
                "All but these",
                "Repositories that fit a pattern are left out.",
            ),
        ]
    }

    fn included(&self) -> usize {
        self.preview
            .repositories
            .iter()
            .filter(|(_, included, _)| *included)
            .count()
    }

    fn excluded(&self) -> usize {
        self.preview.repositories.len() - self.included()
    }

    fn in_words(&self) -> String {
        let of = |number: usize| counted(i64::try_from(number).unwrap_or(i64::MAX), "repository");
        format!("{} in, {} out", of(self.included()), of(self.excluded()))
    }

    fn listed(&self) -> &[(String, bool, i64)] {
        let all = &self.preview.repositories;
        all.get(..LISTED).unwrap_or(all)
    }
}

#[derive(Deserialize)]
pub(in crate::pages) struct FilterForm {
    mode: String,
    #[serde(default)]
    repositories: String,
    #[serde(default)]
    projects: String,
    /// Which button was pressed: `preview` or `save`.
    #[serde(default)]
    then: String,
}

/// A pattern to a line.
fn rules(form: &FilterForm) -> Vec<FilterRule> {
    let of = |subject: FilterSubject, text: &str| -> Vec<FilterRule> {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| FilterRule {
                subject,
                pattern: line.to_owned(),
            })
            .collect()
    };
    let mut rules = of(FilterSubject::Repository, &form.repositories);
    rules.extend(of(FilterSubject::Project, &form.projects));
    rules.sort();
    rules.dedup();
    rules
}

fn lines(rules: &[FilterRule], subject: FilterSubject) -> String {
    let of_subject = rules.iter().filter(|rule| rule.subject == subject);
    of_subject
        .map(|rule| rule.pattern.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

async fn show(
    app: &App,
    administrator: &Administrator,
    connection: Connection,
    (mode, rules): (FilterMode, Vec<FilterRule>),
    is_saved: bool,
    problem: Option<&'static str>,
) -> Result<Response, Problem> {
    let preview = app
        .actions
        .preview_filter(connection.name.clone(), mode, rules.clone())
        .await?;
    let html = page(&FilterPage {
        frame: Frame::new(&administrator.reader, Some(Section::Connections), "Filter"),
        address: address_of(&connection),
        connection,
        mode,
        repositories: lines(&rules, FilterSubject::Repository),
        projects: lines(&rules, FilterSubject::Project),
        preview,
        is_saved,
        problem,
    })?;
    let status = form_status(problem.is_some());
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn filter(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let rules = app.db.filter_rules(connection.id).await?;
    let held = (connection.filter_mode, rules);
    show(&app, &administrator, connection, held, true, None).await
}

pub(in crate::pages) async fn set_filter(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(form): Form<FilterForm>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let mode = FilterMode::parse(&form.mode).unwrap_or(connection.filter_mode);
    let rules = rules(&form);
    if form.then != "save" {
        return show(&app, &administrator, connection, (mode, rules), false, None).await;
    }
    if mode != FilterMode::AllowAll && rules.is_empty() {
        let problem = "Without a pattern this filter means nothing: write one, or take all in.";
        return show(
            &app,
            &administrator,
            connection,
            (mode, rules),
            false,
            Some(problem),
        )
        .await;
    }
    let actor = administrator.visitor.actor();
    app.actions
        .set_filter(connection.name.clone(), mode, rules, actor)
        .await?;
    Ok(go_to(&format!("{}?done=filter", address_of(&connection))))
}
