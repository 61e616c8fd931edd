//! `windlass webhook`.

mod address;
mod curl;
mod deliveries;
mod health;
mod list;
mod register;
mod replay;
mod secret;
mod secrets;
mod verify;

use std::sync::Arc;

use bitbucket::{Client, ClientError, Silent};
use secrecy::SecretString;
use store::{Connection, ConnectionKind};

use crate::cli::{Global, WebhookCommand};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::stored;

pub(super) use health::Health;
pub(super) use list::doctor_line;
pub(super) use register::{address_of, delete, perform};

pub(super) async fn run(global: &Global, command: &WebhookCommand) -> anyhow::Result<()> {
    match command {
        WebhookCommand::Register(arguments) => register::register(global, arguments).await,
        WebhookCommand::List(arguments) => list::run(global, arguments).await,
        WebhookCommand::Verify(arguments) => verify::run(global, arguments).await,
        WebhookCommand::Secret(arguments) => secret::run(global, arguments).await,
        WebhookCommand::RotateSecret(arguments) => secret::rotate(global, arguments).await,
        WebhookCommand::Remove(arguments) => register::remove(global, arguments).await,
        WebhookCommand::Curl(arguments) => curl::run(global, arguments).await,
        WebhookCommand::Deliveries(arguments) => deliveries::list(global, arguments).await,
        WebhookCommand::Show(arguments) => deliveries::show(global, arguments).await,
        WebhookCommand::Replay(arguments) => replay::run(global, arguments).await,
    }
}

/// The connection that is named, or the only one to Bitbucket.
async fn connection(session: &Session, name: Option<&str>) -> anyhow::Result<Connection> {
    if let Some(name) = name {
        let connection = session.connection(name).await?;
        stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
        return Ok(connection);
    }
    let mut all = session.db.connections().await?;
    all.retain(|connection| connection.kind == ConnectionKind::BitbucketCloud);
    let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
    match (all.pop(), all.is_empty()) {
        (Some(connection), true) => Ok(connection),
        (None, _) => Err(Failure::new(
            Exit::Usage,
            "there is no connection to Bitbucket yet: `windlass connection add bitbucket_cloud` makes one",
        )
        .into()),
        (Some(_), false) => Err(Failure::new(
            Exit::Usage,
            format!("there are several connections: name one with --connection, of {}", names.join(", ")),
        )
        .into()),
    }
}

/// Makes one more secret for a webhook that somebody registers by hand.
pub(super) async fn add_secret(
    session: &Session,
    connection: &Connection,
) -> anyhow::Result<SecretString> {
    let vault = secrets::vault(session).await?;
    let held = secrets::add(
        session,
        &vault,
        connection,
        secrets::made()?,
        "webhook.secret",
    )
    .await?;
    Ok(held.text)
}

/// A client with the connection's credentials.
async fn client(session: &Session, connection: &Connection) -> anyhow::Result<Client> {
    let clock = Arc::clone(&session.clock);
    stored::client(
        &session.config,
        &session.db,
        connection,
        clock,
        Arc::new(Silent),
    )
    .await
}

/// The failure of a request about webhooks, with its code where it has one.
fn refused(error: ClientError, connection: &Connection) -> anyhow::Error {
    let message = match &error {
        ClientError::Unauthorized { .. } => format!("invalid_credentials: {error}"),
        ClientError::Forbidden { .. } => format!(
            "invalid_permissions: {error} Only an administrator of the workspace may change its webhooks, and their API token or a workspace access token is needed: `windlass credential replace {}` takes another",
            connection.name
        ),
        ClientError::NotFound { .. } => format!(
            "no_resources: the workspace `{}` does not exist, or the credential may not see its webhooks",
            connection.workspace
        ),
        _ => return error.into(),
    };
    Failure::new(Exit::Refused, message).into()
}
