//! What people did to a pull request: first review, approvals, pushes.

use model::Instant;
use model::history::{Event, PullHistory};
use model::rows::EventKind;

/// The first comment, approval or request for changes of a person other than the author. Deleted
/// comments do not count; a vote that was withdrawn later does, since the review took place.
pub(super) fn first_review(history: &PullHistory) -> Option<Instant> {
    let comments = history
        .comments
        .iter()
        .filter(|comment| !comment.deleted && history.is_another_person(&comment.actor))
        .map(|comment| comment.created_at);
    let votes = history
        .events
        .iter()
        .filter(|event| event.kind.is_vote() && history.is_another_person(&event.actor))
        .map(|event| event.at);
    comments.chain(votes).min()
}

/// The first approval by a person other than the author.
pub(super) fn first_approval(history: &PullHistory) -> Option<Instant> {
    approvals(history).min()
}

/// The last approval by a person other than the author that is not later than `end`.
pub(super) fn last_approval_until(history: &PullHistory, end: Instant) -> Option<Instant> {
    approvals(history).filter(|at| *at <= end).max()
}

/// How many pushes came after `start`. A push is an update with another source commit than the
/// one that the updates before it told last; the first update that tells one is the opening.
pub(super) fn pushes_after(updates: &[&Event], start: Instant) -> i64 {
    let mut commit: Option<&str> = None;
    let mut pushes = 0;
    for event in updates {
        let Some(told) = event.source_commit_sha.as_deref() else {
            continue;
        };
        if commit.is_some_and(|before| before != told) && event.at > start {
            pushes += 1;
        }
        commit = Some(told);
    }
    pushes
}

/// The approvals by people other than the author, in no order.
fn approvals(history: &PullHistory) -> impl Iterator<Item = Instant> + '_ {
    history
        .events
        .iter()
        .filter(|event| {
            event.kind == EventKind::Approval && history.is_another_person(&event.actor)
        })
        .map(|event| event.at)
}
