//! The groups of packed months.

use std::collections::HashMap;
use std::sync::Arc;

use super::Key;
use super::groups::{Groups, NOWHERE, Word, index};
use crate::packs::content::{NumberColumn, WordColumn};

/// Where there may be more combinations of words, each row's group is looked up instead.
const MOST_COMBINATIONS: usize = 1 << 22;

/// The groups of the months that were folded so far: which words there are, and the place of the
/// group of each combination of them that was met. Months have mostly the same words, so that most
/// groups are found in a table.
#[derive(Debug, Default)]
pub(super) struct Combinations {
    /// The words of each key, each with its number.
    words: Vec<HashMap<Key, u32>>,
    /// How many words of each key there is room for.
    room: Vec<usize>,
    /// The place of the group of each combination, [`NOWHERE`] where it was not met; empty where
    /// there may be too many.
    known: Vec<u32>,
}

/// The places of the groups of a month's rows.
#[derive(Debug)]
pub(super) enum RowGroups {
    /// All of one group, as where rows are told apart by month: of all rows that are kept.
    Same(u32, Kept),
    /// One for each row, [`NOWHERE`] where it is not kept.
    Each(Vec<u32>),
}

/// Which rows of a month the question is about; nothing where all of them.
pub(super) type Kept = Option<Arc<[bool]>>;

impl RowGroups {
    /// Adds the rows to their groups.
    pub(super) fn count(&self, rows: usize, groups: &mut Groups) {
        match self {
            Self::Same(place, kept) => {
                let kept = kept.as_deref();
                let rows = kept.map_or(rows, |kept| kept.iter().filter(|one| **one).count());
                groups.add_rows(*place, u64::try_from(rows).unwrap_or(u64::MAX));
            }
            Self::Each(places) => places.iter().for_each(|place| groups.add_rows(*place, 1)),
        }
    }

    /// The numbers of the rows that have one, each with the place of its group.
    pub(super) fn zip(&self, column: &NumberColumn, mut each: impl FnMut(u32, i64)) {
        match self {
            Self::Same(place, None) => column.zip(std::iter::repeat(*place), each),
            Self::Same(place, Some(kept)) => column.zip(kept.iter(), |kept, number| {
                if *kept {
                    each(*place, number);
                }
            }),
            Self::Each(places) => column.zip(places.iter(), |place, number| each(*place, number)),
        }
    }
}

impl Combinations {
    /// The places of the groups of a month's rows.
    pub(super) fn places(
        &mut self,
        keys: &[&WordColumn],
        rows: usize,
        kept: &Kept,
        groups: &mut Groups,
    ) -> RowGroups {
        let words: Vec<Vec<Word>> = keys
            .iter()
            .enumerate()
            .map(|(column, key)| {
                let words = key.words.iter();
                words.map(|word| groups.word(column, word)).collect()
            })
            .collect();
        let is_kept = |row: usize| {
            kept.as_ref()
                .is_none_or(|kept| kept.get(row) == Some(&true))
        };
        let mut of_row = Vec::with_capacity(keys.len());
        let mut find = |row: usize| {
            of_row.clear();
            of_row.extend(words.iter().zip(keys).map(|(words, key)| {
                let word = key.codes.get(row).and_then(|code| words.get(code));
                word.copied().unwrap_or(Word::Null)
            }));
            groups.place(&of_row)
        };
        if keys.iter().all(|key| key.words.len() == 1) {
            // A group of which nothing is kept is none.
            let first = (0..rows).find(|row| is_kept(*row));
            return RowGroups::Same(first.map_or(NOWHERE, find), kept.clone());
        }
        let numbers = self.numbers(keys);
        if self.known.is_empty() {
            let places = (0..rows).map(|row| if is_kept(row) { find(row) } else { NOWHERE });
            return RowGroups::Each(places.collect());
        }
        let mut combinations = vec![0; rows];
        for (key, numbers) in keys.iter().zip(&numbers) {
            match numbers.as_slice() {
                [number] => combinations.iter_mut().for_each(|one| *one += number),
                numbers => key.codes.zip(combinations.iter_mut(), |one, code| {
                    *one += numbers.get(index(code)).copied().unwrap_or_default();
                }),
            }
        }
        for (row, one) in combinations.iter_mut().enumerate() {
            *one = match self.known.get_mut(index(*one)) {
                _ if !is_kept(row) => NOWHERE,
                Some(known) => {
                    if *known == NOWHERE {
                        *known = find(row);
                    }
                    *known
                }
                None => find(row),
            };
        }
        RowGroups::Each(combinations)
    }

    /// What each word of each key adds to the number of a combination. There is room for all of
    /// them afterwards, unless there are too many.
    fn numbers(&mut self, keys: &[&WordColumn]) -> Vec<Vec<u32>> {
        self.words.resize_with(keys.len(), HashMap::new);
        self.room.resize(keys.len(), 1);
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(keys.len());
        let mut is_room = !self.known.is_empty();
        for ((key, known), room) in keys.iter().zip(&mut self.words).zip(&mut self.room) {
            let number = |word: &Key| {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                *known.entry(word.clone()).or_insert(next)
            };
            numbers.push(key.words.iter().map(number).collect());
            if known.len() > *room {
                *room = known.len().next_power_of_two();
                is_room = false;
            }
        }
        let all = |all: usize, room: &usize| all.checked_mul(*room);
        let combinations = self.room.iter().try_fold(1, all);
        let combinations = combinations.filter(|all| *all <= MOST_COMBINATIONS);
        if !is_room {
            // Places of groups are found again where they were known.
            self.known.clear();
            self.known.resize(combinations.unwrap_or_default(), NOWHERE);
        }
        let mut step = 1;
        for (numbers, room) in numbers.iter_mut().zip(&self.room) {
            numbers
                .iter_mut()
                .for_each(|number| *number = number.saturating_mul(step));
            step = step.saturating_mul(u32::try_from(*room).unwrap_or(u32::MAX));
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::GroupBy;
    use crate::packs::content::Words;

    fn column(words: impl Iterator<Item = Key>) -> WordColumn {
        let mut column = Words::default();
        words.for_each(|word| column.push(word));
        WordColumn::unpack(Arc::new(column.packed().unwrap())).unwrap()
    }

    /// The keys of two columns, of so many rows: the same ones in every month, and some of its own.
    fn month(number: i64, rows: i64, words: i64) -> [WordColumn; 2] {
        let first = (0..rows).map(|row| match row % words {
            0 => Key::Null,
            word => Key::Integer(word + number),
        });
        let second = (0..rows).map(|row| Key::Text(format!("word {}", row * 7 % words)));
        [column(first), column(second)]
    }

    fn key(column: &WordColumn, row: usize) -> Key {
        column.words[column.codes.get(row).unwrap()].clone()
    }

    /// Every row is in the group that its keys say, whether there is a table of all combinations,
    /// whether that grows from month to month, or whether there may be too many of them.
    #[test]
    fn rows_are_in_the_group_of_their_keys_however_many_there_are() {
        for (rows, words, has_table) in [(500, 20, true), (2_500, 2_100, false)] {
            let group_by = GroupBy {
                keys: vec!["a".to_owned(), "b".to_owned()],
                measured: false,
            };
            let mut groups = Groups::new(&group_by, 0);
            let mut combinations = Combinations::default();
            let mut expected: HashMap<Vec<Key>, u64> = HashMap::new();
            let mut placed: HashMap<Vec<Key>, u32> = HashMap::new();
            for (number, words) in [(0, words), (3, words), (9, words + 30), (1, words)] {
                let [first, second] = month(number, rows, words);
                let length = usize::try_from(rows).unwrap();
                let kept: Kept =
                    (number != 3).then(|| (0..length).map(|row| row % 3 > 0).collect());
                let found = combinations.places(&[&first, &second], length, &kept, &mut groups);
                found.count(length, &mut groups);
                let RowGroups::Each(places) = found else {
                    panic!()
                };
                assert_eq!(places.len(), length);
                for (row, place) in places.into_iter().enumerate() {
                    if kept.as_ref().is_some_and(|kept| !kept[row]) {
                        assert_eq!(place, NOWHERE);
                        continue;
                    }
                    let keys = vec![key(&first, row), key(&second, row)];
                    *expected.entry(keys.clone()).or_default() += 1;
                    assert_eq!(*placed.entry(keys).or_insert(place), place);
                }
            }
            assert_eq!(!combinations.known.is_empty(), has_table);
            let parts = groups.parts();
            let found: HashMap<Vec<Key>, u64> = parts
                .iter()
                .map(|part| (part.keys.clone(), part.rows))
                .collect();
            assert_eq!((found.len(), &found), (parts.len(), &expected));
        }
    }

    #[test]
    fn rows_of_one_group_are_counted_together_and_none_is_made_of_nothing() {
        let group_by = GroupBy {
            keys: vec!["a".to_owned()],
            measured: false,
        };
        let mut groups = Groups::new(&group_by, 0);
        let mut combinations = Combinations::default();
        let one = |word: i64| column((0..10).map(|_| Key::Integer(word)));
        for (word, kept) in [(1, 4), (2, 0), (1, 10)] {
            let kept: Kept = Some((0..10).map(|row| row < kept).collect());
            let found = combinations.places(&[&one(word)], 10, &kept, &mut groups);
            found.count(10, &mut groups);
        }
        let parts = groups.parts();
        let found: Vec<_> = parts
            .iter()
            .map(|part| (&part.keys[..], part.rows))
            .collect();
        assert_eq!(found, [(&[Key::Integer(1)][..], 14)]);
    }
}
