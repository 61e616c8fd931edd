//! Acts of review, which Bitbucket does not know: made from votes and comments.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use model::history::{Event, PullHistory, Review};
use model::rows::{EventKind, ReviewState};
use model::{Id, Instant};

use crate::request::waiting_since;
use crate::timeline::{seconds, votes};

/// The acts of review of a pull request, the rows of `bitbucket_reviews`: one per vote, and one
/// for all comments of one account on one day (UTC). The author's own acts and deleted comments
/// are none; those of programs and of accounts that Bitbucket does not name are.
///
/// They come in the order of their beginning. `source_id` is unique per account within a pull
/// request, and the same each time that the same history is read.
pub fn reviews(history: &PullHistory) -> Vec<Review> {
    let mut reviews = vote_reviews(history);
    reviews.extend(comment_reviews(history));
    reviews.sort_by(|one, other| {
        (one.created_at, one.state, one.user).cmp(&(other.created_at, other.state, other.user))
    });
    reviews
}

/// Whether an act counts as review: anybody's but the author's. Nobody known is somebody else.
fn is_by_another(user: Option<Id>, author: Option<Id>) -> bool {
    user.is_none() || user != author
}

/// One review per vote.
fn vote_reviews(history: &PullHistory) -> Vec<Review> {
    let mut seen = BTreeSet::new();
    let votes: Vec<(&Event, ReviewState)> = votes(history)
        .into_iter()
        .filter(|event| is_by_another(event.actor.user, history.author))
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
            let dismissed_at = match next {
                Some((later, _)) => Some(later.at),
                None => withdrawn_at(history, event, *state, &source_id),
            };
            Review {
                source_id,
                user,
                state: *state,
                created_at: event.at,
                updated_at: event.at,
                comment_count: 0,
                time_since_request: seconds(waiting_since(history, user, event.at), event.at),
                dismissed_at,
            }
        })
        .collect()
}

/// What a vote is as a review.
fn vote_state(kind: EventKind) -> Option<ReviewState> {
    match kind {
        EventKind::Update => None,
        EventKind::Approval => Some(ReviewState::Approved),
        EventKind::ChangesRequested => Some(ReviewState::ChangesRequested),
    }
}

/// When the last vote of an account was found withdrawn. Bitbucket has no entry for that: it shows
/// only in the list of participants, which may also have dropped the account. The instant is the
/// one at which it was first found, else that of the list.
fn withdrawn_at(
    history: &PullHistory,
    vote: &Event,
    state: ReviewState,
    source_id: &str,
) -> Option<Instant> {
    let (participants, user) = (history.participants.as_ref()?, vote.actor.user?);
    // A list that is older than the vote says nothing about it: the feed may be ahead of the row.
    if vote.at > history.updated_at {
        return None;
    }
    let stands = participants.iter().any(|participant| {
        participant.user == user
            && match state {
                ReviewState::Approved => participant.approved,
                ReviewState::ChangesRequested => participant.changes_requested,
                ReviewState::Commented => true,
            }
    });
    if stands {
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
fn comment_reviews(history: &PullHistory) -> impl Iterator<Item = Review> {
    let mut days: BTreeMap<(String, Option<Id>), Review> = BTreeMap::new();
    for comment in &history.comments {
        let (user, at) = (comment.actor.user, comment.created_at);
        if comment.deleted || !is_by_another(user, history.author) {
            continue;
        }
        match days.entry((at.utc_day(), user)) {
            btree_map::Entry::Vacant(vacant) => {
                let source_id = format!("{}@{}", ReviewState::Commented.as_str(), vacant.key().0);
                vacant.insert(Review {
                    source_id,
                    user,
                    state: ReviewState::Commented,
                    created_at: at,
                    updated_at: at,
                    comment_count: 1,
                    time_since_request: 0, // counted below, when the first comment is known
                    dismissed_at: None,
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
    days.into_values().map(|mut review| {
        let since = waiting_since(history, review.user, review.created_at);
        review.time_since_request = seconds(since, review.created_at);
        review
    })
}
