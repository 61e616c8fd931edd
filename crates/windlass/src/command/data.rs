//! `windlass data`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Id;
use serde::Serialize;
use store::{Connection, ConnectionKind, DeletionError, Filterable};

use super::filter::{Preview, is_written};
use crate::cli::{DataCommand, DataDeleteArguments, Global};
use crate::confirm::confirm;
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::packing;
use crate::progress::{count, grouped};
use crate::session::Session;
use crate::stored;

pub(super) async fn run(global: &Global, command: &DataCommand) -> anyhow::Result<()> {
    match command {
        DataCommand::Delete(arguments) => delete(global, arguments).await,
    }
}

/// A deletion, for programs.
#[derive(Serialize)]
struct Deletion {
    connection: String,
    repositories: Vec<String>,
    /// Rows by table.
    rows: BTreeMap<String, u64>,
    deleted: bool,
}

async fn delete(global: &Global, arguments: &DataDeleteArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = session.connection(&arguments.connection).await?;
    stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
    let chosen = if arguments.excluded {
        excluded(&session, &connection).await?
    } else {
        named(&session, &connection, &arguments.repositories).await?
    };
    let ids: Vec<Id> = chosen.iter().map(|(id, _)| *id).collect();
    let mut deletion = Deletion {
        connection: connection.name.clone(),
        repositories: chosen.into_iter().map(|(_, name)| name).collect(),
        rows: session.db.count_repository_data(&ids).await?,
        deleted: false,
    };
    let all: u64 = deletion.rows.values().sum();
    if !arguments.json {
        deletion.write_text(&mut io::stdout().lock())?;
    }
    if !arguments.dry_run && all > 0 {
        let question = format!(
            "Delete {} of {}? This cannot be undone.",
            count(all, "row"),
            count(ids.len() as u64, "repository")
        );
        confirm(&question, arguments.yes)?;
        deletion.rows = carry_out(&session, &connection, &ids, &deletion.repositories).await?;
        deletion.deleted = true;
        // What was packed of it has to go too.
        packing::pack_after(&session.db).await;
    }
    if arguments.json {
        return json::write(&deletion, &mut io::stdout().lock());
    }
    if deletion.deleted {
        let deleted = count(deletion.rows.values().sum(), "row");
        say(&format!(
            "{deleted} deleted. The repositories' own rows stay; an import that takes them in again begins with them from the beginning"
        ));
    }
    Ok(())
}

impl Deletion {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Repositories: {}", self.repositories.join(", "))?;
        if self.rows.is_empty() {
            return writeln!(out, "Nothing of them is stored");
        }
        let rows = self
            .rows
            .iter()
            .map(|(table, rows)| vec![table.clone(), grouped(*rows)]);
        writeln!(
            out,
            "{}",
            plain(&["table", "rows"], &[Align::Left, Align::Right], rows)
        )
    }
}

async fn carry_out(
    session: &Session,
    connection: &Connection,
    ids: &[Id],
    names: &[String],
) -> anyhow::Result<BTreeMap<String, u64>> {
    let detail = Some(names.join(", "));
    let entry = session.entry(
        "data.delete",
        format!("connection {}", connection.name),
        detail,
    );
    let mut tx = session.db.write().await?;
    let rows = match tx.delete_repository_data(ids, session.now()).await {
        Ok(rows) => rows,
        Err(DeletionError::Store(error)) => return Err(error.into()),
        Err(busy @ DeletionError::Busy) => {
            return Err(Failure::new(Exit::Failed, busy.to_string()).into());
        }
    };
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(rows)
}

/// The repositories that the filter leaves out.
async fn excluded(session: &Session, connection: &Connection) -> anyhow::Result<Vec<(Id, String)>> {
    let rules = session.db.filter_rules(connection.id).await?;
    let preview = Preview::of(session, connection, connection.filter_mode, rules).await?;
    if preview.excluded.is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "the filter of `{}` leaves no repository out",
                connection.name
            ),
        )
        .into());
    }
    let excluded = preview.excluded.into_iter();
    Ok(excluded.map(|one| (Id(one.id), one.repository)).collect())
}

/// The repositories that were named, each of which must be known.
async fn named(
    session: &Session,
    connection: &Connection,
    written: &[String],
) -> anyhow::Result<Vec<(Id, String)>> {
    let known = session.db.filterable(&connection.workspace).await?;
    let mut chosen = BTreeMap::new();
    for name in written {
        let found: Vec<&Filterable> = known.iter().filter(|one| is_written(one, name)).collect();
        if found.is_empty() {
            let names = known.iter().map(|one| one.full_name.as_str());
            let advice = match nearest(name, names) {
                Some(nearest) => format!(": did you mean {nearest}?"),
                None => ": nothing of the workspace is imported yet".to_owned(),
            };
            let message = format!("there is no repository `{name}`{advice}");
            return Err(Failure::new(Exit::Usage, message).into());
        }
        chosen.extend(
            found
                .into_iter()
                .map(|one| (Id(one.id), one.full_name.clone())),
        );
    }
    Ok(chosen.into_iter().collect())
}
