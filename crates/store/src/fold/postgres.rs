//! Folding on PostgreSQL: the server groups, and sends the values of a group as an array.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{Column as _, PgConnection, PgPool, Row, TypeInfo};

use super::answer::{Answer, Found};
use super::groups::Word;
use super::packed::{Month, Wanted};
use super::{Days, Folded, Key, Question};
use crate::StoreError;
use crate::engine::Engine;
use crate::statements::packs::REPORT_COLUMNS;

/// What is packed and what is not has to be of one moment.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A fold reads much and is over soon: compiling it first would take longer than it saves, and
/// groups that do not fit into memory would go through files.
const SETTINGS: &str =
    "SET LOCAL jit = off; SET LOCAL work_mem = '256MB'; SET LOCAL hash_mem_multiplier = 2";

pub(super) async fn fold(pool: &PgPool, question: &Question) -> Result<Vec<Folded>, StoreError> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlx::raw_sql(SETTINGS).execute(&mut *transaction).await?;
    let (mut answer, ranges) = match Wanted::of(question) {
        None => (Answer::new(question), vec![question.days]),
        Some(wanted) => {
            let months = read_packed(&mut transaction, &wanted).await?;
            let question = question.clone();
            let folding = tokio::task::spawn_blocking(move || {
                let mut answer = Answer::new(&question);
                let mut packed = Vec::new();
                for month in months {
                    if month.fold(&question, &wanted, &mut answer)? {
                        packed.push(month.name);
                    }
                }
                let ranges = wanted.beside(&packed).into_iter().map(Some);
                Ok::<_, StoreError>((answer, ranges.collect()))
            });
            folding.await.map_err(unreadable)??
        }
    };
    for days in ranges {
        read_rows(&mut transaction, question, days, &mut answer).await?;
    }
    transaction.rollback().await?;
    let folding = tokio::task::spawn_blocking(move || answer.folded());
    folding.await.map_err(unreadable)
}

fn unreadable(error: tokio::task::JoinError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

/// The months that are packed, in order.
async fn read_packed(
    connection: &mut PgConnection,
    wanted: &Wanted,
) -> Result<Vec<Month>, StoreError> {
    let mut query = sqlx::query_as(Engine::Postgres.sql(REPORT_COLUMNS));
    for parameter in wanted.parameters()? {
        query = query.bind(parameter);
    }
    let rows: Vec<(String, String, Vec<u8>)> = query.fetch_all(connection).await?;
    let mut months: Vec<Month> = Vec::new();
    for (name, expression, content) in rows {
        if months.last().is_none_or(|month| month.name != name) {
            months.push(Month::of(name));
        }
        if let Some(month) = months.last_mut() {
            month.columns.insert(expression, Arc::new(content));
        }
    }
    Ok(months)
}

async fn read_rows(
    connection: &mut PgConnection,
    question: &Question,
    days: Option<Days>,
    answer: &mut Answer,
) -> Result<(), StoreError> {
    let (rows, parameters) = question.rows(days)?;
    for found in &mut answer.found {
        let sql = question.folded(&found.group_by, &rows);
        let mut query = sqlx::query(Engine::Postgres.sql(&sql));
        for parameter in &parameters {
            query = query.bind(parameter);
        }
        let mut words = Vec::with_capacity(found.group_by.keys.len());
        for row in query.fetch_all(&mut *connection).await? {
            words.clear();
            add(&row, question, &mut words, found)?;
        }
    }
    Ok(())
}

/// Adds a group that the server folded.
fn add(
    row: &PgRow,
    question: &Question,
    words: &mut Vec<Word>,
    found: &mut Found,
) -> Result<(), sqlx::Error> {
    let (groups, keys) = (&mut found.groups, found.group_by.keys.len());
    for column in 0..keys {
        words.push(groups.word(column, &key(row, column)?));
    }
    let place = groups.place(words);
    let rows: i64 = row.try_get(keys)?;
    groups.add_rows(place, rows.unsigned_abs());
    if !found.group_by.measured {
        return Ok(());
    }
    let sums = keys + 1;
    for sum in 0..question.sums.len() {
        groups.add_sum(place, sum, row.try_get(sums + sum)?);
    }
    let values = sums + question.sums.len();
    for (value, loose) in found.loose.iter_mut().enumerate() {
        if let Some(mut more) = row.try_get::<Option<Vec<i64>>, _>(values + value)? {
            let length = loose.places.len() + more.len();
            loose.places.resize(length, place);
            loose.values.append(&mut more);
        }
    }
    Ok(())
}

/// What stands in a column: a whole number, a text, or nothing.
pub(crate) fn key(row: &PgRow, column: usize) -> Result<Key, sqlx::Error> {
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
