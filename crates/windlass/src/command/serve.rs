//! `windlass serve`.

mod conductor;
mod run;

use std::net::SocketAddr;
use std::sync::Arc;

use model::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::{Limit, Metrics};

use crate::cli::{Global, ServeArguments};
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::output::say;
use crate::session::Session;
use conductor::Conductor;

pub(super) async fn run(global: &Global, arguments: &ServeArguments) -> anyhow::Result<()> {
    let listener = bind(arguments.listen, "--listen").await?;
    let metrics_listener = match arguments.metrics_listen {
        Some(address) => Some(bind(address, "--metrics-listen").await?),
        None => None,
    };
    let session = Session::open_or_make(global).await?;
    let of_bitbucket = &session.config.settings.bitbucket;
    let limit = Limit {
        requests: i64::from(of_bitbucket.hourly_limit),
        window_seconds: i64::from(of_bitbucket.window_seconds),
    };
    let metrics = Arc::new(Metrics::default());
    let (stop, stopped) = watch::channel(false);

    say(&format!("Listening on http://{}", listener.local_addr()?));
    let server = tokio::spawn(web::serve(
        listener,
        session.db.clone(),
        told(stopped.clone()),
    ));
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
    let conductor = Conductor::new(session, metrics, stopped);
    let db = conductor.db().clone();
    let conducting = tokio::spawn(conductor.conduct());

    interrupted().await;
    say("Stopping: what is under way is given back, and the next start goes on from there");
    // Whoever does not listen any more has ended already.
    let _ = stop.send(true);
    let _ = conducting.await;
    server.await??;
    if let Some(server) = metrics_server {
        server.await??;
    }
    db.close().await;
    Ok(())
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::configuration(format!(
            "nothing can be served at {address}: {error}. Name another address with {flag}"
        ))
    })
}

/// Resolves when it is time to stop.
async fn told(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone says the same.
    let _ = stopped.wait_for(|stop| *stop).await;
}
