//! `windlass connection pause`, `resume`, `sync` and `remove`.

use std::io;

use serde::Serialize;
use store::{AuditEntry, Connection, WriteTx};

use super::Described;
use crate::cli::{Global, NamedArguments, RemoveArguments};
use crate::confirm::confirm;
use crate::output::{json, say};
use crate::session::Session;

pub(super) async fn pause(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let name = &connection.name;
    let mut told = format!("{name} was paused already");
    if connection.paused_at.is_none() {
        let (mut tx, entry) = begin(&session, &connection, "connection.pause").await?;
        tx.pause_connection(connection.id, Some(session.now()))
            .await?;
        end(tx, &entry).await?;
        told = format!(
            "{name} is paused: nothing of it is imported until `windlass connection resume {name}`"
        );
    }
    report(&session, name, arguments.json, &told).await
}

pub(super) async fn resume(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let name = &connection.name;
    let mut told = format!("{name} was not paused");
    if connection.paused_at.is_some() {
        let (mut tx, entry) = begin(&session, &connection, "connection.resume").await?;
        tx.pause_connection(connection.id, None).await?;
        end(tx, &entry).await?;
        told = format!("{name} is imported again");
    }
    report(&session, name, arguments.json, &told).await
}

pub(super) async fn sync(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let name = &connection.name;
    let (mut tx, entry) = begin(&session, &connection, "connection.sync").await?;
    tx.request_sync(connection.id, session.now()).await?;
    end(tx, &entry).await?;
    let mut told = format!(
        "A running `windlass serve` reads {name} within seconds; without one, `windlass import {name}` does"
    );
    if connection.paused_at.is_some() {
        told.push_str(&format!(
            ". It is paused, though: `windlass connection resume {name}` first"
        ));
    }
    report(&session, name, arguments.json, &told).await
}

/// A connection that was taken away, for programs.
#[derive(Serialize)]
struct Removed {
    removed: String,
}

pub(super) async fn remove(global: &Global, arguments: &RemoveArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let name = &connection.name;
    let question = format!(
        "Take away the connection {name}, its credentials, its filter and its settings? What it has imported stays."
    );
    confirm(&question, arguments.yes)?;
    let (mut tx, entry) = begin(&session, &connection, "connection.remove").await?;
    tx.remove_connection(connection.id).await?;
    end(tx, &entry).await?;
    if arguments.json {
        let removed = name.clone();
        return json::write(&Removed { removed }, &mut io::stdout().lock());
    }
    say(&format!(
        "{name} is removed. What it has imported stays; the same workspace connected again goes on with it"
    ));
    Ok(())
}

async fn begin(
    session: &Session,
    connection: &Connection,
    action: &str,
) -> anyhow::Result<(WriteTx, AuditEntry)> {
    let entry = session.entry(action, format!("connection {}", connection.name), None);
    Ok((session.db.write().await?, entry))
}

async fn end(mut tx: WriteTx, entry: &AuditEntry) -> Result<(), store::StoreError> {
    tx.audit(entry).await?;
    tx.commit().await
}

/// Says what a change has made of the connection.
pub(super) async fn report(
    session: &Session,
    name: &str,
    as_json: bool,
    told: &str,
) -> anyhow::Result<()> {
    if as_json {
        let connection = session.connection(name).await?;
        let described = Described::load(session, &connection).await?;
        return json::write(&described, &mut io::stdout().lock());
    }
    say(told);
    Ok(())
}
