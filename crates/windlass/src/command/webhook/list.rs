//! `windlass webhook list`, and what `doctor` says of webhooks.

use std::io::{self, Write};

use bitbucket::hooks::Hook;
use model::Instant;
use serde::Serialize;
use store::{Connection, WebhookHook};
use url::Url;

use super::register::{flaws, ours};
use super::{address, client, connection, refused};
use crate::cli::{Global, HookArguments};
use crate::failure::describe;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// The webhooks of a workspace, for programs.
#[derive(Serialize)]
struct Listed {
    connection: String,
    hooks: Vec<Shown>,
    /// The one that was registered from here and is not in Bitbucket any more.
    gone: Option<String>,
    secrets: Vec<SecretShown>,
}

/// A webhook, for programs.
#[derive(Serialize)]
struct Shown {
    uuid: String,
    url: String,
    description: String,
    active: bool,
    has_secret: Option<bool>,
    /// Whether it delivers to this program, as far as that is known here.
    ours: bool,
    events: Vec<String>,
    missing_events: Vec<&'static str>,
}

/// A secret that is or was valid, for programs: not the secret itself.
#[derive(Serialize)]
struct SecretShown {
    id: String,
    created_at: Instant,
    seen_at: Option<Instant>,
    valid: bool,
}

/// What Bitbucket says, beside what is known here.
struct Found {
    hooks: Vec<Hook>,
    registered: Option<WebhookHook>,
    url: Option<Url>,
}

impl Found {
    async fn look(session: &Session, connection: &Connection) -> anyhow::Result<Self> {
        let client = client(session, connection).await?;
        let hooks = client
            .hooks()
            .await
            .map_err(|error| refused(error, connection))?;
        let mut tx = session.db.write().await?;
        tx.add_usage(&sync::take_usage(&client)).await?;
        tx.commit().await?;
        Ok(Self {
            hooks,
            registered: session.db.webhook_hook(connection.id).await?,
            url: address::written(None, &session.config.settings)?,
        })
    }

    fn ours(&self) -> Vec<&Hook> {
        ours(&self.hooks, self.registered.as_ref(), self.url.as_ref())
    }

    /// The one that was registered, if Bitbucket has it no more.
    fn gone(&self) -> Option<&WebhookHook> {
        let is_there = |known: &WebhookHook| {
            self.hooks
                .iter()
                .any(|hook| hook.uuid.as_str() == known.uuid)
        };
        self.registered.as_ref().filter(|known| !is_there(known))
    }
}

pub(super) async fn run(global: &Global, arguments: &HookArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.connection.as_deref()).await?;
    let found = Found::look(&session, &connection).await?;
    let ours = found.ours();
    let shown = found.hooks.iter().map(|hook| Shown {
        uuid: hook.uuid.as_str().to_owned(),
        url: hook.url.clone(),
        description: hook.description.clone(),
        active: hook.active,
        has_secret: hook.has_secret,
        ours: ours.contains(&hook),
        events: hook.events.clone(),
        missing_events: hook.missing_events(),
    });
    let secrets = session.db.webhook_secrets(connection.id).await?;
    let superseded = secrets
        .iter()
        .filter(|secret| secret.seen_at.is_some() && secret.retired_at.is_none())
        .map(|secret| secret.id)
        .max();
    let listed = Listed {
        connection: connection.name.clone(),
        hooks: shown.collect(),
        gone: found.gone().map(|hook| hook.uuid.clone()),
        secrets: secrets
            .into_iter()
            .map(|secret| SecretShown {
                id: secret.id.to_string(),
                created_at: secret.created_at,
                seen_at: secret.seen_at,
                valid: secret.retired_at.is_none()
                    && superseded.is_none_or(|seen| secret.id >= seen),
            })
            .collect(),
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&listed, out);
    }
    write(&listed, out)?;
    Ok(())
}

fn write(listed: &Listed, out: &mut dyn Write) -> io::Result<()> {
    let name = &listed.connection;
    if listed.hooks.is_empty() {
        writeln!(
            out,
            "The workspace has no webhook: `windlass webhook register --connection {name}` makes one"
        )?;
    } else {
        let rows = listed.hooks.iter().map(|hook| {
            let lacks = match hook.missing_events.len() {
                0 => String::new(),
                // What somebody else listens to is their business.
                _ if !hook.ours => String::new(),
                _ => hook.missing_events.join(", "),
            };
            vec![
                if hook.ours { "ours" } else { "others'" }.to_owned(),
                hook.uuid.clone(),
                hook.description.clone(),
                hook.url.clone(),
                if hook.active {
                    "active"
                } else {
                    "switched off"
                }
                .to_owned(),
                hook.has_secret
                    .map_or("", |has| if has { "yes" } else { "no" })
                    .to_owned(),
                hook.events.len().to_string(),
                lacks,
            ]
        });
        let header = [
            "whose",
            "webhook",
            "description",
            "url",
            "state",
            "secret",
            "events",
            "lacks",
        ];
        let left = Align::Left;
        let align = [left, left, left, left, left, left, Align::Right, left];
        writeln!(out, "{}", plain(&header, &align, rows))?;
    }
    if let Some(gone) = &listed.gone {
        writeln!(
            out,
            "The webhook {gone} that was registered is not there any more: `windlass webhook register --connection {name}` makes it anew"
        )?;
    }
    Ok(())
}

/// What `doctor` says of a connection's webhook: whether it is all right, and the line.
pub(in crate::command) async fn doctor_line(
    session: &Session,
    connection: &Connection,
) -> anyhow::Result<(bool, String)> {
    let name = &connection.name;
    let again = format!("`windlass webhook register --connection {name}` puts it right");
    let found = match Found::look(session, connection).await {
        Ok(found) => found,
        Err(error) => {
            return Ok((
                false,
                format!(
                    "{name}: the webhooks cannot be listed: {}",
                    describe(&error)
                ),
            ));
        }
    };
    let ours = found.ours();
    let Some(hook) = ours.first() else {
        let text = match found.gone() {
            Some(_) => format!("{name}: the webhook was deleted in Bitbucket: {again}"),
            None => format!(
                "{name}: no webhook delivers here, so that changes show when they are polled and not at once: `windlass webhook register --connection {name}` makes one"
            ),
        };
        return Ok((false, text));
    };
    let url = address::registered(found.registered.as_ref()).or(found.url.clone());
    let flaws = url.map_or_else(Vec::new, |url| flaws(hook, &url));
    if flaws.is_empty() {
        return Ok((
            true,
            format!("{name}: {} events go to {}", hook.events.len(), hook.url),
        ));
    }
    Ok((
        false,
        format!(
            "{name}: the webhook is not as it was registered: {}: {again}",
            flaws.join(", ")
        ),
    ))
}
