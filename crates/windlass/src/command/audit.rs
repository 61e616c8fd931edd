//! `windlass audit`.

use std::io::{self, Write};

use model::Instant;
use serde::Serialize;

use crate::cli::{AuditArguments, Global};
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// An entry, for programs.
#[derive(Serialize)]
struct Entry {
    occurred_at: Instant,
    actor: String,
    action: String,
    subject: String,
    detail: Option<String>,
}

pub(super) async fn run(global: &Global, arguments: &AuditArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let entries: Vec<Entry> = session
        .db
        .audit_log(arguments.limit)
        .await?
        .into_iter()
        .map(|entry| Entry {
            occurred_at: entry.occurred_at,
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            detail: entry.detail,
        })
        .collect();
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&entries, out);
    }
    let rows = entries.into_iter().map(|entry| {
        vec![
            moment::shown(entry.occurred_at),
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail.unwrap_or_default(),
        ]
    });
    let header = ["when", "who", "what", "to what", "detail"];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    Ok(())
}
