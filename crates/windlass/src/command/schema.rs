//! `windlass schema`.

mod markdown;

use std::io::Write;

use model::catalogue::{self, Column, Table};
use serde::Serialize;

use crate::cli::{SchemaArguments, SchemaFormat};
use crate::failure::{Exit, Failure, one_line};
use crate::nearest::nearest;
use crate::output::table::{Align, plain};

pub(super) fn run(arguments: &SchemaArguments) -> anyhow::Result<()> {
    let tables = match &arguments.table {
        None => catalogue::tables().to_vec(),
        Some(name) => vec![find(name)?],
    };
    let out = &mut std::io::stdout().lock();
    match (arguments.format, arguments.table.is_some(), tables.first()) {
        (SchemaFormat::Table, true, Some(table)) => writeln!(out, "{}", one(table))?,
        (SchemaFormat::Table, ..) => writeln!(out, "{}", list(&tables))?,
        (SchemaFormat::Markdown, false, _) => write!(out, "{}", markdown::document(&tables))?,
        (SchemaFormat::Markdown, true, _) => write!(out, "{}", markdown::tables(&tables))?,
        (SchemaFormat::Json, ..) => {
            let described: Vec<Described> =
                tables.iter().map(|table| Described::of(table)).collect();
            let json = serde_json::to_string_pretty(&described)?;
            writeln!(out, "{json}")?;
        }
    }
    Ok(())
}

fn find(name: &str) -> Result<&'static Table, Failure> {
    catalogue::table(name).ok_or_else(|| {
        let names = catalogue::tables().iter().map(|table| table.name);
        let nearest = nearest(name, names).unwrap_or_default();
        Failure::new(
            Exit::Usage,
            format!(
                "there is no table or view `{name}`: did you mean {nearest}? `windlass schema` lists all"
            ),
        )
    })
}

/// The tables with what a row is.
fn list(tables: &[&Table]) -> String {
    let rows = tables
        .iter()
        .map(|table| vec![table.name.to_owned(), first_sentence(&meaning(table))]);
    plain(&["table", "one row is"], &[Align::Left], rows)
}

/// One table with its columns.
fn one(table: &Table) -> String {
    let rows = table.columns.iter().map(|column| {
        vec![
            column.name.to_owned(),
            kind(column),
            one_line(column.meaning),
        ]
    });
    format!(
        "{}\n{}\n\n{}",
        table.name,
        meaning(table),
        plain(&["column", "type", "meaning"], &[Align::Left], rows)
    )
}

/// What a row of the table is, in one line.
fn meaning(table: &Table) -> String {
    one_line(table.meaning)
}

fn kind(column: &Column) -> String {
    match column.unit {
        "" => column.kind.name().to_owned(),
        unit => format!("{} ({unit})", column.kind.name()),
    }
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ")
        .map_or(text, |(first, _)| first)
        .trim_end_matches('.')
        .to_owned()
}

/// A table for programs.
#[derive(Serialize)]
struct Described {
    name: &'static str,
    group: &'static str,
    source: &'static str,
    meaning: String,
    columns: Vec<DescribedColumn>,
}

#[derive(Serialize)]
struct DescribedColumn {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    unit: Option<&'static str>,
    source: &'static str,
    meaning: String,
}

impl Described {
    fn of(table: &Table) -> Self {
        Self {
            name: table.name,
            group: table.group.title(),
            source: table.source,
            meaning: meaning(table),
            columns: table
                .columns
                .iter()
                .map(|column| DescribedColumn {
                    name: column.name,
                    kind: column.kind.name(),
                    unit: Some(column.unit).filter(|unit| !unit.is_empty()),
                    source: column.source,
                    meaning: one_line(column.meaning),
                })
                .collect(),
        }
    }
}
