//! What holds for the whole account: time zone, working hours, holidays.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::access::Administrator;
use crate::actions::{AccountSetting, ActionError};
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::{clean, counted};
use crate::site::App;

/// How a setting is called on its page.
fn label(name: &str) -> &str {
    match name {
        "timezone" => "Time zone",
        "working_days" => "Working days",
        "working_hours" => "Working hours",
        "holidays" => "Holidays",
        other => other,
    }
}

#[derive(Template)]
#[template(path = "settings_account.html")]
struct AccountPage {
    frame: Frame,
    settings: Vec<AccountSetting>,
    /// How many pull requests wait to be measured.
    unmeasured: u64,
    /// Which one was not set, and why.
    problem: Option<(String, String)>,
    done: Option<String>,
}

impl AccountPage {
    fn label<'a>(&self, setting: &'a AccountSetting) -> &'a str {
        label(&setting.name)
    }

    fn is_usual(&self, setting: &AccountSetting) -> bool {
        setting.value == setting.usual
    }

    fn is_list(&self, setting: &AccountSetting) -> bool {
        setting.name == "holidays"
    }

    fn waiting(&self) -> String {
        counted(
            i64::try_from(self.unmeasured).unwrap_or(i64::MAX),
            "pull request",
        )
    }
}

async fn answer(
    app: &App,
    administrator: &Administrator,
    problem: Option<(String, String, String)>,
    done: Option<String>,
) -> Result<Response, Problem> {
    let mut settings = app.actions.settings().await?;
    let status = form_status(problem.is_some());
    // What was written stays in the form.
    if let Some((name, written, _)) = &problem
        && let Some(setting) = settings.iter_mut().find(|one| one.name == *name)
    {
        setting.value.clone_from(written);
    }
    let html = page(&AccountPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Settings),
            "Working hours",
        ),
        settings,
        unmeasured: app.db.count_unmeasured().await?,
        problem: problem.map(|(name, _, problem)| (name, clean(&problem))),
        done,
    })?;
    Ok((status, html).into_response())
}

#[derive(Deserialize)]
pub(in crate::pages) struct AccountQuery {
    done: Option<String>,
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    Query(query): Query<AccountQuery>,
) -> Result<Response, Problem> {
    let done = match query.done.as_deref() {
        Some("same") => Some("It had that value already.".to_owned()),
        Some(_) => Some("It is set. What depends on it is measured again.".to_owned()),
        None => None,
    };
    answer(&app, &administrator, None, done).await
}

#[derive(Deserialize)]
pub(in crate::pages) struct SettingForm {
    #[serde(default)]
    value: String,
    /// Which button was pressed: `set` or `unset`.
    #[serde(default)]
    then: String,
}

pub(in crate::pages) async fn set(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(form): Form<SettingForm>,
) -> Result<Response, Problem> {
    let value = (form.then != "unset").then(|| form.value.clone());
    let actor = administrator.visitor.actor();
    match app.actions.set_setting(name.clone(), value, actor).await {
        Ok(changed) if changed.changed => Ok(go_to("/settings/working-hours?done=set")),
        Ok(_) => Ok(go_to("/settings/working-hours?done=same")),
        Err(ActionError::Refused(problem)) => {
            let problem = Some((name, form.value, problem));
            answer(&app, &administrator, problem, None).await
        }
        Err(failed) => Err(failed.into()),
    }
}
