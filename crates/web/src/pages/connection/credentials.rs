//! The credentials of a connection.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use model::Instant;
use model::verification::Verification;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{AuthMethod, Connection, ConnectionKind, CredentialState};

use super::{address_of, find};
use crate::access::Administrator;
use crate::actions::NewSecret;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::pages::new_connection::VerificationPart;
use crate::pages::tokens::end_of_day;
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// A credential in the list.
pub(in crate::pages) struct CredentialLine {
    pub(super) label: String,
    pub(super) remove_address: String,
    pub(super) method: &'static str,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    pub(super) problem: Option<String>,
    pub(super) resting_until: Option<Instant>,
    pub(super) expires_at: Option<Instant>,
    pub(super) allowance: String,
    pub(super) used: i64,
    pub(super) limit: i64,
}

impl CredentialLine {
    pub(super) async fn all(
        app: &App,
        connection: &Connection,
        now: Instant,
    ) -> Result<Vec<Self>, Problem> {
        let limit = app.settings.limit;
        let spent = app
            .db
            .spent_since(now.plus_seconds(-limit.window_seconds))
            .await?;
        let credentials = app.db.credentials(connection.id).await?;
        Ok(credentials
            .into_iter()
            .map(|credential| {
                let expired = credential.expires_at.is_some_and(|at| at <= now);
                let (word, tone) = match credential.state {
                    _ if expired => ("Expired", "bad"),
                    CredentialState::Ok => ("Working", "good"),
                    CredentialState::Expired => ("Expired", "bad"),
                    CredentialState::Refused => ("Refused", "bad"),
                    CredentialState::LacksScopes => ("Lacks scopes", "warn"),
                    CredentialState::Resting => ("Resting", "busy"),
                };
                let label = crate::pages::segment(&credential.label);
                Self {
                    remove_address: format!(
                        "{}/credentials/{label}/remove",
                        address_of(connection)
                    ),
                    method: match credential.method {
                        AuthMethod::ApiToken => "API token (access token, Bearer)",
                        AuthMethod::BasicAuth => "Basic auth (account's API token)",
                    },
                    word,
                    tone,
                    problem: credential.problem,
                    resting_until: credential.resting_until,
                    expires_at: credential.expires_at,
                    used: spent
                        .iter()
                        .filter(|row| row.allowance == credential.allowance)
                        .map(|row| row.requests)
                        .sum(),
                    limit: credential.hourly_limit.unwrap_or(limit.requests),
                    label: credential.label,
                    allowance: credential.allowance,
                }
            })
            .collect())
    }
}

#[derive(Template)]
#[template(path = "credential_add.html")]
struct CredentialPage {
    frame: Frame,
    connection: Connection,
    address: String,
    label: String,
    email: String,
    expires: String,
    is_basic: bool,
    problem: Option<String>,
    tried: Option<VerificationPart>,
}

impl CredentialPage {
    fn is_basic(&self) -> bool {
        self.is_basic
    }

    fn is_bitbucket(&self) -> bool {
        self.connection.kind == ConnectionKind::BitbucketCloud
    }
}

/// A token as a form sends it.
#[derive(Deserialize)]
pub(in crate::pages) struct CredentialForm {
    #[serde(default)]
    label: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    email: String,
    token: SecretString,
    #[serde(default)]
    expires: String,
}

/// Reads the part of a form that is a token.
pub(in crate::pages) fn secret_of(
    label: &str,
    method: &str,
    email: &str,
    token: &SecretString,
    expires: &str,
) -> Result<NewSecret, &'static str> {
    let (label, email, expires) = (label.trim(), email.trim(), expires.trim());
    let is_basic = method == "basic";
    if is_basic && !email.contains('@') {
        return Err(
            "Basic auth needs the e-mail address of the Atlassian account; a user name is refused.",
        );
    }
    if token.expose_secret().trim().is_empty() {
        return Err("The token is missing.");
    }
    let expires_at = end_of_day(expires);
    if !expires.is_empty() && expires_at.is_none() {
        return Err("The day is written as 2027-01-31.");
    }
    Ok(NewSecret {
        label: Some(label.to_owned()).filter(|label| !label.is_empty()),
        email: is_basic.then(|| SecretString::from(email.to_owned())),
        token: SecretString::from(token.expose_secret().trim().to_owned()),
        expires_at,
    })
}

pub(in crate::pages) async fn new_credential(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let form = CredentialForm {
        label: String::new(),
        method: String::new(),
        email: String::new(),
        token: SecretString::from(String::new()),
        expires: String::new(),
    };
    ask(&administrator, connection, form, None, None)
}

fn ask(
    administrator: &Administrator,
    connection: Connection,
    form: CredentialForm,
    problem: Option<String>,
    tried: Option<Verification>,
) -> Result<Response, Problem> {
    let is_basic = form.method == "basic" || connection.kind == ConnectionKind::JiraCloud;
    let failed = problem.is_some() || tried.is_some();
    let html = page(&CredentialPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Connections),
            "Add a credential",
        ),
        address: address_of(&connection),
        connection,
        label: form.label,
        email: form.email,
        expires: form.expires,
        is_basic,
        problem,
        tried: tried.map(VerificationPart::of),
    })?;
    let status = form_status(failed);
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn add_credential(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(form): Form<CredentialForm>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let method = match connection.kind {
        ConnectionKind::JiraCloud => "basic",
        ConnectionKind::BitbucketCloud => form.method.as_str(),
    };
    let secret = secret_of(&form.label, method, &form.email, &form.token, &form.expires);
    let secret = match secret {
        Ok(secret) => secret,
        Err(flaw) => {
            return ask(
                &administrator,
                connection,
                form,
                Some(flaw.to_owned()),
                None,
            );
        }
    };
    let actor = administrator.visitor.actor();
    let tried = app
        .actions
        .add_credential(connection.name.clone(), secret, actor)
        .await?;
    if tried.kept_as.is_none() {
        return ask(
            &administrator,
            connection,
            form,
            None,
            Some(tried.verification),
        );
    }
    Ok(go_to(&format!(
        "{}?done=credential",
        address_of(&connection)
    )))
}

pub(in crate::pages) async fn remove_credential(
    State(app): State<App>,
    administrator: Administrator,
    Path((name, label)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let credentials = app.db.credentials(connection.id).await?;
    let credential = credentials.into_iter().find(|one| one.label == label);
    let credential = credential.ok_or_else(|| {
        Problem::no_such(
            "There is no credential of this name.",
            "/connections",
            "Connections",
        )
    })?;
    let now = app.now();
    let subject = format!("credential {label} of connection {}", connection.name);
    let entry = administrator
        .visitor
        .entry(now, "credential.remove", subject, None);
    let mut tx = app.db.write().await?;
    tx.remove_credential(credential.id).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(go_to(&format!(
        "{}?done=credential-removed",
        address_of(&connection)
    )))
}
