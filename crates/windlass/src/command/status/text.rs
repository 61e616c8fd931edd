//! How everything stands, for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use store::Running;

use super::Status;
use super::connection::ConnectionStatus;
use super::streams::StreamStatus;
use crate::moment;
use crate::output::table::{Align, plain};
use crate::progress::{count, grouped, span};

/// Writes everything; `in_full` shows each stream of each repository.
pub(super) fn write(status: &Status, in_full: bool, out: &mut dyn Write) -> io::Result<()> {
    for connection in &status.connections {
        let synced = connection
            .last_synced_at
            .map_or("never imported".to_owned(), |at| {
                format!("imported {}", moment::ago(at, status.at))
            });
        writeln!(
            out,
            "{} ({} {}): {}, {synced}",
            connection.name, connection.kind, connection.workspace, connection.state
        )?;
        if let Some(running) = &connection.running {
            write_running(running, out)?;
        }
        if !connection.streams.is_empty() {
            let table = if in_full {
                each(&connection.streams)
            } else {
                by_stream(&connection.streams)
            };
            writeln!(out, "{table}")?;
        }
        write_budget(connection, out)?;
        writeln!(out)?;
    }
    for warning in &status.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if status.warnings.is_empty() {
        writeln!(out, "nothing deserves a look")?;
    }
    Ok(())
}

fn write_running(running: &Running, out: &mut dyn Write) -> io::Result<()> {
    let left = running.seconds_left.map_or(String::new(), |seconds| {
        format!(", about {} left", span(seconds))
    });
    writeln!(
        out,
        "running ({}) since {}: {} ({} a minute), {}, {:.0} % done{left}",
        running.reason,
        moment::shown(running.since),
        count(running.requests, "request"),
        grouped(running.requests_a_minute),
        count(running.records, "record"),
        running.fraction * 100.0,
    )
}

/// A line for each stream, with the oldest of all repositories.
fn by_stream(streams: &[StreamStatus]) -> String {
    let mut by_name: BTreeMap<&str, Vec<&StreamStatus>> = BTreeMap::new();
    for stream in streams {
        by_name.entry(&stream.stream).or_default().push(stream);
    }
    let lines = by_name.into_iter().map(|(name, of_name)| {
        let number = |state: &str| of_name.iter().filter(|one| one.state == state).count();
        let complete = of_name
            .iter()
            .filter(|one| one.complete_as_of.is_some() && one.state != "failed")
            .count();
        let oldest = of_name
            .iter()
            .filter(|one| one.state != "unavailable")
            .map(|one| one.age_seconds)
            .collect::<Option<Vec<_>>>()
            .and_then(|ages| ages.into_iter().max());
        let sum = |of: fn(&StreamStatus) -> Option<i64>| {
            let numbers: Vec<i64> = of_name.iter().filter_map(|one| of(one)).collect();
            (!numbers.is_empty()).then(|| numbers.iter().sum::<i64>())
        };
        vec![
            name.to_owned(),
            oldest.map_or("not yet complete".to_owned(), |age| {
                format!("{} ago", span(age))
            }),
            format!("{} of {}", complete, of_name.len()),
            number("failed").to_string(),
            number("unavailable").to_string(),
            rows(sum(|one| one.stored_rows)),
            rows(sum(|one| one.upstream_rows)),
        ]
    });
    let header = [
        "stream",
        "complete as of",
        "complete",
        "failed",
        "not offered",
        "stored",
        "at Bitbucket",
    ];
    let (left, right) = (Align::Left, Align::Right);
    plain(
        &header,
        &[left, right, right, right, right, right, right],
        lines,
    )
}

fn each(streams: &[StreamStatus]) -> String {
    let rows = streams.iter().map(|one| {
        let age = one
            .age_seconds
            .map_or("not yet complete".to_owned(), |age| {
                format!("{} ago", span(age))
            });
        vec![
            one.repository.clone().unwrap_or_default(),
            one.stream.clone(),
            one.state.to_owned(),
            age,
            rows(one.stored_rows),
            rows(one.upstream_rows),
            one.problem.clone().unwrap_or_default(),
        ]
    });
    let header = [
        "repository",
        "stream",
        "state",
        "complete as of",
        "stored",
        "at Bitbucket",
        "problem",
    ];
    let (left, right) = (Align::Left, Align::Right);
    plain(
        &header,
        &[left, left, left, right, right, right, left],
        rows,
    )
}

fn rows(number: Option<i64>) -> String {
    number.map_or_else(String::new, |number| {
        grouped(u64::try_from(number).unwrap_or(0))
    })
}

fn write_budget(connection: &ConnectionStatus, out: &mut dyn Write) -> io::Result<()> {
    for credential in &connection.credentials {
        let rest = credential.resting_until.map_or(String::new(), |until| {
            format!(", resting until {}", moment::shown(until))
        });
        writeln!(
            out,
            "credential {}: {}, {} of {} requests used this hour{rest}",
            credential.label,
            credential.state,
            grouped(u64::try_from(credential.used_in_all).unwrap_or(0)),
            grouped(u64::from(credential.hourly_limit)),
        )?;
    }
    Ok(())
}
