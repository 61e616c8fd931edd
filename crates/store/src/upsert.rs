//! The bulk upsert: a page of rows as one JSON parameter.

mod sql;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::Id;
use model::catalogue::Table;
use model::rows::Row;
use serde::Serialize;
use sqlx::AssertSqlSafe;

use crate::StoreError;
use crate::engine::{WriteTx, on_tx};
pub(crate) use sql::{examine_sql, set_derived_sql, upsert_sql};

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
            let statements = sql::of_rows(self.engine(), R::TABLE, present);
            let all: Vec<&R> = rows.values().copied().collect();
            let json = to_json(&all)?;
            let known = self.examine(&statements.examine, &json).await?;
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
                // Mostly all of them are new: then the text is there already.
                let json = if writes.len() == all.len() {
                    json
                } else {
                    to_json(&writes)?
                };
                let sql = AssertSqlSafe(statements.upsert.clone());
                on_tx!(self, |connection| {
                    sqlx::query(sql).bind(json).execute(connection).await?;
                });
            }
        }
        Ok(done)
    }

    async fn examine(
        &mut self,
        sql: &Arc<str>,
        json: &Arc<str>,
    ) -> Result<HashMap<Id, Verdict>, StoreError> {
        let sql = AssertSqlSafe(Arc::clone(sql));
        let json = Arc::clone(json);
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
    pub async fn set_derived<T: Serialize>(
        &mut self,
        table: &Table,
        columns: &[&str],
        rows: &[T],
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let json = to_json(rows)?;
        let sql = AssertSqlSafe(set_derived_sql(self.engine(), table, columns));
        Ok(on_tx!(self, |connection| {
            sqlx::query(sql)
                .bind(json)
                .execute(connection)
                .await?
                .rows_affected()
        }))
    }
}

/// Rows as a JSON array. PostgreSQL's text has no U+0000, so it becomes U+FFFD; the walk is paid
/// for only where the text can hold one.
fn to_json<T: Serialize>(rows: &[T]) -> Result<Arc<str>, StoreError> {
    let json = serde_json::to_string(rows)?;
    if !json.contains("\\u0000") {
        return Ok(json.into());
    }
    let mut value: serde_json::Value = serde_json::from_str(&json)?;
    replace_nul(&mut value);
    Ok(value.to_string().into())
}

fn replace_nul(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = text.replace('\0', "\u{fffd}"),
        serde_json::Value::Array(items) => items.iter_mut().for_each(replace_nul),
        serde_json::Value::Object(members) => members.values_mut().for_each(replace_nul),
        _ => {}
    }
}
