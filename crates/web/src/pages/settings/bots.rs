//! Which accounts are programs'.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use model::rows::UserType;
use serde::Deserialize;
use store::Account;

use crate::access::Administrator;
use crate::actions::{ActionError, ProgramNames};
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::pages::selection::Selection;
use crate::problem::Problem;
use crate::show::{Name, clean};
use crate::site::App;

/// How many accounts are listed.
const SHOWN: usize = 500;

struct ProgramLine {
    account: Account,
    kind: &'static str,
    /// Whether somebody said so.
    decided: bool,
}

#[derive(Template)]
#[template(path = "bots.html")]
struct BotsPage {
    frame: Frame,
    programs: Vec<ProgramLine>,
    /// Accounts that would count as programs' if nobody had said otherwise.
    people_by_decision: Vec<Account>,
    names: ProgramNames,
    written: String,
    problem: Option<String>,
    done: bool,
}

fn kind(user_type: UserType) -> &'static str {
    match user_type {
        UserType::Human => "person",
        UserType::Bot => "bot",
        UserType::AiBot => "AI bot",
    }
}

async fn answer(
    app: &App,
    administrator: &Administrator,
    problem: Option<(String, String)>,
    done: bool,
) -> Result<Response, Problem> {
    let evidence = app.db.known_people().await?;
    let mut accounts = evidence.accounts;
    accounts
        .sort_by(|one, other| (&one.name, &one.source_id).cmp(&(&other.name, &other.source_id)));
    let types = evidence.types;
    let (mut programs, mut people_by_decision) = (Vec::new(), Vec::new());
    for account in accounts {
        let decided = types.get(&account.source_id);
        match account.user_type {
            Some(user_type) if user_type != UserType::Human => programs.push(ProgramLine {
                kind: kind(user_type),
                decided: decided.is_some(),
                account,
            }),
            _ if decided == Some(&UserType::Human) => people_by_decision.push(account),
            _ => {}
        }
    }
    programs.truncate(SHOWN);
    people_by_decision.truncate(SHOWN);
    let status = form_status(problem.is_some());
    let (written, problem) = match problem {
        Some((written, problem)) => (written, Some(clean(&problem))),
        None => (String::new(), None),
    };
    let html = page(&BotsPage {
        frame: Frame::new(&administrator.reader, Some(Section::Settings), "Bots"),
        programs,
        people_by_decision,
        names: app.actions.program_names(),
        written,
        problem,
        done,
    })?;
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    selection: Selection,
) -> Result<Response, Problem> {
    let done = selection.value("done") == "marked";
    answer(&app, &administrator, None, done).await
}

#[derive(Deserialize)]
pub(in crate::pages) struct MarkForm {
    #[serde(default)]
    account: String,
    #[serde(default)]
    kind: String,
}

pub(in crate::pages) async fn mark(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<MarkForm>,
) -> Result<Response, Problem> {
    let outcome = match UserType::parse(&form.kind) {
        Some(kind) if !form.account.trim().is_empty() => {
            let actor = administrator.visitor.actor();
            let account = form.account.trim().to_owned();
            app.actions.mark(account, kind, actor).await
        }
        _ => Err(ActionError::Refused(
            "Name an account, and say what it is.".to_owned(),
        )),
    };
    match outcome {
        Ok(()) => Ok(go_to("/settings/bots?done=marked")),
        Err(ActionError::Refused(problem)) => {
            answer(&app, &administrator, Some((form.account, problem)), false).await
        }
        Err(failed) => Err(failed.into()),
    }
}
