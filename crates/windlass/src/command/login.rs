//! `windlass login`: who may use the pages. Whoever can write the database can let somebody in.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use model::Instant;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use store::{Login, Role, WriteTx};
use web::{NoRandomness, Random};

use crate::cli::{
    Global, LoginAddArguments, LoginCommand, LoginLinkArguments, LoginListArguments,
    LoginRemoveArguments,
};
use crate::confirm::confirm;
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::nearest::no_such;
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::session::Session;

/// How long a link works, in seconds.
const LINK_SECONDS: i64 = 86_400;

pub(super) async fn run(global: &Global, command: &LoginCommand) -> anyhow::Result<()> {
    match command {
        LoginCommand::List(arguments) => list(global, arguments).await,
        LoginCommand::Add(arguments) => add(global, arguments).await,
        LoginCommand::Link(arguments) => link(global, arguments).await,
        LoginCommand::Remove(arguments) => remove(global, arguments).await,
    }
}

/// Bytes of the system's chance.
pub(super) fn random() -> Random {
    Box::new(|| {
        let mut bytes = [0; 32];
        match SysRng.try_fill_bytes(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(NoRandomness),
        }
    })
}

/// While nobody can sign in, says where the first administrator is set up.
pub(super) async fn say_first_link(session: &Session, address: SocketAddr) -> anyhow::Result<()> {
    let logins = session.db.logins().await?;
    if logins.iter().any(|login| login.has_password) {
        return Ok(());
    }
    let mut tx = session.db.write().await?;
    let path = make_link(session, &mut tx, None).await?;
    tx.commit().await?;
    let base = match session.config.settings.web.public_url()? {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if address.ip().is_unspecified() => {
            format!("http://{}:{}", Ipv4Addr::LOCALHOST, address.port())
        }
        None => format!("http://{address}"),
    };
    say(&format!(
        "Set it up in a browser, within a day and once: {base}{path}"
    ));
    Ok(())
}

/// Makes a link that works once: its path.
async fn make_link(
    session: &Session,
    tx: &mut WriteTx,
    login: Option<i64>,
) -> anyhow::Result<String> {
    let (secret, digest) = web::new_link(&random())?;
    let now = session.now();
    tx.insert_login_link(&digest, login, now, now.plus_seconds(LINK_SECONDS))
        .await?;
    Ok(format!("/setup/{secret}"))
}

/// A login, for programs.
#[derive(Serialize)]
struct LoginShown {
    name: String,
    role: &'static str,
    has_password: bool,
    created_at: Instant,
    signed_in_at: Option<Instant>,
}

async fn list(global: &Global, arguments: &LoginListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let logins = session.db.logins().await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        let shown = logins.into_iter().map(|login| LoginShown {
            name: login.name,
            role: login.role.as_str(),
            has_password: login.has_password,
            created_at: login.created_at,
            signed_in_at: login.signed_in_at,
        });
        return json::write(&shown.collect::<Vec<_>>(), out);
    }
    if logins.is_empty() {
        writeln!(
            out,
            "There is no login yet: `windlass serve` prints a link to set up the first, and so does `windlass login link`"
        )?;
        return Ok(());
    }
    let rows = logins.into_iter().map(|login| {
        let signed_in = if login.has_password {
            moment::shown_or(login.signed_in_at, "never")
        } else {
            "has chosen no password yet".to_owned()
        };
        vec![login.name, login.role.as_str().to_owned(), signed_in]
    });
    let header = ["login", "role", "last signed in"];
    let left = Align::Left;
    writeln!(out, "{}", plain(&header, &[left, left, left], rows))?;
    Ok(())
}

/// A link, for programs.
#[derive(Serialize)]
struct LinkShown {
    login: Option<String>,
    path: String,
    expires_at: Instant,
}

/// Prints a link; where the pages are the program knows only if it is configured.
fn write(
    session: &Session,
    login: Option<String>,
    path: String,
    as_json: bool,
) -> anyhow::Result<()> {
    let url = session.config.settings.web.public_url()?;
    let out = &mut io::stdout().lock();
    if as_json {
        let shown = LinkShown {
            login,
            path,
            expires_at: session.now().plus_seconds(LINK_SECONDS),
        };
        return json::write(&shown, out);
    }
    match url {
        Some(url) => writeln!(out, "{}{path}", url.as_str().trim_end_matches('/'))?,
        None => writeln!(out, "{path}")?,
    }
    say("Open it behind the address of the pages: it works once, within a day");
    Ok(())
}

async fn add(global: &Global, arguments: &LoginAddArguments) -> anyhow::Result<()> {
    let session = Session::open_or_make(global).await?;
    let name = arguments.name.trim().to_lowercase();
    web::check_login_name(&name).map_err(|flaw| Failure::new(Exit::Usage, flaw))?;
    let role = Role::from(arguments.role);
    let subject = format!("login {name}");
    let entry = session.entry("login.add", subject, Some(role.as_str().to_owned()));
    let mut tx = session.db.write().await?;
    let Some(id) = tx.insert_login(&name, role, entry.occurred_at).await? else {
        return Err(Failure::new(
            Exit::Usage,
            format!("there is a login `{name}` already: `windlass login link {name}` lets its owner choose a new password"),
        )
        .into());
    };
    let path = make_link(&session, &mut tx, Some(id)).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    write(&session, Some(name), path, arguments.json)
}

async fn link(global: &Global, arguments: &LoginLinkArguments) -> anyhow::Result<()> {
    let session = Session::open_or_make(global).await?;
    let login = match &arguments.name {
        Some(name) => Some(find(&session, name).await?),
        None => {
            let logins = session.db.logins().await?;
            let able = |login: &&Login| login.role == Role::Administrator && login.has_password;
            if let Some(known) = logins.iter().find(able) {
                return Err(Failure::new(
                    Exit::Usage,
                    format!("there is an administrator already: `windlass login link {}` lets its owner choose a new password", known.name),
                )
                .into());
            }
            None
        }
    };
    let name = login.as_ref().map(|login| login.name.clone());
    let subject = match &name {
        Some(name) => format!("login {name}"),
        None => "the first administrator".to_owned(),
    };
    let entry = session.entry("login.link", subject, None);
    let mut tx = session.db.write().await?;
    let path = make_link(&session, &mut tx, login.map(|login| login.id)).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    write(&session, name, path, arguments.json)
}

async fn find(session: &Session, name: &str) -> anyhow::Result<Login> {
    if let Some(login) = session.db.login(&name.trim().to_lowercase()).await? {
        return Ok(login);
    }
    let logins = session.db.logins().await?;
    let names = logins.iter().map(|login| login.name.as_str());
    let empty = "there is none yet. `windlass login add` makes one";
    Err(no_such("login", name, names, "windlass login list", empty).into())
}

async fn remove(global: &Global, arguments: &LoginRemoveArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let login = find(&session, &arguments.name).await?;
    let name = &login.name;
    confirm(
        &format!("Take away the login {name}, its sessions and its tokens?"),
        arguments.yes,
    )?;
    let entry = session.entry("login.remove", format!("login {name}"), None);
    let mut tx = session.db.write().await?;
    if !tx.remove_login(login.id, entry.occurred_at).await? {
        return Err(Failure::new(
            Exit::Usage,
            format!("{name} is the last administrator who can sign in: make another one first"),
        )
        .into());
    }
    tx.audit(&entry).await?;
    tx.commit().await?;
    say(&format!("The login {name} is removed"));
    Ok(())
}
