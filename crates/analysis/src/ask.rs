//! Asking the database: which rows are counted, in which pieces, for which groups.

use std::collections::HashSet;
use std::ops::Range;

use chrono::NaiveDate;
use store::{Condition, Days, GroupBy, Parameter, Question};

use crate::facts::{Facts, month_column};
use crate::grouping::Grouping;
use crate::period::{Granularity, Period};
use crate::query::{Bots, Query};

/// What narrows rows down, as ids.
#[derive(Debug)]
pub(crate) struct Narrowing {
    pub(crate) repositories: Option<Vec<i64>>,
    pub(crate) authors: Option<Vec<i64>>,
    pub(crate) reviewers: Option<Vec<i64>>,
    pub(crate) branches: Option<Vec<String>>,
    pub(crate) environments: Option<Vec<String>>,
    pub(crate) services: Option<Vec<String>>,
    pub(crate) teams: Option<HashSet<i64>>,
    pub(crate) bots: Bots,
    /// The accounts of bots.
    pub(crate) bot_accounts: Vec<i64>,
}

impl Narrowing {
    /// Why these rows cannot be narrowed down like that; nothing where they can.
    pub(crate) fn obstacle(&self, facts: &Facts) -> Option<&'static str> {
        if self.authors.is_some() && facts.author.is_none() {
            Some("author")
        } else if self.reviewers.is_some() && facts.reviewer.is_none() {
            Some("reviewer")
        } else if self.branches.is_some() && facts.branch.is_none() {
            Some("branch")
        } else if self.teams.is_some() && facts.person.is_none() {
            Some("team")
        } else {
            let mut texts = self.texts().into_iter();
            texts
                .find(|(grouping, words)| words.is_some() && facts.other(*grouping).is_none())
                .map(|(grouping, _)| grouping.as_str())
        }
    }

    /// What rows can be told apart by that is a text of its own.
    fn texts(&self) -> [(Grouping, &Option<Vec<String>>); 2] {
        [
            (Grouping::Environment, &self.environments),
            (Grouping::Service, &self.services),
        ]
    }

    fn conditions(&self, facts: &Facts) -> Vec<Condition> {
        let mut conditions = Vec::new();
        if let Some(column) = facts.person {
            let bots = || Parameter::Ids(self.bot_accounts.clone());
            match self.bots {
                Bots::Exclude if !self.bot_accounts.is_empty() => {
                    conditions.push(Condition::NoneOf(column, bots()));
                }
                Bots::Only => conditions.push(Condition::OneOf(column, bots())),
                Bots::Exclude | Bots::Include => {}
            }
        }
        if let Some(ids) = &self.repositories {
            let ids = Parameter::Ids(ids.clone());
            conditions.push(Condition::OneOf(facts.repository, ids));
        }
        for (column, ids) in [
            (facts.author, &self.authors),
            (facts.reviewer, &self.reviewers),
        ] {
            if let Some((column, ids)) = column.zip(ids.as_ref()) {
                let ids = Parameter::Ids(ids.clone());
                conditions.push(Condition::OneOf(column, ids));
            }
        }
        let texts = self.texts().into_iter();
        let texts = texts.map(|(grouping, words)| (facts.other(grouping), words));
        for (column, words) in std::iter::once((facts.branch, &self.branches)).chain(texts) {
            if let Some((column, words)) = column.zip(words.as_ref()) {
                let words = Parameter::Texts(words.clone());
                conditions.push(Condition::OneOf(column, words));
            }
        }
        conditions
    }
}

/// What a report's rows are told apart by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) granularity: Option<Granularity>,
    pub(crate) grouping: Option<Grouping>,
    /// The day on which the question is asked.
    pub(crate) today: NaiveDate,
}

/// What rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// What is counted and measured of them.
    Figures,
    /// How many of them each person has: a way by itself to tell rows apart, since there are many
    /// times as many groups with people as without.
    People,
}

/// Rows of one kind and of some days, to be counted.
#[derive(Debug)]
pub(crate) struct Task {
    /// The number of the facts in the report.
    pub(crate) number: usize,
    pub(crate) facts: &'static Facts,
    pub(crate) days: Option<Period>,
    pub(crate) previous: bool,
    /// Which of the sums of the facts are asked for.
    pub(crate) sums: Vec<usize>,
    /// Which of their values.
    pub(crate) values: Vec<usize>,
    /// What is made of the answers, in their order.
    pub(crate) readings: Vec<Reading>,
    pub(crate) question: Question,
}

/// One way to count the rows of a task.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The number of the collector that counts so.
    pub(crate) collector: usize,
    pub(crate) purpose: Purpose,
    pub(crate) columns: Columns,
}

/// Which key is which.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub(crate) piece: Option<usize>,
    pub(crate) group: Option<Range<usize>>,
    pub(crate) person: Option<usize>,
    pub(crate) kind: Option<usize>,
    pub(crate) age: Option<usize>,
}

impl Reading {
    /// How rows of these facts are counted, and what the database is asked for that.
    pub(crate) fn of(
        facts: &Facts,
        collector: usize,
        manner: Manner,
        purpose: Purpose,
        narrowing: &Narrowing,
    ) -> (Self, GroupBy) {
        let mut keys: Vec<String> = Vec::new();
        let mut key = |text: String| {
            keys.push(text);
            keys.len() - 1
        };
        let mut columns = Columns::default();
        if let Some((day, granularity)) = facts.day.zip(manner.granularity) {
            // Weeks are put together from their days later, since no two engines agree on how to find
            // a Monday.
            columns.piece = Some(key(match granularity {
                Granularity::Month => month_column(day),
                Granularity::Day | Granularity::Week => day.to_owned(),
            }));
        }
        if let Some(texts) = manner.grouping.and_then(|grouping| facts.columns(grouping)) {
            let places: Vec<usize> = texts.iter().map(|text| key((*text).to_owned())).collect();
            let first = places.first().copied().unwrap_or_default();
            columns.group = Some(first..first + places.len());
        }
        let measured = purpose == Purpose::Figures;
        columns.person = facts
            .person
            .filter(|_| !measured || by_person(manner, narrowing))
            .map(|text| key(text.to_owned()));
        columns.kind = facts
            .kinds
            .as_ref()
            .filter(|_| measured)
            .map(|kinds| key(kinds.column.to_owned()));
        columns.age = facts
            .age
            .filter(|_| measured)
            .map(|(text, _)| key(text.to_owned()));
        let reading = Self {
            collector,
            purpose,
            columns,
        };
        (reading, GroupBy { keys, measured })
    }
}

impl Task {
    /// Asks for what the query needs of these facts, which have a number in the report, in these ways.
    /// `days` are those of the period, or of a piece of it in which nobody's team changes; none for
    /// what is so now.
    pub(crate) fn new(
        (number, facts): (usize, &'static Facts),
        (days, previous): (Option<Period>, bool),
        (readings, group_by): (Vec<Reading>, Vec<GroupBy>),
        query: &Query,
        narrowing: &Narrowing,
    ) -> Self {
        let needed = query.needed();
        let held = facts.conditions.iter().map(|text| Condition::Holds(text));
        let values = facts.values.iter().enumerate();
        let values = values.filter(|(_, one)| needed.contains(one.name));
        let (values, value_columns) = values
            .map(|(place, one)| match one.business {
                Some(business) if query.business_hours => (place, business.to_owned()),
                _ => (place, one.column.to_owned()),
            })
            .unzip();
        let sums = facts.sums.iter().enumerate();
        let sums = sums.filter(|(_, (name, _))| needed.contains(name));
        let (sums, sum_columns) = sums
            .map(|(place, (_, text))| (place, (*text).to_owned()))
            .unzip();
        Self {
            number,
            facts,
            days,
            previous,
            sums,
            values,
            readings,
            question: Question {
                group_by,
                sums: sum_columns,
                values: value_columns,
                from: facts.from,
                days: facts.day.zip(days).map(|(column, days)| Days {
                    column,
                    from: days.from,
                    to: days.to,
                }),
                conditions: held.chain(narrowing.conditions(facts)).collect(),
            },
        }
    }
}

/// Whether groups are told apart by people anyhow.
pub(crate) fn by_person(manner: Manner, narrowing: &Narrowing) -> bool {
    narrowing.teams.is_some() || matches!(manner.grouping, Some(Grouping::Team | Grouping::Person))
}
