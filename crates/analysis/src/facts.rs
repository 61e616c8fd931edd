//! What is counted: rows of the database, each on the day that it counts for.
//!
//! The texts are SQL that any engine understands: columns, comparisons, CASE, joins. There is no
//! date arithmetic and no percentile in them; days are stored as text, and what is made of the
//! values is made in [`crate::cells`].

mod delivery;
mod pulls;

pub(crate) use delivery::{
    DEPLOYMENTS, LEAD_TIMES, LEAD_TIMES_OF_AUTHORS, PIPELINES, PRODUCTION, REPOSITORIES, RUNS,
    STEPS,
};
pub(crate) use pulls::{
    CLOSED, FIRST_REVIEWS, MERGED, MERGED_REVIEWED, OPEN, OPENED, REVIEWS, REVIEWS_COUNTED,
};

use store::Packing;

use crate::grouping::Grouping;

/// The tables that are so large that their months are packed, and what is counted in them.
const PACKED: [(&str, &[&Facts]); 4] = [
    (
        "bitbucket_pulls",
        &[&OPENED, &MERGED_REVIEWED, &MERGED, &CLOSED, &FIRST_REVIEWS],
    ),
    ("bitbucket_reviews", &[&REVIEWS_COUNTED, &REVIEWS]),
    ("bitbucket_pipelines", &[&RUNS, &PIPELINES]),
    ("deployment_pulls", &[&LEAD_TIMES]),
];

/// Everything that a report may ask of the months of large tables.
pub(crate) fn packings(least_rows: usize) -> Vec<Packing> {
    let mut packings: Vec<Packing> = Vec::new();
    for (table, facts) in PACKED {
        for one in facts {
            let Some(day) = one.day else { continue };
            let known = |packing: &Packing| {
                (packing.from, packing.day, packing.conditions) == (one.from, day, one.conditions)
            };
            let place = match packings.iter().position(known) {
                Some(place) => place,
                None => {
                    packings.push(Packing {
                        table,
                        from: one.from,
                        day,
                        conditions: one.conditions,
                        least_rows,
                        ..Packing::default()
                    });
                    packings.len() - 1
                }
            };
            if let Some(packing) = packings.get_mut(place) {
                add_missing(&mut packing.keys, one.key_columns(day));
                add_missing(&mut packing.numbers, one.number_columns());
            }
        }
    }
    packings
}

fn add_missing(columns: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for column in more {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
}

/// The month of a day. Few long texts are quicker to group by than many short ones.
pub(crate) fn month_column(day: &str) -> String {
    format!("substr({day}, 1, 7)")
}

/// Rows of one kind.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The column with the day that a row counts for; `None` for what is so now, whatever the day.
    pub(crate) day: Option<&'static str>,
    /// Tables with their joins.
    pub(crate) from: &'static str,
    /// What must hold of each row.
    pub(crate) conditions: &'static [&'static str],
    /// The repository.
    pub(crate) repository: &'static str,
    /// The account whose work it is. Bots are told by it, and teams.
    pub(crate) person: Option<&'static str>,
    /// The account of the pull request's author.
    pub(crate) author: Option<&'static str>,
    /// The account of the reviewer.
    pub(crate) reviewer: Option<&'static str>,
    /// The branch.
    pub(crate) branch: Option<&'static str>,
    /// Further texts that rows can be told apart by.
    pub(crate) others: &'static [(Grouping, &'static str)],
    /// How many rows there are.
    pub(crate) rows: &'static str,
    /// A column that tells kinds of rows apart, and the names under which each is counted.
    pub(crate) kinds: Option<Kinds>,
    /// What is added up: name and column.
    pub(crate) sums: &'static [(&'static str, &'static str)],
    /// What is measured.
    pub(crate) values: &'static [Values],
    /// A column with a day of the past, and the name of how many days ago it is.
    pub(crate) age: Option<(&'static str, &'static str)>,
}

/// Kinds of rows.
#[derive(Debug)]
pub(crate) struct Kinds {
    /// The column.
    pub(crate) column: &'static str,
    /// Its words, and the names under which rows with that word are counted.
    pub(crate) names: &'static [(&'static str, &'static [&'static str])],
}

/// What is measured of each row.
#[derive(Debug)]
pub(crate) struct Values {
    /// Its name.
    pub(crate) name: &'static str,
    /// The column.
    pub(crate) column: &'static str,
    /// The column with the same in business hours.
    pub(crate) business: Option<&'static str>,
}

impl Values {
    const fn plain(name: &'static str, column: &'static str) -> Self {
        Self {
            name,
            column,
            business: None,
        }
    }

    const fn hours(name: &'static str, column: &'static str, business: &'static str) -> Self {
        Self {
            name,
            column,
            business: Some(business),
        }
    }
}

impl Facts {
    /// Every column by which rows may be told apart.
    fn key_columns(&self, day: &str) -> Vec<String> {
        let who = [self.person, self.author, self.reviewer, self.branch];
        let others = self.others.iter().map(|(_, column)| *column);
        let kinds = self.kinds.as_ref().map(|kinds| kinds.column);
        let columns = [day, self.repository].into_iter();
        let columns = columns.chain(who.into_iter().flatten());
        let columns = columns.chain(others).chain(kinds).map(str::to_owned);
        columns.chain([month_column(day)]).collect()
    }

    /// Every column that may be added up or kept.
    fn number_columns(&self) -> Vec<String> {
        let sums = self.sums.iter().map(|(_, column)| *column);
        let values = self.values.iter();
        let values = values.flat_map(|one| [Some(one.column), one.business]);
        sums.chain(values.flatten()).map(str::to_owned).collect()
    }

    /// The columns that tell the groups of this grouping apart; `None` where these rows cannot be
    /// told apart by it.
    pub(crate) fn columns(&self, grouping: Grouping) -> Option<Vec<&'static str>> {
        match grouping {
            Grouping::Repository | Grouping::Project => Some(vec![self.repository]),
            // The account is always among the keys.
            Grouping::Team | Grouping::Person => self.person.map(|_| Vec::new()),
            Grouping::Author => self.author.map(|column| vec![column]),
            Grouping::Reviewer => self.reviewer.map(|column| vec![column]),
            Grouping::Pair => self
                .reviewer
                .zip(self.author)
                .map(|(reviewer, author)| vec![reviewer, author]),
            Grouping::Branch => self.branch.map(|column| vec![column]),
            other => self.other(other).map(|column| vec![column]),
        }
    }

    /// The text by which these rows can be told apart like this.
    pub(crate) fn other(&self, wanted: Grouping) -> Option<&'static str> {
        let mut others = self.others.iter();
        let found = others.find(|(grouping, _)| *grouping == wanted);
        found.map(|(_, column)| *column)
    }
}
