//! Tokens of programs.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{NaiveDate, NaiveTime};
use model::Instant;
use serde::Deserialize;
use serde_json::json;
use store::{ApiToken, NewApiToken};

use super::go_to;
use crate::access::secret::{self, Purpose};
use crate::access::{Administrator, Program, Scope};
use crate::layout::{Frame, Section, form_status, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// What every token begins with, so that people and scanners recognise one.
const BEGINNING: &str = "windlass_";

/// How many characters of a name are kept.
const LONGEST_NAME: usize = 100;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    tokens: Vec<ApiToken>,
    scopes: [Scope; 3],
    /// One that was made just now: it is never shown again.
    made: Option<String>,
    problem: Option<String>,
    revoked: bool,
    has_login: bool,
}

#[derive(Deserialize)]
pub(super) struct TokensQuery {
    done: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    Query(query): Query<TokensQuery>,
) -> Result<Response, Problem> {
    let revoked = query.done.is_some();
    list(&app, &administrator, None, None, revoked).await
}

async fn list(
    app: &App,
    administrator: &Administrator,
    made: Option<String>,
    problem: Option<String>,
    revoked: bool,
) -> Result<Response, Problem> {
    let status = form_status(problem.is_some());
    let html = page(&TokensPage {
        frame: Frame::new(&administrator.reader, Some(Section::Settings), "API tokens"),
        tokens: app.db.api_tokens().await?,
        scopes: Scope::ALL,
        made,
        problem,
        revoked,
        has_login: administrator.visitor.login.is_some(),
    })?;
    Ok((status, html).into_response())
}

#[derive(Deserialize)]
pub(super) struct TokenForm {
    name: String,
    #[serde(default)]
    read: Option<String>,
    #[serde(default)]
    write: Option<String>,
    #[serde(default)]
    deployments: Option<String>,
    #[serde(default)]
    expires: String,
}

impl TokenForm {
    fn scopes(&self) -> Vec<&'static str> {
        Scope::ALL
            .into_iter()
            .filter(|scope| match scope {
                Scope::Read => self.read.is_some(),
                Scope::Write => self.write.is_some(),
                Scope::Deployments => self.deployments.is_some(),
            })
            .map(Scope::as_str)
            .collect()
    }
}

pub(super) async fn add(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<TokenForm>,
) -> Result<Response, Problem> {
    let name: String = form.name.trim().chars().take(LONGEST_NAME).collect();
    let scopes = form.scopes();
    let expires_at = end_of_day(form.expires.trim());
    let flaw = if name.is_empty() {
        Some("A token needs a name, so that you know it again.")
    } else if scopes.is_empty() {
        Some("A token without a scope may do nothing: tick at least one.")
    } else if !form.expires.trim().is_empty() && expires_at.is_none() {
        Some("The day is written as 2027-01-31.")
    } else if expires_at.is_some_and(|at| at <= app.now()) {
        Some("That day has passed: the token would never work.")
    } else {
        None
    };
    if let Some(flaw) = flaw {
        return list(&app, &administrator, None, Some(flaw.to_owned()), false).await;
    }
    let visitor = &administrator.visitor;
    let login = visitor.login.ok_or_else(|| {
        Problem::Refused(
            "The demo has no logins, and tokens belong to one. `windlass serve` has them."
                .to_owned(),
        )
    })?;
    let token = format!("{BEGINNING}{}", app.new_secret()?);
    let digest = secret::digest(Purpose::Token, &token);
    let new = NewApiToken {
        name: &name,
        digest: &digest,
        scopes: &scopes,
        login,
        expires_at,
    };
    let now = app.now();
    let entry = visitor.entry(
        now,
        "token.add",
        format!("token {name}"),
        Some(scopes.join(" ")),
    );
    let mut tx = app.db.write().await?;
    tx.insert_api_token(&new, now).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    list(&app, &administrator, Some(token), None, false).await
}

pub(super) async fn revoke(
    State(app): State<App>,
    administrator: Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let tokens = app.db.api_tokens().await?;
    let token = tokens.into_iter().find(|token| token.id == id);
    let token = token.ok_or_else(|| {
        Problem::no_such("There is no such token.", "/settings/tokens", "API tokens")
    })?;
    let now = app.now();
    let entry =
        administrator
            .visitor
            .entry(now, "token.revoke", format!("token {}", token.name), None);
    let mut tx = app.db.write().await?;
    if tx.revoke_api_token(id, now).await? {
        tx.audit(&entry).await?;
    }
    tx.commit().await?;
    Ok(go_to("/settings/tokens?done=revoked"))
}

/// The end of a day in UTC, written `2027-01-31`.
pub(super) fn end_of_day(day: &str) -> Option<Instant> {
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    let next = day.succ_opt()?;
    Some(Instant::from(next.and_time(NaiveTime::MIN).and_utc()))
}

/// `GET /api/auth.info`: what a token is and may do.
pub(super) async fn auth_info(program: Program) -> Response {
    let token = &program.0;
    let body = json!({
        "ok": true,
        "auth": {
            "token_type": "account_web_api_token",
            "token_name": token.name,
            "scopes": token.scopes,
            "expires_at": token.expires_at,
            "created_at": token.created_at,
        },
        "account": {"name": "Windlass"},
    });
    (
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}
