//! What a day is.

use model::Instant;
use store::{StoreError, WriteTx};

/// The days of the account.
pub(crate) struct Days;

impl Days {
    /// The days as this transaction sees them.
    pub(crate) async fn load(_: &mut WriteTx) -> Result<Self, StoreError> {
        Ok(Self)
    }

    /// The day of an instant, as `YYYY-MM-DD`.
    pub(crate) fn day_of(&self, at: Instant) -> String {
        at.utc_day()
    }
}
