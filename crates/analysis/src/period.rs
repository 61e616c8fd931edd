//! Days: ranges of them, the range before, and the pieces that a series is made of.

use chrono::{Datelike, Days, NaiveDate};
use serde::Serialize;

/// Days in the account's time zone, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

impl Period {
    /// From one day to another; `None` when the last is before the first.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// So many days, the last of them `to`.
    pub fn ending(to: NaiveDate, days: u64) -> Self {
        let from = to
            .checked_sub_days(Days::new(days.max(1) - 1))
            .unwrap_or(to);
        Self { from, to }
    }

    /// How many days.
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// As many days, ending on the day before.
    pub fn previous(self) -> Option<Self> {
        let to = self.from.pred_opt()?;
        Some(Self::ending(to, self.days().unsigned_abs()))
    }

    /// What of it lies in `other`.
    pub fn within(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// The pieces that begin at these days, which need not lie inside.
    pub(crate) fn cut(self, days: impl IntoIterator<Item = NaiveDate>) -> Vec<Self> {
        let mut cuts: Vec<NaiveDate> = days
            .into_iter()
            .filter(|day| *day > self.from && *day <= self.to)
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut pieces = Vec::with_capacity(cuts.len() + 1);
        let mut from = self.from;
        for cut in cuts {
            if let Some(to) = cut.pred_opt() {
                pieces.push(Self { from, to });
            }
            from = cut;
        }
        pieces.push(Self { from, to: self.to });
        pieces
    }

    /// The first days of so many pieces of about the same length.
    pub(crate) fn even_cuts(self, pieces: i64) -> Vec<NaiveDate> {
        (1..pieces)
            .filter_map(|piece| {
                let days = self.days() * piece / pieces;
                self.from.checked_add_days(Days::new(days.unsigned_abs()))
            })
            .collect()
    }
}

/// How long the pieces of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Granularity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first day of the piece that a day belongs to.
    pub fn start_of(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => Some(day),
            Self::Week => {
                let monday = u64::from(day.weekday().num_days_from_monday());
                day.checked_sub_days(Days::new(monday))
            }
            Self::Month => day.with_day(1),
        }
        .unwrap_or(day)
    }

    /// The pieces that a range touches, each cut to the range.
    pub fn pieces(self, period: Period) -> Vec<Period> {
        let starts = period
            .from
            .iter_days()
            .take_while(|day| *day <= period.to)
            .filter(|day| self.start_of(*day) == *day);
        period.cut(starts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from), day(to)).unwrap()
    }

    #[test]
    fn the_previous_period_is_as_long_and_ends_the_day_before() {
        let march = period("2027-03-01", "2027-03-31");
        assert_eq!(march.days(), 31);
        assert_eq!(march.previous(), Some(period("2027-01-29", "2027-02-28")));
        assert_eq!(Period::ending(day("2027-03-31"), 31), march);
        assert_eq!(Period::new(day("2027-03-02"), day("2027-03-01")), None);
    }

    #[test]
    fn weeks_begin_on_monday_and_are_cut_to_the_range() {
        // 2027-03-03 is a Wednesday.
        let range = period("2027-03-03", "2027-03-15");
        assert_eq!(
            Granularity::Week.pieces(range),
            [
                period("2027-03-03", "2027-03-07"),
                period("2027-03-08", "2027-03-14"),
                period("2027-03-15", "2027-03-15"),
            ]
        );
        assert_eq!(
            Granularity::Month
                .pieces(period("2027-01-31", "2027-02-01"))
                .len(),
            2
        );
        assert_eq!(Granularity::Day.pieces(range).len(), 13);
    }

    #[test]
    fn pieces_leave_nothing_out_and_nothing_twice() {
        let range = period("2027-01-01", "2027-12-31");
        for pieces in 1..9 {
            let cut = range.cut(range.even_cuts(pieces));
            assert_eq!(cut.len(), usize::try_from(pieces).unwrap());
            assert_eq!(cut.iter().map(|piece| piece.days()).sum::<i64>(), 365);
        }
    }
}
