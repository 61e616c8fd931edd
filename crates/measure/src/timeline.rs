//! The entries of a pull request in the order in which they happened.
//!
//! The activity feed is not strictly ordered inside a page, and pages arrive in any order. Every
//! measure goes through these functions, so that the same entries give the same numbers however
//! they came.

use model::Instant;
use model::history::{Event, PullHistory};
use model::rows::EventKind;

/// The updates, oldest first. Updates of one instant are ordered by what they say: any fixed order
/// will do, and one that leaves the closing update last is the natural one.
pub(crate) fn updates(history: &PullHistory) -> Vec<&Event> {
    let mut updates: Vec<&Event> = history
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Update)
        .collect();
    updates.sort_by_key(|event| {
        (
            event.at,
            event.state.is_some_and(|state| state.is_closed()),
            event.draft_changed_to,
            event.draft,
            event.source_commit_sha.as_deref(),
            event.actor.user,
        )
    });
    updates
}

/// The approvals and requests for changes, oldest first.
pub(crate) fn votes(history: &PullHistory) -> Vec<&Event> {
    let mut votes: Vec<&Event> = history
        .events
        .iter()
        .filter(|event| event.kind.is_vote())
        .collect();
    votes.sort_by_key(|event| (event.at, event.kind.as_str(), event.actor.user));
    votes
}

/// Whole seconds from `start` to `end`, rounded down; 0 where `end` is the earlier one, since
/// clocks differ and acts may precede what they are measured from.
pub(crate) fn seconds(start: Instant, end: Instant) -> i64 {
    end.seconds_since(start).max(0)
}

/// The same where either end may be missing: then there is no duration.
pub(crate) fn seconds_between(start: Option<Instant>, end: Option<Instant>) -> Option<i64> {
    Some(seconds(start?, end?))
}
