//! `windlass connection list` and `show`.

use std::io::{self, Write};

use super::Described;
use crate::cli::{Global, ListArguments, NamedArguments};
use crate::command::credential;
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

pub(super) async fn list(global: &Global, arguments: &ListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let mut described = Vec::new();
    for connection in session.db.connections().await? {
        described.push(Described::load(&session, &connection).await?);
    }
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&described, out);
    }
    if described.is_empty() {
        writeln!(
            out,
            "There is no connection yet: `windlass connection add` makes one"
        )?;
        return Ok(());
    }
    let rows = described.iter().map(|one| {
        vec![
            one.name.clone(),
            one.kind.to_owned(),
            one.workspace.clone(),
            one.state.to_owned(),
            one.credentials.len().to_string(),
            moment::shown_or(one.last_synced_at, "never"),
        ]
    });
    let header = [
        "connection",
        "kind",
        "workspace",
        "state",
        "credentials",
        "last imported",
    ];
    let left = Align::Left;
    let align = [left, left, left, left, Align::Right, left];
    writeln!(out, "{}", plain(&header, &align, rows))?;
    Ok(())
}

pub(super) async fn show(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    let described = Described::load(&session, &connection).await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&described, out);
    }
    let mut lines = vec![
        ("connection", described.name.clone()),
        ("kind", described.kind.to_owned()),
        ("workspace", described.workspace.clone()),
        ("address", described.base_url.clone()),
        ("state", described.state.to_owned()),
    ];
    if let Some(problem) = &described.problem {
        lines.push(("problem", problem.clone()));
    }
    lines.push((
        "last verified",
        moment::shown_or(described.verified_at, "never"),
    ));
    if let Some(paused) = described.paused_at {
        lines.push(("paused since", moment::shown(paused)));
    }
    lines.push((
        "last imported",
        moment::shown_or(described.last_synced_at, "never"),
    ));
    lines.push(("filter", described.filter.mode.to_owned()));
    for pattern in &described.filter.repositories {
        lines.push(("  repository", pattern.clone()));
    }
    for pattern in &described.filter.projects {
        lines.push(("  project", pattern.clone()));
    }
    for stream in &described.streams {
        lines.push(("stream", format!("{}: {}", stream.stream, stream.words())));
    }
    for (name, value) in lines {
        writeln!(out, "{name:<14} {}", crate::failure::one_line(&value))?;
    }
    writeln!(out)?;
    credential::write_text(&described.credentials, out)?;
    Ok(())
}
