//! What the floor fetches.

use serde::{Deserialize, Serialize};

/// The addresses of an import, in the order in which one has to wait for another.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// What every address begins with.
    pub(crate) base: String,
    /// The access token.
    pub(crate) token: String,
    /// How many requests may be under way at once.
    pub(crate) concurrency: usize,
    /// One stage after the other; in a stage its chains side by side; in a chain one address after
    /// the other.
    pub(crate) stages: Vec<Vec<Vec<String>>>,
}
