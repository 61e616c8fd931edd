//! A query to begin with, made for each table from the catalogue.

use model::catalogue::{Column, Kind, Role, Table};
use model::relations::references_of;

/// How many columns an example shows.
const COLUMNS: usize = 7;

/// A query that shows what the table is good for: rows counted by month where it has days, else
/// some of its rows.
pub(in crate::pages) fn example(table: &'static Table) -> String {
    let name = table.name;
    let day = references_of(table)
        .into_iter()
        .find(|relation| relation.to.name == "calendar");
    if let Some(day) = day {
        let day = day.column.name;
        return format!(
            "SELECT c.month, COUNT(*) AS {name}\nFROM {name} t\nJOIN calendar c ON c.day = t.{day}\nGROUP BY c.month\nORDER BY c.month"
        );
    }
    let telling = |column: &&Column| {
        column.role != Role::Observed
            && !matches!(
                column.name,
                "source_id" | "source_table_id" | "source_url" | "source"
            )
    };
    let mut columns: Vec<&Column> = table.columns.iter().filter(telling).collect();
    // Names and dates say more than numbers of rows.
    columns.sort_by_key(|column| match (column.kind, column.name) {
        (Kind::Text, "name" | "title" | "full_name" | "key") => 0,
        (Kind::Id, _) => 2,
        _ => 1,
    });
    let names: Vec<&str> = columns
        .iter()
        .take(COLUMNS)
        .map(|column| column.name)
        .collect();
    format!("SELECT {}\nFROM {name}\nLIMIT 20", names.join(", "))
}
