//! First acts, the intervals between them, and rounds.

use model::rows::PullState;

use super::{Story, at};
use crate::PullMeasures;

/// The day of the opening.
const MONDAY: &str = "2024-05-06";

#[test]
fn a_whole_story_gives_every_interval() {
    let measured = Story::opened()
        .told_draft(true, 0)
        .commented(Some(1), 30)
        .turned_draft(false, 100)
        .commented(Some(2), 160)
        .asked_for_changes(Some(2), 200)
        .pushed("aaaaaaaaaaaa", 0)
        .pushed("bbbbbbbbbbbb", 400)
        .approved(Some(3), 500)
        .approved(Some(2), 700)
        .approved(Some(2), 1_100)
        .merged(1_000)
        .measured();
    let expected = PullMeasures {
        merged_at: Some(at(1_000)),
        closed_at: Some(at(1_000)),
        closed_at_estimated: false,
        ready_at: Some(at(100)),
        first_review_at: Some(at(160)),
        first_approval_at: Some(at(500)),
        open_to_first_review: Some(160),
        open_to_first_approval: Some(500),
        open_to_merge: Some(1_000),
        ready_to_first_approval: Some(400),
        ready_to_merge: Some(900),
        first_commit_at: None,
        coding_time: None,
        pickup_time: Some(60),
        review_time: Some(540),
        merge_wait: Some(300),
        cycle_time: Some(1_000),
        draft_time: Some(100),
        review_rounds: Some(2),
        // All of it on a Monday afternoon: business hours are all hours.
        created_on: MONDAY.to_owned(),
        ready_on: Some(MONDAY.to_owned()),
        first_review_on: Some(MONDAY.to_owned()),
        merged_on: Some(MONDAY.to_owned()),
        closed_on: Some(MONDAY.to_owned()),
        timezone: "UTC",
        open_to_first_review_business_hours: Some(160),
        open_to_first_approval_business_hours: Some(500),
        open_to_merge_business_hours: Some(1_000),
        ready_to_first_approval_business_hours: Some(400),
        ready_to_merge_business_hours: Some(900),
        coding_time_business_hours: None,
        pickup_time_business_hours: Some(60),
        review_time_business_hours: Some(540),
        merge_wait_business_hours: Some(300),
        cycle_time_business_hours: Some(1_000),
        draft_time_business_hours: Some(100),
    };
    assert_eq!(measured, expected);
}

#[test]
fn a_pull_request_without_acts_has_no_review_numbers() {
    let measured = Story::opened().merged(50).measured();
    let expected = PullMeasures {
        merged_at: Some(at(50)),
        closed_at: Some(at(50)),
        ready_at: Some(at(0)),
        open_to_merge: Some(50),
        ready_to_merge: Some(50),
        cycle_time: Some(50),
        draft_time: Some(0),
        created_on: MONDAY.to_owned(),
        ready_on: Some(MONDAY.to_owned()),
        merged_on: Some(MONDAY.to_owned()),
        closed_on: Some(MONDAY.to_owned()),
        timezone: "UTC",
        open_to_merge_business_hours: Some(50),
        ready_to_merge_business_hours: Some(50),
        cycle_time_business_hours: Some(50),
        draft_time_business_hours: Some(0),
        ..PullMeasures::default()
    };
    assert_eq!(measured, expected);
}

#[test]
fn work_begins_with_the_first_commit_where_it_is_known() {
    let mut story = Story::opened().merged(50);
    story.0.first_commit_at = Some(at(-300));
    let measured = story.measured();
    assert_eq!(measured.first_commit_at, Some(at(-300)));
    assert_eq!(
        (measured.coding_time, measured.cycle_time),
        (Some(300), Some(350))
    );
    assert_eq!(measured.open_to_merge, Some(50));
    // A commit that was rewritten after opening is later than it; no time was spent before.
    let mut story = Story::opened().merged(50);
    story.0.first_commit_at = Some(at(20));
    let measured = story.measured();
    assert_eq!(
        (measured.coding_time, measured.cycle_time),
        (Some(0), Some(30))
    );
}

#[test]
fn who_counts_as_a_reviewer() {
    type Case = (&'static str, Story, Option<i64>, Option<i64>);
    let cases: Vec<Case> = vec![
        (
            "the author does not",
            Story::opened().commented(Some(1), 5).approved(Some(1), 6),
            None,
            None,
        ),
        (
            "a program does not",
            Story::opened().commented(Some(9), 5).approved(Some(9), 6),
            None,
            None,
        ),
        (
            "nobody known does",
            Story::opened().commented(None, 5).approved(None, 6),
            Some(5),
            Some(6),
        ),
        (
            "nobody known does, to an author nobody knows",
            Story::opened().by(None).approved(None, 6),
            Some(6),
            Some(6),
        ),
        (
            "anybody does, to an author nobody knows",
            Story::opened().by(None).commented(Some(1), 4),
            Some(4),
            None,
        ),
        (
            "a deleted comment does not count",
            Story::opened()
                .commented(Some(2), 5)
                .deleted()
                .approved(Some(3), 9),
            Some(9),
            Some(9),
        ),
        (
            "a request for changes is a review, but no approval",
            Story::opened().asked_for_changes(Some(2), 7),
            Some(7),
            None,
        ),
        (
            "a withdrawn approval still took place",
            Story::opened()
                .approved(Some(2), 7)
                .listing(&[(2, true, false, false)]),
            Some(7),
            Some(7),
        ),
        (
            "an update is no review",
            Story::opened()
                .update(3)
                .telling(|event| event.actor = super::actor(Some(2))),
            None,
            None,
        ),
    ];
    for (name, story, review, approval) in cases {
        let measured = story.measured();
        assert_eq!(measured.first_review_at, review.map(at), "{name}");
        assert_eq!(measured.first_approval_at, approval.map(at), "{name}");
        assert_eq!(measured.open_to_first_review, review, "{name}");
        assert_eq!(measured.open_to_first_approval, approval, "{name}");
    }
}

#[test]
fn no_interval_is_negative_and_seconds_are_cut() {
    let measured = Story::opened()
        .told_draft(true, 0)
        .commented(Some(2), -5)
        .approved(Some(2), -3)
        .turned_draft(false, 60)
        .merged(40)
        .measured();
    assert_eq!(measured.open_to_first_review, Some(0));
    assert_eq!(measured.open_to_first_approval, Some(0));
    assert_eq!(measured.pickup_time, Some(0));
    assert_eq!(measured.ready_to_first_approval, Some(0));
    assert_eq!(measured.ready_to_merge, Some(0));
    assert_eq!(measured.review_time, Some(2));
    assert_eq!(measured.merge_wait, Some(43));

    let almost = Story::opened()
        .approved(Some(2), 9)
        .telling(|event| event.at = at(9).plus_millis(999));
    assert_eq!(almost.measured().open_to_first_approval, Some(9));
}

#[test]
fn review_time_and_merge_wait_need_an_approval_before_the_merge() {
    type Case = (&'static str, Story, Option<i64>, Option<i64>);
    let cases: Vec<Case> = vec![
        (
            "not merged",
            Story::opened().approved(Some(2), 10),
            None,
            None,
        ),
        (
            "declined after an approval",
            Story::opened()
                .approved(Some(2), 10)
                .state(PullState::Declined)
                .told_state(PullState::Declined, 20),
            None,
            None,
        ),
        (
            "comments only",
            Story::opened().commented(Some(2), 10).merged(90),
            None,
            None,
        ),
        (
            "approved after the merge only",
            Story::opened().approved(Some(2), 95).merged(90),
            None,
            None,
        ),
        (
            "approved by the author and a program only",
            Story::opened()
                .commented(Some(2), 5)
                .approved(Some(1), 10)
                .approved(Some(9), 11)
                .merged(90),
            None,
            None,
        ),
        (
            "approved in the instant of the merge",
            Story::opened().approved(Some(2), 90).merged(90),
            Some(0),
            Some(0),
        ),
        (
            "approved, withdrawn, approved again",
            Story::opened()
                .approved(Some(2), 10)
                .approved(Some(2), 60)
                .merged(90),
            Some(50),
            Some(30),
        ),
    ];
    for (name, story, review_time, merge_wait) in cases {
        let measured = story.measured();
        assert_eq!(measured.review_time, review_time, "{name}");
        assert_eq!(measured.merge_wait, merge_wait, "{name}");
    }
}

#[test]
fn rounds_are_pushes_after_the_first_review_plus_one() {
    let (a, b, c) = ("aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc");
    let cases: Vec<(&str, Story, Option<i64>)> = vec![
        ("no review", Story::opened().pushed(a, 0).pushed(b, 5), None),
        (
            "no push",
            Story::opened()
                .pushed(a, 0)
                .pushed(a, 0)
                .approved(Some(2), 10),
            Some(1),
        ),
        (
            "a push before the review",
            Story::opened()
                .pushed(a, 0)
                .pushed(b, 5)
                .approved(Some(2), 10),
            Some(1),
        ),
        (
            "two pushes after it, and updates that repeat the commit or tell none",
            Story::opened()
                .pushed(a, 0)
                .pushed(a, 1)
                .approved(Some(2), 10)
                .pushed(b, 20)
                .pushed(b, 21)
                .update(22)
                .pushed(c, 30)
                .pushed(c, 40),
            Some(3),
        ),
        (
            "a push back to an earlier commit is a push",
            Story::opened()
                .pushed(a, 0)
                .approved(Some(2), 10)
                .pushed(b, 20)
                .pushed(a, 30),
            Some(3),
        ),
        (
            "the first commit told is the opening, however late",
            Story::opened().approved(Some(2), 10).pushed(a, 20),
            Some(1),
        ),
        (
            "a review before the opening",
            Story::opened()
                .approved(Some(2), -10)
                .pushed(a, 0)
                .pushed(b, 9),
            Some(2),
        ),
    ];
    for (name, story, rounds) in cases {
        assert_eq!(story.measured().review_rounds, rounds, "{name}");
    }
}
