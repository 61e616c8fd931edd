//! One packed column: what every row of a month has, as narrow as it can be.
//!
//! Words (what rows are told apart by) are a list of those that occur, as JSON, and the place of
//! each row's word in it, or how many rows there are where all have the same. Numbers (what is added
//! up, or kept) are how far each lies above the least; the largest that fits stands for NULL.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::StoreError;
use crate::fold::{Key, index};

/// The first byte of a column in which every row has the same word; the number of rows follows it.
const SAME: u8 = 0;

/// What stands for a number that is not there.
pub(crate) const NONE: i64 = i64::MIN;

/// A column of words as it is being packed.
#[derive(Debug, Default)]
pub(crate) struct Words {
    places: HashMap<Key, u32>,
    words: Vec<Key>,
    codes: Vec<u32>,
}

/// A packed column of words.
#[derive(Debug)]
pub(crate) struct WordColumn {
    /// The words that occur.
    pub(crate) words: Vec<Key>,
    /// The place of each row's word among them.
    pub(crate) codes: Codes,
}

/// A packed column of numbers.
#[derive(Debug)]
pub(crate) struct NumberColumn {
    least: i64,
    /// The code of what is not there.
    none: u64,
    codes: Codes,
}

/// What every row has, as it is packed: to read it once as it is takes less time than to write it
/// down wider first.
#[derive(Debug)]
pub(crate) enum Codes {
    /// Of so many rows, which have the same.
    Same(usize),
    /// Of each row.
    Each {
        width: Width,
        packed: Arc<Vec<u8>>,
        /// Where the first code begins.
        from: usize,
    },
}

impl Words {
    pub(crate) fn push(&mut self, word: Key) {
        let code = match self.places.get(&word) {
            Some(code) => *code,
            None => {
                let code = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
                self.words.push(word.clone());
                self.places.insert(word, code);
                code
            }
        };
        self.codes.push(code);
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(crate) fn packed(&self) -> Result<Vec<u8>, StoreError> {
        let words = serde_json::to_vec(&self.words)?;
        let is_one = self.words.len() == 1;
        let width = Width::of(u64::try_from(self.words.len()).unwrap_or(u64::MAX));
        let mut packed = vec![if is_one { SAME } else { width.bytes() }];
        packed.extend_from_slice(&u32::try_from(words.len()).unwrap_or(u32::MAX).to_le_bytes());
        packed.extend_from_slice(&words);
        if is_one {
            let rows = u32::try_from(self.codes.len()).unwrap_or(u32::MAX);
            packed.extend_from_slice(&rows.to_le_bytes());
            return Ok(packed);
        }
        for code in &self.codes {
            width.write(u64::from(*code), &mut packed);
        }
        Ok(packed)
    }
}

impl WordColumn {
    /// # Errors
    /// The bytes are not what [`Words::packed`] makes.
    pub(crate) fn unpack(packed: Arc<Vec<u8>>) -> Result<Self, StoreError> {
        let (first, rest) = packed.split_first().ok_or_else(damaged)?;
        let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (words, codes) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let words: Vec<Key> = serde_json::from_slice::<Vec<Value>>(words)?
            .into_iter()
            .map(key)
            .collect();
        let codes = if *first == SAME {
            let rows = codes.try_into().map_err(|_| damaged())?;
            Codes::Same(index(u32::from_le_bytes(rows)))
        } else {
            let from = packed.len() - codes.len();
            Codes::each(Width::read(*first)?, packed, from)?
        };
        let mut largest = 0;
        codes.zip(std::iter::repeat(()), |(), code| {
            largest = code.max(largest)
        });
        if codes.len() > 0 && index(largest) >= words.len() {
            return Err(damaged());
        }
        Ok(Self { words, codes })
    }
}

impl NumberColumn {
    /// # Errors
    /// The bytes are not what [`pack_numbers`] makes.
    pub(crate) fn unpack(packed: Arc<Vec<u8>>) -> Result<Self, StoreError> {
        let (first, rest) = packed.split_first().ok_or_else(damaged)?;
        let (least, codes) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (width, least) = (Width::read(*first)?, i64::from_le_bytes(*least));
        let from = packed.len() - codes.len();
        Ok(Self {
            least,
            none: width.largest(),
            codes: Codes::each(width, packed, from)?,
        })
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The numbers of the rows that have one, each with what stands beside its row.
    pub(crate) fn zip<T>(&self, beside: impl Iterator<Item = T>, mut each: impl FnMut(T, i64)) {
        self.codes.zip(beside, |beside, code| {
            if code != self.none {
                each(beside, self.least.wrapping_add_unsigned(code));
            }
        });
    }
}

impl Codes {
    fn each(width: Width, packed: Arc<Vec<u8>>, from: usize) -> Result<Self, StoreError> {
        let whole = (packed.len() - from).is_multiple_of(usize::from(width.bytes()));
        whole
            .then_some(Self::Each {
                width,
                packed,
                from,
            })
            .ok_or_else(damaged)
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Same(rows) => *rows,
            Self::Each {
                width,
                packed,
                from,
            } => (packed.len() - from) / usize::from(width.bytes()),
        }
    }

    /// The code of one row.
    pub(crate) fn get(&self, row: usize) -> Option<usize> {
        match self {
            Self::Same(rows) => (row < *rows).then_some(0),
            Self::Each {
                width,
                packed,
                from,
            } => {
                let width = usize::from(width.bytes());
                let bytes = packed.get(from + row * width..)?.get(..width)?.iter();
                let code = bytes
                    .rev()
                    .fold(0, |code, byte| code << 8 | u64::from(*byte));
                Some(index(code))
            }
        }
    }

    /// The codes of all rows, each with what stands beside its row.
    pub(crate) fn zip<T>(&self, beside: impl Iterator<Item = T>, mut each: impl FnMut(T, u64)) {
        let (width, bytes) = match self {
            Self::Same(rows) => return beside.take(*rows).for_each(|beside| each(beside, 0)),
            Self::Each {
                width,
                packed,
                from,
            } => (width, packed.get(*from..).unwrap_or_default()),
        };
        match width {
            Width::One => beside
                .zip(bytes)
                .for_each(|(beside, code)| each(beside, u64::from(*code))),
            Width::Two => beside
                .zip(bytes.as_chunks().0)
                .for_each(|(beside, code)| each(beside, u64::from(u16::from_le_bytes(*code)))),
            Width::Four => beside
                .zip(bytes.as_chunks().0)
                .for_each(|(beside, code)| each(beside, u64::from(u32::from_le_bytes(*code)))),
            Width::Eight => beside
                .zip(bytes.as_chunks().0)
                .for_each(|(beside, code)| each(beside, u64::from_le_bytes(*code))),
        }
    }
}

/// Told apart by hand: to try one kind after the other makes an error of each that it is not, and
/// there are many words.
fn key(word: Value) -> Key {
    match word {
        Value::String(text) => Key::Text(text),
        Value::Number(number) => number.as_i64().map_or(Key::Null, Key::Integer),
        _ => Key::Null,
    }
}

/// A column of numbers, packed; [`NONE`] where there is none.
pub(crate) fn pack_numbers(numbers: &[i64]) -> Vec<u8> {
    let there = || numbers.iter().copied().filter(|number| *number != NONE);
    let least = there().min().unwrap_or(0);
    let span = there().max().unwrap_or(0).abs_diff(least);
    let width = Width::of(span.saturating_add(1));
    let mut packed = vec![width.bytes()];
    packed.extend_from_slice(&least.to_le_bytes());
    for number in numbers {
        let code = match *number {
            NONE => width.largest(),
            number => number.abs_diff(least),
        };
        width.write(code, &mut packed);
    }
    packed
}

pub(crate) fn damaged() -> StoreError {
    StoreError::Unreadable("a packed month is damaged".to_owned())
}

/// How many bytes a code takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Width {
    /// The least that so many codes fit into, beside the one for NULL.
    fn of(codes: u64) -> Self {
        [Self::One, Self::Two, Self::Four]
            .into_iter()
            .find(|width| codes <= width.largest())
            .unwrap_or(Self::Eight)
    }

    /// That of so many bytes.
    fn read(bytes: u8) -> Result<Self, StoreError> {
        [Self::One, Self::Two, Self::Four, Self::Eight]
            .into_iter()
            .find(|width| width.bytes() == bytes)
            .ok_or_else(damaged)
    }

    fn bytes(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// The largest code, which stands for NULL.
    fn largest(self) -> u64 {
        u64::MAX >> (64 - 8 * u32::from(self.bytes()))
    }

    fn write(self, code: u64, packed: &mut Vec<u8>) {
        let bytes = code.to_le_bytes();
        packed.extend(bytes.iter().take(usize::from(self.bytes())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers_of(packed: Vec<u8>) -> Result<Vec<i64>, StoreError> {
        let column = NumberColumn::unpack(Arc::new(packed))?;
        let mut numbers = vec![NONE; column.len()];
        column.zip(numbers.iter_mut(), |place, number| *place = number);
        Ok(numbers)
    }

    #[test]
    fn numbers_of_every_width_come_back_and_so_does_what_is_not_there() {
        for numbers in [
            vec![],
            vec![NONE, NONE],
            vec![7],
            vec![0, 254, NONE],
            vec![0, 255],
            vec![-3, 65_000, NONE, 12],
            vec![0, 65_535],
            vec![1_000_000_000_000, NONE, 1_000_000_000_001],
            vec![0, 4_294_967_295, NONE],
            vec![i64::MIN + 1, 0, i64::MAX - 1, NONE],
        ] {
            let packed = pack_numbers(&numbers);
            assert_eq!(numbers_of(packed).unwrap(), numbers);
        }
        assert_eq!(pack_numbers(&[0, 254, NONE]).len(), 1 + 8 + 3);
        assert_eq!(pack_numbers(&[0, 255]).len(), 1 + 8 + 4);
    }

    #[test]
    fn words_come_back_and_damage_is_an_error() {
        let mut words = Words::default();
        let all: Vec<Key> = (0..300)
            .map(|number| match number % 3 {
                0 => Key::Integer(i64::MAX - number),
                1 => Key::Text(format!("\"feature\"/ü{number}")),
                _ => Key::Null,
            })
            .collect();
        for word in &all {
            words.push(word.clone());
        }
        let packed = words.packed().unwrap();
        let column = WordColumn::unpack(Arc::new(packed.clone())).unwrap();
        assert_eq!(column.codes.len(), all.len());
        let mut found = Vec::new();
        column.codes.zip(0.., |row: usize, code| {
            assert_eq!(column.codes.get(row), Some(index(code)));
            found.push(&column.words[index(code)]);
        });
        assert_eq!(found, all.iter().collect::<Vec<_>>());
        assert_eq!(column.codes.get(all.len()), None);
        assert_eq!(column.words.len(), 201);
        for damaged in [
            &[][..],
            &[3, 0],
            &packed[..20],
            &[1, 0, 0, 0, 0, 9],
            &[0, 0, 0, 0, 0, 9],
            &[0, 2, 0, 0, 0, b'[', b']', 9, 0, 0, 0],
        ] {
            assert!(WordColumn::unpack(Arc::new(damaged.to_vec())).is_err());
        }
        let mut same = Words::default();
        (0..1_000).for_each(|_| same.push(Key::Text("2027-01".to_owned())));
        let packed = same.packed().unwrap();
        assert_eq!(packed.len(), 1 + 4 + "[\"2027-01\"]".len() + 4);
        let column = WordColumn::unpack(Arc::new(packed)).unwrap();
        assert_eq!(
            (
                column.codes.len(),
                column.codes.get(999),
                column.codes.get(1_000)
            ),
            (1_000, Some(0), None)
        );
        let mut rows = 0;
        column.codes.zip(0..2_000, |_, code| rows += 1 + code);
        assert_eq!(rows, 1_000);
        let two_wide = pack_numbers(&[0, 255]);
        for damaged in [&[1, 0][..], &two_wide[..two_wide.len() - 1]] {
            assert!(numbers_of(damaged.to_vec()).is_err());
        }
    }
}
