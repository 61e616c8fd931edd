//! The webhook of a connection: registering it, its secret, and the command to do it by hand.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use bitbucket::webhook::EventKey;
use model::Instant;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{Connection, WebhookHook};

use super::{address_of, api_address, find};
use crate::access::Administrator;
use crate::layout::{Frame, Page, Section, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// A secret of a connection, without what is secret of it.
struct SecretLine {
    created_at: Instant,
    seen_at: Option<Instant>,
    retired_at: Option<Instant>,
}

#[derive(Template)]
#[template(path = "connection_webhook.html")]
struct WebhookPage {
    frame: Frame,
    connection: Connection,
    address: String,
    hook: Option<WebhookHook>,
    secrets: Vec<SecretLine>,
    /// Where deliveries go unless somebody says otherwise.
    url: String,
    events: Vec<&'static str>,
    /// A secret that was made just now: it is never shown again.
    made: Option<SecretString>,
}

impl WebhookPage {
    fn made(&self) -> Option<&str> {
        self.made.as_ref().map(ExposeSecret::expose_secret)
    }

    /// The address of the workspace's webhooks, fit for a shell.
    fn api(&self) -> String {
        api_address(&self.connection, "workspaces", "/hooks")
    }

    /// Where deliveries go, fit for a shell; a place to fill in where nobody has said it.
    fn door(&self) -> String {
        const PATH: &str = "/webhooks/bitbucket";
        match self.url.trim_end_matches('/') {
            "" => "<URL>".to_owned(),
            url if url.contains(PATH) => url.replace('\'', "%27"),
            url => format!("{}{PATH}", url.replace('\'', "%27")),
        }
    }

    fn event_lines(&self) -> String {
        let quoted: Vec<String> = self
            .events
            .iter()
            .map(|event| format!("\"{event}\""))
            .collect();
        quoted.join(", ")
    }
}

async fn show(
    app: &App,
    administrator: &Administrator,
    name: &str,
    made: Option<SecretString>,
) -> Page {
    let connection = find(app, name).await?;
    let hook = app.db.webhook_hook(connection.id).await?;
    let secrets = app.db.webhook_secrets(connection.id).await?;
    let url = hook
        .as_ref()
        .map(|hook| hook.url.clone())
        .or_else(|| app.actions.webhook_url())
        .or_else(|| app.settings.public_url.as_ref().map(ToString::to_string))
        .unwrap_or_default();
    page(&WebhookPage {
        frame: Frame::new(&administrator.reader, Some(Section::Connections), "Webhook"),
        address: address_of(&connection),
        connection,
        hook,
        secrets: secrets
            .into_iter()
            .rev()
            .map(|secret| SecretLine {
                created_at: secret.created_at,
                seen_at: secret.seen_at,
                retired_at: secret.retired_at,
            })
            .collect(),
        url,
        events: EventKey::to_register().map(EventKey::as_str).collect(),
        made,
    })
}

pub(in crate::pages) async fn webhook(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Page {
    show(&app, &administrator, &name, None).await
}

#[derive(Deserialize)]
pub(in crate::pages) struct RegisterForm {
    #[serde(default)]
    url: String,
}

pub(in crate::pages) async fn register_webhook(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(form): Form<RegisterForm>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let url = Some(form.url.trim().to_owned()).filter(|url| !url.is_empty());
    let actor = administrator.visitor.actor();
    app.actions
        .register_webhook(connection.name.clone(), url, actor)
        .await?;
    Ok(go_to(&format!("{}?done=webhook", address_of(&connection))))
}

pub(in crate::pages) async fn webhook_secret(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Page {
    let connection = find(&app, &name).await?;
    let actor = administrator.visitor.actor();
    let made = app
        .actions
        .make_webhook_secret(connection.name.clone(), actor)
        .await?;
    show(&app, &administrator, &name, Some(made)).await
}

pub(in crate::pages) async fn remove_webhook(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let actor = administrator.visitor.actor();
    app.actions
        .remove_webhook(connection.name.clone(), actor)
        .await?;
    Ok(go_to(&format!(
        "{}?done=webhook-removed",
        address_of(&connection)
    )))
}
