//! Folding on PostgreSQL: the server groups, and sends the values of a group as an array.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Column as _, PgPool, Row, TypeInfo};

use super::{Column, Folded, Key, Part, Question};
use crate::StoreError;

/// A fold reads much and is over soon: compiling it first would take longer than it saves, and
/// groups that do not fit into memory would go through files.
const SETTINGS: &str =
    "SET LOCAL jit = off; SET LOCAL work_mem = '256MB'; SET LOCAL hash_mem_multiplier = 2";

pub(super) async fn fold(
    pool: &PgPool,
    sql: AssertSqlSafe<String>,
    parameters: &[String],
    question: &Question,
) -> Result<Folded, StoreError> {
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    sqlx::raw_sql(SETTINGS).execute(&mut *transaction).await?;
    let mut query = sqlx::query(sql);
    for parameter in parameters {
        query = query.bind(parameter);
    }
    let rows = query.fetch_all(&mut *transaction).await?;
    transaction.rollback().await?;
    let mut folded = Folded {
        parts: Vec::with_capacity(rows.len()),
        values: vec![Column::default(); question.values.len()],
    };
    for (number, row) in (0..).zip(&rows) {
        add(&mut folded, number, row, question)?;
    }
    Ok(folded)
}

fn add(
    folded: &mut Folded,
    number: u32,
    row: &PgRow,
    question: &Question,
) -> Result<(), sqlx::Error> {
    let keys = question.keys.len();
    let sums = question.sums.len();
    let count: i64 = row.try_get(keys)?;
    folded.parts.push(Part {
        keys: (0..keys)
            .map(|column| key(row, column))
            .collect::<Result<_, _>>()?,
        rows: count.unsigned_abs(),
        sums: (0..sums)
            .map(|column| row.try_get(keys + 1 + column))
            .collect::<Result<_, _>>()?,
    });
    for (place, column) in folded.values.iter_mut().enumerate() {
        let values: Option<Vec<i64>> = row.try_get(keys + 1 + sums + place)?;
        let values = values.unwrap_or_default();
        column
            .parts
            .resize(column.parts.len() + values.len(), number);
        column.values.extend(values);
    }
    Ok(())
}

fn key(row: &PgRow, column: usize) -> Result<Key, sqlx::Error> {
    let of_text = |text: String| Key::Text(text);
    let found = match row.column(column).type_info().name() {
        "INT8" => row.try_get::<Option<i64>, _>(column)?.map(Key::Integer),
        "INT4" => row
            .try_get::<Option<i32>, _>(column)?
            .map(|number| Key::Integer(number.into())),
        // The domain of our instants is known to the server by its own name.
        "TIMESTAMPTZ" | "datetime" => row
            .try_get_unchecked::<Option<DateTime<Utc>>, _>(column)?
            .map(|at| of_text(model::Instant::from(at).to_string())),
        "BOOL" => row
            .try_get::<Option<bool>, _>(column)?
            .map(|whether| Key::Integer(whether.into())),
        _ => row
            .try_get_unchecked::<Option<String>, _>(column)?
            .map(of_text),
    };
    Ok(found.unwrap_or(Key::Null))
}
