//! Percentiles.

/// The `p`-th percentile of `ordered` values (smallest first) by nearest rank: the smallest value
/// that at least `p` per cent of all values do not exceed. It is always one of the values, never
/// something between two. `None` without values; a `p` above 100 means 100.
///
/// Source: `docs/metrics.md`, "How numbers are made".
pub fn percentile(ordered: &[i64], p: u8) -> Option<i64> {
    ordered.get(place(ordered.len(), p)).copied()
}

/// The same percentiles of values in any order, without putting all of them in order: it takes
/// time in proportion to how many there are. The values are moved about.
pub fn percentiles<const N: usize>(values: &mut [i64], p: [u8; N]) -> Option<[i64; N]> {
    let last = values.len().checked_sub(1)?;
    let mut found = [0; N];
    // What lies before one percentile need not be looked through for a higher one.
    let mut from = 0;
    for (p, found) in p.into_iter().zip(&mut found) {
        let place = place(values.len(), p).min(last);
        if place < from {
            from = 0;
        }
        let rest = values.get_mut(from..)?;
        *found = *rest.select_nth_unstable(place - from).1;
        from = place;
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
    use super::{percentile, percentiles};

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
    fn values_in_any_order_have_the_same_percentiles() {
        let mut state = 7_u64;
        for count in 0..200 {
            let mut values: Vec<i64> = (0..count)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    i64::try_from(state >> 58).unwrap()
                })
                .collect();
            let mut ordered = values.clone();
            ordered.sort_unstable();
            for places in [[50, 75, 90, 100], [90, 50, 0, 60]] {
                let found = percentiles(&mut values, places);
                let expected = places.map(|p| percentile(&ordered, p));
                assert_eq!(
                    found.map(|found| found.map(Some)),
                    expected[0].map(|_| expected)
                );
            }
        }
    }
}
