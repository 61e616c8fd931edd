//! What a report comes to.

use serde::Serialize;

use crate::distribution::Distribution;
use crate::figure::Figure;
use crate::freshness::Freshness;
use crate::grouping::Grouping;
use crate::measures::Measure;
use crate::period::{Granularity, Period};
use crate::query::Filters;
use crate::reports::ReportName;

/// A report: figures of the whole, of the pieces of a series and of groups.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Its name.
    pub report: ReportName,
    /// The days that it covers.
    pub period: Period,
    /// The days that it is compared with; none for all time.
    pub previous: Option<Period>,
    /// How long the pieces of the series are.
    pub granularity: Option<Granularity>,
    /// What the groups are.
    pub grouping: Option<Grouping>,
    /// What it was narrowed down to.
    pub filters: Filters,
    /// Whether durations are in business hours, where they are known in them.
    pub business_hours: bool,
    /// The measures that it shows, with their meaning.
    pub measures: Vec<&'static Measure>,
    /// The figures of everything.
    pub total: Vec<Figure>,
    /// How the values of each measure that has several are distributed, over everything.
    pub distributions: Vec<Distribution>,
    /// The figures of each piece of the period, where a granularity was asked for.
    pub series: Vec<Piece>,
    /// The figures of each group, by name.
    pub groups: Vec<Group>,
    /// How fresh what it was made of is.
    pub freshness: Freshness,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// A piece of a series.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// Its days.
    #[serde(flatten)]
    pub period: Period,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// What it is known by, for programs; none for what is unknown.
    pub id: Option<String>,
    /// Its name, for people.
    pub name: String,
    /// The words by which filters find it: one, two for a pair, none for what is unknown.
    #[serde(skip)]
    pub words: Vec<String>,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// Its figures in each piece of the period, where a granularity was asked for.
    pub series: Vec<Piece>,
}
