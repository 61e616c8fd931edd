//! What an import came to.

use std::collections::BTreeMap;

use serde::Serialize;
use store::Counts;

use crate::StreamName;
use crate::people::Settled;

/// What an import came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// The workspace.
    pub workspace: String,
    /// Whether every stream that was asked for is complete.
    pub complete: bool,
    /// How many repositories were read.
    pub repositories: u64,
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// The same by endpoint.
    pub requests_by_endpoint: BTreeMap<String, u64>,
    /// Rows by table.
    pub rows: BTreeMap<String, Counts>,
    /// Records that could not be read in this run; see `import_rejects`.
    pub rejects: u64,
    /// Streams that are not complete.
    pub problems: Vec<StreamProblem>,
    /// Streams that Bitbucket does not offer here.
    pub warnings: Vec<StreamProblem>,
    /// Pull requests where Bitbucket's own counts disagree for good.
    pub explained: Vec<Explained>,
    /// What became of people, accounts and addresses.
    pub people: Settled,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl Summary {
    /// Rows of all tables.
    pub fn all_rows(&self) -> Counts {
        let mut all = Counts::default();
        for counts in self.rows.values() {
            all += *counts;
        }
        all
    }
}

/// A stream that did not come to its end as asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StreamProblem {
    /// The stream.
    pub stream: StreamName,
    /// The repository, or nothing for a stream of the workspace.
    pub repository: Option<String>,
    /// What stopped it, and what to do.
    pub problem: String,
    /// Whether Bitbucket refused it to this credential (401 or 403).
    pub refused: bool,
}

/// A pull request where a difference remained after everything was read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Workspace and slug.
    pub repository: String,
    /// The pull request's number.
    pub number: i64,
    /// What the difference is.
    pub difference: String,
}
