//! `windlass database`.

use std::io::Write;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::Db;
use store::console::login_statements;
use url::Url;

use super::login;
use crate::cli::{DatabaseCommand, Global, GrantArguments};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::interrupt::interrupted;
use crate::output::say;
use crate::packing;
use crate::progress::count;
use crate::session::Session;

/// How many connections the login may have.
const CONNECTIONS: u32 = 20;

/// What stands for the password where somebody else is to choose it.
const PLACE: &str = "CHOOSE A PASSWORD";

pub(super) async fn run(global: &Global, command: &DatabaseCommand) -> anyhow::Result<()> {
    match command {
        DatabaseCommand::GrantConsole(arguments) => grant_console(global, arguments).await,
        DatabaseCommand::Pack => pack(global).await,
    }
}

async fn pack(global: &Global) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let packed = tokio::select! {
        packed = packing::pack(&session.db) => packed?,
        // The rest is packed the next time.
        stopped = interrupted() => return Err(stopped.into()),
    };
    session.db.close().await;
    say(&match packed {
        0 => "Nothing changed since months were packed".to_owned(),
        packed => format!("Packed what changed: {}", count(packed as u64, "month")),
    });
    Ok(())
}

async fn grant_console(global: &Global, arguments: &GrantArguments) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let name = &arguments.login;
    if name.is_empty() || name.len() > 60 || !name.chars().all(plain) {
        return Err(Failure::new(
            Exit::Usage,
            format!("the login `{name}` has to be of small letters, digits and underscores"),
        )
        .into());
    }
    grant(global, arguments).await
}

async fn grant(global: &Global, arguments: &GrantArguments) -> anyhow::Result<()> {
    let config = Config::load(global, None)?;
    let address = config.database("windlass.db")?;
    let Some(mut url) = Url::parse(&address)
        .ok()
        .filter(|url| url.scheme().starts_with("postgres"))
    else {
        say("SQLite needs no login for queries: they are asked on a connection that can only read");
        return Ok(());
    };
    let out = &mut std::io::stdout();
    if !arguments.run {
        for statement in login_statements(&arguments.login, PLACE, CONNECTIONS) {
            writeln!(out, "{statement};")?;
        }
        say(&format!(
            "Let an administrator of the database run these, with a password in place of `{PLACE}`, and put the address with that login into the configuration: database under [query]"
        ));
        return Ok(());
    }
    let db = Db::open(&address).await?;
    let password = URL_SAFE_NO_PAD.encode(login::random()()?);
    let made = db
        .make_query_login(&arguments.login, &password, CONNECTIONS)
        .await;
    db.close().await;
    made.context(
        "the login could not be made. Let an administrator run what this command prints without --run",
    )?;
    let named = url
        .set_username(&arguments.login)
        .and(url.set_password(Some(&password)));
    if named.is_err() {
        return Err(Failure::configuration("the database's address takes no login").into());
    }
    writeln!(out, "{url}")?;
    say(
        "The login is made. Put this address into the configuration, as database under [query] or in WINDLASS_QUERY__DATABASE: it is shown once, and running the command again makes another password",
    );
    Ok(())
}
