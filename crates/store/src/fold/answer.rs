//! The answer to a question while it is being found: the groups of each way to tell rows apart, and
//! what was measured, which is put together at the end, when it is known how many rows each group
//! has.

use super::combinations::{Combinations, RowGroups};
use super::groups::{Groups, index};
use super::{Column, Folded, GroupBy, Question};
use crate::packs::content::NumberColumn;

/// An answer that is not whole yet.
#[derive(Debug)]
pub(super) struct Answer {
    /// What was found for each way to tell rows apart.
    pub(super) found: Vec<Found>,
    /// What was measured in each packed month.
    pub(super) months: Vec<Vec<NumberColumn>>,
}

/// What was found for one way to tell rows apart.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) group_by: GroupBy,
    pub(super) groups: Groups,
    /// The groups of packed months.
    pub(super) combinations: Combinations,
    /// The groups of the rows of each packed month.
    pub(super) rows: Vec<RowGroups>,
    /// What was measured of rows that are not packed.
    pub(super) loose: Vec<Loose>,
}

/// Values, and the group of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Loose {
    pub(super) places: Vec<u32>,
    pub(super) values: Vec<i64>,
}

impl Answer {
    pub(super) fn new(question: &Question) -> Self {
        let group_by = question.group_by.iter();
        let found = group_by.map(|group_by| Found {
            group_by: group_by.clone(),
            groups: Groups::new(group_by, question.sums.len()),
            combinations: Combinations::default(),
            rows: Vec::new(),
            loose: if group_by.measured {
                vec![Loose::default(); question.values.len()]
            } else {
                Vec::new()
            },
        });
        Self {
            found: found.collect(),
            months: Vec::new(),
        }
    }

    pub(super) fn folded(self) -> Vec<Folded> {
        let found = self.found.into_iter();
        found.map(|found| found.folded(&self.months)).collect()
    }
}

impl Found {
    fn folded(self, months: &[Vec<NumberColumn>]) -> Folded {
        let mut rows = 0;
        let begins: Vec<usize> = self
            .groups
            .rows()
            .iter()
            .map(|more| {
                let begin = rows;
                rows += usize::try_from(*more).unwrap_or(usize::MAX);
                begin
            })
            .collect();
        let loose = self.loose.into_iter().enumerate();
        let values = loose.map(|(number, loose)| {
            // There is room for a value of every row. What is never written to takes no memory.
            let mut values = vec![0; rows];
            let mut ends = begins.clone();
            let mut put = |place: u32, value: i64| {
                if let Some(end) = ends.get_mut(index(place)) {
                    if let Some(put) = values.get_mut(*end) {
                        *put = value;
                    }
                    *end += 1;
                }
            };
            for (rows, columns) in self.rows.iter().zip(months) {
                if let Some(column) = columns.get(number) {
                    rows.zip(column, &mut put);
                }
            }
            for (place, value) in loose.places.iter().zip(loose.values) {
                put(*place, value);
            }
            Column {
                values,
                of_parts: begins
                    .iter()
                    .zip(ends)
                    .map(|(begin, end)| *begin..end)
                    .collect(),
            }
        });
        Folded {
            values: values.collect(),
            parts: self.groups.parts(),
        }
    }
}
