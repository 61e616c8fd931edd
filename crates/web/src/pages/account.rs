//! What somebody sets for themselves.

use askama::Template;
use axum::Form;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;

use super::sign_in::{begin_session, parse};
use super::{go_to, own_path};
use crate::access::{Cookies, Hasher, Reader, Theme, Viewer, check_password, client_address};
use crate::layout::{Frame, Page, page};
use crate::problem::Problem;
use crate::site::App;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    role: &'static str,
    zone: &'static str,
    has_login: bool,
    problem: Option<String>,
    done: bool,
}

#[derive(Deserialize)]
pub(super) struct AccountQuery {
    done: Option<String>,
}

pub(super) async fn show(viewer: Viewer, Query(query): Query<AccountQuery>) -> Page {
    account(&viewer, None, query.done.is_some())
}

fn account(viewer: &Viewer, problem: Option<String>, done: bool) -> Page {
    page(&AccountPage {
        frame: Frame::new(&viewer.reader, None, "Your account"),
        role: viewer.visitor.role.as_str(),
        zone: viewer.reader.zone_name(),
        has_login: viewer.visitor.login.is_some(),
        problem,
        done,
    })
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    current: SecretString,
    password: SecretString,
    repeated: SecretString,
}

pub(super) async fn change_password(
    State(app): State<App>,
    viewer: Viewer,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let trusted = &app.settings.trusted_proxies;
    let address = client_address(&headers, request.extensions(), trusted);
    let form = parse::<PasswordForm>(request).await?.0;
    let visitor = &viewer.visitor;
    let id = visitor.login.ok_or(Problem::Forbidden)?;
    if let Err(too_many) = app.attempts.begin(&visitor.name, address) {
        return Err(Problem::TooMany(too_many.seconds));
    }
    let hasher = Hasher(app.hashing.clone());
    let hash = app.db.login_password(id).await?;
    let is_right = hasher.is_right(form.current, hash).await;
    let flaw = if is_right.map_err(|_| Problem::Internal)? {
        app.attempts.succeeded(&visitor.name, address);
        let checked = check_password(&visitor.name, &form.password, &form.repeated);
        checked.err().map(|flaw| flaw.to_string())
    } else {
        Some("The current password is another one.".to_owned())
    };
    if let Some(flaw) = flaw {
        let html = account(&viewer, Some(flaw), false)?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html).into_response());
    }
    let salt = (app.random)().map_err(|_| Problem::no_randomness())?;
    let hash = hasher
        .hash(form.password, salt)
        .await
        .map_err(|_| Problem::Internal)?;
    let now = app.now();
    let login = app.db.login_by_id(id).await?.ok_or(Problem::Forbidden)?;
    let mut tx = app.db.write().await?;
    // Ends every session, this one too; another one begins.
    tx.set_login_password(id, &hash, now).await?;
    let entry = visitor.entry(now, "login.password", format!("login {}", login.name), None);
    tx.audit(&entry).await?;
    begin_session(&app, tx, &login, "/account?done=password").await
}

#[derive(Deserialize)]
pub(super) struct AppearanceForm {
    theme: String,
    back: Option<String>,
}

pub(super) async fn set_appearance(
    State(app): State<App>,
    _reader: Reader,
    Form(form): Form<AppearanceForm>,
) -> Response {
    let mut response = go_to(&own_path(form.back.as_deref()));
    let theme = Theme::parse(&form.theme).unwrap_or_default();
    let cookies = Cookies::new(app.settings.is_https());
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookies.set_theme(theme));
    response
}
