//! `windlass webhook register` and `remove`.

use std::io;

use bitbucket::hooks::{Hook, HookSettings};
use bitbucket::{Client, ClientError};
use serde::Serialize;
use store::{Connection, WebhookHook};
use url::Url;

use super::{address, client, connection, refused, secrets};
use crate::cli::{Global, HookRegisterArguments, HookRemoveArguments};
use crate::confirm::confirm;
use crate::failure::{Exit, Failure};
use crate::output::{json, say};
use crate::session::Session;

/// What webhooks are called in Bitbucket.
pub(super) const DESCRIPTION: &str = "Windlass";

/// A webhook that was registered, for programs.
#[derive(Serialize)]
struct Registered<'a> {
    connection: &'a str,
    uuid: &'a str,
    url: &'a str,
    active: bool,
    events: &'a [String],
    /// Whether it was not there before.
    made: bool,
    /// What was not as it should be.
    repaired: Vec<String>,
}

/// A webhook that was taken away, for programs.
#[derive(Serialize)]
struct Removed<'a> {
    connection: &'a str,
    removed: Vec<String>,
}

pub(super) async fn register(
    global: &Global,
    arguments: &HookRegisterArguments,
) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.hook.connection.as_deref()).await?;
    let name = &connection.name;
    let url = address_of(&session, &connection, arguments.url.as_deref()).await?;
    if url.scheme() == "http" {
        say(
            "warning: deliveries to an address that begins with http can be read on the way; https needs a proxy in front of `windlass serve`",
        );
    }
    let done = perform(&session, &connection, &url).await?;
    for double in &done.doubles {
        say(&format!(
            "warning: the webhook {double} delivers to the same address; what it brings twice is recognised, and it may be deleted in Bitbucket"
        ));
    }
    if arguments.hook.json {
        let registered = Registered {
            connection: name,
            uuid: done.hook.uuid.as_str(),
            url: url.as_str(),
            active: done.hook.active,
            events: &done.hook.events,
            made: done.made,
            repaired: done.repaired,
        };
        return json::write(&registered, &mut io::stdout().lock());
    }
    let what = match (done.made, done.repaired.as_slice()) {
        (true, _) => "is registered".to_owned(),
        (false, []) => "was as it should be".to_owned(),
        (false, flaws) => format!("is put right ({})", flaws.join(", ")),
    };
    say(&format!(
        "The webhook of {name} {what}: {} events go to {url}. `windlass webhook verify` tries the way",
        done.hook.events.len()
    ));
    Ok(())
}

/// Where the deliveries of a connection are to go: as somebody writes, as it is configured, or as it
/// was registered.
pub(in crate::command) async fn address_of(
    session: &Session,
    connection: &Connection,
    written: Option<&str>,
) -> anyhow::Result<Url> {
    let before = session.db.webhook_hook(connection.id).await?;
    let url = address::written(written, &session.config.settings)?
        .or_else(|| address::registered(before.as_ref()))
        .ok_or_else(address::missing)?;
    Ok(url)
}

/// A webhook that was registered.
pub(in crate::command) struct Done {
    hook: Hook,
    /// Whether it was not there before.
    made: bool,
    /// What was not as it should be.
    repaired: Vec<String>,
    /// Others that deliver to the same address.
    doubles: Vec<String>,
}

/// Has Bitbucket deliver to an address: makes the webhook, or puts the one that is there right.
pub(in crate::command) async fn perform(
    session: &Session,
    connection: &Connection,
    url: &Url,
) -> anyhow::Result<Done> {
    let before = session.db.webhook_hook(connection.id).await?;
    let client = client(session, connection).await?;
    let hooks = client
        .hooks()
        .await
        .map_err(|error| refused(error, connection))?;
    let ours = ours(&hooks, before.as_ref(), Some(url));
    let vault = secrets::vault(session).await?;
    // Known before Bitbucket signs with it.
    let secret = secrets::newest_or_made(session, &vault, connection).await?;
    let settings = HookSettings {
        url: url.clone(),
        description: DESCRIPTION.to_owned(),
        secret: secret.text,
    };
    let (hook, made) = put(&client, ours.first().copied(), &settings, connection).await?;
    let repaired = match ours.first() {
        Some(found) if !made => flaws(found, url),
        _ => Vec::new(),
    };
    let detail = if made {
        "made".to_owned()
    } else {
        format!("put right: {}", repaired.join(", "))
    };
    let subject = format!("connection {}", connection.name);
    let entry = session.entry("webhook.register", subject, Some(detail));
    let same = before.filter(|before| before.uuid == hook.uuid.as_str());
    let stored = WebhookHook {
        connection_id: connection.id,
        uuid: hook.uuid.as_str().to_owned(),
        url: url.to_string(),
        registered_at: same
            .as_ref()
            .map_or(session.now(), |before| before.registered_at),
        verified_at: same
            .filter(|before| before.url == url.as_str())
            .and_then(|before| before.verified_at),
    };
    let mut tx = session.db.write().await?;
    tx.set_webhook_hook(&stored).await?;
    tx.add_usage(&sync::take_usage(&client)).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    let doubles = ours.iter().skip(1);
    Ok(Done {
        doubles: doubles.map(|one| one.uuid.as_str().to_owned()).collect(),
        hook,
        made,
        repaired,
    })
}

/// Makes the webhook, or puts the one that was found right; whether it was made.
async fn put(
    client: &Client,
    found: Option<&Hook>,
    settings: &HookSettings,
    connection: &Connection,
) -> anyhow::Result<(Hook, bool)> {
    if let Some(found) = found {
        match client.update_hook(&found.uuid, settings).await {
            Ok(hook) => return Ok((hook, false)),
            // Somebody has deleted it meanwhile.
            Err(ClientError::NotFound { .. }) => {}
            Err(error) => return Err(refused(error, connection)),
        }
    }
    match client.create_hook(settings).await {
        Ok(hook) => Ok((hook, true)),
        Err(error @ ClientError::Unavailable { .. }) => Err(Failure::new(
            Exit::Failed,
            format!("nobody knows whether the webhook was made: {error} The same command again finds it if it was"),
        )
        .into()),
        Err(error) => Err(refused(error, connection)),
    }
}

/// Which webhooks are ours: the one that was registered, and those that deliver to our address.
pub(super) fn ours<'h>(
    hooks: &'h [Hook],
    registered: Option<&WebhookHook>,
    url: Option<&Url>,
) -> Vec<&'h Hook> {
    let is_registered =
        |hook: &Hook| registered.is_some_and(|known| known.uuid == hook.uuid.as_str());
    let is_here = |hook: &Hook| {
        Url::parse(&hook.url).is_ok_and(|address| {
            Some(&address) == url || registered.is_some_and(|known| known.url == address.as_str())
        })
    };
    let mut ours: Vec<&Hook> = hooks.iter().filter(|hook| is_registered(hook)).collect();
    ours.extend(
        hooks
            .iter()
            .filter(|hook| !is_registered(hook) && is_here(hook)),
    );
    ours
}

/// What is not as it should be.
pub(super) fn flaws(hook: &Hook, url: &Url) -> Vec<String> {
    let mut flaws = Vec::new();
    if !hook.active {
        flaws.push("it was switched off".to_owned());
    }
    if hook.has_secret == Some(false) {
        flaws.push("it had no secret".to_owned());
    }
    let is_elsewhere = Url::parse(&hook.url).map_or(true, |address| address != *url);
    if is_elsewhere {
        flaws.push(format!("it delivered to {}", hook.url));
    }
    let missing = hook.missing_events();
    if !missing.is_empty() {
        flaws.push(format!("it lacked {}", missing.join(", ")));
    }
    flaws
}

pub(super) async fn remove(global: &Global, arguments: &HookRemoveArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.hook.connection.as_deref()).await?;
    let name = &connection.name;
    let question = format!(
        "Delete the webhook of {name} in Bitbucket and its secrets here? What it brought stays, and polling goes on."
    );
    confirm(&question, arguments.yes)?;
    let removed = delete(&session, &connection).await?;
    if arguments.hook.json {
        let removed = Removed {
            connection: name,
            removed,
        };
        return json::write(&removed, &mut io::stdout().lock());
    }
    say(&match removed.len() {
        0 => format!(
            "{name} had no webhook of ours in Bitbucket; its secrets are not valid any more"
        ),
        _ => format!("The webhook of {name} is deleted; its secrets are not valid any more"),
    });
    Ok(())
}

/// Deletes the webhook of a connection in Bitbucket, and retires its secrets; the result is the UUIDs
/// of what was deleted.
pub(in crate::command) async fn delete(
    session: &Session,
    connection: &Connection,
) -> anyhow::Result<Vec<String>> {
    let known = session.db.webhook_hook(connection.id).await?;
    let url = address::written(None, &session.config.settings)?;
    let client = client(session, connection).await?;
    let hooks = client
        .hooks()
        .await
        .map_err(|error| refused(error, connection))?;
    let mut removed = Vec::new();
    for hook in ours(&hooks, known.as_ref(), url.as_ref()) {
        let deleted = client.delete_hook(&hook.uuid).await;
        deleted.map_err(|error| refused(error, connection))?;
        removed.push(hook.uuid.as_str().to_owned());
    }
    let detail = (!removed.is_empty()).then(|| removed.join(", "));
    let subject = format!("connection {}", connection.name);
    let entry = session.entry("webhook.remove", subject, detail);
    let secrets = session.db.webhook_secrets(connection.id).await?;
    let mut tx = session.db.write().await?;
    for secret in secrets.iter().filter(|secret| secret.retired_at.is_none()) {
        tx.retire_webhook_secret(secret.id, entry.occurred_at)
            .await?;
    }
    tx.remove_webhook_hook(connection.id).await?;
    tx.add_usage(&sync::take_usage(&client)).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(removed)
}
