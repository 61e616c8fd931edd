//! When reviewers were asked, and how long they took.

use model::Id;

use super::{Story, at};
use crate::requested_at;

#[test]
fn reviewers_were_asked_when_first_added_else_at_the_opening() {
    let story = Story::opened()
        .asked(3, 90)
        .asked(3, 50)
        .asked(4, 70)
        .asked(5, 80)
        .listing(&[
            (2, true, false, false),
            (3, true, false, false),
            (5, false, true, false),
        ]);
    for (name, user, expected) in [
        ("listed, and no entry adds them", 2, Some(0)),
        ("listed, and added twice", 3, Some(50)),
        ("added, but gone from the list", 4, Some(70)),
        ("only a participant", 5, None),
        ("not known at all", 6, None),
    ] {
        assert_eq!(requested_at(&story.0, Id(user)), expected.map(at), "{name}");
    }
}

#[test]
fn without_a_list_only_entries_tell_who_was_asked() {
    let story = Story::opened().asked(3, 50);
    assert_eq!(requested_at(&story.0, Id(3)), Some(at(50)));
    assert_eq!(requested_at(&story.0, Id(2)), None);
}

#[test]
fn a_review_is_timed_from_the_last_time_of_asking_before_it() {
    let cases: Vec<(&str, Story, Vec<i64>)> = vec![
        (
            "never asked",
            Story::opened().approved(Some(2), 40),
            vec![40],
        ),
        (
            "asked before",
            Story::opened().asked(2, 10).approved(Some(2), 40),
            vec![30],
        ),
        (
            "asked after",
            Story::opened().asked(2, 60).approved(Some(2), 40),
            vec![40],
        ),
        (
            "asked in the same instant",
            Story::opened().asked(2, 40).approved(Some(2), 40),
            vec![0],
        ),
        (
            "asked again between two votes",
            Story::opened()
                .asked(2, 10)
                .approved(Some(2), 40)
                .asked(2, 50)
                .approved(Some(2), 55),
            vec![30, 5],
        ),
        (
            "somebody else was asked",
            Story::opened().asked(3, 10).approved(Some(2), 40),
            vec![40],
        ),
        (
            "nobody known",
            Story::opened().asked(3, 10).approved(None, 40),
            vec![40],
        ),
        (
            "before the opening",
            Story::opened().approved(Some(2), -40),
            vec![0],
        ),
        (
            "comments count from their first",
            Story::opened()
                .asked(2, 10)
                .commented(Some(2), 90)
                .commented(Some(2), 30),
            vec![20],
        ),
    ];
    for (name, story, expected) in cases {
        let times: Vec<i64> = story
            .reviews()
            .iter()
            .map(|review| review.time_since_request)
            .collect();
        assert_eq!(times, expected, "{name}");
    }
}
