//! Pages come in any order and overlap: the numbers must not depend on it.

use std::collections::BTreeSet;

use model::rows::PullState;

use super::{Story, at};
use crate::{PullMeasures, requested_at};

/// A small generator (SplitMix64): the same seed tells the same stories everywhere.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn seconds(&mut self) -> i64 {
        // Few enough to collide, some of them before the opening.
        i64::try_from(self.below(60)).unwrap() * 3_600 - 7_200
    }

    fn user(&mut self) -> Option<i64> {
        [None, Some(1), Some(2), Some(3), Some(9)][usize::try_from(self.below(5)).unwrap()]
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap();
            things.swap(last, other);
        }
    }

    fn story(&mut self) -> Story {
        let mut story = Story::opened();
        story.0.author = self.user().map(model::Id);
        story.0.draft = self.below(3) == 0;
        story.0.state = [
            Some(PullState::Open),
            Some(PullState::Merged),
            Some(PullState::Declined),
            Some(PullState::Superseded),
            None,
        ][usize::try_from(self.below(5)).unwrap()];
        for _ in 0..self.below(14) {
            let (user, seconds) = (self.user(), self.seconds());
            story = match self.below(11) {
                0 => story.approved(user, seconds),
                1 => story.asked_for_changes(user, seconds),
                2 => story.commented(user, seconds),
                3 => story.commented(user, seconds).deleted(),
                4 => story.told_draft(self.below(2) == 0, seconds),
                5 => story.turned_draft(self.below(2) == 0, seconds),
                6 => story.pushed(
                    ["a", "b", "c"][usize::try_from(self.below(3)).unwrap()],
                    seconds,
                ),
                7 => story.asked(2, seconds),
                8 => story.took_approval_back(user, seconds),
                9 => story.took_request_for_changes_back(user, seconds),
                _ => story.told_state(PullState::Merged, seconds),
            };
        }
        if self.below(2) == 0 {
            story = story.listing(&[
                (2, true, self.below(2) == 0, self.below(2) == 0),
                (3, false, self.below(2) == 0, false),
            ]);
        }
        // One entry per kind, instant and account, as the database holds them.
        let mut keys = BTreeSet::new();
        story
            .0
            .events
            .retain(|event| keys.insert((event.kind.as_str(), event.at, event.actor.user)));
        story
    }
}

#[test]
fn any_order_of_entries_gives_the_same_numbers() {
    let mut dice = Dice(20_240_506);
    for round in 0..2_000 {
        let story = dice.story();
        let mut shuffled = story.clone();
        dice.shuffle(&mut shuffled.0.events);
        dice.shuffle(&mut shuffled.0.comments);
        assert_eq!(shuffled.measured(), story.measured(), "round {round}");
        assert_eq!(shuffled.reviews(), story.reviews(), "round {round}");
        for user in [1, 2, 3, 9].map(model::Id) {
            assert_eq!(
                requested_at(&shuffled.0, user),
                requested_at(&story.0, user),
                "round {round}"
            );
        }
    }
}

#[test]
fn entries_that_are_read_twice_change_nothing() {
    let mut dice = Dice(7);
    for round in 0..500 {
        let story = dice.story();
        let mut doubled = story.clone();
        doubled.0.events.extend(story.0.events.iter().cloned());
        assert_eq!(doubled.measured(), story.measured(), "round {round}");
        assert_eq!(doubled.reviews(), story.reviews(), "round {round}");
    }
}

#[test]
fn whatever_is_told_the_numbers_hold_together() {
    let mut dice = Dice(99);
    for round in 0..2_000 {
        let story = dice.story();
        let measured = story.measured();
        for duration in durations(&measured).into_iter().flatten() {
            assert!(duration >= 0, "round {round}: {measured:?}");
        }
        assert_eq!(
            measured.closed_at.is_some(),
            story.0.state.is_some_and(PullState::is_closed),
            "round {round}"
        );
        if measured.merged_at.is_some() {
            assert_eq!(measured.merged_at, measured.closed_at, "round {round}");
        }
        assert_eq!(
            measured.review_time.is_some(),
            measured.merge_wait.is_some(),
            "round {round}"
        );
        assert_eq!(
            measured.review_rounds.is_some(),
            measured.first_review_at.is_some(),
            "round {round}"
        );
        let reviews = story.reviews();
        let keys: BTreeSet<_> = reviews
            .iter()
            .map(|review| (review.source_id.clone(), review.user))
            .collect();
        assert_eq!(keys.len(), reviews.len(), "round {round}");
        for review in &reviews {
            assert!(review.time_since_request >= 0, "round {round}");
            assert!(review.created_at <= review.updated_at, "round {round}");
            assert!(
                review
                    .dismissed_at
                    .is_none_or(|end| end >= review.created_at),
                "round {round}"
            );
        }
        let votes = story
            .0
            .events
            .iter()
            .filter(|event| event.kind.is_vote())
            .filter(|event| event.actor.user.is_none() || event.actor.user != story.0.author)
            .count();
        let vote_reviews = reviews
            .iter()
            .filter(|review| review.comment_count == 0)
            .count();
        assert_eq!(vote_reviews, votes, "round {round}");
        assert!(
            measured
                .first_review_at
                .is_none_or(|first| first >= at(-7_200))
        );
    }
}

/// Every measure that is a duration or a count.
fn durations(measured: &PullMeasures) -> [Option<i64>; 11] {
    [
        measured.open_to_first_review,
        measured.open_to_first_approval,
        measured.open_to_merge,
        measured.ready_to_first_approval,
        measured.ready_to_merge,
        measured.pickup_time,
        measured.review_time,
        measured.merge_wait,
        measured.cycle_time,
        measured.draft_time,
        measured.review_rounds,
    ]
}
