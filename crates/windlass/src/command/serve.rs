//! `windlass serve`.

mod actions;
mod conductor;
mod drain;
mod entrance;
mod packer;
mod run;
mod tally;

pub(super) use entrance::door;

use std::net::SocketAddr;
use std::sync::Arc;

use model::Clock;
use store::{Inbox, SessionTimes};
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::{Door, Entry, Limit, Metrics, QuerySettings, Site, SiteSettings};

use super::{login, query};
use crate::cli::{Global, ServeArguments};
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::output::say;
use crate::session::Session;
use actions::PageActions;
use conductor::Conductor;
use drain::Drain;
use packer::Packer;

pub(super) async fn run(global: &Global, arguments: &ServeArguments) -> anyhow::Result<()> {
    let listener = bind(arguments.listen, "--listen").await?;
    let metrics_listener = match arguments.metrics_listen {
        Some(address) => Some(bind(address, "--metrics-listen").await?),
        None => None,
    };
    let session = Arc::new(Session::open_or_make(global).await?);
    let limit = limit(&session);
    let metrics = Arc::new(Metrics::default());
    let (stop, stopped) = watch::channel(false);

    let inbox = Inbox::open(&session.db).await?;
    let door = door(&session, inbox.clone(), Arc::clone(&metrics));

    let address = listener.local_addr()?;
    let site = site(&session, door, limit, Entry::SignIn)?;
    say(&format!("Listening on http://{address}"));
    login::say_first_link(&session, address).await?;
    let server = tokio::spawn(web::serve(listener, site, told(stopped.clone())));
    let metrics_server = match metrics_listener {
        None => None,
        Some(listener) => {
            say(&format!(
                "Metrics on http://{}/metrics",
                listener.local_addr()?
            ));
            let clock: Arc<dyn Clock> = Arc::clone(&session.clock);
            let (db, metrics) = (session.db.clone(), Arc::clone(&metrics));
            let until = told(stopped.clone());
            let serving = web::serve_metrics(listener, db, clock, metrics, limit, until);
            Some(tokio::spawn(serving))
        }
    };
    let drain = Drain {
        session: Arc::clone(&session),
        inbox,
        metrics: Arc::clone(&metrics),
    };
    let draining = tokio::spawn(drain.work(stopped.clone()));
    let packer = Packer {
        session: Arc::clone(&session),
    };
    let packing = tokio::spawn(packer.work(stopped.clone()));
    let db = session.db.clone();
    let conductor = Conductor::new(session, metrics, stopped);
    let conducting = tokio::spawn(conductor.conduct());

    interrupted().await;
    say("Stopping: what is under way is given back, and the next start goes on from there");
    // Whoever does not listen any more has ended already.
    let _ = stop.send(true);
    let _ = conducting.await;
    let _ = draining.await;
    let _ = packing.await;
    server.await??;
    if let Some(server) = metrics_server {
        server.await??;
    }
    db.close().await;
    Ok(())
}

/// What is served to people.
pub(super) fn site(
    session: &Arc<Session>,
    door: Door,
    limit: Limit,
    entry: Entry,
) -> anyhow::Result<Site> {
    let settings = &session.config.settings.web;
    Ok(Site {
        db: session.db.clone(),
        clock: Arc::clone(&session.clock),
        random: login::random(),
        actions: Arc::new(PageActions::new(Arc::clone(session))),
        door,
        queries: query_settings(session)?,
        settings: SiteSettings {
            public_url: settings.public_url()?,
            trusted_proxies: settings.trusted_proxies()?,
            entry,
            sessions: SessionTimes::default(),
            limit,
        },
    })
}

/// How the page answers queries. PostgreSQL wants a login of their own for them.
fn query_settings(session: &Session) -> anyhow::Result<QuerySettings> {
    let settings = &session.config.settings.query;
    let console = query::console(&session.db, settings)?;
    Ok(QuerySettings {
        console: console.is_apart().then_some(console),
        limits: query::limits(settings),
        at_once: query::whole(settings.at_once),
        at_once_each: query::whole(settings.at_once_each),
        keep_seconds: i64::from(settings.keep_seconds),
    })
}

/// How many requests there are in a window, where a credential says nothing of its own.
pub(super) fn limit(session: &Session) -> Limit {
    let of_bitbucket = &session.config.settings.bitbucket;
    Limit {
        requests: i64::from(of_bitbucket.hourly_limit),
        window_seconds: i64::from(of_bitbucket.window_seconds),
    }
}

pub(super) async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::configuration(format!(
            "nothing can be served at {address}: {error}. Name another address with {flag}"
        ))
    })
}

/// Resolves when it is time to stop.
pub(super) async fn told(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopped.wait_for(|stop| *stop).await;
}
