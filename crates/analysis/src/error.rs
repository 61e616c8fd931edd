//! Why there is no report.

use store::StoreError;

/// Why there is no report. Each message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// A name that nothing has.
    #[error("there is no {noun} `{written}`: {advice}")]
    Unknown {
        /// What it should have been.
        noun: &'static str,
        /// What was written.
        written: String,
        /// What may have been meant.
        advice: String,
    },
    /// A name that several have.
    #[error("`{written}` may be any {noun} of these: {candidates}. Say which")]
    Ambiguous {
        /// What it should have been.
        noun: &'static str,
        /// What was written.
        written: String,
        /// Those that have the name.
        candidates: String,
    },
    /// Days that make no range.
    #[error("{0}")]
    Range(String),
    /// The report cannot be grouped like that.
    #[error("the report {report} cannot be grouped by {written}: it can be by {groupings}")]
    NotGroupable {
        /// The report.
        report: &'static str,
        /// What was asked for.
        written: String,
        /// What can be.
        groupings: String,
    },
    /// Nothing in the report can be narrowed down like that.
    #[error("the report {report} cannot be narrowed down by {filter}: leave that out")]
    NotFilterable {
        /// The report.
        report: &'static str,
        /// What was asked for.
        filter: &'static str,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
