//! A list of teams: what would come of it, then taking it in.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::access::Administrator;
use crate::actions::{ActionError, TeamList};
use crate::layout::{Frame, Section, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::{Name, count, counted};
use crate::site::App;

/// How many lines of a preview are shown.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "teams_import.html")]
struct ImportPage {
    frame: Frame,
    list: String,
    preview: Option<TeamList>,
    problem: Option<String>,
}

impl ImportPage {
    fn shown(&self) -> usize {
        SHOWN
    }

    /// What the list comes to, in a sentence.
    fn summary(&self, preview: &TeamList) -> String {
        let of =
            |number: usize, noun: &str| counted(i64::try_from(number).unwrap_or(i64::MAX), noun);
        format!(
            "{}, {}, {}. {} said what was known.",
            of(preview.made.len(), "new team"),
            of(preview.moved.len(), "team with another parent"),
            of(preview.members.len(), "membership"),
            match preview.unchanged {
                1 => "1 line".to_owned(),
                lines => format!("{} lines", count(lines)),
            }
        )
    }
}

fn answer(
    administrator: &Administrator,
    list: String,
    outcome: Result<Option<TeamList>, String>,
) -> Result<Response, Problem> {
    let (preview, problem, status) = match outcome {
        Ok(preview) => (preview, None, StatusCode::OK),
        Err(problem) => (None, Some(problem), StatusCode::UNPROCESSABLE_ENTITY),
    };
    let html = page(&ImportPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Teams),
            "Import a list of teams",
        ),
        list,
        preview,
        problem,
    })?;
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn show(administrator: Administrator) -> Result<Response, Problem> {
    answer(&administrator, String::new(), Ok(None))
}

#[derive(Deserialize)]
pub(in crate::pages) struct ImportForm {
    #[serde(default)]
    list: String,
    /// Which button was pressed: `preview` or `apply`.
    #[serde(default)]
    then: String,
}

pub(in crate::pages) async fn import(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<ImportForm>,
) -> Result<Response, Problem> {
    if form.list.trim().is_empty() {
        let problem = "The list is empty: paste one, or choose a file.".to_owned();
        return answer(&administrator, form.list, Err(problem));
    }
    let applies = form.then == "apply";
    let actor = administrator.visitor.actor();
    let imported = app
        .actions
        .import_teams(form.list.clone(), applies, actor)
        .await;
    match imported {
        Ok(_) if applies => Ok(go_to("/teams?done=imported")),
        Ok(preview) => answer(&administrator, form.list, Ok(Some(preview))),
        Err(ActionError::Refused(problem)) => answer(&administrator, form.list, Err(problem)),
        Err(failed) => Err(failed.into()),
    }
}
