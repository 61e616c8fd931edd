//! Acts of review and which votes still stand.

use model::Id;
use model::rows::ReviewState;

use super::{Story, at};

const DAY: i64 = 86_400;

#[test]
fn votes_and_days_of_comments_are_reviews() {
    let reviews = Story::opened()
        .asked(2, 10)
        .commented(Some(2), 100)
        .commented(Some(2), 60)
        .commented(Some(2), DAY + 5)
        .commented(Some(3), 70)
        .commented(Some(3), 80)
        .deleted()
        .commented(None, 90)
        .commented(Some(1), 40)
        .approved(Some(1), 41)
        .approved(Some(9), 50)
        .approved(Some(2), 200)
        .asked_for_changes(None, 300)
        .reviews();
    let told: Vec<(String, Option<i64>, i64, i64, i64)> = reviews
        .iter()
        .map(|review| {
            (
                review.source_id.clone(),
                review.user.map(|id| id.0),
                review.created_at.seconds_since(at(0)),
                review.updated_at.seconds_since(at(0)),
                review.comment_count,
            )
        })
        .collect();
    let expected = [
        ("APPROVED@2024-05-06T12:00:50.000000Z", Some(9), 50, 50, 0),
        ("COMMENTED@2024-05-06", Some(2), 60, 100, 2),
        ("COMMENTED@2024-05-06", Some(3), 70, 70, 1),
        ("COMMENTED@2024-05-06", None, 90, 90, 1),
        ("APPROVED@2024-05-06T12:03:20.000000Z", Some(2), 200, 200, 0),
        (
            "CHANGES_REQUESTED@2024-05-06T12:05:00.000000Z",
            None,
            300,
            300,
            0,
        ),
        ("COMMENTED@2024-05-07", Some(2), DAY + 5, DAY + 5, 1),
    ]
    .map(|(source_id, user, created, updated, comments)| {
        (source_id.to_owned(), user, created, updated, comments)
    });
    assert_eq!(told, expected);
}

#[test]
fn a_day_ends_at_midnight_utc() {
    let midnight = DAY / 2; // it was opened at noon
    let reviews = Story::opened()
        .commented(Some(2), midnight - 1)
        .commented(Some(2), midnight)
        .reviews();
    let days: Vec<&str> = reviews
        .iter()
        .map(|review| review.source_id.as_str())
        .collect();
    assert_eq!(days, ["COMMENTED@2024-05-06", "COMMENTED@2024-05-07"]);
}

#[test]
fn an_author_nobody_knows_reviews_nothing_and_everybody_else_does() {
    let story = Story::opened()
        .by(None)
        .approved(None, 10)
        .approved(Some(1), 20);
    assert_eq!(story.reviews().len(), 2);
}

#[test]
fn an_entry_that_was_read_twice_is_one_review() {
    let story = Story::opened()
        .approved(Some(2), 10)
        .approved(Some(2), 10)
        .approved(None, 10)
        .approved(None, 10);
    let reviews = story.reviews();
    assert_eq!(reviews.len(), 2);
    assert!(reviews.iter().all(|review| review.dismissed_at.is_none()));
}

#[test]
fn which_votes_still_stand() {
    let approval = "APPROVED@2024-05-06T12:00:10.000000Z";
    type Case = (&'static str, Story, Vec<Option<i64>>);
    let cases: Vec<Case> = vec![
        (
            "the list is not known",
            Story::opened().approved(Some(2), 10),
            vec![None],
        ),
        (
            "the approval stands",
            Story::opened()
                .approved(Some(2), 10)
                .listing(&[(2, true, true, false)]),
            vec![None],
        ),
        (
            "the approval was withdrawn",
            Story::opened()
                .approved(Some(2), 10)
                .listing(&[(2, true, false, false)]),
            vec![Some(100_000)],
        ),
        (
            "it was found withdrawn before, and that instant stays",
            Story::opened()
                .approved(Some(2), 10)
                .listing(&[(2, true, false, false)])
                .found_withdrawn(approval, 2, 700)
                .found_withdrawn(approval, 3, 600)
                .found_withdrawn("COMMENTED@2024-05-06", 2, 500),
            vec![Some(700)],
        ),
        (
            "it was found withdrawn before, but stands now",
            Story::opened()
                .approved(Some(2), 10)
                .listing(&[(2, true, true, false)])
                .found_withdrawn(approval, 2, 700),
            vec![None],
        ),
        (
            "the account is gone from the list",
            Story::opened()
                .approved(Some(2), 10)
                .listing(&[(3, true, true, false)]),
            vec![Some(100_000)],
        ),
        (
            "withdrawn, and given again",
            Story::opened()
                .approved(Some(2), 10)
                .approved(Some(2), 90)
                .listing(&[(2, true, true, false)]),
            vec![Some(90), None],
        ),
        (
            "a request for changes replaced by an approval, withdrawn in its turn",
            Story::opened()
                .asked_for_changes(Some(2), 10)
                .approved(Some(2), 90)
                .listing(&[(2, true, false, false)]),
            vec![Some(90), Some(100_000)],
        ),
        (
            "the request for changes stands, not an approval",
            Story::opened()
                .asked_for_changes(Some(2), 10)
                .asked_for_changes(Some(3), 20)
                .listing(&[(2, true, false, true), (3, true, true, false)]),
            vec![None, Some(100_000)],
        ),
        (
            "somebody else's vote replaces nothing",
            Story::opened()
                .approved(Some(2), 10)
                .approved(Some(3), 20)
                .listing(&[(2, true, true, false), (3, true, true, false)]),
            vec![None, None],
        ),
        (
            "votes of nobody known",
            Story::opened()
                .approved(None, 10)
                .asked_for_changes(None, 20)
                .listing(&[]),
            vec![None, None],
        ),
        (
            "a vote that is newer than the list",
            Story::opened()
                .approved(Some(2), 100_001)
                .listing(&[(2, true, false, false)]),
            vec![None],
        ),
        (
            "comments are never dismissed",
            Story::opened()
                .commented(Some(2), 5)
                .approved(Some(2), 10)
                .listing(&[(2, true, true, false)]),
            vec![None, None],
        ),
    ];
    for (name, story, expected) in cases {
        let dismissed: Vec<Option<i64>> = story
            .reviews()
            .iter()
            .map(|review| review.dismissed_at.map(|at_| at_.seconds_since(at(0))))
            .collect();
        assert_eq!(dismissed, expected, "{name}");
    }
}

#[test]
fn a_vote_keeps_who_and_what() {
    let reviews = Story::opened().asked_for_changes(Some(2), 10).reviews();
    assert_eq!(reviews.len(), 1);
    assert_eq!(reviews[0].user, Some(Id(2)));
    assert_eq!(reviews[0].state, ReviewState::ChangesRequested);
}

#[test]
fn a_withdrawal_that_was_told_says_when_a_vote_ended() {
    type Case = (&'static str, Story, Vec<Option<i64>>);
    let approval = "APPROVED@2024-05-06T12:00:10.000000Z";
    let cases: Vec<Case> = vec![
        (
            "before the list shows it",
            Story::opened()
                .approved(Some(2), 10)
                .took_approval_back(Some(2), 50),
            vec![Some(50)],
        ),
        (
            "more exactly than the list, and than what the list said before",
            Story::opened()
                .approved(Some(2), 10)
                .took_approval_back(Some(2), 50)
                .listing(&[(2, true, false, false)])
                .found_withdrawn(approval, 2, 700),
            vec![Some(50)],
        ),
        (
            "before the next vote",
            Story::opened()
                .approved(Some(2), 10)
                .took_approval_back(Some(2), 50)
                .approved(Some(2), 90)
                .listing(&[(2, true, true, false)]),
            vec![Some(50), None],
        ),
        (
            "after the next vote it is that one's",
            Story::opened()
                .approved(Some(2), 10)
                .approved(Some(2), 90)
                .took_approval_back(Some(2), 95),
            vec![Some(90), Some(95)],
        ),
        (
            "a newer list shows the vote: it was given again",
            Story::opened()
                .approved(Some(2), 10)
                .took_approval_back(Some(2), 50)
                .listing(&[(2, true, true, false)]),
            vec![None],
        ),
        (
            "a list that is as old as the withdrawal does not",
            Story::opened()
                .approved(Some(2), 10)
                .took_approval_back(Some(2), 100_000)
                .listing(&[(2, true, true, false)]),
            vec![Some(100_000)],
        ),
        (
            "of a request for changes",
            Story::opened()
                .asked_for_changes(Some(2), 10)
                .took_request_for_changes_back(Some(2), 20),
            vec![Some(20)],
        ),
        (
            "an approval is not taken back with a request for changes, nor by somebody else",
            Story::opened()
                .approved(Some(2), 10)
                .took_request_for_changes_back(Some(2), 20)
                .took_approval_back(Some(3), 30)
                .took_approval_back(None, 40)
                .took_approval_back(Some(2), 9),
            vec![None],
        ),
        (
            "of nobody known it takes nothing back",
            Story::opened()
                .approved(None, 10)
                .took_approval_back(None, 20),
            vec![None],
        ),
    ];
    for (name, story, expected) in cases {
        let dismissed: Vec<Option<i64>> = story
            .reviews()
            .iter()
            .map(|review| review.dismissed_at.map(|at_| at_.seconds_since(at(0))))
            .collect();
        assert_eq!(dismissed, expected, "{name}");
    }
}

#[test]
fn a_withdrawal_is_no_review() {
    let story = Story::opened()
        .took_approval_back(Some(2), 10)
        .took_request_for_changes_back(Some(3), 20);
    assert_eq!(story.reviews(), []);
    assert_eq!(story.measured().first_review_at, None);
    assert_eq!(story.measured().first_approval_at, None);
}

#[test]
fn another_account_of_the_author_reviews_nothing() {
    let story = Story::opened()
        .approved(Some(2), 100)
        .commented(Some(2), 200)
        .commented(Some(3), 300)
        .merged(1_000);
    assert_eq!(story.measured().first_review_at, Some(at(100)));
    assert_eq!(story.reviews().len(), 3);
    let one_person = story.clone().person(&[1, 2], None).person(&[3], None);
    let measured = one_person.measured();
    assert_eq!(measured.first_review_at, Some(at(300)));
    assert_eq!(measured.first_approval_at, None);
    let reviewers: Vec<_> = one_person
        .reviews()
        .into_iter()
        .map(|one| one.user)
        .collect();
    assert_eq!(reviewers, [Some(Id(3))]);
    // People who are not known are not the same one.
    let two_people = story.person(&[1], None).person(&[2], None);
    assert_eq!(two_people.measured().first_review_at, Some(at(100)));
}

#[test]
fn each_review_is_waited_for_by_the_reviewers_clock_and_the_pull_request_by_the_authors() {
    // Opened on a Monday at 12:00 UTC: 14:00 in Berlin, 08:00 in New York, 17:30 in Kolkata.
    let five_hours = 5 * 3_600;
    let story = Story::opened()
        .person(&[1], Some("Europe/Berlin"))
        .person(&[2], Some("America/New_York"))
        .person(&[3], Some("Asia/Kolkata"))
        .approved(Some(2), five_hours)
        .approved(Some(3), five_hours)
        .approved(Some(4), five_hours)
        .approved(None, five_hours)
        .merged(five_hours);
    let measured = story.measured();
    assert_eq!(measured.timezone, "Europe/Berlin");
    assert_eq!(measured.open_to_merge, Some(five_hours));
    // 14:00 to 18:00 of 14:00 to 19:00.
    assert_eq!(measured.open_to_merge_business_hours, Some(4 * 3_600));
    let waits: Vec<_> = story
        .reviews()
        .into_iter()
        .map(|one| {
            (
                one.user,
                one.timezone,
                one.time_since_request_business_hours,
            )
        })
        .collect();
    assert_eq!(
        waits,
        [
            (None, "UTC", five_hours),
            (Some(Id(2)), "America/New_York", five_hours),
            // 17:30 to 18:00 of 17:30 to 22:30.
            (Some(Id(3)), "Asia/Kolkata", 1_800),
            // 12:00 to 17:00 of the account.
            (Some(Id(4)), "UTC", five_hours),
        ]
    );
}
