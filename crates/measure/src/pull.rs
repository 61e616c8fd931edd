//! The measures of one pull request.

mod act;
mod closing;
mod draft;

use model::Instant;
use model::history::PullHistory;

use crate::timeline::{seconds_between, updates};

/// The measures of a pull request: the derived columns of `bitbucket_pulls`, under their names.
///
/// Durations are whole seconds of calendar time, rounded down. One is `None` when either end is
/// missing, and 0 when its end precedes its start. `docs/metrics.md` defines each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullMeasures {
    /// When it was merged: the update that says so, else the date of the merge commit if that is
    /// not before the opening, else `updated_on`. `None` unless it is merged.
    pub merged_at: Option<Instant>,
    /// When it was merged (then the same as `merged_at`), declined or superseded. `None` while
    /// it is open.
    pub closed_at: Option<Instant>,
    /// Whether `closed_at` is only `updated_on`, for want of anything better.
    pub closed_at_estimated: bool,
    /// When it first was not a draft. `None` while it still is one.
    pub ready_at: Option<Instant>,
    /// The first comment or vote of a person other than the author.
    pub first_review_at: Option<Instant>,
    /// The first approval by another person.
    pub first_approval_at: Option<Instant>,
    /// `first_review_at` − `created_at`, in seconds.
    pub open_to_first_review: Option<i64>,
    /// `first_approval_at` − `created_at`, in seconds.
    pub open_to_first_approval: Option<i64>,
    /// `merged_at` − `created_at`, in seconds.
    pub open_to_merge: Option<i64>,
    /// `first_approval_at` − `ready_at`, in seconds.
    pub ready_to_first_approval: Option<i64>,
    /// `merged_at` − `ready_at`, in seconds.
    pub ready_to_merge: Option<i64>,
    /// The earliest commit. `None` where the commits are not known.
    pub first_commit_at: Option<Instant>,
    /// `created_at` − `first_commit_at`, in seconds.
    pub coding_time: Option<i64>,
    /// `first_review_at` − `ready_at`, in seconds.
    pub pickup_time: Option<i64>,
    /// Last approval before the merge − `first_review_at`, in seconds. `None` without such an
    /// approval.
    pub review_time: Option<i64>,
    /// `merged_at` − last approval before it, in seconds. `None` without such an approval.
    pub merge_wait: Option<i64>,
    /// `merged_at` − the start of the work, in seconds.
    pub cycle_time: Option<i64>,
    /// Seconds spent as a draft. `None` while an open pull request is a draft.
    pub draft_time: Option<i64>,
    /// Pushes after the first review, plus one. `None` without a review.
    pub review_rounds: Option<i64>,
}

/// Measures one pull request. The order of its events and comments does not matter.
pub fn measure_pull(history: &PullHistory) -> PullMeasures {
    let updates = updates(history);
    let closing = closing::closing(history, &updates);
    let (closed_at, merged_at) = (
        closing.map(|closing| closing.at),
        closing
            .filter(|closing| closing.merged)
            .map(|closing| closing.at),
    );
    let drafts = draft::drafts(history, &updates);
    let ready_at = drafts.ready_at;
    let first_review_at = act::first_review(history);
    let first_approval_at = act::first_approval(history);
    let last_approval_at = merged_at.and_then(|merge| act::last_approval_until(history, merge));
    let opened_at = Some(history.created_at);
    PullMeasures {
        merged_at,
        closed_at,
        closed_at_estimated: closing.is_some_and(|closing| closing.estimated),
        ready_at,
        first_review_at,
        first_approval_at,
        open_to_first_review: seconds_between(opened_at, first_review_at),
        open_to_first_approval: seconds_between(opened_at, first_approval_at),
        open_to_merge: seconds_between(opened_at, merged_at),
        ready_to_first_approval: seconds_between(ready_at, first_approval_at),
        ready_to_merge: seconds_between(ready_at, merged_at),
        first_commit_at: history.first_commit_at,
        coding_time: seconds_between(history.first_commit_at, opened_at),
        pickup_time: seconds_between(ready_at, first_review_at),
        review_time: seconds_between(first_review_at, last_approval_at),
        merge_wait: seconds_between(last_approval_at, merged_at),
        cycle_time: seconds_between(Some(work_began_at(history)), merged_at),
        draft_time: drafts.time_until(closed_at),
        review_rounds: first_review_at.map(|review| 1 + act::pushes_after(&updates, review)),
    }
}

/// Where `cycle_time` starts: the first commit of the pull request, or its opening where the
/// commits are not known.
fn work_began_at(history: &PullHistory) -> Instant {
    history.first_commit_at.unwrap_or(history.created_at)
}
