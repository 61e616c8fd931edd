//! The measures of one pull request.

mod act;
mod closing;
mod draft;

use model::Instant;
use model::history::PullHistory;
use serde::Serialize;

use crate::calendar::Calendar;
use crate::timeline::{seconds_between, updates};

/// Declares the measures once, as fields and as the names of columns.
macro_rules! measures {
    ($(#[doc = $about:literal])+ $struct:ident { $( $(#[doc = $doc:literal])+ $name:ident: $type:ty; )+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct $struct {
            $( $(#[doc = $doc])+ pub $name: $type, )+
        }

        impl $struct {
            /// The columns of `bitbucket_pulls` that are measured: the names of the fields.
            pub const COLUMNS: &[&str] = &[$( stringify!($name), )+];
        }
    };
}

measures! {
    /// The measures of a pull request: the derived columns of `bitbucket_pulls`, under their names.
    ///
    /// Durations are whole seconds, rounded down. One is `None` when either end is missing, and 0
    /// when its end precedes its start. Those named `…_business_hours` count only the business hours
    /// between the same two ends. `docs/metrics.md` defines each.
    PullMeasures {
        /// When it was merged: the update that says so, else the date of the merge commit if that is
        /// not before the opening, else `updated_on`. `None` unless it is merged.
        merged_at: Option<Instant>;
        /// When it was merged (then the same as `merged_at`), declined or superseded. `None` while
        /// it is open.
        closed_at: Option<Instant>;
        /// Whether `closed_at` is only `updated_on`, for want of anything better.
        closed_at_estimated: bool;
        /// When it first was not a draft. `None` while it still is one.
        ready_at: Option<Instant>;
        /// The first comment or vote of a person other than the author.
        first_review_at: Option<Instant>;
        /// The first approval by another person.
        first_approval_at: Option<Instant>;
        /// The earliest commit. `None` where the commits are not known.
        first_commit_at: Option<Instant>;
        /// The day of the opening in the account's time zone, as `YYYY-MM-DD`.
        created_on: String;
        /// The day of `ready_at`.
        ready_on: Option<String>;
        /// The day of `first_review_at`.
        first_review_on: Option<String>;
        /// The day of `merged_at`.
        merged_on: Option<String>;
        /// The day of `closed_at`.
        closed_on: Option<String>;
        /// The time zone of the business hours: the author's, else the account's.
        timezone: &'static str;
        /// `first_review_at` − `created_at`, in seconds.
        open_to_first_review: Option<i64>;
        /// Business hours within `open_to_first_review`, in seconds.
        open_to_first_review_business_hours: Option<i64>;
        /// `first_approval_at` − `created_at`, in seconds.
        open_to_first_approval: Option<i64>;
        /// Business hours within `open_to_first_approval`, in seconds.
        open_to_first_approval_business_hours: Option<i64>;
        /// `merged_at` − `created_at`, in seconds.
        open_to_merge: Option<i64>;
        /// Business hours within `open_to_merge`, in seconds.
        open_to_merge_business_hours: Option<i64>;
        /// `first_approval_at` − `ready_at`, in seconds.
        ready_to_first_approval: Option<i64>;
        /// Business hours within `ready_to_first_approval`, in seconds.
        ready_to_first_approval_business_hours: Option<i64>;
        /// `merged_at` − `ready_at`, in seconds.
        ready_to_merge: Option<i64>;
        /// Business hours within `ready_to_merge`, in seconds.
        ready_to_merge_business_hours: Option<i64>;
        /// `created_at` − `first_commit_at`, in seconds.
        coding_time: Option<i64>;
        /// Business hours within `coding_time`, in seconds.
        coding_time_business_hours: Option<i64>;
        /// `first_review_at` − `ready_at`, in seconds.
        pickup_time: Option<i64>;
        /// Business hours within `pickup_time`, in seconds.
        pickup_time_business_hours: Option<i64>;
        /// Last approval before the merge − `first_review_at`, in seconds. `None` without such an
        /// approval.
        review_time: Option<i64>;
        /// Business hours within `review_time`, in seconds.
        review_time_business_hours: Option<i64>;
        /// `merged_at` − last approval before it, in seconds. `None` without such an approval.
        merge_wait: Option<i64>;
        /// Business hours within `merge_wait`, in seconds.
        merge_wait_business_hours: Option<i64>;
        /// `merged_at` − the start of the work, in seconds.
        cycle_time: Option<i64>;
        /// Business hours within `cycle_time`, in seconds.
        cycle_time_business_hours: Option<i64>;
        /// Seconds spent as a draft. `None` while an open pull request is a draft.
        draft_time: Option<i64>;
        /// Business hours within `draft_time`, in seconds.
        draft_time_business_hours: Option<i64>;
        /// Pushes after the first review, plus one. `None` without a review.
        review_rounds: Option<i64>;
    }
}

/// Measures one pull request by this calendar. The order of its events and comments does not
/// matter.
pub fn measure_pull(history: &PullHistory, calendar: &Calendar) -> PullMeasures {
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
    let first_commit_at = history.first_commit_at;
    let opened_at = Some(history.created_at);
    let began_at = Some(work_began_at(history));
    let hours = calendar.hours_in(history.timezone_of(history.author));
    let business =
        |start: Option<Instant>, end: Option<Instant>| Some(hours.seconds_between(start?, end?));
    let day = |at: Option<Instant>| at.map(|at| calendar.day_of(at));
    PullMeasures {
        merged_at,
        closed_at,
        closed_at_estimated: closing.is_some_and(|closing| closing.estimated),
        ready_at,
        first_review_at,
        first_approval_at,
        first_commit_at,
        created_on: calendar.day_of(history.created_at),
        ready_on: day(ready_at),
        first_review_on: day(first_review_at),
        merged_on: day(merged_at),
        closed_on: day(closed_at),
        timezone: hours.timezone(),
        open_to_first_review: seconds_between(opened_at, first_review_at),
        open_to_first_review_business_hours: business(opened_at, first_review_at),
        open_to_first_approval: seconds_between(opened_at, first_approval_at),
        open_to_first_approval_business_hours: business(opened_at, first_approval_at),
        open_to_merge: seconds_between(opened_at, merged_at),
        open_to_merge_business_hours: business(opened_at, merged_at),
        ready_to_first_approval: seconds_between(ready_at, first_approval_at),
        ready_to_first_approval_business_hours: business(ready_at, first_approval_at),
        ready_to_merge: seconds_between(ready_at, merged_at),
        ready_to_merge_business_hours: business(ready_at, merged_at),
        coding_time: seconds_between(first_commit_at, opened_at),
        coding_time_business_hours: business(first_commit_at, opened_at),
        pickup_time: seconds_between(ready_at, first_review_at),
        pickup_time_business_hours: business(ready_at, first_review_at),
        review_time: seconds_between(first_review_at, last_approval_at),
        review_time_business_hours: business(first_review_at, last_approval_at),
        merge_wait: seconds_between(last_approval_at, merged_at),
        merge_wait_business_hours: business(last_approval_at, merged_at),
        cycle_time: seconds_between(began_at, merged_at),
        cycle_time_business_hours: business(began_at, merged_at),
        draft_time: drafts.time_until(closed_at, calendar_micros),
        draft_time_business_hours: drafts
            .time_until(closed_at, |start, end| hours.micros_between(start, end)),
        review_rounds: first_review_at.map(|review| 1 + act::pushes_after(&updates, review)),
    }
}

/// Where `cycle_time` starts: the first commit of the pull request, or its opening where the
/// commits are not known.
fn work_began_at(history: &PullHistory) -> Instant {
    history.first_commit_at.unwrap_or(history.created_at)
}

/// Microseconds of calendar time.
fn calendar_micros(start: Instant, end: Instant) -> i64 {
    end.micros().saturating_sub(start.micros()).max(0)
}
