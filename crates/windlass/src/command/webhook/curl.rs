//! `windlass webhook curl`.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bitbucket::Credential;
use bitbucket::webhook::EventKey;
use secrecy::ExposeSecret;
use serde::Serialize;
use store::Connection;

use super::{address, connection, register, secrets};
use crate::cli::{Global, HookCurlArguments};
use crate::output::json;
use crate::session::Session;
use crate::stored;

/// The command, for programs.
#[derive(Serialize)]
struct Printed {
    command: String,
}

/// The body, in the order in which people read it.
#[derive(Serialize)]
struct Body<'a> {
    description: &'a str,
    url: &'a str,
    active: bool,
    secret: &'a str,
    events: Vec<&'a str>,
}

pub(super) async fn run(global: &Global, arguments: &HookCurlArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.hook.connection.as_deref()).await?;
    let hook = session.db.webhook_hook(connection.id).await?;
    let url = address::written(arguments.url.as_deref(), &session.config.settings)?
        .or_else(|| address::registered(hook.as_ref()));
    let url = url.map_or_else(|| "<URL>".to_owned(), |url| url.to_string());
    let (secret, authorization) = if arguments.with_secret {
        let vault = secrets::vault(&session).await?;
        let held = secrets::newest_or_made(&session, &vault, &connection).await?;
        (
            held.text.expose_secret().to_owned(),
            authorization(&session, &connection).await?,
        )
    } else {
        ("<SECRET>".to_owned(), "<AUTHORIZATION>".to_owned())
    };
    let body = serde_json::to_string_pretty(&Body {
        description: register::DESCRIPTION,
        url: &url,
        active: true,
        secret: &secret,
        events: EventKey::to_register().map(EventKey::as_str).collect(),
    })?;
    let address = format!(
        "{}/workspaces/{}/hooks",
        connection.base_url.trim_end_matches('/'),
        connection.workspace
    );
    let command = [
        format!("curl --location {}", quoted(&address)),
        format!(
            "--header {}",
            quoted(&format!("Authorization: {authorization}"))
        ),
        "--header 'Accept: application/json'".to_owned(),
        "--header 'Content-Type: application/json'".to_owned(),
        format!("--data-raw {}", quoted(&body)),
    ]
    .join(" \\\n");
    let out = &mut io::stdout().lock();
    if arguments.hook.json {
        return json::write(&Printed { command }, out);
    }
    writeln!(out, "{command}")?;
    Ok(())
}

/// The value of the header that signs with the first credential that is in use.
async fn authorization(session: &Session, connection: &Connection) -> anyhow::Result<String> {
    let now = session.now();
    let in_use: Vec<i64> = session
        .db
        .credentials(connection.id)
        .await?
        .iter()
        .filter(|credential| stored::is_used(credential, now))
        .map(|credential| credential.id)
        .collect();
    let holders = stored::holders(&session.config, &session.db, connection).await?;
    let holder = holders
        .into_iter()
        .find(|holder| in_use.contains(&holder.id))
        .ok_or_else(|| stored::no_credential(connection))?;
    Ok(match &holder.credential {
        Credential::AccessToken { token, .. } => format!("Bearer {}", token.expose_secret()),
        Credential::ApiToken { email, token, .. } => {
            format!(
                "Basic {}",
                STANDARD.encode(format!("{email}:{}", token.expose_secret()))
            )
        }
    })
}

/// A word of a POSIX shell, whatever it holds.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
