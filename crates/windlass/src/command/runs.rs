//! `windlass runs`.

use std::io::{self, Write};

use model::Instant;
use serde::Serialize;
use store::RunRecord;

use crate::cli::{Global, RunsArguments};
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::progress::{grouped, span};
use crate::session::Session;

/// A run, for programs.
#[derive(Serialize)]
struct Run {
    id: String,
    connection: String,
    started_at: Instant,
    finished_at: Option<Instant>,
    outcome: String,
    reason: String,
    streams: Vec<String>,
    requests: u64,
    rows_added: u64,
    rows_changed: u64,
    rows_unchanged: u64,
    rejects: u64,
    problem: Option<String>,
}

impl Run {
    fn of(connection: &str, record: RunRecord) -> Self {
        let streams = record.streams.as_deref().unwrap_or_default();
        Self {
            id: record.id.to_string(),
            connection: connection.to_owned(),
            started_at: record.started_at,
            finished_at: record.finished_at,
            outcome: record.outcome,
            reason: record.reason,
            streams: streams
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            requests: record.totals.requests,
            rows_added: record.totals.rows.added,
            rows_changed: record.totals.rows.changed,
            rows_unchanged: record.totals.rows.unchanged,
            rejects: record.totals.rejects,
            problem: record.totals.problem,
        }
    }
}

pub(super) async fn run(global: &Global, arguments: &RunsArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connections = match &arguments.connection {
        Some(name) => vec![session.connection(name).await?],
        None => session.db.connections().await?,
    };
    let mut runs = Vec::new();
    for connection in connections {
        let records = session.db.runs(connection.id, arguments.limit).await?;
        runs.extend(
            records
                .into_iter()
                .map(|record| Run::of(&connection.name, record)),
        );
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.started_at));
    runs.truncate(usize::try_from(arguments.limit).unwrap_or(usize::MAX));
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&runs, out);
    }
    let rows = runs.into_iter().map(|run| {
        let took = run
            .finished_at
            .map_or_else(String::new, |end| span(end.seconds_since(run.started_at)));
        vec![
            moment::shown(run.started_at),
            run.connection,
            run.reason,
            run.outcome,
            took,
            grouped(run.requests),
            grouped(run.rows_added),
            grouped(run.rows_changed),
            grouped(run.rejects),
            run.problem.unwrap_or_default(),
        ]
    });
    let header = [
        "began",
        "connection",
        "reason",
        "outcome",
        "took",
        "requests",
        "added",
        "changed",
        "rejects",
        "problem",
    ];
    let (left, right) = (Align::Left, Align::Right);
    let align = [
        left, left, left, left, right, right, right, right, right, left,
    ];
    writeln!(out, "{}", plain(&header, &align, rows))?;
    Ok(())
}
