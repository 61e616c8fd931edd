//! Deliveries of every key, of invented people.

use bitbucket::webhook::{
    self, Delivery, DeliveryError, Due, EventKey, RefChange, RefKind, Renamed, Told,
};
use model::rows::{Batch, EventKind, EventRow, ReviewerRow};
use model::{Field, Id, Instant, Uuid};
use serde_json::{Value, json};

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";
const EARLIER: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn arrived() -> Instant {
    "2024-05-06T12:00:00Z".parse().unwrap()
}

fn at(text: &str) -> Instant {
    format!("2024-05-06T{text}Z").parse().unwrap()
}

fn uuid(text: &str) -> Uuid {
    Uuid::parse(text).unwrap()
}

fn website() -> Uuid {
    uuid("{aa-1}")
}

fn pull_id() -> Id {
    Id::pull(&website(), 7)
}

fn who(account: &str) -> Id {
    Id::user(&uuid(account))
}

fn ada() -> Value {
    json!({"type": "user", "uuid": "{cc-1}", "display_name": "Ada", "nickname": "ada"})
}

fn bob() -> Value {
    json!({"type": "user", "uuid": "{cc-2}", "display_name": "Bob", "account_id": "712020:bob"})
}

/// A delivery's repository: no slug, no dates, no main branch, no size.
fn repository() -> Value {
    json!({
        "type": "repository", "uuid": "{AA-1}", "full_name": "acme/website", "name": "Website",
        "scm": "git", "website": null, "is_private": true, "parent": null,
        "owner": {"type": "team", "uuid": "{ee-1}", "username": "acme"},
        "workspace": {"type": "workspace", "uuid": "{ee-1}", "slug": "acme", "name": "Acme"},
        "project": {"type": "project", "uuid": "{bb-1}", "key": "WEB", "name": "Web"},
    })
}

fn pull() -> Value {
    json!({
        "type": "pullrequest", "id": 7, "title": "Start faster", "description": "Because.",
        "state": "OPEN", "draft": false, "author": ada(), "closed_by": null, "merge_commit": null,
        "created_on": "2024-05-06T08:00:00.100000+00:00",
        "updated_on": "2024-05-06T10:00:00.200000+00:00",
        "comment_count": 2, "task_count": 1, "close_source_branch": true,
        "source": {"branch": {"name": "fast"}, "commit": {"hash": "0123456789ab"}, "repository": {"uuid": "{aa-1}"}},
        "destination": {"branch": {"name": "main"}, "commit": {"hash": "ba9876543210"}, "repository": {"uuid": "{aa-1}"}},
        "reviewers": [bob()],
        "participants": [{"type": "participant", "user": bob(), "role": "REVIEWER", "approved": false, "state": null, "participated_on": null}],
        "rendered": {"description": {"raw": "Because."}}, "summary": {"raw": "Because."},
    })
}

fn vote(date: &str) -> Value {
    json!({"date": format!("2024-05-06T{date}+00:00"), "user": bob()})
}

fn comment() -> Value {
    json!({
        "id": 900, "user": bob(), "deleted": false, "parent": {"id": 899},
        "created_on": "2024-05-06T09:00:00.000000+00:00",
        "updated_on": "2024-05-06T09:30:00.000000+00:00",
        "content": {"raw": "Why?", "markup": "markdown", "html": "<p>Why?</p>"},
        "inline": {"path": "src/main.c", "from": null, "to": 3},
    })
}

/// What every delivery has, and these members.
fn with(members: Value) -> Value {
    let mut body = json!({"actor": ada(), "repository": repository()});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn delivery(event: EventKey, body: &Value) -> Delivery {
    Delivery {
        event,
        body: body.to_string().into_bytes(),
        event_time: Some(at("10:00:01")),
        hook_uuid: None,
        request_uuid: None,
        attempt: 1,
    }
}

fn read(event: EventKey, body: &Value) -> Told {
    let told = webhook::read(&delivery(event, body), arrived(), false).unwrap();
    assert!(told.batch.rejects.is_empty(), "{:?}", told.batch.rejects);
    told
}

fn refused(event: EventKey, body: &Value) -> (String, String) {
    match webhook::read(&delivery(event, body), arrived(), false) {
        Err(DeliveryError::Undecodable {
            json_path, reason, ..
        }) => (json_path, reason),
        other => panic!("{other:?}"),
    }
}

/// How many rows of pull requests, reviewers, events, comments and commits there are.
fn counts(batch: &Batch) -> [usize; 5] {
    [
        batch.pulls.len(),
        batch.reviewers.len(),
        batch.events.len(),
        batch.comments.len(),
        batch.commits.len(),
    ]
}

fn the_reviewer(told: &Told) -> &ReviewerRow {
    let [row] = told.batch.reviewers.as_slice() else {
        panic!("{:?}", told.batch.reviewers);
    };
    assert_eq!(row.id, Id::reviewer(pull_id(), who("{cc-2}")));
    row
}

/// Whether the one event is this one, with the id that the feed gives it.
fn assert_event(told: &Told, kind: EventKind, when: &str) {
    let [row] = told.batch.events.as_slice() else {
        panic!("{:?}", told.batch.events);
    };
    let expected = EventRow::of(
        pull_id(),
        kind,
        Some(who("{cc-2}")),
        at(when),
        at("10:00:01"),
    );
    assert_eq!(
        (
            row.id,
            &row.kind,
            row.occurred_at,
            row.user_id,
            row.observed_at
        ),
        (
            expected.id,
            &expected.kind,
            expected.occurred_at,
            expected.user_id,
            expected.observed_at
        )
    );
}

fn feed() -> Due {
    Due::RepositoryFeed {
        repository: website(),
    }
}

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

fn commit(sha: &str) -> Value {
    json!({
        "type": "commit", "hash": sha, "date": "2024-05-06T11:00:00+02:00",
        "message": "Start faster\n\nBecause.", "parents": [{"hash": EARLIER}],
        "author": {"raw": "Bob <bob@example.org>", "user": bob()}, "committer": {},
    })
}

fn reference(kind: &str, name: &str, sha: &str) -> Value {
    json!({"type": kind, "name": name, "target": commit(sha)})
}

#[test]
fn a_push_tells_commits_and_what_became_of_branches_and_tags() {
    let body = with(json!({"push": {"changes": [
        {
            "old": reference("branch", "main", EARLIER), "new": reference("branch", "main", SHA),
            "forced": true, "truncated": true, "commits": [commit(SHA), commit(EARLIER)],
        },
        {"old": null, "new": reference("branch", "made", EARLIER), "commits": []},
        {"old": reference("branch", "gone", SHA), "new": null, "closed": true},
        {"old": null, "new": reference("annotated_tag", "v1", SHA)},
    ]}}));
    let told = read(EventKey::Push, &body);
    let change = |kind, name: &str, old: Option<&str>, new: Option<&str>, odd| RefChange {
        kind,
        name: name.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        forced: odd,
        truncated: odd,
    };
    assert_eq!(
        told.pushes,
        [
            change(RefKind::Branch, "main", Some(EARLIER), Some(SHA), true),
            change(RefKind::Branch, "made", None, Some(EARLIER), false),
            change(RefKind::Branch, "gone", Some(SHA), None, false),
            change(RefKind::Tag, "v1", None, Some(SHA), false),
        ]
    );
    let commits = |branch: &str| Due::Commits {
        repository: website(),
        branch: branch.to_owned(),
    };
    assert_eq!(told.due, [commits("made"), commits("main")]);
    let shas: Vec<_> = told.batch.commits.iter().map(|row| row.id).collect();
    let id = |sha| Id::commit(&website(), sha);
    assert_eq!(shas, [id(SHA), id(EARLIER), id(EARLIER)]);
    let row = &told.batch.commits[0];
    assert_eq!(row.user_id, Field::Value(who("{cc-2}")));
    assert_eq!(row.author_email, Field::Value("bob@example.org".to_owned()));
    assert_eq!(row.message, Field::Value("Start faster".to_owned()));
    assert_eq!(row.committed_at, Field::Value(at("09:00:00")));
    assert_eq!(row.parent_count, Field::Value(1));
    // Whether a branch is the default one is not told.
    assert!(row.default_branch.is_absent());
}

#[test]
fn a_part_of_a_push_that_cannot_be_read_is_set_aside() {
    let mut odd = commit(SHA);
    odd["date"] = json!("SECRET");
    let body = with(json!({"push": {"changes": [
        {"old": null, "new": null},
        "SECRET",
        {"old": null, "new": reference("branch", "short", "0123456789ab")},
        {"old": null, "new": reference("branch", "main", SHA), "commits": [odd, commit("SECRET")]},
    ]}}));
    let delivery = delivery(EventKey::Push, &body);
    let told = webhook::read(&delivery, arrived(), false).unwrap();
    let rejects: Vec<_> = told
        .batch
        .rejects
        .iter()
        .map(|row| {
            let text = |field: &Field<String>| field.as_value().unwrap().clone();
            assert_eq!(text(&row.stream), "webhooks");
            assert_eq!(row.repository_id, Field::Value(Id::repository(&website())));
            (
                text(&row.natural_key),
                text(&row.json_path),
                text(&row.reason),
            )
        })
        .collect();
    let expected = [
        ("repo:push change 1", "push.changes[0].new", "it is missing"),
        (
            "repo:push change 2",
            "push.changes[1]",
            "expected an object, found a text",
        ),
        (
            "repo:push change 3",
            "push.changes[2].new.target.hash",
            "expected a hash of 40 characters",
        ),
        (
            &format!("repo:push commit {SHA}"),
            "push.changes[3].commits[0].date",
            "expected a date such as 2024-05-06T07:08:09.123456+00:00",
        ),
        (
            "repo:push commit",
            "push.changes[3].commits[1].hash",
            "expected a hash of 40 characters",
        ),
    ]
    .map(|(key, path, reason)| (key.to_owned(), path.to_owned(), reason.to_owned()));
    assert_eq!(rejects, expected);
    assert_eq!(told.pushes.len(), 1);
}

#[test]
fn a_build_of_a_pipeline_leads_to_its_run_and_another_to_nothing() {
    let status = |url: Value| {
        with(json!({"commit_status": {"type": "build", "state": "INPROGRESS", "url": url}}))
    };
    for event in [EventKey::CommitStatusCreated, EventKey::CommitStatusUpdated] {
        let run = json!("https://bitbucket.org/acme/website/pipelines/results/17");
        let told = read(event.clone(), &status(run));
        assert_eq!(
            told.due,
            [Due::Pipeline {
                repository: website(),
                build_number: 17
            }]
        );
        assert_eq!(counts(&told.batch), [0; 5]);
        for url in [json!("https://ci.example.org/job/17"), Value::Null] {
            assert_eq!(read(event.clone(), &status(url)).due, []);
        }
    }
}

#[test]
fn a_repository_that_changed_is_asked_about() {
    for event in [
        EventKey::RepositoryCreated,
        EventKey::RepositoryImported,
        EventKey::RepositoryUpdated,
        EventKey::RepositoryTransferred,
        EventKey::RepositoryDeleted,
    ] {
        let told = read(event.clone(), &with(json!({})));
        assert_eq!(told.due, [Due::Repository { uuid: website() }]);
        // What is gone is not seen.
        let rows = usize::from(event != EventKey::RepositoryDeleted);
        assert_eq!(told.batch.repositories.len(), rows);
        assert_eq!(told.repository.unwrap().full_name, "acme/website");
        assert_eq!(told.renamed, None);
    }
}

#[test]
fn a_renamed_repository_has_its_new_name() {
    let names = json!({"old": "acme/website", "new": "acme/pages"});
    let body =
        with(json!({"changes": {"full_name": names, "name": {"old": "Website", "new": "Pages"}}}));
    let told = read(EventKey::RepositoryUpdated, &body);
    let row = &told.batch.repositories[0];
    assert_eq!(row.id, Id::repository(&website()));
    assert_eq!(row.full_name, Field::Value("acme/pages".to_owned()));
    assert_eq!(row.slug, Field::Value("pages".to_owned()));
    let renamed = Renamed {
        old: Some("acme/website".to_owned()),
        new: "acme/pages".to_owned(),
    };
    assert_eq!(told.renamed, Some(renamed));
    assert_eq!(told.repository.unwrap().full_name, "acme/pages");
    for odd in [
        json!("Pages"),
        json!([]),
        json!({"full_name": {"new": 7}}),
        json!({"full_name": {"new": "pages"}}),
    ] {
        let told = read(EventKey::RepositoryUpdated, &with(json!({"changes": odd})));
        assert_eq!((told.renamed, told.due.len()), (None, 1));
    }
}

#[test]
fn a_fork_is_asked_about_where_it_is_in_the_same_workspace() {
    let fork = |name: &str| with(json!({"fork": {"uuid": "{aa-2}", "full_name": name}}));
    let told = read(EventKey::RepositoryForked, &fork("acme/copy"));
    assert_eq!(
        told.due,
        [Due::Repository {
            uuid: uuid("{aa-2}")
        }]
    );
    assert_eq!(
        read(EventKey::RepositoryForked, &fork("ada/website")).due,
        []
    );
    assert_eq!(read(EventKey::RepositoryForked, &with(json!({}))).due, []);
}

#[test]
fn a_project_is_read() {
    let workspace = json!({"uuid": "{ee-1}", "slug": "acme"});
    let body = json!({"actor": ada(), "project": {"uuid": "{bb-1}", "key": "WEB", "name": "Pages", "workspace": workspace}});
    let told = read(EventKey::ProjectUpdated, &body);
    let row = &told.batch.projects[0];
    assert_eq!(row.id, Id::project(&uuid("{bb-1}")));
    assert_eq!(row.name, Field::Value("Pages".to_owned()));
    assert_eq!(
        row.workspace_id,
        Field::Value(Id::workspace(&uuid("{ee-1}")))
    );
    assert_eq!(told.workspace.unwrap().slug, "acme");
    assert_eq!(told.repository, None);
    // Without a workspace it leaves the stored one alone.
    let told = read(
        EventKey::ProjectUpdated,
        &json!({"project": {"uuid": "{bb-1}"}}),
    );
    assert!(told.batch.projects[0].workspace_id.is_absent());
}

#[test]
fn teams_apps_and_nobody_act_too() {
    let mut body =
        with(json!({"pullrequest": pull(), "approval": {"date": "2024-05-06T10:00:00Z"}}));
    for kind in ["team", "app_user"] {
        body["actor"] = json!({"type": kind, "uuid": "{cc-9}", "display_name": "Robot"});
        let told = read(EventKey::PullApproved, &body);
        assert_eq!(told.batch.events[0].user_id, Field::Value(who("{cc-9}")));
        let mut users = told.batch.users.iter();
        let row = users.find(|row| row.id == who("{cc-9}")).unwrap();
        assert_eq!(row.account_type, Field::Value(kind.to_owned()));
    }
    body.as_object_mut().unwrap().remove("actor");
    let told = read(EventKey::PullApproved, &body);
    assert_eq!(told.batch.events[0].user_id, Field::Null);
}

#[test]
fn what_a_delivery_lacks_is_said_by_its_path() {
    let mut pull_without = pull();
    pull_without.as_object_mut().unwrap().remove("updated_on");
    let mut odd = pull();
    odd["source"]["commit"]["hash"] = json!(7);
    let mut nameless = repository();
    nameless.as_object_mut().unwrap().remove("full_name");
    for (event, body, path, reason) in [
        (
            EventKey::PullCreated,
            json!({}),
            "repository",
            "it is missing",
        ),
        (
            EventKey::PullCreated,
            json!({"repository": null}),
            "repository",
            "it is missing",
        ),
        (
            EventKey::PullCreated,
            json!({"repository": []}),
            "repository",
            "expected an object, found a list",
        ),
        (
            EventKey::Push,
            json!({"repository": nameless}),
            "repository.full_name",
            "it is missing",
        ),
        (
            EventKey::PullCreated,
            with(json!({})),
            "pullrequest",
            "it is missing",
        ),
        (
            EventKey::PullCreated,
            with(json!({"pullrequest": pull_without})),
            "pullrequest.updated_on",
            "it is missing",
        ),
        (
            EventKey::PullCreated,
            with(json!({"pullrequest": odd})),
            "pullrequest.source.commit.hash",
            "expected a text, found a number",
        ),
        (
            EventKey::PullApproved,
            with(json!({"pullrequest": pull()})),
            "approval",
            "it is missing",
        ),
        (
            EventKey::PullUnapproved,
            with(json!({"pullrequest": pull(), "approval": {}})),
            "approval.date",
            "it is missing",
        ),
        (
            EventKey::PullChangesRequested,
            with(json!({"pullrequest": pull()})),
            "changes_request",
            "it is missing",
        ),
        (
            EventKey::CommentDeleted,
            with(json!({"pullrequest": pull()})),
            "comment",
            "it is missing",
        ),
        (
            EventKey::Push,
            with(json!({})),
            "push.changes",
            "it is missing",
        ),
        (
            EventKey::Push,
            with(json!({"push": {"changes": {}}})),
            "push.changes",
            "expected a list",
        ),
        (
            EventKey::CommitStatusCreated,
            with(json!({})),
            "commit_status",
            "it is missing",
        ),
        (
            EventKey::ProjectUpdated,
            json!({}),
            "project",
            "it is missing",
        ),
        (
            EventKey::ProjectUpdated,
            json!({"project": {"key": "WEB"}}),
            "project.uuid",
            "it is missing",
        ),
    ] {
        let expected = (path.to_owned(), reason.to_owned());
        assert_eq!(refused(event, &body), expected);
    }
}

#[test]
fn a_body_that_is_no_object_is_refused_and_one_of_an_ignored_key_is_not_read() {
    let read = |event: EventKey, body: &[u8]| {
        let delivery = Delivery {
            body: body.to_vec(),
            ..delivery(event, &json!({}))
        };
        webhook::read(&delivery, arrived(), false)
    };
    for body in [&b""[..], b"[]", b"null", b"{\"repository\":", b"\xff"] {
        let refused = read(EventKey::Push, body).unwrap_err();
        assert_eq!(
            refused,
            DeliveryError::NotAnObject {
                event: EventKey::Push
            }
        );
        for event in EventKey::ALL.iter().filter(|key| !key.is_applied()) {
            let told = read(event.clone(), body).unwrap();
            assert!(told.due.is_empty() && told.repository.is_none());
        }
        let unknown = EventKey::parse("pullrequest:merged");
        assert!(read(unknown, body).unwrap().due.is_empty());
    }
}

#[test]
fn every_key_to_register_tells_something() {
    let everything = with(json!({
        "pullrequest": pull(), "approval": vote("10:00:00"), "changes_request": vote("10:00:00"),
        "comment": comment(), "push": {"changes": []}, "project": {"uuid": "{bb-1}"},
        "commit_status": {"url": "https://bitbucket.org/acme/website/pipelines/results/1"},
    }));
    for event in EventKey::to_register() {
        let told = read(event.clone(), &everything);
        assert_eq!(told.observed_at, at("10:00:01"), "{event}");
        let rows = told.batch.repositories.len() + told.batch.projects.len();
        assert!(rows + told.due.len() > 0, "{event}");
    }
}

#[test]
fn a_delivery_is_seen_when_it_happened_and_never_after_it_came() {
    let body = with(json!({"pullrequest": pull()}));
    for (event_time, expected) in [
        (Some(at("10:00:01")), at("10:00:01")),
        (None, arrived()),
        (Some(arrived().plus_seconds(1)), arrived()),
        (Some("9999-01-01T00:00:00Z".parse().unwrap()), arrived()),
    ] {
        let mut delivery = delivery(EventKey::PullCreated, &body);
        delivery.event_time = event_time;
        let told = webhook::read(&delivery, arrived(), false).unwrap();
        assert_eq!(told.observed_at, expected);
        assert_eq!(told.batch.pulls[0].observed_at, expected);
    }
}

#[test]
fn ids_depend_on_what_is_told_and_not_on_when_it_comes() {
    let body =
        with(json!({"pullrequest": pull(), "approval": vote("10:00:00"), "comment": comment()}));
    let ids = |event: EventKey, arrival: Instant, event_time: Option<Instant>, attempt: u32| {
        let mut delivery = delivery(event, &body);
        (delivery.event_time, delivery.attempt) = (event_time, attempt);
        let batch = webhook::read(&delivery, arrival, false).unwrap().batch;
        let mut ids: Vec<Id> = batch.pulls.iter().map(|row| row.id).collect();
        ids.extend(batch.reviewers.iter().map(|row| row.id));
        ids.extend(batch.events.iter().map(|row| row.id));
        ids.extend(batch.comments.iter().map(|row| row.id));
        ids.extend(batch.users.iter().map(|row| row.id));
        ids.extend(batch.repositories.iter().map(|row| row.id));
        ids
    };
    for event in [
        EventKey::PullApproved,
        EventKey::PullUnapproved,
        EventKey::CommentCreated,
        EventKey::CommentDeleted,
    ] {
        let first = ids(event.clone(), arrived(), Some(at("10:00:01")), 1);
        let late = ids(event.clone(), arrived().plus_seconds(86_400), None, 3);
        assert_eq!(first, late, "{event}");
    }
}
