//! The bulk upsert: a page of rows as one JSON parameter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::Id;
use model::catalogue::{Newest, Role, Table};
use model::rows::Row;
use serde::Serialize;

use crate::StoreError;
use crate::engine::{Engine, WriteTx, on_tx};

/// How many rows were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New.
    pub added: u64,
    /// There before, and different.
    pub changed: u64,
    /// There before, and the same or newer.
    pub unchanged: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
    }
}

/// What an upsert did.
#[derive(Debug, Default)]
pub struct Upserted {
    /// How many rows were what.
    pub counts: Counts,
    /// The rows that were written.
    pub written: Vec<Id>,
    /// Those of them that were new.
    pub added: BTreeSet<Id>,
    /// Rows that were set aside, because their id belongs to another key.
    pub collisions: Vec<Id>,
}

/// What the stored row says of the one at hand.
struct Verdict {
    collides: bool,
    stale: bool,
    differs: bool,
}

impl WriteTx {
    /// Writes the rows that are new or differ from what is stored, unless what is stored is newer.
    ///
    /// Of rows with the same id the last one counts. Columns that a row does not say are left as
    /// they are. Rows are written in the order of their ids, so that two writers cannot wait for
    /// each other within one table.
    ///
    /// # Errors
    /// Whatever the engine says; the transaction is of no use then.
    pub async fn upsert<R: Row>(&mut self, rows: &[R]) -> Result<Upserted, StoreError> {
        let mut done = Upserted::default();
        let mut groups: BTreeMap<u64, BTreeMap<Id, &R>> = BTreeMap::new();
        for row in rows {
            groups
                .entry(row.present())
                .or_default()
                .insert(row.id(), row);
        }
        for (present, rows) in groups {
            let table = R::TABLE;
            let columns = present_columns(table, present);
            let engine = self.engine();
            let all: Vec<&R> = rows.values().copied().collect();
            let known = self
                .examine(&examine_sql(engine, table, &columns), &to_json(&all)?)
                .await?;
            let mut writes = Vec::with_capacity(all.len());
            for (id, row) in rows {
                match known.get(&id) {
                    None => {
                        done.counts.added += 1;
                        done.added.insert(id);
                    }
                    Some(verdict) if verdict.collides => {
                        done.collisions.push(id);
                        continue;
                    }
                    Some(verdict) if verdict.stale || !verdict.differs => {
                        done.counts.unchanged += 1;
                        continue;
                    }
                    Some(_) => done.counts.changed += 1,
                }
                done.written.push(id);
                writes.push(row);
            }
            if !writes.is_empty() {
                let sql = sqlx::AssertSqlSafe(upsert_sql(engine, table, &columns));
                let json = to_json(&writes)?;
                on_tx!(self, |connection| {
                    sqlx::query(sql).bind(json).execute(connection).await?;
                });
            }
        }
        Ok(done)
    }

    async fn examine(&mut self, sql: &str, json: &str) -> Result<HashMap<Id, Verdict>, StoreError> {
        let sql = sqlx::AssertSqlSafe(sql);
        let rows: Vec<(i64, bool, bool, bool)> = on_tx!(self, |connection| {
            sqlx::query_as(sql).bind(json).fetch_all(connection).await?
        });
        Ok(rows
            .into_iter()
            .map(|(id, collides, stale, differs)| {
                (
                    Id(id),
                    Verdict {
                        collides,
                        stale,
                        differs,
                    },
                )
            })
            .collect())
    }

    /// Sets derived columns of rows that are there, where they differ. `rows` is an array of
    /// objects with `id` and every one of `columns`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_derived(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: &[serde_json::Value],
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let json = to_json(rows)?;
        let sql = sqlx::AssertSqlSafe(set_derived_sql(self.engine(), table, columns));
        Ok(on_tx!(self, |connection| {
            sqlx::query(sql)
                .bind(json)
                .execute(connection)
                .await?
                .rows_affected()
        }))
    }
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

/// Rows as a JSON array. PostgreSQL's text has no U+0000, so it becomes U+FFFD; the walk is paid
/// for only where the text can hold one.
fn to_json<T: Serialize>(rows: &[T]) -> Result<String, StoreError> {
    let json = serde_json::to_string(rows)?;
    if !json.contains("\\u0000") {
        return Ok(json);
    }
    let mut value: serde_json::Value = serde_json::from_str(&json)?;
    replace_nul(&mut value);
    Ok(value.to_string())
}

fn replace_nul(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = text.replace('\0', "\u{fffd}"),
        serde_json::Value::Array(items) => items.iter_mut().for_each(replace_nul),
        serde_json::Value::Object(members) => members.values_mut().for_each(replace_nul),
        _ => {}
    }
}
