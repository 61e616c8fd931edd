//! Folding months that are packed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike, Days as Span, NaiveDate};

use super::groups::{Groups, Word, index};
use super::{Condition, Days, Key, Parameter, Question};
use crate::StoreError;
use crate::packs::content::{NONE, WordColumn, unpack_numbers};
use crate::packs::{month_of, rows_of};

/// A table of places for each group that there may be is made where there are no more than so many;
/// where there may be more, each row's group is looked up.
const MOST_PLACES: usize = 1 << 20;

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
        for condition in &question.conditions {
            match condition {
                Condition::Holds(_) => return None,
                Condition::OneOf(column, _) | Condition::NoneOf(column, _) => {
                    expressions.insert((*column).to_owned());
                }
            }
        }
        Some(Self {
            days,
            rows_of: rows_of(question.from, days.column),
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
        groups: &mut Groups,
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
        let Some(places) = places(&rows, &keys, groups) else {
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
                Condition::Holds(_) => {}
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

/// The number of each row's group; nothing where there may be more groups than can be counted.
fn places(rows: &Selected, keys: &[WordColumn], groups: &mut Groups) -> Option<Vec<u32>> {
    let words: Vec<Vec<Word>> = keys
        .iter()
        .enumerate()
        .map(|(column, key)| {
            let words = key.words.iter();
            words.map(|word| groups.word(column, word)).collect()
        })
        .collect();
    // Which of all combinations of words each row has, counted through.
    let mut combined = vec![0_usize; rows.len()];
    let mut combinations = 1_usize;
    for key in keys {
        let length = key.words.len().max(1);
        combinations = combinations.checked_mul(length)?;
        for (combination, code) in combined.iter_mut().zip(rows.of(&key.codes).iter()) {
            *combination = *combination * length + index(*code);
        }
    }
    let mut of_row = Vec::with_capacity(keys.len());
    let mut find = |mut combination: usize| {
        of_row.clear();
        for words in words.iter().rev() {
            let length = words.len().max(1);
            of_row.push(words.get(combination % length).copied().unwrap_or(Word::Null));
            combination /= length;
        }
        of_row.reverse();
        groups.place(&of_row)
    };
    if combinations > MOST_PLACES {
        return Some(combined.into_iter().map(find).collect());
    }
    let mut known = vec![None; combinations];
    let places = combined.into_iter().map(|combination| {
        match known.get_mut(combination) {
            Some(Some(place)) => *place,
            Some(unknown) => *unknown.insert(find(combination)),
            None => find(combination),
        }
    });
    Some(places.collect())
}
