use model::history::{Actor, Comment, Participant};
use model::rows::UserType;

use super::*;

const OPENED: i64 = 1_700_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(OPENED + seconds)
}

fn by(user: i64) -> Actor {
    Actor {
        user: Some(Id(user)),
        user_type: UserType::Human,
    }
}

/// An open pull request, opened by account 1 and updated last at `updated`, with its opening
/// entry.
fn opened(updated: i64) -> PullHistory {
    let mut history = PullHistory {
        pull_id: Id(7),
        repository: None,
        number: 7,
        author: Some(Id(1)),
        state: Some(PullState::Open),
        draft: false,
        source_commit_sha: None,
        created_at: at(0),
        updated_at: at(updated),
        merge_commit_at: None,
        first_commit_at: None,
        comment_count: Some(0),
        proven_to: None,
        events: Vec::new(),
        comments: Vec::new(),
        participants: Some(Vec::new()),
        dismissals: Vec::new(),
        people: std::collections::BTreeMap::new(),
    };
    act(&mut history, EventKind::Update, 1, 0);
    history
}

fn act(history: &mut PullHistory, kind: EventKind, user: i64, when: i64) {
    history.events.push(Event {
        kind,
        actor: by(user),
        at: at(when),
        state: None,
        status_changed_to: None,
        draft: None,
        draft_changed_to: None,
        source_commit_sha: None,
        reviewers_added: Vec::new(),
    });
}

fn comment(history: &mut PullHistory, user: i64, when: i64, deleted: bool) {
    history.comments.push(Comment {
        actor: by(user),
        created_at: at(when),
        updated_at: at(when),
        deleted,
        resolved_at: None,
    });
}

fn takes_part(history: &mut PullHistory, user: i64, approved: bool, when: Option<i64>) {
    history
        .participants
        .get_or_insert_default()
        .push(Participant {
            user: Id(user),
            reviewer: true,
            approved,
            changes_requested: false,
            participated_at: when.map(at),
        });
}

const WALKED: Evidence = Evidence {
    feed: true,
    seen_since: Some(Instant::EARLIEST),
};
const NO_FEED: Evidence = Evidence {
    feed: false,
    seen_since: None,
};

fn reads(comments: Option<CommentsSince>, activity: bool) -> Doubt {
    Doubt { comments, activity }
}

#[test]
fn what_agrees_is_proven_without_a_request() {
    let mut history = opened(100);
    comment(&mut history, 2, 50, false);
    act(&mut history, EventKind::Approval, 2, 100);
    takes_part(&mut history, 2, true, Some(100));
    history.comment_count = Some(1);
    assert!(doubt(&history, WALKED).none());
    assert_eq!(difference(&history, WALKED), None);
}

#[test]
fn a_vote_that_was_taken_back_is_not_the_one_that_stands() {
    let mut history = opened(100);
    act(&mut history, EventKind::Approval, 2, 50);
    act(&mut history, EventKind::Unapproval, 2, 60);
    takes_part(&mut history, 2, true, Some(100));
    act(&mut history, EventKind::Unapproval, 3, 100);
    assert_eq!(
        difference(&history, WALKED).as_deref(),
        Some("Bitbucket shows an approval that no entry tells of")
    );
    act(&mut history, EventKind::Approval, 2, 100);
    assert_eq!(difference(&history, WALKED), None);
}

#[test]
fn both_ways_of_counting_deleted_comments_agree() {
    let mut history = opened(60);
    comment(&mut history, 2, 50, true);
    comment(&mut history, 2, 60, false);
    for count in [1, 2] {
        history.comment_count = Some(count);
        assert!(doubt(&history, WALKED).none(), "{count}");
    }
    for count in [0, 3] {
        history.comment_count = Some(count);
        assert_eq!(
            doubt(&history, WALKED),
            reads(Some(CommentsSince::Ever), false),
            "{count}"
        );
        assert!(
            difference(&history, WALKED).is_some_and(|text| text.contains("1 of them deleted"))
        );
    }
}

#[test]
fn a_comment_later_than_the_version_does_not_count_yet() {
    let mut history = opened(60);
    comment(&mut history, 2, 60, false);
    comment(&mut history, 2, 90, false);
    history.comment_count = Some(1);
    assert!(doubt(&history, WALKED).none());
}

#[test]
fn a_vote_without_an_entry_is_looked_for_in_the_pull_requests_own_activity() {
    let mut history = opened(0);
    takes_part(&mut history, 2, true, None);
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    assert_eq!(doubt(&history, NO_FEED), reads(None, true));
    assert!(difference(&history, WALKED).is_some_and(|text| text.contains("an approval")));
}

#[test]
fn an_end_without_an_entry_is_looked_for_where_there_is_a_feed() {
    let mut history = opened(0);
    history.state = Some(PullState::Merged);
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    // A repository without a feed has no entry for any end.
    assert!(doubt(&history, NO_FEED).none());
    act(&mut history, EventKind::Update, 1, 0);
    if let Some(last) = history.events.last_mut() {
        last.status_changed_to = Some("fulfilled".to_owned());
    }
    assert!(doubt(&history, WALKED).none());
}

#[test]
fn a_change_that_no_entry_explains_is_read_since_the_last_proof() {
    let mut history = opened(500);
    comment(&mut history, 2, 50, false);
    history.comment_count = Some(1);
    assert_eq!(
        doubt(&history, WALKED),
        reads(Some(CommentsSince::Ever), false)
    );
    history.proven_to = Some(at(60));
    let since = Some(CommentsSince::Instant(at(60)));
    assert_eq!(doubt(&history, WALKED), reads(since, false));
    // Without comments there is nothing that could have changed so.
    history.comments.clear();
    history.comment_count = Some(0);
    assert!(doubt(&history, WALKED).none());
}

#[test]
fn a_change_of_a_comment_explains_a_date_only_when_it_is_known_what_changed() {
    let mut history = opened(500);
    comment(&mut history, 2, 50, false);
    history.comment_count = Some(1);
    let change = |resolved: Option<i64>, deleted: bool| {
        let mut history = history.clone();
        for comment in &mut history.comments {
            comment.updated_at = at(500);
            comment.resolved_at = resolved.map(at);
            comment.deleted = deleted;
        }
        doubt(&history, WALKED)
    };
    assert!(change(Some(500), false).none());
    assert!(change(None, true).none());
    // Edited, or resolved or reopened without a word of it.
    assert_eq!(change(None, false), reads(Some(CommentsSince::Ever), false));
    assert_eq!(
        change(Some(100), false),
        reads(Some(CommentsSince::Ever), false)
    );
}

#[test]
fn a_comment_that_the_walk_did_not_see_again_may_have_been_deleted_before_a_later_act() {
    let mut history = opened(500);
    comment(&mut history, 2, 50, false);
    comment(&mut history, 2, 500, false);
    history.comment_count = Some(2);
    history.proven_to = Some(at(60));
    let shallow = Evidence {
        feed: true,
        seen_since: Some(at(400)),
    };
    let since = Some(CommentsSince::Instant(at(60)));
    assert_eq!(doubt(&history, shallow), reads(since, false));
    let deep = Evidence {
        feed: true,
        seen_since: Some(at(40)),
    };
    assert!(doubt(&history, deep).none());
}

#[test]
fn an_act_of_a_participant_that_nothing_held_can_be_is_looked_for() {
    let mut history = opened(500);
    act(&mut history, EventKind::Update, 1, 500);
    takes_part(&mut history, 2, false, Some(300));
    assert_eq!(
        doubt(&history, WALKED),
        reads(Some(CommentsSince::Ever), false)
    );
    comment(&mut history, 2, 300, true);
    assert!(doubt(&history, WALKED).none());
}

/// The last entry shows this commit.
fn shows_commit(history: &mut PullHistory, commit: &str) {
    if let Some(last) = history.events.last_mut() {
        last.source_commit_sha = Some(commit.to_owned());
    }
}

#[test]
fn a_push_without_an_entry_is_looked_for_where_there_is_a_feed() {
    let mut history = opened(500);
    shows_commit(&mut history, "0123456789ab");
    history.source_commit_sha = Some("ba9876543210".to_owned());
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    assert!(difference(&history, WALKED).is_some_and(|text| text.contains("newest commit")));
    assert!(doubt(&history, NO_FEED).none());
    // An entry that came after this version is none of its.
    act(&mut history, EventKind::Update, 1, 600);
    shows_commit(&mut history, "ba9876543210");
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    // A later entry may leave the commit out.
    act(&mut history, EventKind::Update, 1, 499);
    shows_commit(&mut history, "ba987654321000000000");
    act(&mut history, EventKind::Update, 1, 500);
    assert!(doubt(&history, WALKED).none());
    // A source that is gone has no commit.
    history.source_commit_sha = None;
    assert!(doubt(&history, WALKED).none());
    // What is closed may have a branch that goes on.
    history.source_commit_sha = Some("ffffffffffff".to_owned());
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    history.state = Some(PullState::Declined);
    if let Some(last) = history.events.last_mut() {
        last.state = Some(PullState::Declined);
    }
    assert!(doubt(&history, WALKED).none());
}

#[test]
fn a_change_of_draft_or_an_opening_without_an_entry_is_looked_for() {
    let mut history = opened(500);
    if let Some(opening) = history.events.last_mut() {
        opening.draft = Some(true);
    }
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    assert!(difference(&history, WALKED).is_some_and(|text| text.contains("draft")));
    history.draft = true;
    assert!(doubt(&history, WALKED).none());
    history.events.clear();
    assert_eq!(doubt(&history, WALKED), reads(None, true));
    assert!(difference(&history, WALKED).is_some_and(|text| text.contains("opened")));
    assert!(doubt(&history, NO_FEED).none());
}
