//! Links that work once: the first administrator, an invitation, a forgotten password.

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use secrecy::SecretString;
use serde::Deserialize;
use store::{AuditEntry, Login, Role};

use super::sign_in::{begin_session, parse};
use crate::access::secret::{self, Purpose};
use crate::access::{Hasher, Reader, check_password};
use crate::layout::{Frame, page};
use crate::problem::Problem;
use crate::site::App;

/// The longest name of a login, in characters.
const LONGEST_NAME: usize = 60;

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    frame: Frame,
    link: String,
    /// Whose password it is; nothing for the first administrator, who chooses a name too.
    login: Option<Login>,
    name: String,
    problem: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SetupForm {
    #[serde(default)]
    name: String,
    password: SecretString,
    repeated: SecretString,
}

/// Whose link it is. A link for the first administrator works while there is none.
async fn owner(app: &App, link: &str) -> Result<Option<Login>, Problem> {
    let digest = secret::digest(Purpose::Link, link);
    let found = app.db.login_link(&digest, app.now()).await?;
    match found {
        None => Err(dead()),
        Some(None) => Ok(None),
        Some(Some(id)) => app.db.login_by_id(id).await?.map(Some).ok_or_else(dead),
    }
}

fn dead() -> Problem {
    Problem::no_such(
        "This link works no more: it was used, a newer one took its place, or its time is over. An administrator makes a new one under Settings; `windlass login link` does so on the machine itself.",
        "/sign-in",
        "Sign in",
    )
}

pub(super) async fn show(
    State(app): State<App>,
    reader: Reader,
    Path(link): Path<String>,
) -> Result<Html<String>, Problem> {
    let login = owner(&app, &link).await?;
    let title = if login.is_some() {
        "Choose a password"
    } else {
        "Set up Windlass"
    };
    page(&SetupPage {
        frame: Frame::new(&reader, None, title),
        link,
        login,
        name: String::new(),
        problem: None,
    })
}

pub(super) async fn set_up(
    State(app): State<App>,
    reader: Reader,
    Path(link): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let form = parse::<SetupForm>(request).await?.0;
    let login = owner(&app, &link).await?;
    let name = match &login {
        Some(login) => login.name.clone(),
        None => form.name.trim().to_lowercase(),
    };
    let flaw = check_name(&name).err().or_else(|| {
        let checked = check_password(&name, &form.password, &form.repeated);
        checked.err().map(|flaw| flaw.to_string())
    });
    if let Some(flaw) = flaw {
        let title = if login.is_some() {
            "Choose a password"
        } else {
            "Set up Windlass"
        };
        let html = page(&SetupPage {
            frame: Frame::new(&reader, None, title),
            link,
            login,
            name,
            problem: Some(flaw),
        })?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html).into_response());
    }
    let salt = (app.random)().map_err(|_| Problem::no_randomness())?;
    let hasher = Hasher(app.hashing.clone());
    let hash = hasher
        .hash(form.password, salt)
        .await
        .map_err(|_| Problem::Internal)?;

    let now = app.now();
    let mut tx = app.db.write().await?;
    let digest = secret::digest(Purpose::Link, &link);
    let id = match tx.take_login_link(&digest, now).await? {
        None => return Err(dead()),
        Some(Some(id)) => id,
        Some(None) => {
            let made = tx.insert_login(&name, Role::Administrator, now).await?;
            made.ok_or_else(|| Problem::Refused(format!("There is a login `{name}` already.")))?
        }
    };
    tx.set_login_password(id, &hash, now).await?;
    let action = if login.is_some() {
        "login.password"
    } else {
        "login.add"
    };
    tx.audit(&AuditEntry {
        occurred_at: now,
        actor: format!("{name} (link)"),
        action: action.to_owned(),
        subject: format!("login {name}"),
        detail: None,
    })
    .await?;
    let (role, created_at) = login.as_ref().map_or((Role::Administrator, now), |login| {
        (login.role, login.created_at)
    });
    let login_now = Login {
        id,
        name,
        role,
        has_password: true,
        created_at,
        signed_in_at: Some(now),
    };
    begin_session(&app, tx, &login_now, "/").await
}

/// Whether a login may have this name, in small letters.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err("A name is of letters, digits and - _ . @ + alone.".to_owned());
    }
    if name.chars().count() > LONGEST_NAME {
        return Err("A name has at most 60 characters.".to_owned());
    }
    Ok(())
}
