//! The groups of a question while they are being found.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{GroupBy, Key, Part};

/// The place of rows that are in no group.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A key, small: texts are kept once, and known by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Null,
    Integer(i64),
    Text(u32),
}

/// The texts that were met.
#[derive(Debug, Default)]
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
#[derive(Debug)]
pub(super) struct Groups {
    /// How many keys a group has, and how many sums.
    keys_each: usize,
    sums_each: usize,
    texts: Texts,
    /// The keys of all groups, one after the other.
    keys: Vec<Word>,
    rows: Vec<u64>,
    /// The sums of all groups, one after the other.
    sums: Vec<i64>,
    /// The group that was met last with this digest.
    places: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    /// For each group the one that was met before with the same digest.
    before: Vec<Option<u32>>,
    /// Rows of one group mostly follow each other where the engine reads in order.
    last: Option<u32>,
}

impl Groups {
    /// `sums` are how many the question has.
    pub(super) fn new(group_by: &GroupBy, sums: usize) -> Self {
        let mut groups = Self {
            keys_each: group_by.keys.len(),
            sums_each: if group_by.measured { sums } else { 0 },
            texts: Texts::default(),
            keys: Vec::new(),
            rows: Vec::new(),
            sums: Vec::new(),
            places: HashMap::default(),
            before: Vec::new(),
            last: None,
        };
        if groups.keys_each == 0 {
            groups.begin(0, &[]);
        }
        groups
    }

    /// A text that stands in a column of the keys.
    pub(super) fn text(&mut self, column: usize, text: &[u8]) -> Word {
        Word::Text(self.texts.number(column, text))
    }

    /// A key that stands in a column of the keys.
    pub(super) fn word(&mut self, column: usize, key: &Key) -> Word {
        match key {
            Key::Null => Word::Null,
            Key::Integer(number) => Word::Integer(*number),
            Key::Text(text) => self.text(column, text.as_bytes()),
        }
    }

    /// The number of the group with these keys.
    pub(super) fn place(&mut self, words: &[Word]) -> u32 {
        if let Some(last) = self.last
            && self.is(last, words)
        {
            return last;
        }
        let digest = words.iter().fold(0, |digest, word| mixed(digest, *word));
        let mut candidate = self.places.get(&digest).copied();
        while let Some(place) = candidate {
            if self.is(place, words) {
                self.last = Some(place);
                return place;
            }
            candidate = self.before.get(index(place)).copied().flatten();
        }
        self.begin(digest, words)
    }

    /// Adds rows to a group, unless they are nowhere.
    pub(super) fn add_rows(&mut self, place: u32, rows: u64) {
        if let Some(kept) = self.rows.get_mut(index(place)) {
            *kept += rows;
        }
    }

    /// Adds to a sum of a group, unless that is nowhere.
    pub(super) fn add_sum(&mut self, place: u32, sum: usize, amount: i64) {
        let sum = index(place) * self.sums_each + sum;
        if let Some(kept) = self.sums.get_mut(sum) {
            *kept += amount;
        }
    }

    /// How many rows each group has.
    pub(super) fn rows(&self) -> &[u64] {
        &self.rows
    }

    fn begin(&mut self, digest: u64, words: &[Word]) -> u32 {
        let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.keys.extend_from_slice(words);
        self.rows.push(0);
        self.sums.resize(self.sums.len() + self.sums_each, 0);
        self.before.push(self.places.insert(digest, place));
        self.last = Some(place);
        place
    }

    /// Whether the group at `place` has these keys.
    fn is(&self, place: u32, words: &[Word]) -> bool {
        let from = index(place) * self.keys_each;
        self.keys.get(from..from + self.keys_each) == Some(words)
    }

    /// The groups, by their places.
    pub(super) fn parts(self) -> Vec<Part> {
        let mut texts = vec![String::new(); self.texts.numbers.len()];
        for (text, number) in self.texts.numbers {
            if let Some(place) = texts.get_mut(index(number)) {
                *place = String::from_utf8_lossy(&text).into_owned();
            }
        }
        let key = |word: &Word| match word {
            Word::Null => Key::Null,
            Word::Integer(number) => Key::Integer(*number),
            Word::Text(number) => texts
                .get(index(*number))
                .cloned()
                .map_or(Key::Null, Key::Text),
        };
        let (mut keys, mut sums) = (self.keys.iter(), self.sums.into_iter());
        let rows = self.rows.into_iter();
        let parts = rows.map(|rows| Part {
            keys: keys.by_ref().take(self.keys_each).map(key).collect(),
            rows,
            sums: sums.by_ref().take(self.sums_each).collect(),
        });
        parts.collect()
    }
}

/// A number as a place in a list.
pub(crate) fn index(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(usize::MAX)
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
