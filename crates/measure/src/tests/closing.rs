//! When a pull request was merged, declined or superseded.

use model::Instant;
use model::rows::PullState;

use super::{Story, at};

#[test]
fn the_end_is_what_the_entries_tell_else_the_merge_commit_else_estimated() {
    let merged = || Story::opened().state(PullState::Merged);
    let declined = || Story::opened().state(PullState::Declined);
    let superseded = || Story::opened().state(PullState::Superseded);
    let with_commit = |mut story: Story, seconds| {
        story.0.merge_commit_at = Some(at(seconds));
        story
    };
    type Case = (&'static str, Story, Option<i64>, bool, bool);
    let cases: Vec<Case> = vec![
        ("open", Story::opened(), None, false, false),
        (
            "open, though an entry once told a merge",
            Story::opened().told_state(PullState::Merged, 50),
            None,
            false,
            false,
        ),
        (
            "merged",
            Story::opened().merged(500),
            Some(500),
            true,
            false,
        ),
        (
            "only the status tells it",
            merged().told_status("fulfilled", 400),
            Some(400),
            true,
            false,
        ),
        (
            "a later update repeats the state",
            Story::opened()
                .merged(500)
                .told_state(PullState::Merged, 900),
            Some(500),
            true,
            false,
        ),
        (
            "the entry wins over the commit",
            with_commit(Story::opened().merged(500), 480),
            Some(500),
            true,
            false,
        ),
        (
            "no entry, but a merge commit",
            with_commit(merged(), 480),
            Some(480),
            true,
            false,
        ),
        (
            "the merge commit of the very instant of the opening",
            with_commit(merged(), 0),
            Some(0),
            true,
            false,
        ),
        (
            "a merge commit that is older than the opening",
            with_commit(merged(), -60),
            Some(100_000),
            true,
            true,
        ),
        ("neither", merged(), Some(100_000), true, true),
        (
            "an entry of another ending does not tell a merge",
            merged().told_status("rejected", 300),
            Some(100_000),
            true,
            true,
        ),
        (
            "declined",
            declined().told_state(PullState::Declined, 300),
            Some(300),
            false,
            false,
        ),
        (
            "declined, the last one told",
            declined()
                .told_status("rejected", 700)
                .told_state(PullState::Declined, 300),
            Some(700),
            false,
            false,
        ),
        (
            "declined, untold; a merge commit says nothing then",
            with_commit(declined(), 480),
            Some(100_000),
            false,
            true,
        ),
        (
            "superseded",
            superseded().told_status("superseded", 40),
            Some(40),
            false,
            false,
        ),
        (
            "superseded, untold",
            superseded(),
            Some(100_000),
            false,
            true,
        ),
    ];
    for (name, story, closed, is_merged, estimated) in cases {
        let measured = story.measured();
        assert_eq!(measured.closed_at, closed.map(at), "{name}");
        let merged_at: Option<Instant> = closed.filter(|_| is_merged).map(at);
        assert_eq!(measured.merged_at, merged_at, "{name}");
        assert_eq!(measured.closed_at_estimated, estimated, "{name}");
    }
}

#[test]
fn a_state_that_is_not_known_yet_is_no_end() {
    let mut story = Story::opened().merged(500);
    story.0.state = None;
    assert_eq!(story.measured().closed_at, None);
    assert_eq!(story.measured().open_to_merge, None);
}
