//! Percentiles.

/// The `p`-th percentile of `ordered` values (smallest first) by nearest rank: the smallest value
/// that at least `p` per cent of all values do not exceed. It is always one of the values, never
/// something between two. `None` without values; a `p` above 100 means 100.
///
/// Source: `docs/metrics.md`, "How numbers are made".
pub fn percentile(ordered: &[i64], p: u8) -> Option<i64> {
    ordered.get(place(ordered.len(), p)).copied()
}

/// So few values are copied: looking through the ranges would take longer.
const FEW: usize = 1 << 13;

/// Between a value and twice that value lie `1 << FINE` ranges. Durations lie close together near zero
/// and far apart elsewhere: ranges of one width would put half of them into one.
const FINE: u32 = 7;

/// How many ranges there are on either side of zero: so many are enough for 63 bits.
const SIDE: usize = (64 - FINE as usize) << FINE;

/// The same percentiles of the values of several lists, in any order: it takes time in proportion to
/// how many there are. Where there are many, only those near a percentile are copied.
pub fn percentiles<const N: usize>(lists: &[&[i64]], p: [u8; N]) -> Option<[i64; N]> {
    let length: usize = lists.iter().map(|list| list.len()).sum();
    let last = length.checked_sub(1)?;
    let places = p.map(|p| place(length, p).min(last));
    if length <= FEW {
        return Some(among_few(&mut lists.concat(), places));
    }
    among_many(lists, places)
}

/// The values that stand at these places once all are in order; there are more values than the largest
/// place.
fn among_few<const N: usize>(values: &mut [i64], places: [usize; N]) -> [i64; N] {
    let mut found = [0; N];
    let mut order: Vec<(usize, &mut i64)> = places.into_iter().zip(&mut found).collect();
    order.sort_unstable_by_key(|(place, _)| *place);
    // What lies before one place need not be looked through for a later one.
    let (mut rest, mut from) = (values, 0);
    for (place, found) in order {
        let within = place - from;
        *found = *rest.select_nth_unstable(within).1;
        (rest, from) = (rest.split_at_mut(within).1, place);
    }
    found
}

/// The same, without copying them all.
fn among_many<const N: usize>(lists: &[&[i64]], places: [usize; N]) -> Option<[i64; N]> {
    let values = || lists.iter().copied().flatten().copied();
    let mut counts = vec![0_usize; 2 * SIDE];
    for value in values() {
        if let Some(count) = counts.get_mut(range(value)) {
            *count += 1;
        }
    }
    // Of each place its range, and how many values come before that.
    let mut of_places = [(0, 0); N];
    let mut before = 0;
    for (range, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        for (place, found) in places.iter().zip(&mut of_places) {
            if (before..before + count).contains(place) {
                *found = (range, before);
            }
        }
        before += count;
    }
    // The values of those ranges; of each range the number of its list, and one more.
    let mut near: [Vec<i64>; N] = std::array::from_fn(|_| Vec::new());
    let mut numbers = vec![0_u8; 2 * SIDE];
    for (number, (range, _)) in (1..).zip(of_places) {
        if let Some(known) = numbers.get_mut(range) {
            *known = number;
        }
    }
    for value in values() {
        let number = numbers.get(range(value)).copied().unwrap_or_default();
        let list = usize::from(number).checked_sub(1);
        if let Some(list) = list.and_then(|list| near.get_mut(list)) {
            list.push(value);
        }
    }
    let mut found = [0; N];
    for ((place, (range, before)), found) in places.into_iter().zip(of_places).zip(&mut found) {
        let number = numbers.get(range).copied().unwrap_or_default();
        let list = near.get_mut(usize::from(number).checked_sub(1)?)?;
        let within = place - before;
        list.get(within)?;
        *found = *list.select_nth_unstable(within).1;
    }
    Some(found)
}

/// The range of a value. Of two values the smaller is never in the later one.
fn range(value: i64) -> usize {
    let from_zero = if value < 0 { !value } else { value }.cast_unsigned();
    let coarse = (u64::BITS - from_zero.leading_zeros()).saturating_sub(FINE + 1);
    let range = (u64::from(coarse) << FINE) + (from_zero >> coarse);
    let range = usize::try_from(range).unwrap_or(SIDE - 1);
    if value < 0 {
        SIDE - 1 - range
    } else {
        SIDE + range
    }
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
