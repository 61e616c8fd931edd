//! What the program serves over HTTP: whether it lives and is ready, its metrics, the door for
//! Bitbucket's deliveries, and the pages.
//!
//! Whoever starts it brings listeners that are bound already, so that an address that is taken is
//! found before anything else begins.

mod access;
mod actions;
mod address;
mod assets;
mod door;
mod figures;
mod filters;
mod gauges;
mod health;
mod layout;
mod metrics;
mod pages;
mod problem;
mod queries;
mod show;
mod site;

pub use access::secret::{NoRandomness, Random, new_link};
pub use access::{Audience, RouteInfo, Scope};
pub use actions::{
    AccountSetting, Counted, Coverage, Everybody, Missing, NewMember, PeopleActions, PersonLine,
    ProgramNames, RuleActions, RulePreview, RuleSample, SettingActions, SettingChanged, Share,
    Subject, Suggested, TeamList, UnmatchedAccount, UnmatchedAddress,
};
pub use actions::{
    ActionError, Actions, Doing, Estimate, FilterPreview, NewConnection, NewSecret, Tried,
};
pub use door::{Door, FindVault, NoVault};
pub use metrics::{Limit, Metrics};
pub use pages::{check_login_name, route_table};
pub use queries::{QuerySettings, READY, ReadyQuery};
pub use site::{Entry, Site, SiteSettings};

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use model::Clock;
use store::Db;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;

use site::App;

/// Serves until `stop` resolves: `/healthz`, `/readyz`, the door, and the pages.
///
/// # Errors
/// The listener fails, or the system gives no random numbers.
pub async fn serve(
    listener: TcpListener,
    site: Site,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = watch::channel(false);
    let db = site.db.clone();
    let (app, door) = App::new(site, stopped).map_err(io::Error::other)?;
    let router = Router::new()
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::is_ready))
        .with_state(db)
        .merge(door.routes())
        .merge(pages::router(app).layer(CompressionLayer::new()));
    // An answer is one small packet: held back for more to come, it would take 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection sends when it likes");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            stop.await;
            // Whoever watches something would keep its connection open for ever.
            let _ = stopping.send(true);
        })
        .await
}

/// Serves `/metrics` until `stop` resolves, for Prometheus. It tells names of connections and
/// credentials, which the world need not know: it has a listener of its own.
///
/// # Errors
/// The listener fails.
pub async fn serve_metrics(
    listener: TcpListener,
    db: Db,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
    limit: Limit,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let source = metrics::Source {
        db,
        clock,
        metrics,
        limit,
    };
    let router = Router::new()
        .route("/metrics", get(metrics::tell))
        .with_state(source);
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}
