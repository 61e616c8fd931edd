//! Folding on SQLite: rows are read on a connection of their own, on a thread of its own, and
//! folded as they come.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::PathBuf;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};

use super::{Key, Part, Question};
use crate::StoreError;
use crate::console::open_to_read;

/// How many KiB of pages a connection keeps: pages are read in order, once.
const CACHE_KIB: i64 = 8_192;

pub(super) async fn fold(
    path: PathBuf,
    sql: String,
    parameters: Vec<String>,
    question: &Question,
) -> Result<Vec<Part>, StoreError> {
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
) -> rusqlite::Result<Vec<Part>> {
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut groups = Groups::new(shape);
    while let Some(row) = rows.next()? {
        groups.add(row)?;
    }
    Ok(groups.parts)
}

/// The groups that were met, found by the digest of their keys.
struct Groups {
    shape: Shape,
    parts: Vec<Part>,
    /// Where the groups with this digest are.
    places: HashMap<u64, Vec<usize>, BuildHasherDefault<AsItIs>>,
    /// Rows of one group mostly follow each other where the engine reads in order.
    last: Option<usize>,
}

impl Groups {
    fn new(shape: Shape) -> Self {
        let mut groups = Self {
            shape,
            parts: Vec::new(),
            places: HashMap::default(),
            last: None,
        };
        if shape.keys == 0 {
            groups.parts.push(groups.empty(Vec::new()));
            groups.last = Some(0);
        }
        groups
    }

    fn empty(&self, keys: Vec<Key>) -> Part {
        Part {
            keys,
            rows: 0,
            sums: vec![0; self.shape.sums],
            values: vec![Vec::new(); self.shape.values],
        }
    }

    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let place = self.place(row)?;
        let Some(part) = self.parts.get_mut(place) else {
            return Ok(());
        };
        part.rows += 1;
        let mut column = self.shape.keys;
        for sum in &mut part.sums {
            *sum += integer(row.get_ref(column)?).unwrap_or(0);
            column += 1;
        }
        for values in &mut part.values {
            values.extend(integer(row.get_ref(column)?));
            column += 1;
        }
        Ok(())
    }

    /// Where the row's group is.
    fn place(&mut self, row: &Row<'_>) -> rusqlite::Result<usize> {
        if let Some(last) = self.last
            && self.is(last, row)?
        {
            return Ok(last);
        }
        let mut digest = 0;
        for column in 0..self.shape.keys {
            digest = mixed(digest, row.get_ref(column)?);
        }
        let candidates = self.places.get(&digest).map_or(&[][..], Vec::as_slice);
        for &place in candidates {
            if self.is(place, row)? {
                self.last = Some(place);
                return Ok(place);
            }
        }
        let keys = (0..self.shape.keys)
            .map(|column| Ok(key(row.get_ref(column)?)))
            .collect::<rusqlite::Result<Vec<Key>>>()?;
        let place = self.parts.len();
        self.parts.push(self.empty(keys));
        self.places.entry(digest).or_default().push(place);
        self.last = Some(place);
        Ok(place)
    }

    /// Whether the group at `place` is that of the row.
    fn is(&self, place: usize, row: &Row<'_>) -> rusqlite::Result<bool> {
        let keys = self.parts.get(place).map_or(&[][..], |part| &part.keys);
        for (column, key) in keys.iter().enumerate() {
            let same = match (key, row.get_ref(column)?) {
                (Key::Null, ValueRef::Null) => true,
                (Key::Integer(one), ValueRef::Integer(other)) => *one == other,
                (Key::Text(one), ValueRef::Text(other)) => one.as_bytes() == other,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

fn key(value: ValueRef<'_>) -> Key {
    match value {
        ValueRef::Integer(number) => Key::Integer(number),
        ValueRef::Text(text) => Key::Text(String::from_utf8_lossy(text).into_owned()),
        _ => Key::Null,
    }
}

/// A digest that tells most groups apart; those that it does not are compared.
fn mixed(digest: u64, value: ValueRef<'_>) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let add = |digest: u64, word: u64| (digest.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    match value {
        ValueRef::Integer(number) => add(digest, number.cast_unsigned()),
        ValueRef::Text(text) => text.chunks(8).fold(add(digest, 1), |digest, bytes| {
            let word = bytes
                .iter()
                .fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            add(digest, word)
        }),
        _ => add(digest, 2),
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
