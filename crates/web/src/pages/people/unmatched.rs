//! Who is missing: accounts and addresses of nobody who is known, and whose they may be.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use model::Instant;
use serde::Deserialize;
use store::IdentitySource;

use crate::access::{Administrator, Reader, Viewer};
use crate::actions::{Missing, Subject};
use crate::layout::{Frame, Page, Section, page};
use crate::pages::selection::Selection;
use crate::pages::{go_to, own_path};
use crate::problem::Problem;
use crate::show::{Name, grouped};
use crate::site::App;

/// How many lines each list has.
const SIZE: usize = 100;

#[derive(Template)]
#[template(path = "unmatched.html")]
struct UnmatchedPage {
    frame: Frame,
    missing: Option<Missing>,
    counted_at: Option<Instant>,
    may_change: bool,
    done: Option<&'static str>,
}

impl UnmatchedPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn size(&self) -> usize {
        SIZE
    }

    /// What is said of a list that is longer than the page.
    fn rest(&self, all: usize) -> Option<String> {
        let rest = all.checked_sub(SIZE).filter(|rest| *rest > 0)?;
        let rest = grouped(i64::try_from(rest).unwrap_or(i64::MAX));
        Some(format!(
            "And {rest} more, on which less hangs. `windlass people unmatched` lists all."
        ))
    }

    fn source(&self, subject: &Subject) -> &'static str {
        match subject.source {
            IdentitySource::Bitbucket => "account of Bitbucket",
            IdentitySource::Jira => "account of Jira",
            IdentitySource::Email => "address",
        }
    }
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    selection: Selection,
) -> Page {
    let found = app.actions.missing().await?;
    let done = match selection.value("done") {
        "accepted" => Some("It is theirs from now on, whatever an import finds."),
        "rejected" => Some("It never is theirs, whatever an import finds."),
        _ => None,
    };
    page(&UnmatchedPage {
        frame: Frame::new(&viewer.reader, Some(Section::People), "Who is missing"),
        missing: found.value,
        counted_at: super::not_just_now(found.counted_at, app.now()),
        may_change: viewer.visitor.is_administrator(),
        done,
    })
}

#[derive(Deserialize)]
pub(in crate::pages) struct LinkForm {
    #[serde(default)]
    source: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    person: String,
    /// Where to go on.
    back: Option<String>,
}

impl LinkForm {
    fn back(&self, done: &str) -> Response {
        let path = self.back.as_deref().unwrap_or("/people/unmatched");
        go_to(&format!("{}?done={done}", own_path(Some(path))))
    }

    fn subject(&self) -> Result<Subject, Problem> {
        match IdentitySource::parse(&self.source) {
            Some(source) if !self.account.trim().is_empty() => Ok(Subject {
                source,
                account: self.account.trim().to_owned(),
            }),
            _ => Err(Problem::Refused(
                "Name the account or the address.".to_owned(),
            )),
        }
    }
}

pub(in crate::pages) async fn accept(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<LinkForm>,
) -> Result<Response, Problem> {
    let subject = form.subject()?;
    let person = form.person.trim();
    if person.is_empty() {
        return Err(Problem::Refused(
            "Say whose it is: a name, an address or a number.".to_owned(),
        ));
    }
    let actor = administrator.visitor.actor();
    app.actions.link(subject, person.to_owned(), actor).await?;
    Ok(form.back("accepted"))
}

pub(in crate::pages) async fn reject(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<LinkForm>,
) -> Result<Response, Problem> {
    let subject = form.subject()?;
    let person = form.person.trim().parse();
    let person = person.map_err(|_| Problem::Refused("There is no such person.".to_owned()))?;
    let actor = administrator.visitor.actor();
    app.actions.unlink(subject, person, actor).await?;
    Ok(form.back("rejected"))
}
