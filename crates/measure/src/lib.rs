//! What each number is: pure functions from the history of a pull request to its durations and
//! acts of review. Nothing here reads a clock, a file or a database.
//!
//! In goes a [`model::history::PullHistory`], its entries in any order; out come the derived
//! columns of `bitbucket_pulls` ([`measure_pull`]), the rows of `bitbucket_reviews` ([`reviews`])
//! and `bitbucket_pull_reviewers.requested_at` ([`requested_at`]). `docs/metrics.md` defines every
//! number in plain words under its SQL name; start reading in `pull.rs`. Runs are measured in
//! [`pipeline`], deployments in [`deployment`].

pub mod calendar;
pub mod deployment;
mod percentile;
pub mod pipeline;
mod pull;
mod request;
mod review;
mod timeline;

pub use calendar::{BusinessHours, Calendar, CalendarSettings};
pub use percentile::{percentile, percentiles};
pub use pull::{PullMeasures, measure_pull};
pub use request::requested_at;
pub use review::reviews;

#[cfg(test)]
mod tests;
