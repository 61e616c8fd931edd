//! Asking the database: which rows are counted, in which pieces, for which groups.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use measure::Calendar;
use store::{Condition, Days, Folded, GroupBy, Key, Parameter, Part, Question};

use crate::cells::{Address, Beside, CellNumber, Cells, counts_of};
use crate::facts::{Facts, month_column};
use crate::grouping::Grouping;
use crate::names::{People, Places, Who};
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
    number: usize,
    facts: &'static Facts,
    days: Option<Period>,
    previous: bool,
    /// Which of the sums of the facts are asked for.
    sums: Vec<usize>,
    /// Which of their values.
    values: Vec<usize>,
    /// What is made of the answers, in their order.
    pub(crate) readings: Vec<Reading>,
    pub(crate) question: Question,
}

/// One way to count the rows of a task.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The number of the collector that counts so.
    pub(crate) collector: usize,
    purpose: Purpose,
    columns: Columns,
}

/// Which key is which.
#[derive(Clone, Debug, Default)]
struct Columns {
    piece: Option<usize>,
    group: Option<std::ops::Range<usize>>,
    person: Option<usize>,
    kind: Option<usize>,
    age: Option<usize>,
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

/// Puts the answers into cells.
pub(crate) struct Collector<'a> {
    pub(crate) manner: Manner,
    pub(crate) narrowing: &'a Narrowing,
    pub(crate) people: &'a People,
    pub(crate) places: &'a Places,
    /// Says on which day of the account an instant is.
    pub(crate) calendar: &'a Calendar,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) numbers: HashMap<GroupId, usize>,
    pub(crate) cells: Cells,
    /// What was read last as a piece of the series: parts that follow each other are mostly of one.
    pub(crate) last_piece: Option<(Key, Option<NaiveDate>)>,
}

/// What a group is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum GroupId {
    Repository(Option<i64>),
    Project(Option<i64>),
    Team(Option<i64>),
    Who(Who),
    Pair(Who, Who),
    Text(Option<String>),
}

impl Collector<'_> {
    pub(crate) fn take(&mut self, task: &Task, reading: &Reading, folded: Folded) {
        let names = counts_of(task.facts);
        let kinds: HashMap<&str, Vec<usize>> = task
            .facts
            .kinds
            .iter()
            .flat_map(|kinds| kinds.names)
            .map(|(word, counted)| {
                let place = |name: &&str| names.iter().position(|one| one == name);
                (*word, counted.iter().filter_map(place).collect())
            })
            .collect();
        let cells: Vec<Option<CellNumber>> = folded
            .parts
            .into_iter()
            .map(|part| self.take_part(task, reading, &kinds, part))
            .collect();
        for (place, column) in task.values.iter().zip(folded.values) {
            self.cells.add_values(*place, &cells, column);
        }
    }

    /// Where the part was put; `None` where it is not wanted.
    fn take_part(
        &mut self,
        task: &Task,
        reading: &Reading,
        kinds: &HashMap<&str, Vec<usize>>,
        part: Part,
    ) -> Option<CellNumber> {
        let columns = &reading.columns;
        let key = |column: Option<usize>| column.and_then(|column| part.keys.get(column));
        let account = columns.person.map(|_| integer(key(columns.person)));
        let who = account.map(|account| self.people.who(account));
        let day = task.days.map_or(self.manner.today, |days| days.from);
        if let Some(teams) = &self.narrowing.teams {
            let team = who.and_then(|who| self.people.team_on(who, day));
            if !team.is_some_and(|team| teams.contains(&team)) {
                return None;
            }
        }
        let group = columns
            .group
            .clone()
            .map(|range| self.group_of(part.keys.get(range).unwrap_or_default(), who, day));
        let address = Address {
            previous: task.previous,
            piece: key(columns.piece).and_then(|key| self.piece(key)),
            group: group.map(|group| self.number_of(group)),
        };
        let known = who.filter(|who| *who != Who::Unknown);
        if reading.purpose == Purpose::People {
            if let Some(who) = known {
                self.cells.add_people(task.number, address, who, part.rows);
            }
            return None;
        }
        let age = key(columns.age)
            .and_then(|key| self.date(key))
            .map(|then| (self.manner.today - then).num_days().max(0));
        let of_kind = match key(columns.kind) {
            Some(Key::Text(word)) => kinds.get(word.as_str()).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let beside = Beside {
            sums: &task.sums,
            who: known,
            kinds: of_kind,
            age: task
                .facts
                .age
                .and(age)
                .map(|days| (task.facts.values.len(), days)),
        };
        Some(self.cells.add(task.number, address, part, &beside))
    }

    fn group_of(&self, keys: &[Key], who: Option<Who>, day: NaiveDate) -> GroupId {
        let first = keys.first();
        let second = keys.get(1);
        match self.manner.grouping {
            Some(Grouping::Repository) => GroupId::Repository(integer(first)),
            Some(Grouping::Project) => {
                let repository = integer(first);
                GroupId::Project(repository.and_then(|id| self.places.project_of(id)))
            }
            Some(Grouping::Team) => {
                GroupId::Team(who.and_then(|who| self.people.team_on(who, day)))
            }
            Some(Grouping::Person) => GroupId::Who(who.unwrap_or(Who::Unknown)),
            Some(Grouping::Author | Grouping::Reviewer) => {
                GroupId::Who(self.people.who(integer(first)))
            }
            Some(Grouping::Pair) => GroupId::Pair(
                self.people.who(integer(first)),
                self.people.who(integer(second)),
            ),
            _ => GroupId::Text(match first {
                Some(Key::Text(text)) => Some(text.clone()),
                _ => None,
            }),
        }
    }

    fn number_of(&mut self, group: GroupId) -> usize {
        if let Some(number) = self.numbers.get(&group) {
            return *number;
        }
        let number = self.groups.len();
        self.groups.push(group.clone());
        self.numbers.insert(group, number);
        number
    }

    /// The first day of the piece that a key tells: a day, or a month without its days.
    fn piece(&mut self, key: &Key) -> Option<NaiveDate> {
        if let Some((last, piece)) = &self.last_piece
            && last == key
        {
            return *piece;
        }
        let granularity = self.manner.granularity?;
        let day: Option<NaiveDate> = match (key, granularity) {
            (Key::Text(month), Granularity::Month) => format!("{month}-01").parse().ok(),
            (Key::Text(day), Granularity::Day | Granularity::Week) => day.parse().ok(),
            _ => None,
        };
        let piece = day.map(|day| granularity.start_of(day));
        self.last_piece = Some((key.clone(), piece));
        piece
    }

    /// The day that a key tells: a day itself, or that of an instant.
    fn date(&self, key: &Key) -> Option<NaiveDate> {
        let Key::Text(text) = key else { return None };
        text.parse()
            .ok()
            .or_else(|| Some(self.calendar.date_of(text.parse().ok()?)))
    }
}

fn integer(key: Option<&Key>) -> Option<i64> {
    match key {
        Some(Key::Integer(number)) => Some(*number),
        _ => None,
    }
}
