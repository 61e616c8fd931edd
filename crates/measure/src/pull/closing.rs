//! When a pull request was closed. Bitbucket has no such field.

use model::Instant;
use model::history::{Event, PullHistory};
use model::rows::PullState;

/// The end of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closing {
    /// When.
    pub(super) at: Instant,
    /// Whether it was merged; else it was declined or superseded.
    pub(super) merged: bool,
    /// Whether `at` is only the last change of any kind.
    pub(super) estimated: bool,
}

/// The end of the pull request, by its present state: the row is the truth, and a closed pull
/// request cannot be opened again. `None` while it is open or its state is a word not known yet.
pub(super) fn closing(history: &PullHistory, updates: &[&Event]) -> Option<Closing> {
    let state = history.state.filter(|state| state.is_closed())?;
    let merged = state == PullState::Merged;
    // A merge happens once; of what later updates repeat, the first is it. A refused pull request
    // may have been refused before and then superseded: the last is it.
    let told = if merged {
        updates.iter().find(|event| tells(event, state))
    } else {
        updates.iter().rfind(|event| tells(event, state))
    };
    let known = told
        .map(|event| event.at)
        .or_else(|| merge_commit_at(history, merged));
    Some(Closing {
        at: known.unwrap_or(history.updated_at),
        merged,
        estimated: known.is_none(),
    })
}

/// Whether an update tells that the pull request came to this state. Old entries have only the
/// state after the update, some only the change of status.
fn tells(event: &Event, state: PullState) -> bool {
    let status = match state {
        PullState::Open => "open",
        PullState::Merged => "fulfilled",
        PullState::Declined => "rejected",
        PullState::Superseded => "superseded",
    };
    event.state == Some(state) || event.status_changed_to.as_deref() == Some(status)
}

/// The date of the merge commit, unless it precedes the opening: a fast-forward merge has the date
/// of an older commit.
fn merge_commit_at(history: &PullHistory, merged: bool) -> Option<Instant> {
    history
        .merge_commit_at
        .filter(|at| merged && *at >= history.created_at)
}
