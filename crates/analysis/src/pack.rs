//! Packing the months that reports read most.

use store::Db;

use crate::AnalysisError;
use crate::facts::packings;

/// A month with fewer rows is read from its table as quickly.
const LEAST_ROWS: usize = 1_000;

/// Packs the months that changed since they were packed, so that reports over long ranges are made
/// in tenths of a second; they are right without it too. `on_month` is told before each month: its
/// table, the month, and how many are left with it. The result is how many months were packed.
///
/// Several may do so at once, and while rows are written.
///
/// # Errors
/// The database cannot be read or written to.
pub async fn pack(
    db: &Db,
    on_month: impl FnMut(&str, &str, usize),
) -> Result<usize, AnalysisError> {
    pack_from(db, LEAST_ROWS, on_month).await
}

/// The same for months of so many rows and more.
///
/// # Errors
/// The database cannot be read or written to.
pub async fn pack_from(
    db: &Db,
    least_rows: usize,
    mut on_month: impl FnMut(&str, &str, usize),
) -> Result<usize, AnalysisError> {
    let packings = packings(least_rows);
    let months = db.months_to_pack(&packings).await?;
    let count = months.len();
    for (number, (table, month)) in months.into_iter().enumerate() {
        on_month(&table, &month, count - number);
        db.pack_month(&table, &month, &packings).await?;
    }
    Ok(count)
}
