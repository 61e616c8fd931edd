//! Percentiles.

/// The `p`-th percentile of `ordered` values (smallest first) by nearest rank: the smallest value
/// that at least `p` per cent of all values do not exceed. It is always one of the values, never
/// something between two. `None` without values; a `p` above 100 means 100.
///
/// Source: `docs/metrics.md`, "How numbers are made".
pub fn percentile(ordered: &[i64], p: u8) -> Option<i64> {
    ordered.get(place(ordered.len(), p)).copied()
}

/// Into so many ranges values are divided to find where percentiles lie.
const RANGES: usize = 1 << 12;

/// So few values are copied: looking through the ranges would take longer.
const FEW: usize = 4 * RANGES;

/// The same percentiles of the values of several lists, in any order: it takes time in proportion to
/// how many there are. Where there are many, only those near a percentile are copied.
pub fn percentiles<const N: usize>(lists: &[&[i64]], p: [u8; N]) -> Option<[i64; N]> {
    let length: usize = lists.iter().map(|list| list.len()).sum();
    let last = length.checked_sub(1)?;
    let places = p.map(|p| place(length, p).min(last));
    if length <= FEW {
        let mut values = lists.concat();
        return Some(places.map(|place| *values.select_nth_unstable(place).1));
    }
    among_many(lists, places)
}

/// The values that stand at these places once all are in order.
fn among_many<const N: usize>(lists: &[&[i64]], places: [usize; N]) -> Option<[i64; N]> {
    let values = || lists.iter().copied().flatten().copied();
    let (least, most) = (values().min()?, values().max()?);
    let span = most.abs_diff(least);
    let bits = (u64::BITS - span.leading_zeros()).saturating_sub(RANGES.ilog2());
    let range = |value: i64| usize::try_from(value.abs_diff(least) >> bits).unwrap_or(RANGES);

    let mut counts = vec![0_usize; RANGES];
    for value in values() {
        if let Some(count) = counts.get_mut(range(value)) {
            *count += 1;
        }
    }
    let mut found = [0; N];
    // Places that lie close to each other share the values of their range.
    let mut near: Option<(usize, Vec<i64>)> = None;
    for (mut place, found) in places.into_iter().zip(&mut found) {
        let at = counts
            .iter()
            .position(|count| match place.checked_sub(*count) {
                Some(rest) => {
                    place = rest;
                    false
                }
                None => true,
            })?;
        if near.as_ref().is_none_or(|(known, _)| *known != at) {
            near = Some((at, values().filter(|value| range(*value) == at).collect()));
        }
        let (_, values) = near.as_mut()?;
        values.get(place)?;
        *found = *values.select_nth_unstable(place).1;
    }
    Some(found)
}

/// Where among so many ordered values the percentile is.
fn place(values: usize, p: u8) -> usize {
    let share = usize::from(p.min(100));
    values.saturating_mul(share).div_ceil(100).max(1) - 1
}

#[cfg(test)]
mod tests {
    use super::{FEW, percentile, percentiles};

    #[test]
    fn the_nearest_rank_is_one_of_the_values() {
        let five = [15, 20, 35, 40, 50];
        for (p, expected) in [
            (0, 15),
            (5, 15),
            (20, 15),
            (21, 20),
            (30, 20),
            (40, 20),
            (50, 35),
            (75, 40),
            (90, 50),
            (100, 50),
            (255, 50),
        ] {
            assert_eq!(percentile(&five, p), Some(expected), "p{p}");
        }
        assert_eq!(percentile(&[1, 2, 3, 4], 50), Some(2));
        assert_eq!(percentile(&[7], 1), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
    #[test]
    fn values_of_lists_in_any_order_have_the_same_percentiles() {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state
        };
        for count in (0..200).chain([FEW, FEW + 1, 2 * FEW]) {
            // Few different values, many, as far apart as can be, and most of them close together.
            for shift in [58, 40, 0, 20] {
                let values: Vec<i64> = (0..count)
                    .map(|number| match (shift, number % 10) {
                        (20, 1..) => i64::try_from(next() >> 55).unwrap(),
                        _ => (next() >> shift).cast_signed(),
                    })
                    .collect();
                let mut ordered = values.clone();
                ordered.sort_unstable();
                let (one, other) = values.split_at(values.len() / 3);
                for places in [[50, 75, 90, 100], [90, 50, 0, 60]] {
                    let found = percentiles(&[one, &[], other], places);
                    let expected = places.map(|p| percentile(&ordered, p));
                    assert_eq!(
                        found.map(|found| found.map(Some)),
                        expected[0].map(|_| expected)
                    );
                }
            }
        }
        let far = [i64::MAX, i64::MIN].repeat(FEW);
        assert_eq!(percentiles(&[&far], [50, 51]), Some([i64::MIN, i64::MAX]));
    }
}
