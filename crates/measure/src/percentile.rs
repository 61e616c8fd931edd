//! Percentiles.

/// The `p`-th percentile of `ordered` values (smallest first) by nearest rank: the smallest value
/// that at least `p` per cent of all values do not exceed. It is always one of the values, never
/// something between two. `None` without values; a `p` above 100 means 100.
///
/// Source: `docs/metrics.md`, "How numbers are made".
pub fn percentile(ordered: &[i64], p: u8) -> Option<i64> {
    let share = usize::from(p.min(100));
    let rank = ordered.len().saturating_mul(share).div_ceil(100).max(1);
    ordered.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::percentile;

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
}
