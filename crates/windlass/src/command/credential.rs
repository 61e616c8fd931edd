//! `windlass credential`.

mod change;
mod shown;

use std::io;

pub(in crate::command) use change::keep_given;
pub(in crate::command) use shown::{CredentialShown, expiry_warning, write_text};

use crate::cli::{CredentialCommand, Global, NamedArguments};
use crate::output::json;
use crate::session::Session;

pub(super) async fn run(global: &Global, command: &CredentialCommand) -> anyhow::Result<()> {
    match command {
        CredentialCommand::Add(arguments) => change::add(global, arguments).await,
        CredentialCommand::List(arguments) => list(global, arguments).await,
        CredentialCommand::Replace(arguments) => change::replace(global, arguments).await,
        CredentialCommand::Rename(arguments) => change::rename(global, arguments).await,
        CredentialCommand::Remove(arguments) => change::remove(global, arguments).await,
    }
}

async fn list(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let credentials = CredentialShown::load(&session, &connection).await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&credentials, out);
    }
    Ok(write_text(&credentials, out)?)
}
