//! Folding on SQLite: rows are read on a connection of their own, on a thread of its own, and
//! folded as they come.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::PathBuf;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};

use super::{Column, Folded, Key, Part, Question};
use crate::StoreError;
use crate::console::open_to_read;

/// How many KiB of pages a connection keeps: pages are read in order, once.
const CACHE_KIB: i64 = 8_192;

pub(super) async fn fold(
    path: PathBuf,
    sql: String,
    parameters: Vec<String>,
    question: &Question,
) -> Result<Folded, StoreError> {
    let shape = Shape {
        keys: question.keys.len(),
        sums: question.sums.len(),
        values: question.values.len(),
    };
    let folding = tokio::task::spawn_blocking(move || {
        let connection =
            open_to_read(&path).map_err(|error| StoreError::Unreadable(error.to_string()))?;
        read(&connection, &sql, &parameters, shape)
            .map_err(|error| StoreError::Unreadable(error.to_string()))
    });
    folding
        .await
        .map_err(|error| StoreError::Unreadable(error.to_string()))?
}

/// How many columns of each kind a row has.
#[derive(Clone, Copy)]
struct Shape {
    keys: usize,
    sums: usize,
    values: usize,
}

fn read(
    connection: &Connection,
    sql: &str,
    parameters: &[String],
    shape: Shape,
) -> rusqlite::Result<Folded> {
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut groups = Groups::new(shape);
    while let Some(row) = rows.next()? {
        groups.add(row)?;
    }
    Ok(groups.folded())
}

/// A key, small: texts are kept once, and known by number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Null,
    Integer(i64),
    Text(u32),
}

/// The texts that were met.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<[u8]>, u32>,
    /// What stood last in each key: rows that follow each other are mostly alike.
    last: Vec<(Vec<u8>, u32)>,
}

impl Texts {
    fn number(&mut self, column: usize, text: &[u8]) -> u32 {
        if let Some((last, number)) = self.last.get(column)
            && last == text
            && !text.is_empty()
        {
            return *number;
        }
        let number = match self.numbers.get(text) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
                self.numbers.insert(text.into(), number);
                number
            }
        };
        if self.last.len() <= column {
            self.last.resize_with(column + 1, Default::default);
        }
        if let Some((last, kept)) = self.last.get_mut(column) {
            last.clear();
            last.extend_from_slice(text);
            *kept = number;
        }
        number
    }
}

/// The groups that were met, found by the digest of their keys.
struct Groups {
    shape: Shape,
    texts: Texts,
    /// The keys of the row that is read.
    row: Vec<Word>,
    /// The keys of all groups, one after the other.
    keys: Vec<Word>,
    rows: Vec<u64>,
    /// The sums of all groups, one after the other.
    sums: Vec<i64>,
    values: Vec<Column>,
    /// The group that was met last with this digest.
    places: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    /// For each group the one that was met before with the same digest.
    before: Vec<Option<u32>>,
    /// Rows of one group mostly follow each other where the engine reads in order.
    last: Option<u32>,
}

impl Groups {
    fn new(shape: Shape) -> Self {
        let mut groups = Self {
            shape,
            texts: Texts::default(),
            row: Vec::with_capacity(shape.keys),
            keys: Vec::new(),
            rows: Vec::new(),
            sums: Vec::new(),
            values: vec![Column::default(); shape.values],
            places: HashMap::default(),
            before: Vec::new(),
            last: None,
        };
        if shape.keys == 0 {
            groups.begin(0);
        }
        groups
    }

    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let place = self.place(row)?;
        let at = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some(rows) = self.rows.get_mut(at) {
            *rows += 1;
        }
        let mut column = self.shape.keys;
        let sums = self.sums.iter_mut().skip(at * self.shape.sums);
        for sum in sums.take(self.shape.sums) {
            *sum += integer(row.get_ref(column)?).unwrap_or(0);
            column += 1;
        }
        for kept in &mut self.values {
            if let Some(value) = integer(row.get_ref(column)?) {
                kept.parts.push(place);
                kept.values.push(value);
            }
            column += 1;
        }
        Ok(())
    }

    /// The number of the row's group.
    fn place(&mut self, row: &Row<'_>) -> rusqlite::Result<u32> {
        self.row.clear();
        for column in 0..self.shape.keys {
            self.row.push(match row.get_ref(column)? {
                ValueRef::Integer(number) => Word::Integer(number),
                ValueRef::Text(text) => Word::Text(self.texts.number(column, text)),
                _ => Word::Null,
            });
        }
        if let Some(last) = self.last
            && self.is(last)
        {
            return Ok(last);
        }
        let digest = self.row.iter().fold(0, |digest, word| mixed(digest, *word));
        let mut candidate = self.places.get(&digest).copied();
        while let Some(place) = candidate {
            if self.is(place) {
                self.last = Some(place);
                return Ok(place);
            }
            let at = usize::try_from(place).unwrap_or(usize::MAX);
            candidate = self.before.get(at).copied().flatten();
        }
        Ok(self.begin(digest))
    }

    /// Begins the group of the row.
    fn begin(&mut self, digest: u64) -> u32 {
        let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.keys.extend_from_slice(&self.row);
        self.rows.push(0);
        self.sums.resize(self.sums.len() + self.shape.sums, 0);
        self.before.push(self.places.insert(digest, place));
        self.last = Some(place);
        place
    }

    /// Whether the group at `place` is that of the row.
    fn is(&self, place: u32) -> bool {
        let from = usize::try_from(place).unwrap_or(usize::MAX) * self.shape.keys;
        self.keys.get(from..from + self.shape.keys) == Some(&self.row)
    }

    fn folded(self) -> Folded {
        let mut texts = vec![String::new(); self.texts.numbers.len()];
        for (text, number) in self.texts.numbers {
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            if let Some(place) = texts.get_mut(at) {
                *place = String::from_utf8_lossy(&text).into_owned();
            }
        }
        let key = |word: &Word| match word {
            Word::Null => Key::Null,
            Word::Integer(number) => Key::Integer(*number),
            Word::Text(number) => {
                let at = usize::try_from(*number).unwrap_or(usize::MAX);
                texts.get(at).cloned().map_or(Key::Null, Key::Text)
            }
        };
        let (mut keys, mut sums) = (self.keys.iter(), self.sums.into_iter());
        let rows = self.rows.into_iter();
        let parts = rows.map(|rows| Part {
            keys: keys.by_ref().take(self.shape.keys).map(key).collect(),
            rows,
            sums: sums.by_ref().take(self.shape.sums).collect(),
        });
        Folded {
            parts: parts.collect(),
            values: self.values,
        }
    }
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// A digest that tells most groups apart; those that it does not are compared.
fn mixed(digest: u64, word: Word) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |word: u64| (digest.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    match word {
        Word::Integer(number) => add(number.cast_unsigned()),
        Word::Text(number) => add(u64::from(number) + 3),
        Word::Null => add(2),
    }
}

/// Takes a digest for what it is: it is mixed already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The map looks at both ends of it.
        self.0 = number ^ (number >> 29);
    }
}
