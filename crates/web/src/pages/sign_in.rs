//! Signing in and out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use store::{Login, WriteTx};

use super::{go_to, own_path};
use crate::access::secret::{self, Purpose};
use crate::access::{Cookies, Hasher, Reader, Viewer, client_address};
use crate::layout::{Frame, Page, page};
use crate::problem::Problem;
use crate::site::{App, Entry};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    next: String,
    name: String,
    problem: Option<String>,
    done: Option<&'static str>,
    /// Whether anybody could sign in.
    is_set_up: bool,
}

#[derive(Deserialize)]
pub(super) struct SignInQuery {
    next: Option<String>,
    done: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    name: String,
    password: SecretString,
    next: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    reader: Reader,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Problem> {
    if reader.visitor.is_some() {
        return Ok(go_to(&own_path(query.next.as_deref())));
    }
    let done = match query.done.as_deref() {
        Some("signed-out") => Some("You are signed out."),
        Some("password") => Some("Your password is set. Sign in with it."),
        _ => None,
    };
    let html = form(&app, &reader, query.next, String::new(), None, done).await?;
    Ok(html.into_response())
}

async fn form(
    app: &App,
    reader: &Reader,
    next: Option<String>,
    name: String,
    problem: Option<String>,
    done: Option<&'static str>,
) -> Page {
    let logins = app.db.logins().await?;
    page(&SignInPage {
        frame: Frame::new(reader, None, "Sign in"),
        next: own_path(next.as_deref()),
        name,
        problem,
        done,
        is_set_up: logins.iter().any(|login| login.has_password),
    })
}

pub(super) async fn sign_in(
    State(app): State<App>,
    reader: Reader,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    if app.settings.entry == Entry::Automatic {
        return Ok(go_to("/"));
    }
    let trusted = &app.settings.trusted_proxies;
    let address = client_address(&headers, request.extensions(), trusted);
    let Form(form_sent) = parse::<SignInForm>(request).await?;
    let name = form_sent.name.trim().to_lowercase();
    if let Err(too_many) = app.attempts.begin(&name, address) {
        tracing::info!(%address, "too many attempts to sign in");
        return Err(Problem::TooMany(too_many.seconds));
    }
    let login = app.db.login(&name).await?;
    let hash = match &login {
        Some(login) => app.db.login_password(login.id).await?,
        None => None,
    };
    let hasher = Hasher(app.hashing.clone());
    let is_right = hasher.is_right(form_sent.password, hash).await;
    let is_right = is_right.map_err(|_| Problem::Internal)?;
    let Some(login) = login.filter(|_| is_right) else {
        tracing::info!(%address, "an attempt to sign in failed");
        let text = "Name or password is wrong. An administrator can make you a link that sets a new password; `windlass login link NAME` does so on the machine itself.";
        let shown: String = form_sent.name.chars().take(100).collect();
        let problem = Some(text.to_owned());
        let html: Html<String> = form(&app, &reader, form_sent.next, shown, problem, None).await?;
        return Ok((StatusCode::UNAUTHORIZED, html).into_response());
    };
    app.attempts.succeeded(&name, address);
    let mut tx = app.db.write().await?;
    if let Some(before) = &reader.visitor
        && let Some(session) = &before.session
    {
        tx.end_session(session).await?;
    }
    let response = begin_session(&app, tx, &login, &own_path(form_sent.next.as_deref())).await?;
    Ok(response)
}

/// Reads a form that is about secrets: what is wrong with it is not told in detail.
pub(super) async fn parse<T: serde::de::DeserializeOwned>(
    request: Request,
) -> Result<Form<T>, Problem> {
    use axum::extract::FromRequest;
    Form::from_request(request, &()).await.map_err(|_| {
        Problem::Refused(
            "The form lacks something. Go back, reload the page, and fill it in again.".to_owned(),
        )
    })
}

/// Begins a session in a transaction that it commits, and sends the browser to a page.
pub(super) async fn begin_session(
    app: &App,
    mut tx: WriteTx,
    login: &Login,
    next: &str,
) -> Result<Response, Problem> {
    let session = app.new_secret()?;
    let digest = secret::digest(Purpose::Session, &session);
    tx.begin_session(&digest, login.id, app.now(), app.settings.sessions)
        .await?;
    tx.commit().await?;
    let mut response = go_to(next);
    let cookies = Cookies::new(app.settings.is_https());
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookies.set_session(Some(&session)));
    Ok(response)
}

pub(super) async fn sign_out(State(app): State<App>, viewer: Viewer) -> Result<Response, Problem> {
    if let Some(session) = &viewer.visitor.session {
        let mut tx = app.db.write().await?;
        tx.end_session(session).await?;
        tx.commit().await?;
    }
    let mut response = go_to("/sign-in?done=signed-out");
    let cookies = Cookies::new(app.settings.is_https());
    response
        .headers_mut()
        .insert(header::SET_COOKIE, cookies.set_session(None));
    Ok(response)
}
