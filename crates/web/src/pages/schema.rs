//! The schema explorer: what the tables and columns mean, how they belong together, how much and how
//! fresh it is. Everything comes from the catalogue and the database itself.

mod counts;
mod diagram;
mod example;
mod freshness;
mod search;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use model::catalogue::{Column, Group, Table, tables};
use model::relations::{Relation, references, references_of, referrers_of};
use serde::Deserialize;
use store::console::{Console, ConsoleLimits, QueryResult, Variables};

use counts::Counted;
pub(crate) use counts::Counts;
use diagram::Diagram;
pub(super) use example::example;
use freshness::Freshness;
use search::Found;

use super::segment;
use super::sql::Cell;
use crate::access::{Reader, Viewer};
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::site::App;

/// How many rows are shown of a table, for an impression.
const SAMPLES: usize = 5;

/// The first sentence of what a row is.
fn in_short(table: &Table) -> &'static str {
    let meaning = table.meaning.trim();
    let first = meaning.split_once(". ").map_or(meaning, |(first, _)| first);
    first.trim_end_matches('.')
}

/// A table in a list.
struct TableLine {
    table: &'static Table,
    short: &'static str,
    counted: Option<Counted>,
    fresh: Freshness,
}

#[derive(Template)]
#[template(path = "schema.html")]
struct SchemaPage {
    frame: Frame,
    sought: String,
    found: Vec<Found>,
    more: usize,
    groups: Vec<(&'static str, Vec<TableLine>)>,
}

impl SchemaPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

#[derive(Deserialize)]
pub(super) struct SchemaQuery {
    #[serde(default)]
    q: String,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<SchemaQuery>,
) -> Page {
    let sought = query.q.trim().to_owned();
    let (found, more) = search::search(&sought);
    let counts = app.counts.of_all(&app).await;
    let streams = app.db.stream_freshness().await?;
    let groups = [
        Group::Unified,
        Group::People,
        Group::Deployments,
        Group::Imported,
        Group::Settings,
        Group::Control,
    ];
    let groups = groups.map(|group| {
        let of_group = tables().iter().filter(|table| table.group == group);
        let lines = of_group.map(|table| TableLine {
            table,
            short: in_short(table),
            counted: counts.get(table.name).copied(),
            fresh: Freshness::of(table, &streams),
        });
        (group.title(), lines.collect())
    });
    page(&SchemaPage {
        frame: Frame::new(&viewer.reader, Some(Section::Schema), "Schema"),
        sought,
        found,
        more,
        groups: groups.into(),
    })
}

#[derive(Template)]
#[template(path = "schema_table.html")]
struct TablePage {
    frame: Frame,
    table: &'static Table,
    counted: Option<Counted>,
    fresh: Freshness,
    columns: Vec<(&'static Column, Vec<Relation>)>,
    referrers: Vec<Relation>,
    diagram: Diagram,
    example: String,
    samples: Option<QueryResult>,
}

impl TablePage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn example_address(&self) -> String {
        format!("/sql?sql={}", segment(&self.example))
    }

    fn cells<'a>(&'a self, row: &'a [serde_json::Value]) -> Vec<Cell> {
        row.iter().map(Cell::short).collect()
    }
}

pub(super) async fn table(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Page {
    let table = model::catalogue::table(&name).ok_or_else(|| {
        Problem::no_such(
            "There is no table of this name to read.",
            "/schema",
            "Schema",
        )
    })?;
    let counts: HashMap<&'static str, Counted> = app.counts.of_all(&app).await;
    let streams = app.db.stream_freshness().await?;
    let columns = table.columns.iter();
    page(&TablePage {
        frame: Frame::new(
            // Rows were counted since the page was asked for.
            &viewer.reader.at(app.now()),
            Some(Section::Schema),
            table.name,
        ),
        counted: counts.get(table.name).copied(),
        fresh: Freshness::of(table, &streams),
        columns: columns
            .map(|column| (column, references(table, column)))
            .collect(),
        referrers: referrers_of(table),
        diagram: Diagram::of(table, &references_of(table), &referrers_of(table)),
        example: example(table),
        samples: samples(&app, table).await,
        table,
    })
}

/// A few rows, by the same way as any query; nothing where that is not set up.
async fn samples(app: &App, table: &Table) -> Option<QueryResult> {
    let sql = format!("SELECT * FROM {} LIMIT {SAMPLES}", table.name);
    let limits = ConsoleLimits {
        deadline: std::time::Duration::from_secs(2),
        ..ConsoleLimits::default()
    };
    let (console, none) = (Console::of(&app.db), Variables::new());
    match console.ask(&sql, &none, limits).await {
        Ok(result) => Some(result),
        Err(error) => {
            tracing::debug!(%error, "no sample of {}", table.name);
            None
        }
    }
}
