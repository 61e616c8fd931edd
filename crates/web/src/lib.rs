//! What the program serves over HTTP: whether it lives and is ready, its metrics, and the door for
//! Bitbucket's deliveries.
//!
//! Whoever starts it brings listeners that are bound already, so that an address that is taken is
//! found before anything else begins.

mod door;
mod gauges;
mod health;
mod metrics;

pub use door::{Door, FindVault, NoVault};
pub use metrics::{Limit, Metrics};

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use model::Clock;
use store::Db;
use tokio::net::TcpListener;

/// Serves until `stop` resolves: `/healthz`, `/readyz` and the door.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    db: Db,
    door: Door,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/healthz", get(health::lives))
        .route("/readyz", get(health::is_ready))
        .with_state(db)
        .merge(door.routes());
    // An answer is one small packet: held back for more to come, it would take 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection sends when it likes");
        }
    });
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
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
