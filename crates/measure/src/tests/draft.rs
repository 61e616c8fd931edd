//! When a pull request was ready, and how long it was a draft.

use model::rows::PullState;

use super::{Story, at};

#[test]
fn ready_and_draft_time_follow_what_the_updates_tell() {
    type Case = (&'static str, Story, Option<i64>, Option<i64>);
    let cases: Vec<Case> = vec![
        (
            "nothing told, not a draft",
            Story::opened(),
            Some(0),
            Some(0),
        ),
        (
            "nothing told, an open draft",
            Story::opened().draft_now(),
            None,
            None,
        ),
        (
            "nothing told, declined as a draft",
            Story::opened()
                .draft_now()
                .state(PullState::Declined)
                .told_state(PullState::Declined, 300),
            None,
            Some(300),
        ),
        (
            "opened as a draft, then ready",
            Story::opened().told_draft(true, 0).turned_draft(false, 60),
            Some(60),
            Some(60),
        ),
        (
            "only the change is told",
            Story::opened().turned_draft(false, 60),
            Some(60),
            Some(60),
        ),
        (
            "the change is told without the state after it",
            Story::opened()
                .update(60)
                .telling(|event| event.draft_changed_to = Some(false)),
            Some(60),
            Some(60),
        ),
        (
            "the change is lost, a later update shows the state",
            Story::opened().told_draft(true, 0).told_draft(false, 90),
            Some(90),
            Some(90),
        ),
        (
            "draft, ready, draft again, ready again, merged",
            Story::opened()
                .told_draft(true, 0)
                .turned_draft(false, 100)
                .turned_draft(true, 150)
                .turned_draft(false, 180)
                .merged(400),
            Some(100),
            Some(130),
        ),
        (
            "ready at first, a draft later: the first change is its opposite",
            Story::opened()
                .turned_draft(true, 100)
                .turned_draft(false, 130)
                .merged(400),
            Some(0),
            Some(30),
        ),
        (
            "made a draft and still one",
            Story::opened()
                .told_draft(false, 0)
                .turned_draft(true, 100)
                .draft_now(),
            Some(0),
            None,
        ),
        (
            "declined as a draft after having been ready",
            Story::opened()
                .draft_now()
                .told_draft(false, 0)
                .turned_draft(true, 100)
                .state(PullState::Declined)
                .told_state(PullState::Declined, 250),
            Some(0),
            Some(150),
        ),
        (
            "the row shows a draft that no update tells",
            Story::opened().told_draft(false, 0).draft_now(),
            Some(0),
            None,
        ),
        (
            "the entry that made it ready is lost, and it is open: nobody knows how long",
            Story::opened().told_draft(true, 0),
            Some(0),
            None,
        ),
        (
            "made a draft after the merge",
            Story::opened().merged(100).turned_draft(true, 200),
            Some(0),
            Some(0),
        ),
        (
            "the opening is told twice, and repeats are no changes",
            Story::opened()
                .told_draft(true, 0)
                .told_draft(true, 0)
                .told_draft(true, 30)
                .turned_draft(false, 60)
                .told_draft(false, 70),
            Some(60),
            Some(60),
        ),
        (
            "ready before it was opened",
            Story::opened().turned_draft(false, -5),
            Some(-5),
            Some(0),
        ),
    ];
    for (name, story, ready, draft_time) in cases {
        let measured = story.measured();
        assert_eq!(measured.ready_at, ready.map(at), "{name}");
        assert_eq!(measured.draft_time, draft_time, "{name}");
    }
}

#[test]
fn parts_of_seconds_are_added_before_they_are_cut() {
    let mut story = Story::opened();
    for (millis, draft) in [(0, true), (700, false), (1_000, true), (1_700, false)] {
        story = story
            .told_draft(draft, 0)
            .telling(|event| event.at = at(0).plus_millis(millis));
    }
    assert_eq!(story.measured().draft_time, Some(1));
}
