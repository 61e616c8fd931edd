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
use sqlx::{PgPool, Row};

use self::content::{NONE, Words, pack_numbers};
use crate::StoreError;
use crate::console::open_to_read;
use crate::engine::{Db, Engine, on_pool, on_tx};
use crate::fold::{Key, postgres_key};
use crate::statements::packs::*;

/// How columns are packed. Columns that are packed otherwise are never read, and are packed anew.
const FORMAT: &str = "2";

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
    /// What must hold of a row: questions that say the same are answered.
    pub conditions: &'static [&'static str],
    /// What rows are told apart by; the day is among it.
    pub keys: Vec<String>,
    /// What is added up or kept.
    pub numbers: Vec<String>,
    /// A month with fewer rows is left to its table.
    pub least_rows: usize,
}

/// What the rows of a table are called that count for a day, and of which these conditions hold.
pub(crate) fn rows_of(from: &str, day: &str, conditions: &[&str]) -> String {
    let mut name = format!("{FORMAT}: {from} by {day}");
    for condition in conditions {
        name.push_str(" and ");
        name.push_str(condition);
    }
    name
}

/// What a list of columns is known by.
fn digest(packings: &[Packing]) -> String {
    format!("{:x}", Sha256::digest(format!("{FORMAT}: {packings:?}")))
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

    /// Packs some months, each of a table. Nobody is kept waiting while their rows are read.
    ///
    /// # Errors
    /// The database cannot be read or written to. The months are read from their tables then.
    pub async fn pack_months(
        &self,
        months: &[(String, String)],
        packings: &[Packing],
    ) -> Result<(), StoreError> {
        let packs = self.begin_packs(months).await?;
        let read = self.read_months(months, packings).await?;
        let digest = digest(packings);
        let mut tx = self.write().await?;
        tx.lock(PACKING).await?;
        for ((pack, (table, month)), columns) in packs.into_iter().zip(months).zip(read) {
            let finished = on_tx!(&mut tx, |db| sqlx::query(FINISH_REPORT_PACK)
                .bind(pack)
                .bind(&digest)
                .execute(db)
                .await?
                .rows_affected());
            if finished == 0 {
                continue;
            }
            for column in columns {
                on_tx!(&mut tx, |db| {
                    sqlx::query(INSERT_REPORT_COLUMN)
                        .bind(column.rows_of)
                        .bind(month)
                        .bind(column.expression)
                        .bind(table)
                        .bind(column.content)
                        .execute(db)
                        .await?;
                });
            }
        }
        tx.commit().await
    }

    /// Forgets that months changed, and what was packed before. The result is who packs each.
    async fn begin_packs(&self, months: &[(String, String)]) -> Result<Vec<i64>, StoreError> {
        let mut tx = self.write().await?;
        tx.lock(PACKING).await?;
        let mut packs = Vec::with_capacity(months.len());
        for (table, month) in months {
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
            packs.push(pack);
        }
        tx.commit().await?;
        Ok(packs)
    }

    /// The packed columns of each month; none of a month with few rows.
    async fn read_months(
        &self,
        months: &[(String, String)],
        packings: &[Packing],
    ) -> Result<Vec<Vec<PackedColumn>>, StoreError> {
        let mut read = Vec::with_capacity(months.len());
        match self {
            Self::Sqlite { path, .. } => {
                let (path, months) = (path.clone(), months.to_vec());
                let packings = packings.to_vec();
                let reading = tokio::task::spawn_blocking(move || {
                    let connection = open_to_read(&path).map_err(unreadable)?;
                    for (table, month) in &months {
                        let mut columns = Vec::new();
                        for packing in packings.iter().filter(|one| one.table == *table) {
                            let rows = read_sqlite(&connection, packing, month);
                            columns.extend(rows.map_err(unreadable)?.packed(packing)?);
                        }
                        read.push(columns);
                    }
                    Ok::<_, StoreError>(read)
                });
                reading.await.map_err(unreadable)?
            }
            Self::Postgres(pool) => {
                for (table, month) in months {
                    let mut columns = Vec::new();
                    for packing in packings.iter().filter(|one| one.table == *table) {
                        let rows = read_postgres(pool, packing, month).await?;
                        columns.extend(rows.packed(packing)?);
                    }
                    read.push(columns);
                }
                Ok(read)
            }
        }
    }
}

/// The first and the last day of a month. No month has more days, and days are texts.
fn ends(month: &str) -> [String; 2] {
    [format!("{month}-01"), format!("{month}-31")]
}

fn read_sqlite(
    connection: &Connection,
    packing: &Packing,
    month: &str,
) -> rusqlite::Result<Columns> {
    let mut columns = Columns::of(packing);
    let mut statement = connection.prepare(&packing.sql())?;
    let length = statement.column_count();
    let mut rows = statement.query(params_from_iter(ends(month)))?;
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

async fn read_postgres(
    pool: &PgPool,
    packing: &Packing,
    month: &str,
) -> Result<Columns, StoreError> {
    let mut columns = Columns::of(packing);
    let [from, to] = ends(month);
    let sql = Engine::Postgres.sql(&packing.sql());
    let mut rows = sqlx::query(sql).bind(from).bind(to).fetch(pool);
    while let Some(row) = rows.try_next().await? {
        for column in 0..row.len() {
            columns.push(column, postgres_key(&row, column)?);
        }
    }
    Ok(columns)
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
        let mut sql = format!(
            "SELECT {columns} FROM {from} WHERE {day} >= $1 AND {day} <= $2",
            columns = columns.join(", "),
            from = self.from,
            day = self.day,
        );
        for condition in self.conditions {
            sql.push_str(&format!(" AND {condition}"));
        }
        sql
    }
}

/// A column of a month, packed.
struct PackedColumn {
    rows_of: String,
    expression: String,
    content: Vec<u8>,
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

    fn packed(self, packing: &Packing) -> Result<Vec<PackedColumn>, StoreError> {
        if self
            .keys
            .first()
            .is_none_or(|words| words.len() < packing.least_rows)
        {
            return Ok(Vec::new());
        }
        let rows_of = rows_of(packing.from, packing.day, packing.conditions);
        let column = |expression: &String, content| PackedColumn {
            rows_of: rows_of.clone(),
            expression: expression.clone(),
            content,
        };
        let mut packed = Vec::new();
        for (expression, words) in packing.keys.iter().zip(&self.keys) {
            packed.push(column(expression, words.packed()?));
        }
        for (expression, numbers) in packing.numbers.iter().zip(&self.numbers) {
            packed.push(column(expression, pack_numbers(numbers)));
        }
        Ok(packed)
    }
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
