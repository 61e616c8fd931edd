//! The same figures, made in the plainest way.

use analysis::{Figure, Number};
use chrono::NaiveDate;

use crate::world::World;

/// What a figure should be.
pub(crate) fn spread(mut values: Vec<i64>) -> Number {
    values.sort_unstable();
    let Some(last) = values.len().checked_sub(1) else {
        return Number::default();
    };
    // The smallest value that at least so many of a hundred do not exceed.
    let rank = |share: usize| {
        let enough = |place: &usize| (place + 1) * 100 >= share * values.len();
        values[(0..=last).find(enough).unwrap()]
    };
    Number {
        rows: u64::try_from(values.len()).unwrap(),
        value: None,
        spread: Some(analysis::Spread {
            median: rank(50),
            p75: rank(75),
            p90: rank(90),
            p95: rank(95),
            mean: values.iter().sum::<i64>() as f64 / values.len() as f64,
        }),
    }
}

pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The figure of this name.
pub(crate) fn figure<'a>(figures: &'a [Figure], name: &str) -> &'a Figure {
    figures
        .iter()
        .find(|figure| figure.measure == name)
        .unwrap_or_else(|| panic!("no {name} in {figures:?}"))
}

pub(crate) fn value(figures: &[Figure], name: &str) -> Option<f64> {
    figure(figures, name).now.value
}

impl World {
    pub(crate) fn is_bot(&self, account: Option<i64>) -> bool {
        self.accounts
            .iter()
            .any(|one| Some(one.id) == account && one.bot)
    }

    /// The person, or the account where there is none.
    pub(crate) fn who(&self, account: Option<i64>) -> Option<String> {
        let id = account?;
        let one = self.accounts.iter().find(|one| one.id == id).unwrap();
        Some(match one.person {
            Some(person) => format!("Human {person}"),
            None => one.name.clone(),
        })
    }

    pub(crate) fn team_on(&self, account: Option<i64>, day: NaiveDate) -> Option<i64> {
        let id = account?;
        let person = self.accounts.iter().find(|one| one.id == id)?.person?;
        let mut found: Vec<_> = self
            .memberships
            .iter()
            .filter(|one| one.person == person)
            .filter(|one| one.from.is_none_or(|from| from <= day))
            .filter(|one| one.to.is_none_or(|to| day <= to))
            .collect();
        found.sort_by_key(|one| one.from);
        found.last().map(|one| one.team)
    }
}
