//! The statements of the upsert, made from the catalogue.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use model::catalogue::{Newest, Role, Table};

use crate::engine::Engine;

/// The statements for rows of one table that say the same columns.
#[derive(Debug)]
pub(super) struct RowStatements {
    pub(super) examine: Arc<str>,
    pub(super) upsert: Arc<str>,
}

type Key = (Engine, &'static str, u64);

/// Made once: a text of a thousand characters for every page and table would be a good part of the
/// work that is left beside the database's own.
static MADE: LazyLock<Mutex<HashMap<Key, Arc<RowStatements>>>> = LazyLock::new(Mutex::default);

/// The statements for rows that say the columns of these bits.
pub(super) fn of_rows(engine: Engine, table: &Table, present: u64) -> Arc<RowStatements> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let statements = made
        .entry((engine, table.name, present))
        .or_insert_with(|| {
            let columns = present_columns(table, present);
            Arc::new(RowStatements {
                examine: examine_sql(engine, table, &columns).into(),
                upsert: upsert_sql(engine, table, &columns).into(),
            })
        });
    Arc::clone(statements)
}

/// The columns that a row with these bits says, in the table's order.
fn present_columns(table: &Table, present: u64) -> Vec<&'static str> {
    table
        .columns
        .iter()
        .filter(|column| column.role != Role::Derived)
        .enumerate()
        .filter(|(index, column)| present & (1 << index) != 0 || column.role == Role::Observed)
        .map(|(_, column)| column.name)
        .collect()
}

fn of_role<'a>(table: &Table, columns: &[&'a str], roles: &[Role]) -> Vec<&'a str> {
    let wanted = |name: &str| {
        table
            .column(name)
            .is_some_and(|column| roles.contains(&column.role))
    };
    columns
        .iter()
        .copied()
        .filter(|name| wanted(name))
        .collect()
}

/// `(new.a IS DISTINCT FROM old.a OR …)`, or false for no columns.
fn any_differs(columns: &[&str], new: &str, old: &str) -> String {
    if columns.is_empty() {
        return "1 = 0".to_owned();
    }
    let differences: Vec<String> = columns
        .iter()
        .map(|column| format!("{new}.{column} IS DISTINCT FROM {old}.{column}"))
        .collect();
    format!("({})", differences.join(" OR "))
}

/// Whether the row `new` may replace the row `old`.
fn newer(table: &Table, columns: &[&str], new: &str, old: &str) -> String {
    let observed = format!("{new}.observed_at >= {old}.observed_at");
    match table.newest {
        Newest::LastWritten => "1 = 1".to_owned(),
        Newest::ObservedAt => observed,
        // A delivery's repository has no date of its own. One that comes late must not undo a rename.
        Newest::SourceUpdatedAt if !columns.contains(&"source_updated_at") => observed,
        Newest::SourceUpdatedAt => format!(
            "({new}.source_updated_at IS NULL OR {old}.source_updated_at IS NULL \
             OR {new}.source_updated_at > {old}.source_updated_at \
             OR ({new}.source_updated_at = {old}.source_updated_at AND {observed}))"
        ),
    }
}

/// What is stored under the ids of a batch, and how it compares.
pub(crate) fn examine_sql(engine: Engine, table: &Table, columns: &[&str]) -> String {
    let content = of_role(table, columns, &[Role::Content]);
    format!(
        "SELECT t.id, {} AS collides, NOT {} AS stale, {} AS differs FROM ({}) n JOIN {} t ON t.id = n.id",
        any_differs(&of_role(table, columns, &[Role::Key]), "n", "t"),
        newer(table, columns, "n", "t"),
        any_differs(&content, "n", "t"),
        engine.rows(table, columns),
        table.name,
    )
}

/// Writes a batch; another writer's newer row stays.
pub(crate) fn upsert_sql(engine: Engine, table: &Table, columns: &[&str]) -> String {
    let set: Vec<String> = of_role(table, columns, &[Role::Content, Role::Observed])
        .iter()
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let names = columns.join(", ");
    format!(
        "INSERT INTO {table_name} ({names}) SELECT {names} FROM ({rows}) n WHERE 1 = 1 \
         ON CONFLICT (id) DO UPDATE SET {set} WHERE {newer}",
        table_name = table.name,
        rows = engine.rows(table, columns),
        set = set.join(", "),
        newer = newer(table, columns, "excluded", table.name),
    )
}

/// Sets derived columns where they differ.
pub(crate) fn set_derived_sql(engine: Engine, table: &Table, columns: &[&str]) -> String {
    let set: Vec<String> = columns
        .iter()
        .map(|column| format!("{column} = n.{column}"))
        .collect();
    let with_id: Vec<&str> = std::iter::once("id")
        .chain(columns.iter().copied())
        .collect();
    format!(
        "UPDATE {name} SET {set} FROM ({rows}) n WHERE {name}.id = n.id AND {differs}",
        name = table.name,
        set = set.join(", "),
        rows = engine.rows(table, &with_id),
        differs = any_differs(columns, "n", table.name),
    )
}
