//! What is shown: each figure of a report with its name, unit and definition.

mod list;

use serde::Serialize;

pub use list::measures;

/// A figure of a report.
#[derive(Debug, Serialize)]
pub struct Measure {
    /// Its name, the same everywhere.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// What it is.
    pub definition: &'static str,
    #[serde(skip)]
    pub(crate) kind: Kind,
}

/// What a figure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Things.
    #[serde(rename = "")]
    Count,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Minutes.
    #[serde(rename = "min")]
    Minutes,
    /// Days.
    #[serde(rename = "d")]
    Days,
    /// A part of 1.
    #[serde(rename = "share")]
    Share,
    /// Lines of text.
    #[serde(rename = "lines")]
    Lines,
}

impl Unit {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Seconds => "s",
            Self::Minutes => "min",
            Self::Days => "d",
            Self::Share => "share",
            Self::Lines => "lines",
        }
    }
}

/// How a figure is made of what was counted. The words are those of [`crate::facts`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// So many.
    Count(&'static str),
    /// So many of those.
    Share {
        part: &'static str,
        whole: &'static str,
    },
    /// Median, percentiles and mean of values.
    Spread(&'static str),
    /// How many values are at least so large.
    AtLeast(&'static str, i64),
    /// How many known people have rows of this name.
    People(&'static str),
    /// Median, percentiles and mean of the rows of this name that each known person has.
    PerPerson(&'static str),
    /// The share of all rows of known people that the busiest fifth of them has.
    BusiestFifth(&'static str),
    /// So many for each developer who has rows of this name.
    PerDeveloper(&'static str),
    /// So many for each day of the period.
    PerDay(&'static str),
    /// Seconds, as minutes.
    Minutes(&'static str),
}

impl Kind {
    /// The name of the rows of which it has to know how many each person has.
    pub(crate) fn people_of(self) -> Option<&'static str> {
        match self {
            Self::People(name)
            | Self::PerPerson(name)
            | Self::BusiestFifth(name)
            | Self::PerDeveloper(name) => Some(name),
            _ => None,
        }
    }

    /// What it is made of.
    pub(crate) fn names(self) -> Vec<&'static str> {
        match self {
            Self::Share { part, whole } => vec![part, whole],
            Self::Count(name)
            | Self::Spread(name)
            | Self::AtLeast(name, _)
            | Self::People(name)
            | Self::PerPerson(name)
            | Self::BusiestFifth(name)
            | Self::PerDeveloper(name)
            | Self::PerDay(name)
            | Self::Minutes(name) => vec![name],
        }
    }
}
