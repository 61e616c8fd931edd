//! Folding on PostgreSQL: the server groups, and sends the values of a group as an array.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Column, PgPool, Row, TypeInfo};

use super::{Key, Part, Question};
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
) -> Result<Vec<Part>, StoreError> {
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    sqlx::raw_sql(SETTINGS).execute(&mut *transaction).await?;
    let mut query = sqlx::query(sql);
    for parameter in parameters {
        query = query.bind(parameter);
    }
    let rows = query.fetch_all(&mut *transaction).await?;
    transaction.rollback().await?;
    Ok(rows
        .iter()
        .map(|row| part(row, question))
        .collect::<Result<_, sqlx::Error>>()?)
}

fn part(row: &PgRow, question: &Question) -> Result<Part, sqlx::Error> {
    let keys = question.keys.len();
    let sums = question.sums.len();
    let count: i64 = row.try_get(keys)?;
    Ok(Part {
        keys: (0..keys)
            .map(|column| key(row, column))
            .collect::<Result<_, _>>()?,
        rows: count.unsigned_abs(),
        sums: (0..sums)
            .map(|column| row.try_get(keys + 1 + column))
            .collect::<Result<_, _>>()?,
        values: (0..question.values.len())
            .map(|column| {
                let values: Option<Vec<i64>> = row.try_get(keys + 1 + sums + column)?;
                Ok(values.unwrap_or_default())
            })
            .collect::<Result<_, sqlx::Error>>()?,
    })
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
