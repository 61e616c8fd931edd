//! What was counted, kept by period, piece of the series and group. Nothing is rounded off here:
//! every value is kept, so that the figures of a whole are those of all its parts together.

use std::collections::HashMap;
use std::ops::Range;

use chrono::NaiveDate;
use store::{Column, Part};

use crate::facts::Facts;
use crate::names::Who;

/// Where something that was counted is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Rows,
    Count(usize),
    Values(usize),
}

/// What is counted in a report, and where it is kept.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) facts: Vec<&'static Facts>,
    names: HashMap<&'static str, (usize, Place)>,
}

impl Layout {
    pub(crate) fn new(facts: Vec<&'static Facts>) -> Self {
        let mut names = HashMap::new();
        for (number, one) in facts.iter().enumerate() {
            names.insert(one.rows, (number, Place::Rows));
            for (place, name) in counts_of(one).into_iter().enumerate() {
                names.insert(name, (number, Place::Count(place)));
            }
            let values = one.values.iter().map(|values| values.name);
            let age = one.age.map(|(_, name)| name);
            for (place, name) in values.chain(age).enumerate() {
                names.insert(name, (number, Place::Values(place)));
            }
        }
        Self { facts, names }
    }

    pub(crate) fn place(&self, name: &str) -> Option<(usize, Place)> {
        self.names.get(name).copied()
    }
}

/// The names of what is added up: sums first, then kinds, each name once.
pub(crate) fn counts_of(facts: &Facts) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = facts.sums.iter().map(|(name, _)| *name).collect();
    let kinds = facts.kinds.iter().flat_map(|kinds| kinds.names);
    for name in kinds.flat_map(|(_, names)| *names) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// Which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    /// Whether it belongs to the period before.
    pub(crate) previous: bool,
    /// The first day of the piece of the series.
    pub(crate) piece: Option<NaiveDate>,
    /// The number of the group.
    pub(crate) group: Option<usize>,
}

/// What was counted of some rows of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) rows: u64,
    pub(crate) counts: Vec<i64>,
    /// Where its values are.
    values: Vec<Vec<Run>>,
    /// How many rows each known person has.
    pub(crate) people: HashMap<Who, u64>,
}

/// Values that stand together in a column: there are too many of them to copy.
#[derive(Clone, Debug)]
struct Run {
    column: usize,
    values: Range<usize>,
}

/// The number of a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellNumber(usize);

/// Everything that was counted.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    numbers: HashMap<(usize, Address), CellNumber>,
    cells: Vec<Cell>,
    /// The values of all cells.
    columns: Vec<Vec<i64>>,
}

/// What a part adds besides its rows and sums.
#[derive(Debug, Default)]
pub(crate) struct Beside<'a> {
    /// Which of the counts its sums are.
    pub(crate) sums: &'a [usize],
    pub(crate) who: Option<Who>,
    /// Which of the counts are those of the part's kind.
    pub(crate) kinds: &'a [usize],
    /// The place of the age among the values, and how many days it is.
    pub(crate) age: Option<(usize, i64)>,
}

impl Cells {
    /// Adds a part of the facts of this number, and says where its values belong.
    pub(crate) fn add(
        &mut self,
        number: usize,
        address: Address,
        part: Part,
        beside: &Beside<'_>,
    ) -> CellNumber {
        let ages = beside.age.map(|(place, days)| {
            let times = usize::try_from(part.rows).unwrap_or(usize::MAX);
            let (column, values) = (self.columns.len(), 0..times);
            self.columns.push(vec![days; times]);
            (place, Run { column, values })
        });
        let (place, cell) = self.cell(number, address);
        cell.rows += part.rows;
        let rows = i64::try_from(part.rows).unwrap_or(i64::MAX);
        for (place, sum) in beside.sums.iter().zip(part.sums) {
            *at(&mut cell.counts, *place) += sum;
        }
        for place in beside.kinds {
            *at(&mut cell.counts, *place) += rows;
        }
        if let Some((place, run)) = ages {
            at(&mut cell.values, place).push(run);
        }
        if let Some(who) = beside.who {
            *cell.people.entry(who).or_default() += part.rows;
        }
        place
    }

    /// Adds rows of somebody to the facts of this number.
    pub(crate) fn add_people(&mut self, number: usize, address: Address, who: Who, rows: u64) {
        let (_, cell) = self.cell(number, address);
        *cell.people.entry(who).or_default() += rows;
    }

    fn cell(&mut self, number: usize, address: Address) -> (CellNumber, &mut Cell) {
        let next = CellNumber(self.cells.len());
        let place = *self.numbers.entry((number, address)).or_insert(next);
        (place, at(&mut self.cells, place.0))
    }

    /// Adds the values that are kept at this place; `cells` says where those of each part belong.
    pub(crate) fn add_values(
        &mut self,
        place: usize,
        cells: &[Option<CellNumber>],
        measured: Column,
    ) {
        let column = self.columns.len();
        for (cell, values) in cells.iter().zip(measured.of_parts) {
            if let Some(cell) = cell.and_then(|cell| self.cells.get_mut(cell.0))
                && !values.is_empty()
            {
                at(&mut cell.values, place).push(Run { column, values });
            }
        }
        self.columns.push(measured.values);
    }

    /// All cells.
    pub(crate) fn all(&self) -> Slice<'_> {
        Slice {
            cells: self.addressed().collect(),
            columns: &self.columns,
        }
    }

    /// The cells of each group by its number: looking through all cells for each group would take
    /// longer than counting.
    pub(crate) fn by_group(&self) -> HashMap<usize, Slice<'_>> {
        let mut groups: HashMap<usize, Slice<'_>> = HashMap::new();
        for one in self.addressed() {
            if let Some(group) = one.1.group {
                let slice = groups.entry(group).or_insert(Slice {
                    cells: Vec::new(),
                    columns: &self.columns,
                });
                slice.cells.push(one);
            }
        }
        groups
    }

    fn addressed(&self) -> impl Iterator<Item = (usize, Address, &Cell)> {
        self.numbers
            .iter()
            .filter_map(|((number, address), place)| {
                Some((*number, *address, self.cells.get(place.0)?))
            })
    }
}

/// Some of the cells, with their addresses.
#[derive(Debug)]
pub(crate) struct Slice<'a> {
    cells: Vec<(usize, Address, &'a Cell)>,
    columns: &'a [Vec<i64>],
}

impl<'a> Slice<'a> {
    /// Those of them whose addresses are these, as one.
    pub(crate) fn view(&self, wanted: impl Fn(&Address) -> bool) -> View<'a> {
        let cells = self.cells.iter();
        View {
            cells: cells
                .filter(|(_, address, _)| wanted(address))
                .map(|(number, _, cell)| (*number, *cell))
                .collect(),
            columns: self.columns,
        }
    }

    /// What belongs to the period itself, by the piece of the series: looking through all cells for
    /// each piece would take longer than counting.
    pub(crate) fn by_piece(&self) -> HashMap<NaiveDate, View<'a>> {
        let mut pieces: HashMap<NaiveDate, View<'a>> = HashMap::new();
        for (number, address, cell) in &self.cells {
            if let Some(piece) = address.piece.filter(|_| !address.previous) {
                let view = pieces.entry(piece).or_insert(View {
                    cells: Vec::new(),
                    columns: self.columns,
                });
                view.cells.push((*number, *cell));
            }
        }
        pieces
    }
}

fn at<T: Default>(list: &mut Vec<T>, place: usize) -> &mut T {
    if list.len() <= place {
        list.resize_with(place + 1, T::default);
    }
    // The list was made long enough above.
    #[expect(clippy::indexing_slicing, reason = "it is as long as this needs")]
    &mut list[place]
}

/// Several cells, looked at as one.
#[derive(Debug, Default)]
pub(crate) struct View<'a> {
    cells: Vec<(usize, &'a Cell)>,
    columns: &'a [Vec<i64>],
}

impl<'a> View<'a> {
    fn of(&self, facts: usize) -> impl Iterator<Item = &'a Cell> {
        self.cells
            .iter()
            .filter(move |(number, _)| *number == facts)
            .map(|(_, cell)| *cell)
    }

    /// How many rows of these facts.
    pub(crate) fn rows(&self, facts: usize) -> u64 {
        self.of(facts).map(|cell| cell.rows).sum()
    }

    /// How many of what is kept at this place.
    pub(crate) fn count(&self, (facts, place): (usize, Place)) -> i64 {
        match place {
            Place::Rows => i64::try_from(self.rows(facts)).unwrap_or(i64::MAX),
            Place::Count(place) => self
                .of(facts)
                .filter_map(|cell| cell.counts.get(place))
                .sum(),
            Place::Values(place) => {
                let runs = self.of(facts).filter_map(|cell| cell.values.get(place));
                let lengths = runs.flatten().map(|run| run.values.len());
                i64::try_from(lengths.sum::<usize>()).unwrap_or(i64::MAX)
            }
        }
    }

    /// All values that are kept at this place, in no order, as lists.
    pub(crate) fn lists(&self, (facts, place): (usize, Place)) -> impl Iterator<Item = &'a [i64]> {
        let place = match place {
            Place::Values(place) => Some(place),
            Place::Rows | Place::Count(_) => None,
        };
        self.of(facts)
            .filter_map(move |cell| cell.values.get(place?))
            .flatten()
            .filter_map(|run| self.columns.get(run.column)?.get(run.values.clone()))
    }

    /// How many rows of these facts each known person has.
    pub(crate) fn people(&self, facts: usize) -> HashMap<Who, u64> {
        let mut people = HashMap::new();
        for cell in self.of(facts) {
            for (who, rows) in &cell.people {
                *people.entry(*who).or_default() += rows;
            }
        }
        people
    }
}
