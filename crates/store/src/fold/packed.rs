//! Folding months that are packed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike, Days as Span, NaiveDate};

use super::groups::{Groups, Word, index};
use super::{Condition, Days, Key, Parameter, Question};
use crate::StoreError;
use crate::packs::content::{NONE, WordColumn, unpack_numbers};
use crate::packs::{month_of, rows_of};

/// Where there may be more combinations of words, each row's group is looked up instead.
const MOST_COMBINATIONS: usize = 1 << 22;

/// What a question wants of the months that are packed.
pub(super) struct Wanted {
    days: Days,
    rows_of: String,
    expressions: BTreeSet<String>,
}

/// A packed month.
#[derive(Default)]
pub(super) struct Month {
    pub(super) name: String,
    /// The packed columns, by expression.
    pub(super) columns: HashMap<String, Vec<u8>>,
}

impl Wanted {
    /// Nothing where the question cannot be answered by packed months.
    pub(super) fn of(question: &Question) -> Option<Self> {
        let days = question.days?;
        let mut expressions = BTreeSet::from([days.column.to_owned()]);
        let columns = [&question.keys, &question.sums, &question.values];
        expressions.extend(columns.into_iter().flatten().cloned());
        let mut held = Vec::new();
        for condition in &question.conditions {
            match condition {
                Condition::Holds(text) => held.push(*text),
                Condition::Known(_) => return None,
                Condition::OneOf(column, _) | Condition::NoneOf(column, _) => {
                    expressions.insert((*column).to_owned());
                }
            }
        }
        Some(Self {
            days,
            rows_of: rows_of(question.from, days.column, &held),
            expressions,
        })
    }

    /// The parameters of `REPORT_COLUMNS`.
    pub(super) fn parameters(&self) -> Result<[String; 4], StoreError> {
        Ok([
            self.rows_of.clone(),
            month_of(self.days.from),
            month_of(self.days.to),
            serde_json::to_string(&self.expressions)?,
        ])
    }

    /// The days that lie in none of these months, which are in order, as few ranges.
    pub(super) fn beside(&self, packed: &[String]) -> Vec<Days> {
        let packed: HashSet<&str> = packed.iter().map(String::as_str).collect();
        let mut ranges: Vec<Days> = Vec::new();
        let mut from = self.days.from;
        while from <= self.days.to {
            let next = next_month(from);
            let to = next.pred_opt().unwrap_or(from).min(self.days.to);
            if !packed.contains(month_of(from).as_str()) {
                match ranges.last_mut() {
                    Some(last) if last.to.succ_opt() == Some(from) => last.to = to,
                    _ => ranges.push(Days {
                        from,
                        to,
                        ..self.days
                    }),
                }
            }
            let Some(after) = to.succ_opt() else { break };
            from = after;
        }
        ranges
    }
}

/// The first day of the month after that of a day.
fn next_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1)
        .and_then(|first| first.checked_add_months(chrono::Months::new(1)))
        .or_else(|| day.checked_add_days(Span::new(31)))
        .unwrap_or(NaiveDate::MAX)
}

impl Month {
    pub(super) fn of(name: String) -> Self {
        Self {
            name,
            columns: HashMap::new(),
        }
    }

    /// Folds its rows, and says whether it could: not where a column was never packed.
    pub(super) fn fold(
        &self,
        question: &Question,
        wanted: &Wanted,
        (combinations, groups): (&mut Combinations, &mut Groups),
    ) -> Result<bool, StoreError> {
        let is_there = |expression: &String| self.columns.contains_key(expression);
        if !wanted.expressions.iter().all(is_there) {
            return Ok(false);
        }
        let rows = self.selected(question, wanted)?;
        let mut keys = Vec::with_capacity(question.keys.len());
        for key in &question.keys {
            keys.push(self.words(key)?);
        }
        let Some(places) = combinations.places(&rows, &keys, groups) else {
            return Ok(false);
        };
        for place in &places {
            groups.add_rows(*place, 1);
        }
        for (sum, expression) in question.sums.iter().enumerate() {
            let numbers = self.numbers(expression)?;
            for (place, number) in places.iter().zip(rows.of(&numbers).iter()) {
                if *number != NONE {
                    groups.add_sum(*place, sum, *number);
                }
            }
        }
        for (value, expression) in question.values.iter().enumerate() {
            let numbers = self.numbers(expression)?;
            let Some(column) = groups.values(value) else {
                continue;
            };
            column.parts.reserve(places.len());
            column.values.reserve(places.len());
            for (place, number) in places.iter().zip(rows.of(&numbers).iter()) {
                if *number != NONE {
                    column.parts.push(*place);
                    column.values.push(*number);
                }
            }
        }
        Ok(true)
    }

    /// The rows that the question is about.
    fn selected(&self, question: &Question, wanted: &Wanted) -> Result<Selected, StoreError> {
        let days = self.words(wanted.days.column)?;
        let (from, to) = (wanted.days.from.to_string(), wanted.days.to.to_string());
        let within = |word: &Key| matches!(word, Key::Text(day) if *day >= from && *day <= to);
        let mut tests = vec![Test::new(&days, within)];
        for condition in &question.conditions {
            match condition {
                // Of other rows nothing is packed under this name.
                Condition::Holds(_) | Condition::Known(_) => {}
                Condition::OneOf(column, parameter) => {
                    let listed = Listed::of(parameter);
                    tests.push(Test::new(&self.words(column)?, |word| listed.has(word)));
                }
                Condition::NoneOf(column, parameter) => {
                    let listed = Listed::of(parameter);
                    tests.push(Test::new(&self.words(column)?, |word| !listed.has(word)));
                }
            }
        }
        let length = days.codes.len();
        let tests: Vec<Test> = tests.into_iter().flatten().collect();
        if tests.is_empty() {
            return Ok(Selected::All(length));
        }
        let rows = (0..length).filter(|row| tests.iter().all(|test| test.holds(*row)));
        Ok(Selected::Some(rows.collect()))
    }

    fn words(&self, expression: &str) -> Result<WordColumn, StoreError> {
        let content = self.columns.get(expression).map(Vec::as_slice);
        WordColumn::unpack(content.unwrap_or_default())
    }

    fn numbers(&self, expression: &str) -> Result<Vec<i64>, StoreError> {
        let content = self.columns.get(expression).map(Vec::as_slice);
        unpack_numbers(content.unwrap_or_default())
    }
}

/// Some rows of a month.
enum Selected {
    All(usize),
    Some(Vec<usize>),
}

impl Selected {
    fn len(&self) -> usize {
        match self {
            Self::All(length) => *length,
            Self::Some(rows) => rows.len(),
        }
    }

    /// What these rows have in a column.
    fn of<'a, T: Copy>(&self, column: &'a [T]) -> Cow<'a, [T]> {
        match self {
            Self::All(_) => Cow::Borrowed(column),
            Self::Some(rows) => {
                let found = rows.iter().filter_map(|row| column.get(*row).copied());
                Cow::Owned(found.collect())
            }
        }
    }
}

/// A test of one column, by the words that occur in it.
struct Test {
    codes: Vec<u32>,
    passes: Vec<bool>,
}

impl Test {
    /// Nothing where every word passes.
    fn new(column: &WordColumn, passes: impl Fn(&Key) -> bool) -> Option<Self> {
        let passes: Vec<bool> = column.words.iter().map(passes).collect();
        passes.contains(&false).then(|| Self {
            codes: column.codes.clone(),
            passes,
        })
    }

    fn holds(&self, row: usize) -> bool {
        let code = self.codes.get(row).map(|code| index(*code));
        code.and_then(|code| self.passes.get(code)) == Some(&true)
    }
}

/// What a parameter lists. NULL is never among it.
struct Listed<'a> {
    ids: HashSet<i64>,
    texts: HashSet<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(parameter: &'a Parameter) -> Self {
        let (mut ids, mut texts) = (HashSet::new(), HashSet::new());
        match parameter {
            Parameter::Text(text) => {
                texts.insert(text.as_str());
            }
            Parameter::Ids(all) => ids.extend(all),
            Parameter::Texts(all) => texts.extend(all.iter().map(String::as_str)),
        }
        Self { ids, texts }
    }

    fn has(&self, word: &Key) -> bool {
        match word {
            Key::Null => false,
            Key::Integer(number) => self.ids.contains(number),
            Key::Text(text) => self.texts.contains(text.as_str()),
        }
    }
}

/// The groups of the months that were folded so far: which words there are, and the number of the
/// group of each combination of them that was met. Months have mostly the same words, so that most
/// groups are found in a table.
#[derive(Default)]
pub(super) struct Combinations {
    /// The words of each key, each with its number.
    words: Vec<HashMap<Key, usize>>,
    /// How many words of each key there is room for.
    room: Vec<usize>,
    /// The place of the group of each combination.
    known: Vec<Option<u32>>,
}

impl Combinations {
    /// The number of each row's group; nothing where there may be more groups than can be counted.
    fn places(
        &mut self,
        rows: &Selected,
        keys: &[WordColumn],
        groups: &mut Groups,
    ) -> Option<Vec<u32>> {
        let numbers = self.numbers(keys)?;
        let words: Vec<Vec<Word>> = keys
            .iter()
            .enumerate()
            .map(|(column, key)| {
                let words = key.words.iter();
                words.map(|word| groups.word(column, word)).collect()
            })
            .collect();
        let mut combined = vec![0_usize; rows.len()];
        for ((key, numbers), room) in keys.iter().zip(&numbers).zip(&self.room) {
            for (combination, code) in combined.iter_mut().zip(rows.of(&key.codes).iter()) {
                let number = numbers.get(index(*code)).copied().unwrap_or_default();
                *combination = *combination * room + number;
            }
        }
        let codes: Vec<Cow<'_, [u32]>> = keys.iter().map(|key| rows.of(&key.codes)).collect();
        let mut of_row = Vec::with_capacity(keys.len());
        let mut find = |row: usize| {
            of_row.clear();
            of_row.extend(words.iter().zip(&codes).map(|(words, codes)| {
                let code = codes.get(row).map(|code| index(*code));
                let word = code.and_then(|code| words.get(code));
                word.copied().unwrap_or(Word::Null)
            }));
            groups.place(&of_row)
        };
        let places = combined.into_iter().enumerate().map(|(row, combination)| {
            match self.known.get_mut(combination) {
                Some(Some(place)) => *place,
                Some(unknown) => *unknown.insert(find(row)),
                None => find(row),
            }
        });
        Some(places.collect())
    }

    /// The number of each word of each key; there is room for all of them afterwards.
    fn numbers(&mut self, keys: &[WordColumn]) -> Option<Vec<Vec<usize>>> {
        self.words.resize_with(keys.len(), HashMap::new);
        self.room.resize(keys.len(), 1);
        let mut numbers = Vec::with_capacity(keys.len());
        let mut is_room = !self.known.is_empty();
        for ((key, known), room) in keys.iter().zip(&mut self.words).zip(&mut self.room) {
            let number = |word: &Key| {
                let next = known.len();
                *known.entry(word.clone()).or_insert(next)
            };
            numbers.push(key.words.iter().map(number).collect());
            if known.len() > *room {
                *room = known.len().checked_next_power_of_two()?;
                is_room = false;
            }
        }
        let all = |all: usize, room: &usize| all.checked_mul(*room);
        let combinations = self.room.iter().try_fold(1_usize, all)?;
        if !is_room {
            // Places of groups are found again where they were known.
            self.known.clear();
            if combinations <= MOST_COMBINATIONS {
                self.known.resize(combinations, None);
            }
        }
        Some(numbers)
    }
}
