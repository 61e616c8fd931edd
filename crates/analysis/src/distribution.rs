//! How the values of a measure are distributed: how many lie between fixed bounds.
//!
//! The bounds are the same for every report of a unit, so that two of them can be held against each
//! other. They grow by about a factor of two: most of what is measured here spans minutes to weeks.

use serde::Serialize;

use crate::measures::Unit;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const SECONDS: &[i64] = &[
    0,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    56 * DAY,
];
const DAYS: &[i64] = &[0, 1, 2, 4, 7, 14, 30, 60, 90, 180, 365];
const LINES: &[i64] = &[0, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
const COUNTS: &[i64] = &[0, 1, 2, 3, 4, 6, 10, 20, 50, 100, 250, 500];

/// How the values of one measure are distributed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Distribution {
    /// The name of the measure.
    pub measure: &'static str,
    /// What it is in.
    pub unit: Unit,
    /// How many values there are.
    pub rows: u64,
    /// The buckets from the first to the last that has a value, those between them too.
    pub buckets: Vec<Bucket>,
}

/// How many values lie between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// The least value that belongs to it.
    pub from: i64,
    /// The least value that is too large for it; nothing for the last one.
    pub below: Option<i64>,
    /// How many values belong to it.
    pub rows: u64,
}

impl Distribution {
    /// Puts the values of some lists into the buckets of their unit.
    pub(crate) fn of(measure: &'static str, unit: Unit, lists: &[&[i64]]) -> Self {
        let bounds = bounds(unit);
        let mut counts = vec![0_u64; bounds.len()];
        let finder = BucketFinder::of(bounds);
        for value in lists.iter().copied().flatten() {
            if let Some(count) = counts.get_mut(finder.of_value(*value)) {
                *count += 1;
            }
        }
        let buckets: Vec<Bucket> = bounds
            .iter()
            .zip(&counts)
            .enumerate()
            .map(|(number, (from, rows))| Bucket {
                from: *from,
                below: bounds.get(number + 1).copied(),
                rows: *rows,
            })
            .collect();
        let filled = |bucket: &Bucket| bucket.rows > 0;
        let first = buckets.iter().position(filled).unwrap_or(0);
        let end = buckets.iter().rposition(filled).map_or(0, |last| last + 1);
        Self {
            measure,
            unit,
            rows: counts.iter().sum(),
            buckets: buckets.get(first..end).unwrap_or_default().to_vec(),
        }
    }
}

/// Finds buckets. There may be millions of values: each is found by how many binary digits it has,
/// and by the one bound at most that lies between the values of so many digits.
struct BucketFinder {
    /// The bucket of the least value of so many digits, and the bound of the next bucket.
    of_digits: Vec<(usize, i64)>,
}

impl BucketFinder {
    fn of(bounds: &[i64]) -> Self {
        let others = (1..i64::BITS).map(|digits| 1_i64 << (digits - 1));
        let least = std::iter::once(0).chain(others);
        let of_digits = least.map(|least| {
            let above = bounds.partition_point(|bound| *bound <= least);
            let next = bounds.get(above).copied().unwrap_or(i64::MAX);
            (above.saturating_sub(1), next)
        });
        Self {
            of_digits: of_digits.collect(),
        }
    }

    /// What is below every bound is in the first bucket.
    fn of_value(&self, value: i64) -> usize {
        let value = value.clamp(0, i64::MAX - 1);
        let digits = usize::try_from(i64::BITS - value.leading_zeros()).unwrap_or_default();
        let (place, next) = self.of_digits.get(digits).copied().unwrap_or_default();
        place + usize::from(next <= value)
    }
}

fn bounds(unit: Unit) -> &'static [i64] {
    match unit {
        Unit::Seconds => SECONDS,
        Unit::Days => DAYS,
        Unit::Lines => LINES,
        Unit::Count | Unit::Minutes | Unit::Share => COUNTS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bucket_and_a_bound_belongs_to_the_one_above() {
        let made = Distribution::of(
            "cycle_time",
            Unit::Seconds,
            &[&[59, 60, 119], &[86_400, 1 << 40]],
        );
        assert_eq!(made.rows, 5);
        assert_eq!(made.buckets.iter().map(|one| one.rows).sum::<u64>(), 5);
        let of = |from| made.buckets.iter().find(|one| one.from == from).unwrap();
        assert_eq!((of(30).below, of(30).rows), (Some(60), 1));
        assert_eq!((of(60).below, of(60).rows), (Some(120), 2));
        assert_eq!(of(DAY).rows, 1);
        assert_eq!(
            of(120).rows,
            0,
            "one that is empty between two others is there"
        );
        assert_eq!(made.buckets.last().unwrap().below, None);
        assert_eq!(made.buckets.first().unwrap().from, 30);
    }

    #[test]
    fn nothing_has_no_buckets_and_bounds_grow() {
        assert_eq!(Distribution::of("size", Unit::Lines, &[]).buckets, []);
        for unit in [Unit::Seconds, Unit::Days, Unit::Lines, Unit::Count] {
            assert!(bounds(unit).windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn every_bucket_is_found_from_the_digits_of_a_value() {
        for unit in [Unit::Seconds, Unit::Days, Unit::Lines, Unit::Count] {
            let bounds = bounds(unit);
            let finder = BucketFinder::of(bounds);
            let powers = (0..63).map(|digits| 1_i64 << digits);
            let around = bounds
                .iter()
                .copied()
                .chain(powers)
                .flat_map(|one| [one - 1, one, one + 1]);
            for value in around.chain([i64::MIN, i64::MAX]) {
                let expected = bounds
                    .partition_point(|bound| *bound <= value)
                    .saturating_sub(1);
                assert_eq!(finder.of_value(value), expected, "{value}");
            }
        }
    }
}
