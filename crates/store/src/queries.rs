//! Queries that somebody has kept, and the runs of queries with what they gave.

mod packed;
mod runs;
mod saved;

pub use runs::{FinishedQuery, NewQueryRun, QueryRun, QueryState};
pub use saved::{NewSavedQuery, SavedQuery};

use crate::console::Variables;

/// Variables as they are kept. What cannot be read any more is nothing.
fn variables_of(text: &str) -> Variables {
    serde_json::from_str(text).unwrap_or_default()
}
