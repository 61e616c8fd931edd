//! Months of large tables as reports read them: each column by itself, as narrow as it can be.
//!
//! A report over years reads millions of rows of which it needs a few columns. Taken from the
//! tables row by row that takes seconds; from here it takes tenths of them. What stands here is made
//! of the tables and can be thrown away.
//!
//! Triggers note which months changed (`report_changes`), whoever changed them, and
//! [`crate::Db::fold`] takes only those months from here that did not. Packing a month first forgets
//! the note, in a transaction of its own, and then reads the rows: what is changed after that is
//! noted again, and what was committed before is read. So a month is right, or noted. Packers that
//! meet are told apart by the number in `report_packs`: only the one that began last writes.

pub(crate) mod content;

use chrono::{Datelike, NaiveDate};
use futures_util::TryStreamExt;
use model::Id;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use sha2::{Digest, Sha256};
use sqlx::Row;

use self::content::{NONE, Words, pack_numbers};
use crate::StoreError;
use crate::console::open_to_read;
use crate::engine::{Db, Engine, on_pool, on_tx};
use crate::fold::{Key, postgres_key};
use crate::statements::packs::*;

/// Held while it is written down who packs a month.
const PACKING: Id = Id(7_310_594);

/// How the rows of a table are packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packing {
    /// The table, which `report_changes` knows.
    pub table: &'static str,
    /// The table as questions call it.
    pub from: &'static str,
    /// The column with the day that a row counts for; rows without a day are left out.
    pub day: &'static str,
    /// What rows are told apart by; the day is among it.
    pub keys: Vec<String>,
    /// What is added up or kept.
    pub numbers: Vec<String>,
    /// A month with fewer rows is left to its table.
    pub least_rows: usize,
}

/// What the rows of a table are called that count for a day.
pub(crate) fn rows_of(from: &str, day: &str) -> String {
    format!("{from} by {day}")
}

/// What a list of columns is known by.
fn digest(packings: &[Packing]) -> String {
    format!("{:x}", Sha256::digest(format!("{packings:?}")))
}

/// The month of a day, such as `2027-01`.
pub(crate) fn month_of(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

impl Db {
    /// The months that are not packed as they are now and by this list, each with its table, the
    /// latest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn months_to_pack(
        &self,
        packings: &[Packing],
    ) -> Result<Vec<(String, String)>, StoreError> {
        let digest = digest(packings);
        Ok(on_pool!(self, |pool| sqlx::query_as(MONTHS_TO_PACK)
            .bind(digest)
            .fetch_all(pool)
            .await?))
    }

    /// Packs a month of a table. Nobody is kept waiting while its rows are read.
    ///
    /// # Errors
    /// The database cannot be read or written to. The month is read from its table then.
    pub async fn pack_month(
        &self,
        table: &str,
        month: &str,
        packings: &[Packing],
    ) -> Result<(), StoreError> {
        let pack = self.begin_pack(table, month).await?;
        let mut columns = Vec::new();
        for packing in packings.iter().filter(|one| one.table == table) {
            let rows_of = rows_of(packing.from, packing.day);
            for (expression, content) in self.packed(packing, month).await? {
                columns.push((rows_of.clone(), expression, content));
            }
        }
        let mut tx = self.write().await?;
        tx.lock(PACKING).await?;
        let digest = digest(packings);
        let finished = on_tx!(&mut tx, |db| sqlx::query(FINISH_REPORT_PACK)
            .bind(pack)
            .bind(digest)
            .execute(db)
            .await?
            .rows_affected());
        if finished == 0 {
            return Ok(());
        }
        for (rows_of, expression, content) in columns {
            on_tx!(&mut tx, |db| {
                sqlx::query(INSERT_REPORT_COLUMN)
                    .bind(rows_of)
                    .bind(month)
                    .bind(expression)
                    .bind(table)
                    .bind(content)
                    .execute(db)
                    .await?;
            });
        }
        tx.commit().await
    }

    /// Forgets that a month changed, and what was packed before.
    async fn begin_pack(&self, table: &str, month: &str) -> Result<i64, StoreError> {
        let mut tx = self.write().await?;
        tx.lock(PACKING).await?;
        for statement in [
            FORGET_REPORT_CHANGES,
            REMOVE_REPORT_COLUMNS,
            REMOVE_REPORT_PACK,
        ] {
            on_tx!(&mut tx, |db| {
                sqlx::query(statement)
                    .bind(table)
                    .bind(month)
                    .execute(db)
                    .await?;
            });
        }
        let (pack,): (i64,) = on_tx!(&mut tx, |db| sqlx::query_as(INSERT_REPORT_PACK)
            .bind(table)
            .bind(month)
            .fetch_one(db)
            .await?);
        tx.commit().await?;
        Ok(pack)
    }

    /// The packed columns of a month, by expression; none of a month with few rows.
    async fn packed(
        &self,
        packing: &Packing,
        month: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let sql = packing.sql();
        // No month has more days; days are texts.
        let ends = [format!("{month}-01"), format!("{month}-31")];
        let mut columns = Columns::of(packing);
        match self {
            Self::Sqlite { path, .. } => {
                let path = path.clone();
                let reading = tokio::task::spawn_blocking(move || {
                    let connection = open_to_read(&path).map_err(unreadable)?;
                    read_sqlite(&connection, &sql, &ends, columns).map_err(unreadable)
                });
                columns = reading.await.map_err(unreadable)??;
            }
            Self::Postgres(pool) => {
                let [from, to] = &ends;
                let sql = Engine::Postgres.sql(&sql);
                let mut rows = sqlx::query(sql).bind(from).bind(to).fetch(pool);
                while let Some(row) = rows.try_next().await? {
                    for column in 0..row.len() {
                        columns.push(column, postgres_key(&row, column)?);
                    }
                }
            }
        }
        columns.packed(packing)
    }
}

impl Packing {
    /// The SELECT of the columns: keys, then numbers.
    fn sql(&self) -> String {
        let columns: Vec<&str> = self
            .keys
            .iter()
            .chain(&self.numbers)
            .map(String::as_str)
            .collect();
        format!(
            "SELECT {columns} FROM {from} WHERE {day} >= $1 AND {day} <= $2",
            columns = columns.join(", "),
            from = self.from,
            day = self.day,
        )
    }
}

/// Columns as they are being packed.
struct Columns {
    keys: Vec<Words>,
    numbers: Vec<Vec<i64>>,
}

impl Columns {
    fn of(packing: &Packing) -> Self {
        Self {
            keys: packing.keys.iter().map(|_| Words::default()).collect(),
            numbers: packing.numbers.iter().map(|_| Vec::new()).collect(),
        }
    }

    /// Adds what a row has in a column of the SELECT.
    fn push(&mut self, column: usize, found: Key) {
        if let Some(words) = self.keys.get_mut(column) {
            words.push(found);
        } else if let Some(numbers) = self.numbers.get_mut(column - self.keys.len()) {
            numbers.push(match found {
                Key::Integer(number) => number,
                _ => NONE,
            });
        }
    }

    fn packed(self, packing: &Packing) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        if self.keys.first().is_none_or(|words| words.len() < packing.least_rows) {
            return Ok(Vec::new());
        }
        let mut packed = Vec::new();
        for (expression, words) in packing.keys.iter().zip(&self.keys) {
            packed.push((expression.clone(), words.packed()?));
        }
        for (expression, numbers) in packing.numbers.iter().zip(&self.numbers) {
            packed.push((expression.clone(), pack_numbers(numbers)));
        }
        Ok(packed)
    }
}

fn read_sqlite(
    connection: &Connection,
    sql: &str,
    ends: &[String; 2],
    mut columns: Columns,
) -> rusqlite::Result<Columns> {
    let mut statement = connection.prepare(sql)?;
    let length = statement.column_count();
    let mut rows = statement.query(params_from_iter(ends))?;
    while let Some(row) = rows.next()? {
        for column in 0..length {
            let found = match row.get_ref(column)? {
                ValueRef::Integer(number) => Key::Integer(number),
                ValueRef::Text(text) => Key::Text(String::from_utf8_lossy(text).into_owned()),
                _ => Key::Null,
            };
            columns.push(column, found);
        }
    }
    Ok(columns)
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
