//! Folding months that are packed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{Datelike, Days as Span, NaiveDate};

use super::answer::Answer;
use super::combinations::Kept;
use super::groups::index;
use super::{Condition, Days, Key, Parameter, Question};
use crate::StoreError;
use crate::packs::content::{NumberColumn, WordColumn, damaged};
use crate::packs::{month_of, rows_of};

/// What a question wants of the months that are packed.
pub(super) struct Wanted {
    days: Days,
    rows_of: String,
    /// The columns that are wanted of every month. The day is wanted of the first and the last month
    /// too: of those between them every row counts.
    expressions: BTreeSet<String>,
}

/// A packed month.
#[derive(Default)]
pub(super) struct Month {
    pub(super) name: String,
    /// The packed columns, by expression.
    pub(super) columns: HashMap<String, Arc<Vec<u8>>>,
}

impl Wanted {
    /// Nothing where the question cannot be answered by packed months.
    pub(super) fn of(question: &Question) -> Option<Self> {
        let days = question.days?;
        let keys = question.keys().into_iter().map(str::to_owned);
        let mut expressions: BTreeSet<String> = keys.collect();
        let columns = [&question.sums, &question.values];
        expressions.extend(columns.into_iter().flatten().cloned());
        let mut held = Vec::new();
        for condition in &question.conditions {
            match condition {
                Condition::Holds(text) => held.push(*text),
                Condition::Known(_) => return None,
                Condition::OneOf(..) | Condition::NoneOf(..) => {}
            }
            expressions.extend(condition.column().map(str::to_owned));
        }
        if expressions.is_empty() {
            // Some column has to say how many rows there are.
            expressions.insert(days.column.to_owned());
        }
        Some(Self {
            days,
            rows_of: rows_of(question.from, days.column, &held),
            expressions,
        })
    }

    /// The parameters of `REPORT_COLUMNS`.
    pub(super) fn parameters(&self) -> Result<[String; 5], StoreError> {
        Ok([
            self.rows_of.clone(),
            month_of(self.days.from),
            month_of(self.days.to),
            serde_json::to_string(&self.expressions)?,
            self.days.column.to_owned(),
        ])
    }

    /// Whether it matters of a month on which day each row is.
    fn is_at_an_end(&self, month: &str) -> bool {
        month == month_of(self.days.from) || month == month_of(self.days.to)
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
        answer: &mut Answer,
    ) -> Result<bool, StoreError> {
        let day = wanted.days.column;
        let is_there = |expression: &str| self.columns.contains_key(expression);
        if !wanted.expressions.iter().all(|one| is_there(one))
            || wanted.is_at_an_end(&self.name) && !is_there(day)
        {
            return Ok(false);
        }
        let words = self.words(question, day)?;
        let sums = self.numbers(&question.sums)?;
        let values = self.numbers(&question.values)?;
        let lengths = words.values().map(|column| column.codes.len());
        let numbers = sums.iter().chain(&values).map(NumberColumn::len);
        let mut lengths = lengths.chain(numbers);
        let rows = lengths.next().ok_or_else(damaged)?;
        if lengths.any(|length| length != rows) {
            return Err(damaged());
        }
        let kept = kept(question, wanted, &words);
        for found in &mut answer.found {
            let keys = found.group_by.keys.iter();
            let keys: Option<Vec<&WordColumn>> = keys.map(|key| words.get(key)).collect();
            let keys = keys.ok_or_else(damaged)?;
            let groups = &mut found.groups;
            let combinations = &mut found.combinations;
            let of_rows = combinations.places(&keys, rows, &kept, groups);
            of_rows.count(rows, groups);
            if !found.group_by.measured {
                continue;
            }
            for (sum, column) in sums.iter().enumerate() {
                of_rows.zip(column, |place, amount| groups.add_sum(place, sum, amount));
            }
            found.rows.push(of_rows);
        }
        answer.months.push(values);
        Ok(true)
    }

    /// The columns of words: those of keys and conditions, and the day where it is there.
    fn words(
        &self,
        question: &Question,
        day: &str,
    ) -> Result<HashMap<String, WordColumn>, StoreError> {
        let tested = question.conditions.iter().filter_map(Condition::column);
        let keys = question.keys().into_iter();
        let mut words = HashMap::new();
        for expression in keys.chain(tested).chain([day]) {
            if let Some(packed) = self.columns.get(expression)
                && !words.contains_key(expression)
            {
                let column = WordColumn::unpack(Arc::clone(packed))?;
                words.insert(expression.to_owned(), column);
            }
        }
        Ok(words)
    }

    /// Columns of numbers.
    fn numbers(&self, expressions: &[String]) -> Result<Vec<NumberColumn>, StoreError> {
        let columns = expressions.iter().map(|expression| {
            let packed = self.columns.get(expression).cloned();
            NumberColumn::unpack(packed.unwrap_or_default())
        });
        columns.collect()
    }
}

/// Which rows the question is about.
fn kept(question: &Question, wanted: &Wanted, words: &HashMap<String, WordColumn>) -> Kept {
    let mut kept = Tested::default();
    let (from, to) = (wanted.days.from.to_string(), wanted.days.to.to_string());
    kept.test(
        words.get(wanted.days.column),
        |word| matches!(word, Key::Text(day) if *day >= from && *day <= to),
    );
    for condition in &question.conditions {
        match condition {
            // Of other rows nothing is packed under this name.
            Condition::Holds(_) | Condition::Known(_) => {}
            Condition::OneOf(column, parameter) => {
                let listed = Listed::of(parameter);
                kept.test(words.get(*column), |word| listed.has(word));
            }
            Condition::NoneOf(column, parameter) => {
                let listed = Listed::of(parameter);
                kept.test(words.get(*column), |word| !listed.has(word));
            }
        }
    }
    kept.0.map(Arc::from)
}

/// Which rows passed every test so far.
#[derive(Default)]
struct Tested(Option<Vec<bool>>);

impl Tested {
    /// Tests a column by the words that occur in it.
    fn test(&mut self, column: Option<&WordColumn>, passes: impl Fn(&Key) -> bool) {
        let Some(column) = column else { return };
        let passes: Vec<bool> = column.words.iter().map(passes).collect();
        if passes.contains(&false) {
            let kept = self.0.get_or_insert_with(|| vec![true; column.codes.len()]);
            column.codes.zip(kept.iter_mut(), |kept, code| {
                *kept &= passes.get(index(code)) == Some(&true);
            });
        }
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
