//! Packing the months that reports read most.

use store::Db;

use crate::AnalysisError;
use crate::facts::packings;

/// A month with fewer rows is read from its table as quickly.
const LEAST_ROWS: usize = 1_000;

/// So many months are packed at once: few enough to be held in memory, a year of large ones.
const AT_ONCE: usize = 12;

/// Packs the months that changed since they were packed, so that reports over long ranges are made
/// in tenths of a second; they are right without it too. `on_progress` is told how many months are
/// packed, and of how many, before each step. The result is how many there were.
///
/// Several may do so at once, and while rows are written.
///
/// # Errors
/// The database cannot be read or written to.
pub async fn pack(db: &Db, on_progress: impl FnMut(usize, usize)) -> Result<usize, AnalysisError> {
    pack_from(db, LEAST_ROWS, on_progress).await
}

/// The same for months of so many rows and more.
///
/// # Errors
/// The database cannot be read or written to.
pub async fn pack_from(
    db: &Db,
    least_rows: usize,
    mut on_progress: impl FnMut(usize, usize),
) -> Result<usize, AnalysisError> {
    let packings = packings(least_rows);
    let months = db.months_to_pack(&packings).await?;
    for (number, some) in months.chunks(AT_ONCE).enumerate() {
        on_progress(number * AT_ONCE, months.len());
        db.pack_months(some, &packings).await?;
    }
    Ok(months.len())
}
