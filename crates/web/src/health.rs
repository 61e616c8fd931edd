//! Whether the program lives, and whether it can work.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use store::Db;

/// A database that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(5);

/// The process answers.
pub(crate) async fn lives() -> &'static str {
    "ok\n"
}

/// The database answers. It was brought up to date when it was opened.
pub(crate) async fn is_ready(State(db): State<Db>) -> (StatusCode, &'static str) {
    let asked = tokio::time::timeout(PATIENCE, db.describe()).await;
    match asked {
        Ok(Ok(_)) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            // What the engine says is for the log: it may name hosts and users.
            tracing::warn!(%error, "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer; the log says more\n",
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer in time\n",
        ),
    }
}
