//! What records become. People and repositories are invented; the shapes are Bitbucket's.

use bitbucket::Listing;
use model::rows::{Batch, EventKind, EventRow, PullRow};
use model::{Field, Id, Instant};
use serde_json::{Value, json};

use crate::server::*;

const DATE: &str = "2026-03-01T10:00:00.000001+00:00";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn text(words: &str) -> Field<String> {
    Field::Value(words.to_owned())
}

fn account(uuid: &str, name: &str) -> Value {
    json!({
        "type": "user", "uuid": uuid, "account_id": "557058:x", "display_name": name,
        "nickname": name.to_lowercase(),
        "links": {
            "self": { "href": "https://api.bitbucket.org/2.0/users/x" },
            "html": { "href": "https://bitbucket.org/x/" },
        },
    })
}

fn pull_with(members: Value) -> Value {
    let mut pull = json!({ "id": 7, "created_on": DATE, "updated_on": DATE });
    for (name, value) in members.as_object().unwrap() {
        pull[name] = value.clone();
    }
    pull
}

async fn batch(listing: &Listing, value: Value) -> Batch {
    let batch = read(listing, &[value]).await.batch;
    assert_eq!(batch.rejects, []);
    batch
}

async fn pull(members: Value) -> PullRow {
    let batch = batch(&pulls(), pull_with(members)).await;
    batch.pulls.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_pull_request_in_full() {
    let value = pull_with(json!({
        "title": "Faster start", "description": "Because.", "state": "MERGED", "draft": false,
        "author": account("{CC-1}", "Ada"), "closed_by": account("{cc-2}", "Bob"),
        "merge_commit": { "hash": "0123456789ab", "date": "2026-03-01T11:00:00+02:00" },
        "source": {
            "branch": { "name": "fast" }, "commit": { "hash": "aaaaaaaaaaaa" },
            "repository": { "uuid": "{fo-1}" },
        },
        "destination": {
            "branch": { "name": "main" }, "commit": { "hash": "bbbbbbbbbbbb" },
            "repository": { "uuid": "{aa000000-0000-4000-8000-000000000001}" },
        },
        "comment_count": 3, "task_count": 0, "close_source_branch": true,
        "links": { "html": { "href": "https://bitbucket.org/acme/website/pull-requests/7" } },
        "a member of tomorrow": { "x": [1] },
    }));
    let batch = batch(&pulls(), value).await;
    let mut expected = PullRow::new(Id::pull(&website().uuid, 7), start());
    expected.repository_id = Field::Value(website().id());
    expected.number = Field::Value(7);
    expected.user_id = Field::Value(Id::user(&uuid("{cc-1}")));
    expected.closed_by_user_id = Field::Value(Id::user(&uuid("{cc-2}")));
    expected.merged_by_user_id = expected.closed_by_user_id;
    expected.title = text("Faster start");
    expected.state = text("MERGED");
    expected.draft = Field::Value(false);
    expected.source_branch = text("fast");
    expected.target_branch = text("main");
    expected.source_commit_sha = text("aaaaaaaaaaaa");
    expected.target_commit_sha = text("bbbbbbbbbbbb");
    expected.merge_commit_sha = text("0123456789ab");
    expected.merge_commit_at = Field::Value(at("2026-03-01T09:00:00Z"));
    expected.source_repository_id = Field::Value(Id::repository(&uuid("{fo-1}")));
    expected.comment_count = Field::Value(3);
    expected.task_count = Field::Value(0);
    expected.close_source_branch = Field::Value(true);
    expected.source_url = text("https://bitbucket.org/acme/website/pull-requests/7");
    expected.created_at = Field::Value(at(DATE));
    expected.updated_at = Field::Value(at(DATE));
    expected.source_updated_at = Field::Value(at(DATE));
    assert_eq!(batch.pulls, [expected]);
    assert_eq!(batch.users.len(), 2);
    assert!(batch.reviewers.is_empty() && batch.participants.is_empty());
}

#[tokio::test]
async fn what_is_null_and_what_is_not_told_stay_apart() {
    let told = pull(json!({
        "author": null, "closed_by": null, "merge_commit": null, "state": "DECLINED",
        "source": { "branch": null, "commit": null, "repository": null },
        "destination": { "branch": { "name": "main" }, "commit": null },
    }))
    .await;
    assert_eq!(told.user_id, Field::Null);
    assert_eq!(told.closed_by_user_id, Field::Null);
    assert_eq!(told.merged_by_user_id, Field::Null);
    assert_eq!(told.merge_commit_sha, Field::Null);
    assert_eq!(told.merge_commit_at, Field::Null);
    assert_eq!(told.source_branch, Field::Null);
    assert_eq!(told.source_commit_sha, Field::Null);
    assert_eq!(told.source_repository_id, Field::Null);
    assert_eq!(told.target_commit_sha, Field::Null);

    let untold = pull(json!({})).await;
    assert_eq!(untold.user_id, Field::Absent);
    assert_eq!(untold.merged_by_user_id, Field::Absent);
    assert_eq!(untold.merge_commit_at, Field::Absent);
    assert_eq!(untold.source_repository_id, Field::Absent);
    assert_eq!(untold.state, Field::Absent);
    // Its page is known without being told.
    assert_eq!(
        untold.source_url,
        text("https://bitbucket.org/acme/website/pull-requests/7")
    );

    let undated = pull(json!({ "merge_commit": { "hash": "0123456789ab" } })).await;
    assert_eq!(undated.merge_commit_sha, text("0123456789ab"));
    assert_eq!(undated.merge_commit_at, Field::Absent);
}

#[tokio::test]
async fn an_unknown_state_stays_as_it_is_written() {
    let row = pull(json!({ "state": "QUEUED", "closed_by": account("{cc-1}", "Ada") })).await;
    assert_eq!(row.state, text("QUEUED"));
    assert_eq!(row.merged_by_user_id, Field::Null);
}

#[tokio::test]
async fn texts_become_rows_only_where_that_is_switched_on() {
    let value = pull_with(json!({ "description": "private" }));
    let comment = json!({ "id": 5, "created_on": DATE, "content": { "raw": "private" } });
    for store_text in [false, true] {
        let expected = if store_text {
            text("private")
        } else {
            Field::Absent
        };
        let page = read_with(&pulls(), std::slice::from_ref(&value), store_text).await;
        assert_eq!(page.batch.pulls[0].description, expected);
        let page = read_with(&comments(), std::slice::from_ref(&comment), store_text).await;
        assert_eq!(page.batch.comments[0].content, expected);
        let entry = json!({ "pull_request": { "id": 7 }, "comment": comment });
        let page = read_with(&activity(), &[entry], store_text).await;
        assert_eq!(page.batch.comments[0].content, expected);
    }
}

#[tokio::test]
async fn participants_and_reviewers_are_one_list() {
    let people = json!({
        "participants": [
            { "user": account("{cc-1}", "Ada"), "role": "REVIEWER", "approved": true,
              "state": "approved", "participated_on": "2026-03-01T10:30:00.5+00:00" },
            { "user": account("{cc-2}", "Bob"), "role": "PARTICIPANT", "approved": false,
              "state": null, "participated_on": null },
            { "user": null, "role": "PARTICIPANT", "approved": false },
        ],
        "reviewers": [account("{cc-1}", "Ada"), account("{cc-3}", "Cy"), null],
    });
    let batch = batch(&pulls(), pull_with(people)).await;
    let found: Vec<_> = batch
        .reviewers
        .iter()
        .map(|row| {
            (
                row.user_id.value().unwrap(),
                row.role.clone().value().unwrap(),
                row.approved,
                row.state.clone(),
            )
        })
        .collect();
    let who = |text| Id::user(&uuid(text));
    let (yes, no) = (Field::Value(true), Field::Value(false));
    assert_eq!(
        found,
        [
            (who("{cc-1}"), "REVIEWER".to_owned(), yes, text("approved")),
            (who("{cc-2}"), "PARTICIPANT".to_owned(), no, Field::Null),
            (who("{cc-3}"), "REVIEWER".to_owned(), no, Field::Null),
        ]
    );
    assert_eq!(
        batch.reviewers[0].participated_at,
        Field::Value(at("2026-03-01T10:30:00.5Z"))
    );
    assert!(
        batch
            .reviewers
            .iter()
            .all(|row| row.source_updated_at == Field::Value(at(DATE)))
    );
    assert_eq!(batch.participants.len(), 1);
    assert_eq!(batch.users.len(), 3);
}

#[tokio::test]
async fn without_participants_the_list_is_not_called_complete() {
    let people = json!({ "reviewers": [account("{cc-3}", "Cy")] });
    let partial = batch(&pulls(), pull_with(people)).await;
    assert!(partial.participants.is_empty());
    assert_eq!(partial.reviewers[0].approved, Field::Absent);
    let nobody = batch(&pulls(), pull_with(json!({ "participants": [] }))).await;
    assert_eq!((nobody.participants.len(), nobody.reviewers.len()), (1, 0));
}

#[tokio::test]
async fn accounts_of_every_kind_are_kept_once() {
    let mut sparse = account("{cc-1}", "Ada");
    sparse
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name == "uuid");
    let page = read(
        &pulls(),
        &[
            pull_with(json!({ "author": account("{cc-1}", "Ada"), "closed_by": sparse })),
            pull_with(
                json!({ "author": { "type": "app_user", "uuid": "{cc-2}", "account_id": "" } }),
            ),
            pull_with(
                json!({ "author": { "type": "team", "uuid": "{cc-3}", "username": "acme" } }),
            ),
            pull_with(json!({ "author": { "type": "robot", "uuid": "{cc-4}" } })),
            pull_with(
                json!({ "author": { "type": "user", "display_name": "Nobody", "uuid": null } }),
            ),
        ],
    )
    .await;
    assert_eq!(page.batch.rejects, []);
    assert_eq!(page.batch.pulls[4].user_id, Field::Null);
    let user = |text| {
        let id = Id::user(&uuid(text));
        page.batch.users.iter().find(|row| row.id == id).unwrap()
    };
    assert_eq!(page.batch.users.len(), 4);
    // The sparse sight took nothing away.
    assert_eq!(user("{cc-1}").name, text("Ada"));
    assert_eq!(user("{cc-1}").account_id, text("557058:x"));
    assert_eq!(user("{cc-1}").source_url, text("https://bitbucket.org/x/"));
    let kinds = |text| {
        (
            user(text).account_type.clone(),
            user(text).account_id.clone(),
        )
    };
    assert_eq!(kinds("{cc-2}"), (text("app_user"), Field::Null));
    assert_eq!(kinds("{cc-3}"), (text("team"), Field::Absent));
    assert_eq!(kinds("{cc-4}"), (text("robot"), Field::Absent));
}

#[tokio::test]
async fn repositories_bring_their_workspace_and_project() {
    let value = json!({
        "uuid": "{AA-2}", "full_name": "acme/ants", "name": "Ants", "is_private": true,
        "language": "", "size": 12.0, "mainbranch": null, "parent": { "uuid": "aa-9" },
        "created_on": DATE, "updated_on": "2026-03-01T12:00:00Z",
        "owner": { "type": "team", "uuid": "{cc-8}", "display_name": "Acme" },
        "workspace": { "uuid": "{ee-1}", "slug": "acme", "name": "Acme" },
        "project": { "uuid": "{ff-1}", "key": "PUB", "name": "Public" },
        "links": { "html": { "href": "javascript:alert(1)" } },
    });
    let batch = batch(&Listing::Repositories, value).await;
    let row = &batch.repositories[0];
    assert_eq!(row.id, Id::repository(&uuid("{aa-2}")));
    assert_eq!(row.slug, text("ants"));
    assert_eq!(row.language, Field::Null);
    assert_eq!(row.size, Field::Value(12));
    assert_eq!(row.default_branch, Field::Null);
    assert_eq!(row.parent_source_id, text("{aa-9}"));
    assert_eq!(row.source_url, Field::Absent);
    assert_eq!(
        row.source_updated_at,
        Field::Value(at("2026-03-01T12:00:00Z"))
    );
    assert_eq!(row.workspace_id, Field::Value(batch.workspaces[0].id));
    assert_eq!(row.project_id, Field::Value(batch.projects[0].id));
    assert_eq!(batch.projects[0].workspace_id, row.workspace_id);
    // The owner is the workspace once more.
    assert_eq!(batch.users.len(), 0);
}

#[tokio::test]
async fn members_bring_accounts_and_memberships() {
    let value = json!({
        "type": "workspace_membership", "user": account("{cc-1}", "Ada"),
        "workspace": { "uuid": "{ee-1}", "slug": "acme" },
    });
    let batch = batch(&Listing::Members, value).await;
    let row = &batch.members[0];
    let (workspace, user) = (Id::workspace(&uuid("{ee-1}")), Id::user(&uuid("{cc-1}")));
    assert_eq!(row.id, Id::member(workspace, user));
    assert_eq!(row.active, Field::Value(true));
    assert_eq!(batch.users[0].id, user);
}

#[tokio::test]
async fn activity_becomes_events_and_comments_with_their_dates() {
    let entries = [
        json!({ "pull_request": { "id": 7 }, "comment": {
            "id": 900, "created_on": "2026-03-01T14:00:00Z", "updated_on": "2026-03-01T14:00:00.1Z",
            "user": null, "deleted": true, "content": { "raw": "" },
        }}),
        json!({ "pull_request": { "id": 7 }, "update": {
            "date": "2026-03-01T13:00:00Z", "author": account("{cc-1}", "Ada"), "state": "MERGED",
            "draft": false, "reviewers": [], "reason": "",
            "changes": {
                "status": { "old": "open", "new": "fulfilled" },
                "draft": { "old": true, "new": false },
                "reviewers": { "added": [account("{cc-2}", "Bob")], "removed": [] },
            },
            "source": { "commit": { "hash": "aaaaaaaaaaaa" } },
            "destination": { "branch": { "name": "main" } },
        }}),
        json!({ "pull_request": { "id": 8 }, "approval": { "date": "2026-03-01T12:00:00Z", "user": account("{cc-2}", "Bob") } }),
        json!({ "changes_requested": { "date": "2026-03-01T11:00:00Z", "user": null, "pullrequest": { "id": 9 } } }),
        json!({ "pull_request": { "id": 9 }, "changes_request": { "date": "2026-03-01T10:00:00Z", "user": account("{cc-2}", "Bob") } }),
        json!({ "pull_request": { "id": 9 } }),
        json!({ "pull_request": { "id": 9 }, "update": null, "something_new": { "date": DATE } }),
        json!({ "pull_request": { "id": 9 }, "update": {
            "date": "2026-03-01T09:00:00Z", "changes": { "draft": "odd", "reviewers": [], "status": null },
        }}),
    ];
    let page = read(&activity(), &entries).await;
    assert_eq!(page.batch.rejects, []);
    assert_eq!(page.values, 8);
    assert!(page.batch.pulls.is_empty());
    let marks: Vec<_> = page
        .entries
        .iter()
        .map(|mark| (mark.number, mark.at))
        .collect();
    let hour = |hour: i64| at("2026-03-01T00:00:00Z").plus_seconds(hour * 3_600);
    assert_eq!(
        marks,
        [
            (7, hour(14)),
            (7, hour(13)),
            (8, hour(12)),
            (9, hour(11)),
            (9, hour(10)),
            (9, hour(9))
        ]
    );

    let [merge, approval, request, other_name, odd] = &page.batch.events[..] else {
        panic!("{:?}", page.batch.events);
    };
    let of = |number| Id::pull(&website().uuid, number);
    let who = |text| Some(Id::user(&uuid(text)));
    let mut expected = EventRow::of(of(7), EventKind::Update, who("{cc-1}"), hour(13), start());
    expected.state = text("MERGED");
    expected.status_changed_to = text("fulfilled");
    expected.draft = Field::Value(false);
    expected.draft_changed_to = Field::Value(false);
    expected.source_commit_sha = text("aaaaaaaaaaaa");
    expected.target_branch = text("main");
    expected.reviewers_added = text(&format!("[\"{}\"]", who("{cc-2}").unwrap()));
    expected.reviewers_removed = text("[]");
    assert_eq!(*merge, expected);
    // An entry is told whole: what it leaves out is not there.
    let whole = |row: EventRow| EventRow {
        state: Field::Null,
        status_changed_to: Field::Null,
        draft: Field::Null,
        draft_changed_to: Field::Null,
        source_commit_sha: Field::Null,
        target_branch: Field::Null,
        reviewers_added: Field::Null,
        reviewers_removed: Field::Null,
        ..row
    };
    let kind = EventKind::Approval;
    assert_eq!(
        *approval,
        whole(EventRow::of(of(8), kind, who("{cc-2}"), hour(12), start()))
    );
    let kind = EventKind::ChangesRequested;
    assert_eq!(
        *request,
        whole(EventRow::of(of(9), kind, None, hour(11), start()))
    );
    assert_eq!(
        *other_name,
        whole(EventRow::of(of(9), kind, who("{cc-2}"), hour(10), start()))
    );
    let kind = EventKind::Update;
    assert_eq!(
        *odd,
        whole(EventRow::of(of(9), kind, None, hour(9), start()))
    );

    let comment = &page.batch.comments[0];
    assert_eq!(comment.pull_id, Field::Value(of(7)));
    assert_eq!(comment.user_id, Field::Null);
    assert_eq!(comment.deleted, Field::Value(true));
    assert_eq!(page.batch.users.len(), 2);
}

#[tokio::test]
async fn the_activity_of_one_pull_request_needs_no_number_within() {
    let listing = Listing::PullActivity {
        repository: website(),
        number: 7,
    };
    let batch = batch(&listing, json!({ "approval": { "date": DATE } })).await;
    assert_eq!(
        batch.events[0].pull_id,
        Field::Value(Id::pull(&website().uuid, 7))
    );
}

#[tokio::test]
async fn comments_of_every_kind() {
    let values = [
        json!({ "id": 1, "created_on": DATE, "updated_on": "2026-03-01T12:00:00Z", "user": account("{cc-1}", "Ada"),
            "deleted": false, "parent": { "id": 900 },
            "inline": { "path": "src/start.rs", "from": null, "to": 12, "outdated": true },
            "resolution": { "type": "comment_resolution", "user": account("{cc-2}", "Bob"), "created_on": "2026-03-01T12:00:00Z" },
            "links": { "html": { "href": "https://bitbucket.org/acme/website/pull-requests/7/_/diff#comment-1" } } }),
        json!({ "id": 2, "created_on": DATE, "user": null, "deleted": false, "resolution": null }),
        json!({ "id": 3, "created_on": DATE, "pending": true, "content": { "raw": "a draft" } }),
        json!({ "id": 4, "created_on": DATE, "inline": { "path": "a whole file" } }),
    ];
    let page = read(&comments(), &values).await;
    assert_eq!(page.batch.rejects, []);
    assert_eq!(page.values, 4);
    let [reply, global, file] = &page.batch.comments[..] else {
        panic!("{:?}", page.batch.comments);
    };
    assert_eq!(page.entries.len(), 3);
    assert_eq!(reply.parent_id, Field::Value(Id::comment(900)));
    assert_eq!(reply.path, text("src/start.rs"));
    assert_eq!(
        (reply.line_from, reply.line_to),
        (Field::Null, Field::Value(12))
    );
    assert_eq!(reply.resolved_at, Field::Value(at("2026-03-01T12:00:00Z")));
    assert_eq!(
        reply.resolved_by_user_id,
        Field::Value(Id::user(&uuid("{cc-2}")))
    );
    assert_eq!(
        reply.source_updated_at,
        Field::Value(at("2026-03-01T12:00:00Z"))
    );
    assert_eq!(reply.content, Field::Absent);
    assert_eq!(global.path, Field::Null);
    assert_eq!(global.parent_id, Field::Null);
    // A thread that was opened again: what was stored is cleared.
    assert_eq!(global.resolved_at, Field::Null);
    assert_eq!(file.resolved_by_user_id, Field::Null);
    assert_eq!(global.source_updated_at, Field::Value(at(DATE)));
    assert_eq!(file.path, text("a whole file"));
    assert_eq!(file.line_to, Field::Null);
}

#[tokio::test]
async fn pipelines_of_every_kind() {
    let values = [
        json!({ "uuid": "{DD-1}", "build_number": 42, "run_number": 2, "creator": account("{cc-1}", "Ada"),
            "created_on": "2026-03-01T10:00:00.671Z", "completed_on": "2026-03-01T10:05:30.123456789Z",
            "duration_in_seconds": 330, "build_seconds_used": 331.0,
            "state": { "name": "COMPLETED", "result": { "name": "FAILED" } },
            "target": { "type": "pipeline_ref_target", "ref_type": "branch", "ref_name": "main",
                "selector": { "type": "default" }, "commit": { "hash": "0123456789012345678901234567890123456789" } },
            "trigger": { "type": "pipeline_trigger_push", "name": "PUSH" },
            "links": { "self": { "href": "http://pipelines.internal.example/1" } } }),
        json!({ "uuid": "{dd-2}", "build_number": 43, "creator": null, "created_on": DATE,
            "state": { "name": "IN_PROGRESS", "stage": { "name": "PAUSED" } },
            "target": { "type": "pipeline_pullrequest_target", "source": "fast", "destination": "main",
                "commit": null, "selector": { "type": "pull-requests", "pattern": "**" }, "pullrequest": { "id": 7 } } }),
        json!({ "uuid": "{dd-3}", "created_on": DATE, "state": null, "target": null }),
        json!({ "uuid": "{dd-4}", "created_on": DATE, "target": { "type": "pipeline_commit_target", "commit": { "hash": "ab" } } }),
    ];
    let page = read(&pipelines(), &values).await;
    assert_eq!(page.batch.rejects, []);
    let [failed, paused, bare, commit] = &page.batch.pipelines[..] else {
        panic!("{:?}", page.batch.pipelines);
    };
    assert_eq!(failed.id, Id::pipeline(&uuid("{dd-1}")));
    assert_eq!(failed.repository_id, Field::Value(website().id()));
    assert_eq!(failed.result, text("FAILED"));
    assert_eq!(failed.stage, Field::Null);
    assert_eq!(
        failed.completed_at,
        Field::Value(at("2026-03-01T10:05:30.123456Z"))
    );
    assert_eq!(
        (failed.duration, failed.build_seconds_used),
        (Field::Value(330), Field::Value(331))
    );
    assert_eq!(failed.selector_pattern, Field::Null);
    assert_eq!(failed.pull_id, Field::Null);
    assert_eq!(failed.trigger_type, text("pipeline_trigger_push"));
    assert_eq!(
        failed.source_url,
        text("https://bitbucket.org/acme/website/pipelines/results/42")
    );
    // A re-run takes back what the run before it ended with.
    assert_eq!(paused.stage, text("PAUSED"));
    assert_eq!(paused.result, Field::Null);
    assert_eq!(paused.completed_at, Field::Null);
    assert_eq!(paused.user_id, Field::Null);
    assert_eq!(paused.ref_name, text("fast"));
    assert_eq!(paused.commit_sha, Field::Null);
    assert_eq!(paused.pull_id, Field::Value(Id::pull(&website().uuid, 7)));
    assert_eq!(bare.state, Field::Absent);
    assert_eq!(bare.source_url, Field::Absent);
    assert_eq!(commit.commit_sha, text("ab"));
    assert_eq!(commit.ref_name, Field::Absent);
}
