//! What holds of every delivery: who acts, what is lacking, when it was.

use bitbucket::webhook::{self, Delivery, DeliveryError, EventKey};
use model::{Field, Id, Instant};
use serde_json::json;

use super::{arrived, at, comment, delivery, pull, read, refused, repository, vote, who, with};

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
