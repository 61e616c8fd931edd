//! The schema as a document: `docs/schema.md` is made here.

use model::catalogue::{Group, Table};

use crate::failure::one_line;

/// All tables under the headings of their groups.
pub(super) fn document(all: &[&Table]) -> String {
    let mut text = String::from(
        "# Tables and columns\n\n\
         Made by `windlass schema --format markdown`; a test holds this file against the program.\n\
         What the numbers mean is in [metrics.md](metrics.md).\n\n\
         `id` is a 64-bit number, the same in every database; `datetime` is UTC with microseconds; \
         durations are whole seconds.\n",
    );
    for group in [
        Group::Imported,
        Group::Unified,
        Group::People,
        Group::Settings,
        Group::Deployments,
        Group::Control,
    ] {
        let of_group: Vec<&Table> = all
            .iter()
            .copied()
            .filter(|table| table.group == group)
            .collect();
        text.push_str(&format!("\n## {}\n", group.title()));
        text.push_str(&tables(&of_group));
    }
    text
}

/// The tables one after the other.
pub(super) fn tables(tables: &[&Table]) -> String {
    tables.iter().map(|table| one(table)).collect()
}

fn one(table: &Table) -> String {
    let mut text = format!(
        "\n### {}\n\n{}\n\nFrom: {}.\n\n| column | type | from | meaning |\n|---|---|---|---|\n",
        table.name,
        one_line(table.meaning),
        code(table.source)
    );
    for column in table.columns {
        let unit = match column.unit {
            "" => String::new(),
            unit => format!(" ({unit})"),
        };
        text.push_str(&format!(
            "| `{}` | {}{unit} | {} | {} |\n",
            column.name,
            column.kind.name(),
            cell(column.source),
            cell(column.meaning)
        ));
    }
    text
}

/// An address or a field is code; a sentence is not.
fn code(source: &str) -> String {
    if source.contains('/') || source.contains('_') {
        format!("`{source}`")
    } else {
        source.to_owned()
    }
}

fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
