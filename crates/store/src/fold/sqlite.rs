//! Folding on SQLite: everything is read on a connection of its own, on a thread of its own, and
//! folded as it comes.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};

use super::answer::{Answer, Found};
use super::groups::Word;
use super::packed::{Month, Wanted};
use super::{Days, Folded, Question};
use crate::StoreError;
use crate::console::open_to_read;
use crate::engine::Engine;
use crate::statements::packs::REPORT_COLUMNS;

/// How many KiB of pages a connection keeps: pages are read in order, once.
const CACHE_KIB: i64 = 2_048;

/// How many connections wait for the next question at most.
const MOST_WAITING: usize = 8;

/// Connections on which rows are folded. Opening one reads the whole schema, which takes longer than
/// many a question: they are kept.
#[derive(Clone, Debug)]
pub struct FoldReaders {
    path: PathBuf,
    waiting: Arc<Mutex<Vec<Connection>>>,
}

impl FoldReaders {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            waiting: Arc::default(),
        }
    }

    /// Closes those that wait.
    pub(crate) fn close(&self) {
        self.waiting().clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that waits, or a new one.
    fn take(&self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.waiting().pop() {
            return Ok(connection);
        }
        let connection = open_to_read(&self.path).map_err(unreadable)?;
        connection
            .pragma_update(None, "cache_size", -CACHE_KIB)
            .map_err(unreadable)?;
        Ok(connection)
    }

    fn give_back(&self, connection: Connection) {
        let mut waiting = self.waiting();
        if waiting.len() < MOST_WAITING {
            waiting.push(connection);
        }
    }
}

pub(super) async fn fold(
    readers: FoldReaders,
    question: Question,
) -> Result<Vec<Folded>, StoreError> {
    let folding = tokio::task::spawn_blocking(move || {
        // One that fails is not given back.
        let connection = readers.take()?;
        // What is packed and what is not has to be of one moment.
        connection.execute_batch("BEGIN").map_err(unreadable)?;
        let folded = fold_on(&connection, &question)?;
        connection.execute_batch("COMMIT").map_err(unreadable)?;
        readers.give_back(connection);
        Ok(folded)
    });
    folding.await.map_err(unreadable)?
}

fn fold_on(connection: &Connection, question: &Question) -> Result<Vec<Folded>, StoreError> {
    let mut answer = Answer::new(question);
    let Some(wanted) = Wanted::of(question) else {
        read_rows(connection, question, question.days, &mut answer)?;
        return Ok(answer.folded());
    };
    let packed = read_packed(connection, question, &wanted, &mut answer)?;
    for days in wanted.beside(&packed) {
        read_rows(connection, question, Some(days), &mut answer)?;
    }
    Ok(answer.folded())
}

/// Folds the months that are packed, and says which they were.
fn read_packed(
    connection: &Connection,
    question: &Question,
    wanted: &Wanted,
    answer: &mut Answer,
) -> Result<Vec<String>, StoreError> {
    let sql = Engine::Sqlite.sql(REPORT_COLUMNS).0;
    let mut statement = connection.prepare(&sql).map_err(unreadable)?;
    let parameters = wanted.parameters()?;
    let mut rows = statement
        .query(params_from_iter(parameters))
        .map_err(unreadable)?;
    let mut packed = Vec::new();
    let mut fold = |month: Month| {
        if month.fold(question, wanted, answer)? {
            packed.push(month.name);
        }
        Ok::<_, StoreError>(())
    };
    let mut month = Month::default();
    while let Some(row) = rows.next().map_err(unreadable)? {
        let name: String = row.get(0).map_err(unreadable)?;
        if name != month.name {
            fold(std::mem::replace(&mut month, Month::of(name)))?;
        }
        let expression = row.get(1).map_err(unreadable)?;
        let content: Vec<u8> = row.get(2).map_err(unreadable)?;
        month.columns.insert(expression, Arc::new(content));
    }
    fold(month)?;
    Ok(packed)
}

fn read_rows(
    connection: &Connection,
    question: &Question,
    days: Option<Days>,
    answer: &mut Answer,
) -> Result<(), StoreError> {
    let (sql, parameters) = question.rows(days)?;
    let sql = Engine::Sqlite.sql(&sql).0;
    let mut statement = connection.prepare(&sql).map_err(unreadable)?;
    let mut rows = statement
        .query(params_from_iter(parameters))
        .map_err(unreadable)?;
    let columns = Columns::of(question);
    let mut words = Vec::with_capacity(columns.sums.start);
    while let Some(row) = rows.next().map_err(unreadable)? {
        for (found, keys) in answer.found.iter_mut().zip(&columns.keys) {
            words.clear();
            add(row, keys, &columns, &mut words, found).map_err(unreadable)?;
        }
    }
    Ok(())
}

/// Which column of a row is what.
struct Columns {
    /// The keys of each way to tell rows apart.
    keys: Vec<Vec<usize>>,
    sums: Range<usize>,
    values: Range<usize>,
}

impl Columns {
    fn of(question: &Question) -> Self {
        let keys = question.keys().len();
        let sums = keys..keys + question.sums.len();
        Self {
            keys: question
                .group_by
                .iter()
                .map(|one| question.places_of(one))
                .collect(),
            values: sums.end..sums.end + question.values.len(),
            sums,
        }
    }
}

/// Adds a row to what is found for one way to tell rows apart.
fn add(
    row: &Row<'_>,
    keys: &[usize],
    columns: &Columns,
    words: &mut Vec<Word>,
    found: &mut Found,
) -> rusqlite::Result<()> {
    let groups = &mut found.groups;
    for (number, column) in keys.iter().enumerate() {
        words.push(match row.get_ref(*column)? {
            ValueRef::Integer(integer) => Word::Integer(integer),
            ValueRef::Text(text) => groups.text(number, text),
            _ => Word::Null,
        });
    }
    let place = groups.place(words);
    groups.add_rows(place, 1);
    if !found.group_by.measured {
        return Ok(());
    }
    for (sum, column) in columns.sums.clone().enumerate() {
        if let Some(amount) = integer(row.get_ref(column)?) {
            groups.add_sum(place, sum, amount);
        }
    }
    for (loose, column) in found.loose.iter_mut().zip(columns.values.clone()) {
        if let Some(value) = integer(row.get_ref(column)?) {
            loose.places.push(place);
            loose.values.push(value);
        }
    }
    Ok(())
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
