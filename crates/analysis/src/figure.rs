//! Figures: what is made of what was counted.

use std::collections::HashSet;

use serde::Serialize;

use crate::cells::{Layout, View};
use crate::distribution::Distribution;
use crate::measures::{Kind, Measure, Unit};
use crate::names::People;
use crate::period::Period;

/// A figure, with the same of the period before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The name of the measure.
    pub measure: &'static str,
    /// What it is in.
    pub unit: Unit,
    /// What it is.
    #[serde(flatten)]
    pub now: Number,
    /// What it was, where that was asked for and makes sense.
    pub previous: Option<Number>,
}

/// What a figure is, and how many rows it was made of. It has either a value or a spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Number {
    /// How many rows are behind it.
    pub rows: u64,
    /// A count or a share; `None` where it is a spread, or cannot be said of no rows.
    pub value: Option<f64>,
    /// How values are spread.
    #[serde(flatten)]
    pub spread: Option<Spread>,
}

/// How values are spread. A percentile is the nearest rank: one of the values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the values are no larger.
    pub median: i64,
    /// Three quarters are no larger.
    pub p75: i64,
    /// Nine tenths are no larger.
    pub p90: i64,
    /// 95 of 100 are no larger.
    pub p95: i64,
    /// The sum of all ÷ how many there are.
    pub mean: f64,
}

impl Number {
    /// What is shown where there is room for one number only: the value, or the median.
    pub fn headline(&self) -> Option<f64> {
        self.value
            .or_else(|| self.spread.map(|spread| float(spread.median)))
    }
}

impl Spread {
    fn of(lists: &[&[i64]]) -> Option<Self> {
        let [median, p75, p90, p95] = measure::percentiles(lists, [50, 75, 90, 95])?;
        let sum: i128 = lists.iter().copied().map(sum).sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a mean is not exact to the second"
        )]
        let mean = sum as f64 / length(lists) as f64;
        Some(Self {
            median,
            p75,
            p90,
            p95,
            mean,
        })
    }
}

/// What a figure is made in view of.
pub(crate) struct Setting<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) people: &'a People,
    /// The days that it covers.
    pub(crate) period: Period,
    /// The teams that its people count for, where it is about teams.
    pub(crate) teams: Option<&'a HashSet<i64>>,
}

impl Setting<'_> {
    /// What a measure is, of these cells; `None` where the report does not count what it is made of.
    pub(crate) fn number(&self, measure: &Measure, view: &View<'_>) -> Option<Number> {
        let place = |name| self.layout.place(name);
        Some(match measure.kind {
            Kind::Count(name) => {
                let (facts, at) = place(name)?;
                let count = view.count((facts, at));
                Number {
                    rows: view.rows(facts),
                    value: Some(float(count)),
                    spread: None,
                }
            }
            Kind::Minutes(name) => {
                let (facts, at) = place(name)?;
                Number {
                    rows: view.rows(facts),
                    value: Some(float(view.count((facts, at))) / 60.0),
                    spread: None,
                }
            }
            Kind::Share { part, whole } => {
                let (part, whole) = (view.count(place(part)?), view.count(place(whole)?));
                Number {
                    rows: whole.unsigned_abs(),
                    value: (whole > 0).then(|| float(part) / float(whole)),
                    spread: None,
                }
            }
            Kind::Spread(name) => spread(&view.lists(place(name)?).collect::<Vec<_>>()),
            Kind::AtLeast(name, least) => {
                let lists: Vec<&[i64]> = view.lists(place(name)?).collect();
                let values = lists.iter().copied().flatten();
                let count = values.filter(|value| **value >= least).count();
                Number {
                    rows: size(length(&lists)),
                    value: Some(float(i64::try_from(count).unwrap_or(i64::MAX))),
                    spread: None,
                }
            }
            Kind::People(name) => {
                let (facts, _) = place(name)?;
                let people = view.people(facts).len();
                Number {
                    rows: view.rows(facts),
                    value: Some(float(i64::try_from(people).unwrap_or(i64::MAX))),
                    spread: None,
                }
            }
            Kind::PerPerson(name) => spread(&[&self.rows_of_people(view, place(name)?.0)]),
            Kind::BusiestFifth(name) => self.busiest_fifth(view, place(name)?.0),
            Kind::PerDeveloper(name) => self.per_developer(view, place(name)?.0),
            Kind::PerDay(name) => {
                let count = view.count(place(name)?);
                Number {
                    rows: count.unsigned_abs(),
                    value: Some(float(count) / float(self.period.days())),
                    spread: None,
                }
            }
        })
    }

    /// How the values of a measure are distributed; `None` where it has one value only.
    pub(crate) fn distribution(&self, measure: &Measure, view: &View<'_>) -> Option<Distribution> {
        let of = |lists: &[&[i64]]| Distribution::of(measure.name, measure.unit, lists);
        match measure.kind {
            Kind::Spread(name) => {
                let lists: Vec<&[i64]> = view.lists(self.layout.place(name)?).collect();
                Some(of(&lists))
            }
            Kind::PerPerson(name) => {
                let rows = self.rows_of_people(view, self.layout.place(name)?.0);
                Some(of(&[&rows]))
            }
            _ => None,
        }
    }

    fn rows_of_people(&self, view: &View<'_>, facts: usize) -> Vec<i64> {
        let rows = view.people(facts).into_values();
        rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
            .collect()
    }

    fn busiest_fifth(&self, view: &View<'_>, facts: usize) -> Number {
        let mut rows = self.rows_of_people(view, facts);
        rows.sort_unstable_by(|one, other| other.cmp(one));
        let all: i64 = rows.iter().sum();
        let busiest: i64 = rows.iter().take(rows.len().div_ceil(5)).sum();
        Number {
            rows: all.unsigned_abs(),
            value: (all > 0).then(|| float(busiest) / float(all)),
            spread: None,
        }
    }

    fn per_developer(&self, view: &View<'_>, facts: usize) -> Number {
        let mut developers = view.people(facts);
        developers.retain(|who, _| self.people.is_developer(*who));
        let count: u64 = developers.values().sum();
        let heads: f64 = match self.teams {
            None => float(i64::try_from(developers.len()).unwrap_or(i64::MAX)),
            Some(teams) => developers
                .keys()
                .map(|who| float(self.people.days_in(*who, teams, self.period)))
                .map(|days| days / float(self.period.days()))
                .sum(),
        };
        Number {
            rows: count,
            value: (heads > 0.0).then(|| float(i64::try_from(count).unwrap_or(i64::MAX)) / heads),
            spread: None,
        }
    }
}

fn spread(lists: &[&[i64]]) -> Number {
    Number {
        rows: size(length(lists)),
        value: None,
        spread: Spread::of(lists),
    }
}

fn length(lists: &[&[i64]]) -> usize {
    lists.iter().map(|list| list.len()).sum()
}

fn sum(values: &[i64]) -> i128 {
    values.iter().copied().map(i128::from).sum()
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows stay far below 2^52"
)]
fn float(number: i64) -> f64 {
    number as f64
}
