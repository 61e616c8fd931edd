//! Settings: logins, and the log of changes.

mod account;
mod bots;

pub(super) use account::{set as set_setting, show as working_hours};
pub(super) use bots::{mark as mark_bot, show as bots};

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::{AuditEntry, Login, Role};

use super::go_to;
use super::setup::check_name;
use crate::access::secret::{self, Purpose};
use crate::access::{Administrator, Reader};
use crate::layout::{Frame, Page, Section, form_status, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How long a link to choose a password works, in seconds.
const LINK_SECONDS: i64 = 3 * 86_400;

/// How many entries of the log a page has.
const ENTRIES: i64 = 200;

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    frame: Frame,
}

pub(super) async fn show(administrator: Administrator) -> Page {
    page(&SettingsPage {
        frame: Frame::new(&administrator.reader, Some(Section::Settings), "Settings"),
    })
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    entries: Vec<AuditEntry>,
}

impl AuditPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

pub(super) async fn audit(State(app): State<App>, administrator: Administrator) -> Page {
    page(&AuditPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Settings),
            "Log of changes",
        ),
        entries: app.db.audit_log(ENTRIES).await?,
    })
}

#[derive(Template)]
#[template(path = "logins.html")]
struct LoginsPage {
    frame: Frame,
    logins: Vec<Login>,
    /// Whose login it is that looks.
    own: Option<i64>,
    /// A link that was made just now, and for whom.
    link: Option<(String, String)>,
    problem: Option<String>,
    done: Option<&'static str>,
}

impl LoginsPage {
    fn is_own(&self, id: &i64) -> bool {
        self.own == Some(*id)
    }
}

#[derive(Deserialize)]
pub(super) struct LoginsQuery {
    done: Option<String>,
}

pub(super) async fn logins(
    State(app): State<App>,
    administrator: Administrator,
    Query(query): Query<LoginsQuery>,
) -> Result<Response, Problem> {
    let done = match query.done.as_deref() {
        Some("role") => Some("The role is changed, from the next page on that they open."),
        Some("removed") => {
            Some("The login is removed, its sessions have ended, and its tokens are revoked.")
        }
        _ => None,
    };
    list(&app, &administrator, None, None, done).await
}

async fn list(
    app: &App,
    administrator: &Administrator,
    link: Option<(String, String)>,
    problem: Option<String>,
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let status = form_status(problem.is_some());
    let html = page(&LoginsPage {
        frame: Frame::new(&administrator.reader, Some(Section::Settings), "Logins"),
        logins: app.db.logins().await?,
        own: administrator.visitor.login,
        link,
        problem,
        done,
    })?;
    Ok((status, html).into_response())
}

#[derive(Deserialize)]
pub(super) struct LoginForm {
    name: String,
    role: String,
}

pub(super) async fn add_login(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<LoginForm>,
) -> Result<Response, Problem> {
    let name = form.name.trim().to_lowercase();
    let role = Role::parse(&form.role).unwrap_or(Role::Viewer);
    if let Err(flaw) = check_name(&name) {
        return list(&app, &administrator, None, Some(flaw), None).await;
    }
    let now = app.now();
    let mut tx = app.db.write().await?;
    let Some(id) = tx.insert_login(&name, role, now).await? else {
        drop(tx);
        let flaw = format!(
            "There is a login {name} already. A new link lets its owner choose a new password."
        );
        return list(&app, &administrator, None, Some(flaw), None).await;
    };
    let subject = format!("login {name}");
    let entry =
        administrator
            .visitor
            .entry(now, "login.add", subject, Some(role.as_str().to_owned()));
    tx.audit(&entry).await?;
    let link = link(&app, &mut tx, id).await?;
    tx.commit().await?;
    list(&app, &administrator, Some((name, link)), None, None).await
}

/// Makes a link to choose a password: its path.
async fn link(app: &App, tx: &mut store::WriteTx, login: i64) -> Result<String, Problem> {
    let (secret, now) = (app.new_secret()?, app.now());
    let digest = secret::digest(Purpose::Link, &secret);
    tx.insert_login_link(&digest, Some(login), now, now.plus_seconds(LINK_SECONDS))
        .await?;
    let path = format!("/setup/{secret}");
    Ok(match &app.settings.public_url {
        Some(url) => format!("{}{path}", url.as_str().trim_end_matches('/')),
        None => path,
    })
}

async fn find(app: &App, id: i64) -> Result<Login, Problem> {
    let login = app.db.login_by_id(id).await?;
    login.ok_or_else(|| {
        Problem::no_such(
            "There is no such login. Somebody may have removed it.",
            "/settings/logins",
            "Logins",
        )
    })
}

pub(super) async fn new_link(
    State(app): State<App>,
    administrator: Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let login = find(&app, id).await?;
    let subject = format!("login {}", login.name);
    let entry = administrator
        .visitor
        .entry(app.now(), "login.link", subject, None);
    let mut tx = app.db.write().await?;
    let link = link(&app, &mut tx, id).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    list(&app, &administrator, Some((login.name, link)), None, None).await
}

#[derive(Deserialize)]
pub(super) struct RoleForm {
    role: String,
}

pub(super) async fn set_role(
    State(app): State<App>,
    administrator: Administrator,
    Path(id): Path<i64>,
    Form(form): Form<RoleForm>,
) -> Result<Response, Problem> {
    let login = find(&app, id).await?;
    let role = Role::parse(&form.role).unwrap_or(Role::Viewer);
    let mut tx = app.db.write().await?;
    if !tx.set_login_role(id, role).await? {
        return Err(last(&login));
    }
    let subject = format!("login {}", login.name);
    let detail = Some(role.as_str().to_owned());
    let entry = administrator
        .visitor
        .entry(app.now(), "login.role", subject, detail);
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(go_to("/settings/logins?done=role"))
}

pub(super) async fn remove_login(
    State(app): State<App>,
    administrator: Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let login = find(&app, id).await?;
    let now = app.now();
    let mut tx = app.db.write().await?;
    if !tx.remove_login(id, now).await? {
        return Err(last(&login));
    }
    let subject = format!("login {}", login.name);
    let entry = administrator
        .visitor
        .entry(now, "login.remove", subject, None);
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(go_to("/settings/logins?done=removed"))
}

fn last(login: &Login) -> Problem {
    Problem::Refused(format!(
        "{} is the last administrator who can sign in: without one nobody could change anything here. Make somebody else an administrator first.",
        login.name
    ))
}
