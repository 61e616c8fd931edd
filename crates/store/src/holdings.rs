//! How much of each stream is stored.

use model::Id;

use crate::StoreError;
use crate::engine::{Db, on_pool};
use crate::statements::*;

/// How many rows of a stream are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The repository; `None` for a stream of the workspace.
    pub repository: Option<Id>,
    /// The stream's name.
    pub stream: String,
    /// How many rows.
    pub rows: i64,
}

impl Db {
    /// How many rows are stored of each stream that brings countable rows.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn holdings(&self, workspace: Id) -> Result<Vec<Holding>, StoreError> {
        let records: Vec<(Option<i64>, String, i64)> =
            on_pool!(self, |pool| sqlx::query_as(HOLDINGS)
                .bind(workspace.0)
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(|(repository, stream, rows)| Holding {
                repository: repository.map(Id),
                stream,
                rows,
            })
            .collect())
    }
}
