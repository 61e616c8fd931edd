//! Which deliveries can be applied together.

use std::collections::BTreeSet;

use model::rows::RowKey;

use super::Read;

/// How many deliveries share a transaction at most. While it lasts, those that come wait for their
/// answer on SQLite, which has one writer.
const TOGETHER: usize = 16;

/// Deliveries in their order, in groups of which no two members tell of the same thing. Two that do
/// are applied one after the other: of rows with one id a batch holds only the last. What they say
/// of accounts and repositories may be the same.
pub(super) fn of(waiting: &[Read]) -> Vec<&[Read]> {
    let mut groups = Vec::new();
    let mut told: BTreeSet<RowKey> = BTreeSet::new();
    let mut from = 0;
    for (position, read) in waiting.iter().enumerate() {
        let rows = (read.told.as_ref()).map_or_else(Vec::new, |told| told.batch.own_rows());
        let full = position - from >= TOGETHER;
        if full || rows.iter().any(|row| told.contains(row)) {
            groups.extend(waiting.get(from..position));
            told.clear();
            from = position;
        }
        told.extend(rows);
    }
    groups.extend(waiting.get(from..).filter(|rest| !rest.is_empty()));
    groups
}
