//! `windlass webhook secret` and `rotate-secret`.

use std::io::{self, Read, Write};

use bitbucket::ClientError;
use bitbucket::hooks::HookSettings;
use model::Uuid;
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use super::secrets::{self, Held};
use super::{client, connection, refused, register};
use crate::cli::{Global, HookArguments, HookSecretArguments};
use crate::failure::{Exit, Failure};
use crate::output::{json, say};
use crate::session::Session;

/// A secret, for programs.
#[derive(Serialize)]
struct Printed<'a> {
    connection: &'a str,
    secret: &'a str,
}

/// What became of a secret, for programs: not the secret itself.
#[derive(Serialize)]
struct Changed<'a> {
    connection: &'a str,
    secret_id: String,
}

pub(super) async fn run(global: &Global, arguments: &HookSecretArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let hook = &arguments.hook;
    let connection = connection(&session, hook.connection.as_deref()).await?;
    let name = &connection.name;
    let out = &mut io::stdout().lock();
    if arguments.set {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        let given = secrets::given(&text)?;
        let vault = secrets::vault(&session).await?;
        let held = secrets::add(&session, &vault, &connection, given, "webhook.set_secret").await?;
        let told = format!(
            "The secret of {name} is kept; the one before is valid until a delivery came with this one. `windlass webhook register` gives it to the webhook that is registered"
        );
        return report(name, &held, hook.json, &told, out);
    }
    let vault = secrets::vault(&session).await?;
    let held = secrets::newest_or_made(&session, &vault, &connection).await?;
    if held.is_new {
        say(&format!("A secret was made for {name}"));
    }
    let secret = held.text.expose_secret();
    if hook.json {
        return json::write(
            &Printed {
                connection: name,
                secret,
            },
            out,
        );
    }
    writeln!(out, "{secret}")?;
    Ok(())
}

pub(super) async fn rotate(global: &Global, arguments: &HookArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.connection.as_deref()).await?;
    let name = &connection.name;
    let hook = session.db.webhook_hook(connection.id).await?;
    let target =
        hook.and_then(|hook| Some((Uuid::parse(&hook.uuid)?, Url::parse(&hook.url).ok()?)));
    let Some((uuid, url)) = target else {
        return Err(Failure::new(
            Exit::Usage,
            format!("{name} has no webhook that was registered from here: `windlass webhook register` makes or adopts one, `windlass webhook secret --set` takes another secret for one that is kept by hand"),
        )
        .into());
    };
    let client = client(&session, &connection).await?;
    let vault = secrets::vault(&session).await?;
    let made = secrets::made()?;
    // Known before Bitbucket signs with it.
    let held = secrets::add(&session, &vault, &connection, made, "webhook.rotate_secret").await?;
    let settings = HookSettings {
        url,
        description: register::DESCRIPTION.to_owned(),
        secret: held.text.clone(),
    };
    let changed = client.update_hook(&uuid, &settings).await;
    let mut tx = session.db.write().await?;
    tx.add_usage(&sync::take_usage(&client)).await?;
    // Where nobody knows whether Bitbucket has it, both stay valid.
    let is_refused = changed
        .as_ref()
        .is_err_and(|error| !matches!(error, ClientError::Unavailable { .. }));
    if is_refused {
        tx.retire_webhook_secret(held.id, session.now()).await?;
    }
    tx.commit().await?;
    match changed {
        Ok(_) => {}
        Err(ClientError::NotFound { .. }) => {
            return Err(Failure::new(
                Exit::Refused,
                format!("the webhook of {name} is not in Bitbucket any more: `windlass webhook register` makes it anew"),
            )
            .into());
        }
        Err(error) => return Err(refused(error, &connection)),
    }
    let told = format!(
        "The webhook of {name} signs with another secret; the one before is valid until a delivery came with the new one"
    );
    report(name, &held, arguments.json, &told, &mut io::stdout().lock())
}

fn report(
    connection: &str,
    held: &Held,
    as_json: bool,
    told: &str,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if as_json {
        let secret_id = held.id.to_string();
        return json::write(
            &Changed {
                connection,
                secret_id,
            },
            out,
        );
    }
    say(told);
    Ok(())
}
