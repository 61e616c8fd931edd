//! Deliveries of every key, of invented people.

mod every_key;
mod pulls;
mod repositories;

use bitbucket::webhook::{self, Delivery, DeliveryError, Due, EventKey, Told};
use model::rows::{Batch, EventKind, EventRow, ReviewerRow};
use model::{Id, Instant, Uuid};
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
