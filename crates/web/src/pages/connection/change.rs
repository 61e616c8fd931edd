//! Pausing, resuming, and reading everything at once.

use axum::extract::{Path, State};
use axum::response::Response;
use model::Instant;
use store::{Connection, WriteTx};

use super::{address_of, find};
use crate::access::Administrator;
use crate::pages::go_to;
use crate::problem::Problem;
use crate::site::App;

/// Begins a change of a connection, which is noted in the log with it.
async fn begin(
    app: &App,
    administrator: &Administrator,
    connection: &Connection,
    action: &str,
) -> Result<(WriteTx, Instant), Problem> {
    let now = app.now();
    let subject = format!("connection {}", connection.name);
    let entry = administrator.visitor.entry(now, action, subject, None);
    let mut tx = app.db.write().await?;
    tx.audit(&entry).await?;
    Ok((tx, now))
}

pub(in crate::pages) async fn pause(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    if connection.paused_at.is_none() {
        let (mut tx, now) = begin(&app, &administrator, &connection, "connection.pause").await?;
        tx.pause_connection(connection.id, Some(now)).await?;
        tx.commit().await?;
    }
    Ok(go_to(&format!("{}?done=paused", address_of(&connection))))
}

pub(in crate::pages) async fn resume(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    if connection.paused_at.is_some() {
        let (mut tx, _) = begin(&app, &administrator, &connection, "connection.resume").await?;
        tx.pause_connection(connection.id, None).await?;
        tx.commit().await?;
    }
    let done = if connection.last_synced_at.is_some() {
        "resumed"
    } else {
        "started"
    };
    Ok(go_to(&format!("{}?done={done}", address_of(&connection))))
}

pub(in crate::pages) async fn sync(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    if connection.paused_at.is_some() {
        return Err(Problem::Refused(
            "The connection is paused. Resume it first, and it is read by itself.".to_owned(),
        ));
    }
    let (mut tx, now) = begin(&app, &administrator, &connection, "connection.sync").await?;
    tx.request_sync(connection.id, now).await?;
    tx.commit().await?;
    Ok(go_to(&format!("{}?done=sync", address_of(&connection))))
}
