//! When reviewers were asked.

use model::history::{Event, PullHistory};
use model::{Id, Instant};

/// When this reviewer was first asked: the first update that added them, else the opening.
/// `None` for an account that is not a reviewer, which nobody asked.
pub fn requested_at(history: &PullHistory, user: Id) -> Option<Instant> {
    let first = additions(history, user).min();
    match listed_as_reviewer(history, user) {
        Some(true) => Some(first.unwrap_or(history.created_at)),
        Some(false) => None,
        // Bitbucket does not list them (any more): that they were asked is only known if told.
        None => first,
    }
}

/// What the time to a review at `review` counts from: the last update up to then that added the
/// reviewer, since who is asked again is waited for again; else the opening.
pub(crate) fn waiting_since(history: &PullHistory, user: Option<Id>, review: Instant) -> Instant {
    user.and_then(|user| {
        additions(history, user)
            .filter(|added_at| *added_at <= review)
            .max()
    })
    .unwrap_or(history.created_at)
}

/// The instants of the updates that added this reviewer, in no order.
fn additions(history: &PullHistory, user: Id) -> impl Iterator<Item = Instant> + '_ {
    let adds = move |event: &&Event| event.reviewers_added.contains(&user);
    history.events.iter().filter(adds).map(|event| event.at)
}

/// Whether Bitbucket lists the account as a reviewer; `None` where it does not list it.
fn listed_as_reviewer(history: &PullHistory, user: Id) -> Option<bool> {
    history
        .participants
        .as_ref()?
        .iter()
        .find(|participant| participant.user == user)
        .map(|participant| participant.reviewer)
}
