//! Collecting the answers of the database: whose work each part is, of which group and which piece of
//! the series.

use std::collections::HashMap;

use chrono::NaiveDate;
use measure::Calendar;
use store::{Folded, Key, Part};

use crate::ask::{Manner, Narrowing, Purpose, Reading, Task};
use crate::cells::{Address, Beside, CellNumber, Cells, counts_of};
use crate::grouping::Grouping;
use crate::names::{People, Places, Who};
use crate::period::Granularity;

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
