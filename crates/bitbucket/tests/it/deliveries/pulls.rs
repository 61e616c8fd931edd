//! Deliveries about pull requests.

use bitbucket::webhook::{self, Delivery, Due, EventKey};
use model::rows::EventKind;
use model::{Field, Id, Instant};
use serde_json::{Value, json};

use super::{
    ada, arrived, assert_event, at, bob, comment, counts, delivery, feed, pull, pull_id, read,
    the_reviewer, uuid, vote, website, who, with,
};

#[test]
fn a_pull_request_is_read_as_far_as_it_is_told() {
    let told = read(EventKey::PullCreated, &with(json!({"pullrequest": pull()})));
    assert_eq!(counts(&told.batch), [1, 1, 0, 0, 0]);
    let row = &told.batch.pulls[0];
    assert_eq!(row.id, pull_id());
    assert_eq!(row.observed_at, at("10:00:01"));
    assert_eq!(row.source_updated_at, Field::Value(at("10:00:00.2")));
    assert_eq!(row.title, Field::Value("Start faster".to_owned()));
    assert_eq!(row.user_id, Field::Value(who("{cc-1}")));
    assert!(row.description.is_absent());
    assert_eq!(row.merge_commit_sha, Field::Null);
    assert_eq!(told.batch.participants.len(), 1);
    let row = &told.batch.repositories[0];
    assert_eq!(row.slug, Field::Value("website".to_owned()));
    assert_eq!(row.project_id, Field::Value(Id::project(&uuid("{bb-1}"))));
    assert!(row.created_at.is_absent() && row.source_updated_at.is_absent());
    assert!(row.default_branch.is_absent() && row.size.is_absent());
    assert_eq!(told.batch.users.len(), 2);
    assert_eq!(told.workspace.unwrap().uuid, Some(uuid("{ee-1}")));
    assert_eq!(told.repository.unwrap().uuid, website());
}

#[test]
fn what_the_payload_lacks_is_due() {
    let pushed = [
        feed(),
        Due::PullSize {
            repository: website(),
            number: 7,
        },
        Due::PullCommits {
            repository: website(),
            number: 7,
        },
    ];
    for event in [
        EventKey::PullCreated,
        EventKey::PullUpdated,
        EventKey::PullPushed,
    ] {
        let told = read(event, &with(json!({"pullrequest": pull()})));
        assert_eq!(told.due, pushed);
    }
    let mut closed = pull();
    closed["closed_by"] = bob();
    for (event, state, merged_by) in [
        (
            EventKey::PullFulfilled,
            "MERGED",
            Field::Value(who("{cc-2}")),
        ),
        (EventKey::PullRejected, "DECLINED", Field::Null),
    ] {
        closed["state"] = json!(state);
        closed["merge_commit"] = json!({"hash": "cafe01234567"});
        let told = read(event, &with(json!({"pullrequest": closed})));
        assert_eq!(told.due, [feed()]);
        assert_eq!(counts(&told.batch), [1, 1, 0, 0, 0]);
        let row = &told.batch.pulls[0];
        assert_eq!(row.state, Field::Value(state.to_owned()));
        assert_eq!(row.closed_by_user_id, Field::Value(who("{cc-2}")));
        assert_eq!(row.merged_by_user_id, merged_by);
        // Its date is the feed's, or the commit's, to tell.
        assert!(row.merge_commit_at.is_absent());
    }
    // What this key brings is documented nowhere.
    assert_eq!(read(EventKey::PullPushed, &with(json!({}))).due, [feed()]);
}

#[test]
fn a_vote_is_the_entry_of_the_feed_and_its_participant_though_the_list_lags_behind() {
    for (event, member, kind, approved, state) in [
        (
            EventKey::PullApproved,
            "approval",
            EventKind::Approval,
            true,
            "approved",
        ),
        (
            EventKey::PullChangesRequested,
            "changes_request",
            EventKind::ChangesRequested,
            false,
            "changes_requested",
        ),
    ] {
        let told = read(
            event,
            &with(json!({"pullrequest": pull(), member: vote("10:00:00.15")})),
        );
        assert_event(&told, kind, "10:00:00.15");
        let row = the_reviewer(&told);
        assert_eq!(row.role, Field::Value("REVIEWER".to_owned()));
        assert_eq!(row.approved, Field::Value(approved));
        assert_eq!(row.state, Field::Value(state.to_owned()));
        assert_eq!(row.participated_at, Field::Value(at("10:00:00.15")));
        assert_eq!(told.due, []);
    }
}

#[test]
fn a_voter_whom_nobody_asked_becomes_a_participant() {
    let mut pull = pull();
    pull["reviewers"] = json!([]);
    pull["participants"] = json!([]);
    let body = with(json!({"pullrequest": pull, "approval": vote("10:00:00")}));
    let told = read(EventKey::PullApproved, &body);
    let row = the_reviewer(&told);
    assert_eq!(row.role, Field::Value("PARTICIPANT".to_owned()));
    assert_eq!(row.approved, Field::Value(true));
    assert_eq!(row.source_updated_at, Field::Value(at("10:00:00.2")));
    assert_eq!(told.batch.participants.len(), 1);
}

#[test]
fn a_vote_without_a_name_is_the_actors_and_nobodys_without_one() {
    let mut approval = vote("10:00:00");
    approval["user"] = Value::Null;
    let mut body = with(json!({"pullrequest": pull(), "approval": approval}));
    body["actor"] = bob();
    assert_event(
        &read(EventKey::PullApproved, &body),
        EventKind::Approval,
        "10:00:00",
    );
    for nobody in [Value::Null, json!({"type": "user"}), json!("Bob")] {
        body["actor"] = nobody;
        let told = read(EventKey::PullApproved, &body);
        assert_eq!(told.batch.events[0].user_id, Field::Null);
        assert_eq!(the_reviewer(&told).approved, Field::Value(false));
    }
}

#[test]
fn a_vote_taken_back_is_kept_as_an_event() {
    for (event, member, kind, state) in [
        (
            EventKey::PullUnapproved,
            "approval",
            EventKind::Unapproval,
            "approved",
        ),
        (
            EventKey::PullChangesRequestRemoved,
            "changes_request",
            EventKind::ChangesRequestRemoved,
            "changes_requested",
        ),
    ] {
        // The list still shows the vote.
        let mut pull = pull();
        pull["participants"][0]["approved"] = json!(state == "approved");
        pull["participants"][0]["state"] = json!(state);
        let body = with(json!({"pullrequest": pull, member: vote("10:00:00.9")}));
        let told = read(event, &body);
        assert_event(&told, kind, "10:00:00.9");
        let row = the_reviewer(&told);
        assert_eq!(
            (&row.approved, &row.state),
            (&Field::Value(false), &Field::Null)
        );
    }
    // Another vote of the same account stays.
    let mut pull = pull();
    pull["participants"][0]["state"] = json!("changes_requested");
    let body = with(json!({"pullrequest": pull, "approval": vote("10:00:00.9")}));
    let told = read(EventKey::PullUnapproved, &body);
    let state = the_reviewer(&told).state.as_value().map(String::as_str);
    assert_eq!(state, Some("changes_requested"));
}

#[test]
fn a_withdrawal_is_dated_by_the_latest_that_the_delivery_says() {
    let when = |date: &str, updated_on: &str, event_time: Option<Instant>| {
        let mut pull = pull();
        pull["updated_on"] = json!(format!("2024-05-06T{updated_on}Z"));
        let body = with(json!({"pullrequest": pull, "approval": vote(date)}));
        let mut delivery = delivery(EventKey::PullUnapproved, &body);
        delivery.event_time = event_time;
        let told = webhook::read(&delivery, arrived(), false).unwrap();
        told.batch.events[0].occurred_at.value().unwrap()
    };
    let event = Some(at("10:00:01"));
    // The date is the withdrawal's, or the version's is.
    assert_eq!(when("10:00:00.9", "09:00:00", event), at("10:00:00.9"));
    assert_eq!(when("08:00:00", "10:00:00.5", event), at("10:00:00.5"));
    // Both are of the vote that was taken back.
    assert_eq!(when("08:00:00", "09:00:00", event), at("10:00:01"));
    // The time of arrival is never taken: a second attempt has another.
    assert_eq!(when("08:00:00", "09:00:00", None), at("09:00:00"));
}

#[test]
fn a_comment_is_the_row_that_the_feed_gives() {
    let body = |comment: Value| with(json!({"pullrequest": pull(), "comment": comment}));
    for event in [EventKey::CommentCreated, EventKey::CommentUpdated] {
        let told = read(event, &body(comment()));
        assert_eq!(counts(&told.batch), [1, 1, 0, 1, 0]);
        let row = &told.batch.comments[0];
        assert_eq!(row.id, Id::comment(900));
        assert_eq!(row.pull_id, Field::Value(pull_id()));
        assert_eq!(row.user_id, Field::Value(who("{cc-2}")));
        assert_eq!(row.parent_id, Field::Value(Id::comment(899)));
        assert_eq!((row.line_from, row.line_to), (Field::Null, Field::Value(3)));
        assert_eq!(row.source_updated_at, Field::Value(at("09:30:00")));
        assert_eq!(row.deleted, Field::Value(false));
        assert!(row.content.is_absent() && row.resolved_at.is_absent());
        assert_eq!(told.due, []);
    }
    // Deleted, whether it says so or not.
    let mut deleted = comment();
    deleted["content"]["raw"] = json!("");
    for says in [json!(true), json!(false), Value::Null] {
        deleted["deleted"] = says;
        let told = read(EventKey::CommentDeleted, &body(deleted.clone()));
        assert_eq!(told.batch.comments[0].deleted, Field::Value(true));
    }
    let mut resolved = comment();
    resolved["resolution"] = json!({"user": ada(), "created_on": "2024-05-06T09:30:00Z"});
    let told = read(EventKey::CommentResolved, &body(resolved));
    assert_eq!(
        told.batch.comments[0].resolved_at,
        Field::Value(at("09:30:00"))
    );
    assert_eq!(
        told.batch.comments[0].resolved_by_user_id,
        Field::Value(who("{cc-1}"))
    );
    assert_eq!(told.due, []);
    // Resolved, and nobody says when: that is due.
    for resolution in [json!({}), json!({"resolution": null})] {
        let mut silent = comment();
        for (name, value) in resolution.as_object().unwrap() {
            silent[name] = value.clone();
        }
        let told = read(EventKey::CommentResolved, &body(silent));
        assert!(told.batch.comments[0].resolved_at.is_absent());
        assert_eq!(
            told.due,
            [Due::PullComments {
                repository: website(),
                number: 7
            }]
        );
    }
    let told = read(EventKey::CommentReopened, &body(comment()));
    assert_eq!(told.batch.comments[0].resolved_at, Field::Null);
    // A draft is nobody's business.
    let mut pending = comment();
    pending["pending"] = json!(true);
    let told = read(EventKey::CommentCreated, &body(pending));
    assert_eq!(counts(&told.batch), [1, 1, 0, 0, 0]);
}

#[test]
fn texts_are_read_only_where_they_are_stored() {
    let body = with(json!({"pullrequest": pull(), "comment": comment()}));
    let delivery = delivery(EventKey::CommentCreated, &body);
    let told = webhook::read(&delivery, arrived(), true).unwrap();
    assert_eq!(
        told.batch.comments[0].content,
        Field::Value("Why?".to_owned())
    );
    assert_eq!(
        told.batch.pulls[0].description,
        Field::Value("Because.".to_owned())
    );
    let without = webhook::read(&delivery, arrived(), false).unwrap();
    let redacted = Delivery {
        body: webhook::redact(&delivery.body).unwrap(),
        ..delivery
    };
    let words = String::from_utf8(redacted.body.clone()).unwrap();
    assert!(
        !words.contains("Why?") && !words.contains("Because."),
        "{words}"
    );
    assert!(words.contains("Start faster"), "{words}");
    let kept = webhook::read(&redacted, arrived(), false).unwrap();
    assert_eq!(format!("{kept:?}"), format!("{without:?}"));
}
