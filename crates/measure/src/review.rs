//! Acts of review, which Bitbucket does not know: made from votes and comments.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use model::history::{Event, PullHistory, Review};
use model::rows::{EventKind, ReviewState};
use model::{Id, Instant};

use crate::calendar::Calendar;
use crate::request::waiting_since;
use crate::timeline::{seconds, votes};

/// The acts of review of a pull request, the rows of `bitbucket_reviews`: one per vote, and one
/// for all comments of one account on one day of the calendar. The author's own acts, by whichever account, and deleted comments
/// are none; those of programs and of accounts that Bitbucket does not name are.
///
/// They come in the order of their beginning. `source_id` is unique per account within a pull
/// request, and the same each time that the same history is read.
pub fn reviews(history: &PullHistory, calendar: &Calendar) -> Vec<Review> {
    let mut reviews = vote_reviews(history);
    reviews.extend(comment_reviews(history, calendar));
    for review in &mut reviews {
        count_wait(review, history, calendar);
    }
    reviews.sort_by(|one, other| {
        (one.created_at, one.state, one.user).cmp(&(other.created_at, other.state, other.user))
    });
    reviews
}

/// Fills in how long the review was waited for, which is known once its beginning is.
fn count_wait(review: &mut Review, history: &PullHistory, calendar: &Calendar) {
    let since = waiting_since(history, review.user, review.created_at);
    let hours = calendar.hours_in(history.timezone_of(review.user));
    review.created_on = calendar.day_of(review.created_at);
    review.timezone = hours.timezone();
    review.time_since_request = seconds(since, review.created_at);
    review.time_since_request_business_hours = hours.seconds_between(since, review.created_at);
}

/// A review of which it is not counted yet how long it was waited for.
fn begun(user: Option<Id>, state: ReviewState, at: Instant, source_id: String) -> Review {
    Review {
        source_id,
        user,
        state,
        created_at: at,
        updated_at: at,
        comment_count: 0,
        time_since_request: 0,
        created_on: String::new(),
        timezone: "",
        time_since_request_business_hours: 0,
        dismissed_at: None,
    }
}

/// One review per vote.
fn vote_reviews(history: &PullHistory) -> Vec<Review> {
    let mut seen = BTreeSet::new();
    let votes: Vec<(&Event, ReviewState)> = votes(history)
        .into_iter()
        .filter(|event| !history.is_author(event.actor.user))
        .filter_map(|event| Some((event, vote_state(event.kind)?)))
        // The same vote may have been read twice; unnamed voters of one instant are one.
        .filter(|(event, state)| seen.insert((event.at, *state, event.actor.user)))
        .collect();
    votes
        .iter()
        .enumerate()
        .map(|(position, (event, state))| {
            let user = event.actor.user;
            let source_id = format!("{}@{}", state.as_str(), event.at);
            let next = votes
                .iter()
                .skip(position + 1)
                .find(|(later, _)| user.is_some() && later.actor.user == user);
            let taken_back_at = taken_back_at(history, event);
            let dismissed_at = match next {
                Some((later, _)) => Some(taken_back_at.unwrap_or(later.at).min(later.at)),
                None => taken_back_at
                    .filter(|at| !was_seen_standing_after(history, event, *state, *at))
                    .or_else(|| withdrawn_at(history, event, *state, &source_id)),
            };
            Review {
                dismissed_at,
                ..begun(user, *state, event.at, source_id)
            }
        })
        .collect()
}

/// What a vote is as a review.
fn vote_state(kind: EventKind) -> Option<ReviewState> {
    match kind {
        EventKind::Update | EventKind::Unapproval | EventKind::ChangesRequestRemoved => None,
        EventKind::Approval => Some(ReviewState::Approved),
        EventKind::ChangesRequested => Some(ReviewState::ChangesRequested),
    }
}

/// When a vote was taken back, where a webhook told of it.
fn taken_back_at(history: &PullHistory, vote: &Event) -> Option<Instant> {
    let user = vote.actor.user?;
    history
        .events
        .iter()
        .filter(|event| event.kind.withdraws() == Some(vote.kind))
        .filter(|event| event.actor.user == Some(user) && event.at >= vote.at)
        .map(|event| event.at)
        .min()
}

/// Whether a vote is in a list of participants that is newer than `withdrawal`: then it was given
/// again, and only its new entry is missing yet.
fn was_seen_standing_after(
    history: &PullHistory,
    vote: &Event,
    state: ReviewState,
    withdrawal: Instant,
) -> bool {
    let user = vote.actor.user;
    history.updated_at > withdrawal && user.is_some_and(|user| stands(history, user, state))
}

/// Whether the list of participants shows this vote.
fn stands(history: &PullHistory, user: Id, state: ReviewState) -> bool {
    history.participants.iter().flatten().any(|participant| {
        participant.user == user
            && match state {
                ReviewState::Approved => participant.approved,
                ReviewState::ChangesRequested => participant.changes_requested,
                ReviewState::Commented => true,
            }
    })
}

/// When the last vote of an account was found withdrawn. Bitbucket has no entry for that: unless a
/// webhook told of it, it shows only in the list of participants, which may also have dropped the
/// account. The instant is the one at which it was first found, else that of the list.
fn withdrawn_at(
    history: &PullHistory,
    vote: &Event,
    state: ReviewState,
    source_id: &str,
) -> Option<Instant> {
    history.participants.as_ref()?;
    let user = vote.actor.user?;
    // A list that is older than the vote says nothing about it: the feed may be ahead of the row.
    if vote.at > history.updated_at || stands(history, user, state) {
        return None;
    }
    let found_before = history
        .dismissals
        .iter()
        .filter(|dismissal| dismissal.source_id == source_id && dismissal.user == Some(user))
        .map(|dismissal| dismissal.dismissed_at)
        .min();
    Some(found_before.unwrap_or(history.updated_at))
}

/// One review per account and day of comments.
fn comment_reviews(
    history: &PullHistory,
    calendar: &Calendar,
) -> impl Iterator<Item = Review> + use<> {
    let mut days: BTreeMap<(String, Option<Id>), Review> = BTreeMap::new();
    for comment in &history.comments {
        let (user, at) = (comment.actor.user, comment.created_at);
        if comment.deleted || history.is_author(user) {
            continue;
        }
        match days.entry((calendar.day_of(at), user)) {
            btree_map::Entry::Vacant(vacant) => {
                let source_id = format!("{}@{}", ReviewState::Commented.as_str(), vacant.key().0);
                vacant.insert(Review {
                    comment_count: 1,
                    ..begun(user, ReviewState::Commented, at, source_id)
                });
            }
            btree_map::Entry::Occupied(mut occupied) => {
                let review = occupied.get_mut();
                review.created_at = review.created_at.min(at);
                review.updated_at = review.updated_at.max(at);
                review.comment_count += 1;
            }
        }
    }
    days.into_values()
}
