//! The guided form for a new connection.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use model::verification::{Outcome, Verification};
use secrecy::SecretString;
use serde::Deserialize;
use store::ConnectionKind;

use super::connection::secret_of;
use super::{go_to, segment};
use crate::access::Administrator;
use crate::actions::NewConnection;
use crate::layout::{Frame, Page, Section, form_status, page};
use crate::problem::Problem;
use crate::site::App;

/// What trying out a credential came to, line by line.
#[derive(Template)]
#[template(path = "parts/verification.html")]
pub(super) struct VerificationPart {
    pub(super) verification: Verification,
    /// Which of the page's it is, for the ids of its elements.
    pub(super) number: usize,
}

impl askama::filters::HtmlSafe for VerificationPart {}

impl VerificationPart {
    /// The only one of its page.
    pub(super) fn of(verification: Verification) -> Self {
        Self {
            verification,
            number: 1,
        }
    }

    fn tone(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Ok => "good",
            Outcome::Warning => "warn",
            Outcome::Failed => "bad",
        }
    }

    fn word(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Ok => "OK",
            Outcome::Warning => "Warning",
            Outcome::Failed => "Failed",
        }
    }

    fn count(&self, wanted: Outcome) -> usize {
        let checks = self.verification.checks.iter();
        checks.filter(|check| check.outcome == wanted).count()
    }

    fn summary(&self) -> String {
        let (failed, warned) = (self.count(Outcome::Failed), self.count(Outcome::Warning));
        let ok = self.count(Outcome::Ok);
        match (failed, warned) {
            (0, 0) => format!("All {ok} checks passed."),
            (0, warned) => {
                format!("{ok} checks passed, {warned} of what the import can do without did not.")
            }
            (failed, _) => format!(
                "{failed} of {} checks failed.",
                self.verification.checks.len()
            ),
        }
    }
}

#[derive(Template)]
#[template(path = "connection_choose.html")]
struct ChoosePage {
    frame: Frame,
}

pub(super) async fn choose(administrator: Administrator) -> Page {
    page(&ChoosePage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Connections),
            "Add a connection",
        ),
    })
}

#[derive(Template)]
#[template(path = "connection_add.html")]
struct AddPage {
    frame: Frame,
    kind: ConnectionKind,
    form: AddForm,
    usual_base_url: String,
    problem: Option<String>,
    tried: Option<VerificationPart>,
}

impl AddPage {
    fn is_bitbucket(&self) -> bool {
        self.kind == ConnectionKind::BitbucketCloud
    }

    fn is_basic(&self) -> bool {
        self.form.method == "basic" || !self.is_bitbucket()
    }

    fn has_more(&self) -> bool {
        [&self.form.name, &self.form.base_url, &self.form.expires]
            .iter()
            .any(|text| !text.is_empty())
    }
}

/// The form as it is sent. The token is never sent back.
#[derive(Deserialize)]
pub(super) struct AddForm {
    #[serde(default)]
    target: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    email: String,
    #[serde(default = "nothing")]
    token: SecretString,
    #[serde(default)]
    expires: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    base_url: String,
}

fn nothing() -> SecretString {
    SecretString::from(String::new())
}

/// The kind that an address names.
fn kind_of(word: &str) -> Result<ConnectionKind, Problem> {
    match word {
        "bitbucket" => Ok(ConnectionKind::BitbucketCloud),
        "jira" => Ok(ConnectionKind::JiraCloud),
        _ => Err(Problem::no_such(
            "There is no connection of this kind.",
            "/connections/add",
            "Add a connection",
        )),
    }
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    Path(kind): Path<String>,
) -> Result<Response, Problem> {
    let form = AddForm {
        target: String::new(),
        method: String::new(),
        email: String::new(),
        token: nothing(),
        expires: String::new(),
        name: String::new(),
        base_url: String::new(),
    };
    ask(&app, &administrator, kind_of(&kind)?, form, None, None)
}

fn ask(
    app: &App,
    administrator: &Administrator,
    kind: ConnectionKind,
    form: AddForm,
    problem: Option<String>,
    tried: Option<Verification>,
) -> Result<Response, Problem> {
    let failed = problem.is_some() || tried.is_some();
    let title = match kind {
        ConnectionKind::BitbucketCloud => "Connect Bitbucket Cloud",
        ConnectionKind::JiraCloud => "Connect Jira Cloud",
    };
    let html = page(&AddPage {
        frame: Frame::new(&administrator.reader, Some(Section::Connections), title),
        kind,
        form,
        usual_base_url: app.actions.usual_base_url(),
        problem,
        tried: tried.map(VerificationPart::of),
    })?;
    let status = form_status(failed);
    Ok((status, html).into_response())
}

pub(super) async fn add(
    State(app): State<App>,
    administrator: Administrator,
    Path(kind): Path<String>,
    Form(form): Form<AddForm>,
) -> Result<Response, Problem> {
    let kind = kind_of(&kind)?;
    let method = match kind {
        ConnectionKind::JiraCloud => "basic",
        ConnectionKind::BitbucketCloud => form.method.as_str(),
    };
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let Some(target) = given(&form.target) else {
        let flaw = match kind {
            ConnectionKind::BitbucketCloud => "The workspace is missing.",
            ConnectionKind::JiraCloud => "The site is missing.",
        };
        return ask(
            &app,
            &administrator,
            kind,
            form,
            Some(flaw.to_owned()),
            None,
        );
    };
    let secret = match secret_of("", method, &form.email, &form.token, &form.expires) {
        Ok(secret) => secret,
        Err(flaw) => {
            return ask(
                &app,
                &administrator,
                kind,
                form,
                Some(flaw.to_owned()),
                None,
            );
        }
    };
    let new = NewConnection {
        kind,
        target,
        name: given(&form.name),
        base_url: given(&form.base_url),
        secret,
        // So that a filter can be set and the cost be seen before anything is read.
        paused: kind == ConnectionKind::BitbucketCloud,
    };
    let actor = administrator.visitor.actor();
    let tried = match app.actions.add_connection(new, actor).await {
        Ok(tried) => tried,
        Err(error) => {
            let problem = Some(error.to_string());
            return ask(&app, &administrator, kind, form, problem, None);
        }
    };
    match tried.kept_as {
        Some(name) => Ok(go_to(&format!("/connections/{}", segment(&name)))),
        None => ask(
            &app,
            &administrator,
            kind,
            form,
            None,
            Some(tried.verification),
        ),
    }
}
