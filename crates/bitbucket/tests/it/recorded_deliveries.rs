//! Deliveries that Bitbucket really sent, where a copy of them lies beside the checkout.

use std::fs;

use bitbucket::webhook::signature::{self, SignatureError};
use bitbucket::webhook::{self, Delivery, Due, EventKey, RefKind, Told};
use model::rows::{EventKind, EventRow};
use model::{Field, Id, Instant, Uuid};
use serde_json::Value;

use crate::recordings::recordings;

fn arrived() -> Instant {
    "2026-08-01T12:00:00Z".parse().unwrap()
}

fn delivery(event: EventKey, body: Vec<u8>) -> Delivery {
    Delivery {
        event,
        body,
        event_time: None,
        hook_uuid: None,
        request_uuid: None,
        attempt: 1,
    }
}

/// Reads a recorded body, with texts and, once they are taken out, without.
fn told(event: EventKey, body: Vec<u8>) -> (Value, Told) {
    let json: Value = serde_json::from_slice(&body).unwrap();
    let redacted = webhook::redact(&body).unwrap();
    let whole = delivery(event.clone(), body);
    let bare = delivery(event, redacted);
    let plain = |told: Told| format!("{told:?}");
    assert_eq!(
        plain(webhook::read(&whole, arrived(), false).unwrap()),
        plain(webhook::read(&bare, arrived(), false).unwrap())
    );
    let told = webhook::read(&whole, arrived(), true).unwrap();
    assert!(told.batch.rejects.is_empty(), "{:?}", told.batch.rejects);
    (json, told)
}

fn uuid(value: &Value) -> Uuid {
    Uuid::parse(value.as_str().unwrap()).unwrap()
}

/// What every delivery says of its repository.
fn check_repository(json: &Value, told: &Told) {
    let record = &json["repository"];
    let [row] = told.batch.repositories.as_slice() else {
        panic!("{:?}", told.batch.repositories);
    };
    let full_name = record["full_name"].as_str().unwrap();
    let (workspace, slug) = full_name.split_once('/').unwrap();
    // One recording was edited by hand: there the two differ.
    let workspace = record["workspace"]["slug"].as_str().unwrap_or(workspace);
    assert_eq!(row.id, Id::repository(&uuid(&record["uuid"])));
    assert_eq!(row.full_name, Field::Value(full_name.to_owned()));
    assert_eq!(row.slug, Field::Value(slug.to_owned()));
    assert_eq!(row.observed_at, arrived());
    // What the partial form leaves out must not clear what is stored.
    assert!(row.created_at.is_absent() && row.updated_at.is_absent());
    assert!(row.default_branch.is_absent() && row.size.is_absent() && row.language.is_absent());
    let mark = told.repository.as_ref().unwrap();
    assert_eq!(
        (&mark.uuid, mark.full_name.as_str()),
        (&uuid(&record["uuid"]), full_name)
    );
    let mark = told.workspace.as_ref().unwrap();
    assert_eq!(mark.slug, workspace);
    if let Some(record) = record.get("workspace") {
        assert_eq!(mark.uuid, Some(uuid(&record["uuid"])));
        assert_eq!(
            row.workspace_id,
            Field::Value(Id::workspace(&uuid(&record["uuid"])))
        );
        assert_eq!(told.batch.workspaces.len(), 1);
    } else {
        assert!(mark.uuid.is_none() && row.workspace_id.is_absent());
        assert!(told.batch.workspaces.is_empty());
    }
    let projects = usize::from(record.get("project").is_some());
    assert_eq!(told.batch.projects.len(), projects);
}

#[test]
fn every_recorded_pull_request_delivery_is_read() {
    let Some(directory) = recordings() else {
        return;
    };
    let events = "jenkins-events/BitbucketCloudPullRequestEventTest";
    let cases = [
        ("jenkins/pullrequest_created.json", EventKey::PullCreated),
        ("jenkins/pullrequest_updated.json", EventKey::PullUpdated),
        ("jenkins/pullrequest_rejected.json", EventKey::PullRejected),
        (
            &format!("{events}/createPayloadFork.json"),
            EventKey::PullCreated,
        ),
        (
            &format!("{events}/createPayloadOrigin.json"),
            EventKey::PullCreated,
        ),
        (
            &format!("{events}/fulfilledPayload.json"),
            EventKey::PullFulfilled,
        ),
        (
            &format!("{events}/rejectedPayload.json"),
            EventKey::PullRejected,
        ),
        (
            &format!("{events}/updatePayload_newCommit.json"),
            EventKey::PullUpdated,
        ),
        (
            &format!("{events}/updatePayload_newDestination.json"),
            EventKey::PullUpdated,
        ),
        (
            &format!("{events}/updatePayload_newDestinationCommit.json"),
            EventKey::PullUpdated,
        ),
    ];
    for (name, event) in cases {
        let body = fs::read(directory.join("webhooks").join(name)).unwrap();
        let (json, told) = told(event.clone(), body);
        check_repository(&json, &told);
        let record = &json["pullrequest"];
        let batch = &told.batch;
        let [row] = batch.pulls.as_slice() else {
            panic!("{name}");
        };
        let text = |pointer: &str| match record.pointer(pointer) {
            Some(Value::String(text)) => Field::Value(text.clone()),
            Some(Value::Null) => Field::Null,
            _ => Field::Absent,
        };
        let number = record["id"].as_i64().unwrap();
        let repository = uuid(&json["repository"]["uuid"]);
        assert_eq!(row.id, Id::pull(&repository, number), "{name}");
        assert_eq!(row.title, text("/title"), "{name}");
        assert_eq!(row.description, text("/description"), "{name}");
        assert_eq!(row.state, text("/state"), "{name}");
        assert_eq!(row.source_commit_sha, text("/source/commit/hash"), "{name}");
        assert_eq!(
            row.target_branch,
            text("/destination/branch/name"),
            "{name}"
        );
        assert_eq!(
            row.user_id,
            Field::Value(Id::user(&uuid(&record["author"]["uuid"])))
        );
        let updated = record["updated_on"].as_str().unwrap().parse().unwrap();
        assert_eq!(row.source_updated_at, Field::Value(updated), "{name}");
        let closed = !record["closed_by"].is_null();
        assert_eq!(row.closed_by_user_id.value().is_some(), closed, "{name}");
        let merged = record["state"] == "MERGED";
        assert_eq!(row.merged_by_user_id.value().is_some(), merged, "{name}");
        assert_eq!(row.merge_commit_sha.as_value().is_some(), merged, "{name}");
        assert_eq!(batch.participants.len(), 1, "{name}");
        let participants = record["participants"].as_array().unwrap();
        assert_eq!(batch.reviewers.len(), participants.len(), "{name}");
        // Their dates may differ from those of the feed, whose entries are the ones to keep.
        assert!(
            batch.events.is_empty() && batch.comments.is_empty(),
            "{name}"
        );
        let feed = Due::RepositoryFeed {
            repository: repository.clone(),
        };
        assert!(told.due.contains(&feed), "{name}");
        let size = Due::PullSize { repository, number };
        let may_be_pushed = !matches!(event, EventKey::PullFulfilled | EventKey::PullRejected);
        assert_eq!(told.due.contains(&size), may_be_pushed, "{name}");
    }
}

#[test]
fn every_recorded_push_is_read() {
    let Some(directory) = recordings() else {
        return;
    };
    // Changes, those of them that are tags, deletions and truncated; commits; branches to ask about.
    let cases = [
        ("jenkins/annotated_tag_created.json", [1, 1, 0, 0], 0, 0),
        ("jenkins/branch_created.json", [1, 0, 0, 0], 4, 1),
        ("jenkins/branch_deleted.json", [1, 0, 1, 0], 0, 0),
        ("jenkins/commit_created.json", [1, 0, 0, 1], 5, 1),
        ("jenkins/signed_payload.json", [1, 0, 0, 0], 5, 1),
        ("jenkins/tag_created.json", [1, 1, 0, 0], 0, 0),
        ("jenkins/tag_deleted.json", [1, 1, 1, 0], 0, 0),
        (
            "jenkins-events/BitbucketCloudPushEventTest/createPayload.json",
            [1, 0, 0, 0],
            1,
            1,
        ),
        (
            "jenkins-events/BitbucketCloudPushEventTest/emptyPayload.json",
            [0, 0, 0, 0],
            0,
            0,
        ),
        (
            "jenkins-events/BitbucketCloudPushEventTest/multipleChangesPayload.json",
            [3, 1, 0, 1],
            6,
            2,
        ),
        (
            "jenkins-events/BitbucketCloudPushEventTest/newTagPayload.json",
            [1, 1, 0, 0],
            0,
            0,
        ),
        (
            "jenkins-events/BitbucketCloudPushEventTest/updatePayload.json",
            [1, 0, 0, 0],
            1,
            1,
        ),
    ];
    for (name, expected, commits, branches) in cases {
        let body = fs::read(directory.join("webhooks").join(name)).unwrap();
        let (json, told) = told(EventKey::Push, body);
        check_repository(&json, &told);
        let count = |which: &dyn Fn(&webhook::RefChange) -> bool| {
            told.pushes.iter().filter(|change| which(change)).count()
        };
        let found = [
            told.pushes.len(),
            count(&|change| change.kind == RefKind::Tag),
            count(&|change| change.new.is_none()),
            count(&|change| change.truncated),
        ];
        assert_eq!(found, expected, "{name}");
        assert_eq!(told.batch.commits.len(), commits, "{name}");
        assert_eq!(told.due.len(), branches, "{name}");
        let told_branches = told
            .due
            .iter()
            .all(|due| matches!(due, Due::Commits { .. }));
        assert!(told_branches, "{name}");
        let repository = uuid(&json["repository"]["uuid"]);
        let mut recorded = json["push"]["changes"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|change| change["commits"].as_array().into_iter().flatten());
        for row in &told.batch.commits {
            let record = recorded.next().unwrap();
            let sha = record["hash"].as_str().unwrap();
            assert_eq!(row.id, Id::commit(&repository, sha), "{name}");
            let author = record
                .pointer("/author/user/uuid")
                .map(|it| Id::user(&uuid(it)));
            assert_eq!(row.user_id, author.into(), "{name}");
            assert!(row.author_email.as_value().is_some(), "{name}");
            assert!(row.default_branch.is_absent(), "{name}");
            assert_eq!(
                row.committed_at,
                Field::Value(record["date"].as_str().unwrap().parse().unwrap())
            );
        }
        assert_eq!(recorded.next(), None, "{name}");
    }
}

#[test]
fn every_recorded_commit_status_leads_to_its_run() {
    let Some(directory) = recordings() else {
        return;
    };
    for (name, event) in [
        ("pipeline_hook_created.json", EventKey::CommitStatusCreated),
        ("pipeline_hook_update.json", EventKey::CommitStatusUpdated),
    ] {
        let body = fs::read(directory.join("webhooks/go-scm").join(name)).unwrap();
        let (json, told) = told(event, body);
        check_repository(&json, &told);
        let repository = uuid(&json["repository"]["uuid"]);
        let run = Due::Pipeline {
            repository,
            build_number: 4,
        };
        assert_eq!(told.due, [run], "{name}");
    }
}

#[test]
fn a_recorded_request_for_changes_is_read_though_its_participants_lag_behind() {
    let Some(directory) = recordings() else {
        return;
    };
    let name = "curated/webhooks/pullrequest_changes_request_created_2022_partial.json";
    let shell: Value = serde_json::from_slice(&fs::read(directory.join(name)).unwrap()).unwrap();
    let event = EventKey::parse(shell["event_key"].as_str().unwrap());
    assert_eq!(event, EventKey::PullChangesRequested);
    let (json, told) = told(event, shell["body"].to_string().into_bytes());
    check_repository(&json, &told);
    let pull = Id::pull(&uuid(&json["repository"]["uuid"]), 1);
    let user = Id::user(&uuid(&json["changes_request"]["user"]["uuid"]));
    let at = "2022-05-22T13:19:03.260699Z".parse().unwrap();
    let vote = EventRow::of(pull, EventKind::ChangesRequested, Some(user), at, arrived());
    let [row] = told.batch.events.as_slice() else {
        panic!("{:?}", told.batch.events);
    };
    assert_eq!((row.id, row.occurred_at), (vote.id, vote.occurred_at));
    let [row] = told.batch.reviewers.as_slice() else {
        panic!("{:?}", told.batch.reviewers);
    };
    assert_eq!(row.id, Id::reviewer(pull, user));
    assert_eq!(row.role, Field::Value("REVIEWER".to_owned()));
    assert_eq!(row.state, Field::Value("changes_requested".to_owned()));
    assert_eq!(row.approved, Field::Value(false));
    assert_eq!(row.participated_at, Field::Value(at));
}

#[test]
fn the_recorded_signature_is_right() {
    let Some(directory) = recordings() else {
        return;
    };
    let vector = directory.join("curated/webhooks/hmac_vector.json");
    let vector: Value = serde_json::from_slice(&fs::read(vector).unwrap()).unwrap();
    let text = |name: &str| vector[name].as_str().unwrap();
    let body = fs::read(directory.join(text("body_file"))).unwrap();
    assert_eq!(body.len() as u64, vector["body_bytes"].as_u64().unwrap());
    let secrets = [
        "another".to_owned().into(),
        text("test_secret").to_owned().into(),
    ];
    let header = text("X-Hub-Signature");
    assert_eq!(signature::verify(Some(header), &body, &secrets), Ok(1));
    assert_eq!(signature::sign(&body, &secrets[1]), header);
    let bad = signature::verify(Some(text("bad")), &body, &secrets);
    assert_eq!(bad, Err(SignatureError::Mismatch));
}
