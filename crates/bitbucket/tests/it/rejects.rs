//! Records that cannot be read are set aside, and the rest goes on.

use bitbucket::Listing;
use model::rows::RejectRow;
use serde_json::{Value, json};

use crate::server::*;

fn told(row: &RejectRow) -> (String, String, String) {
    (
        row.natural_key.clone().value().unwrap(),
        row.json_path.clone().value().unwrap(),
        row.reason.clone().value().unwrap(),
    )
}

async fn reject(listing: &Listing, value: Value) -> (String, String, String) {
    let page = read(listing, &[value]).await;
    assert_eq!(page.values, 1);
    let [row] = &page.batch.rejects[..] else {
        panic!("{:?}", page.batch);
    };
    assert_eq!(row.stream.as_value().unwrap(), listing.stream());
    assert_eq!(
        row.repository_id.as_value().copied(),
        listing.repository().map(bitbucket::RepositoryRef::id)
    );
    told(row)
}

const DATE: &str = "2026-03-01T10:00:00.000001+00:00";

#[tokio::test]
async fn a_reject_says_which_record_and_where_and_nothing_of_it() {
    let secret = "what people wrote, expected nothing";
    let (key, path, reason) = reject(
        &pulls(),
        json!({ "id": 12, "created_on": DATE, "updated_on": DATE, "title": { "x": secret } }),
    )
    .await;
    assert_eq!((key.as_str(), path.as_str()), ("acme/website#12", "title"));
    assert_eq!(reason, "expected a text, found an object");

    for (value, expected_key, expected_path) in [
        (
            json!({ "id": 12, "created_on": secret, "updated_on": DATE }),
            "acme/website#12",
            "created_on",
        ),
        (
            json!({ "id": secret, "created_on": DATE, "updated_on": DATE }),
            "acme/website record 1 of a page",
            "id",
        ),
        (
            json!({ "id": 12, "created_on": DATE }),
            "acme/website#12",
            "updated_on",
        ),
        (
            json!({ "id": 12, "created_on": DATE, "updated_on": DATE, "source": { "commit": { "hash": [secret] } } }),
            "acme/website#12",
            "source.commit.hash",
        ),
        (
            json!({ "id": 12, "created_on": DATE, "updated_on": DATE,
                "participants": [{}, { "participated_on": secret }] }),
            "acme/website#12",
            "participants[1].participated_on",
        ),
        (json!(secret), "acme/website record 1 of a page", "."),
        (json!(null), "acme/website record 1 of a page", "."),
        (
            json!([12, DATE, DATE, secret]),
            "acme/website record 1 of a page",
            ".",
        ),
    ] {
        let (key, path, reason) = reject(&pulls(), value).await;
        assert_eq!((key.as_str(), path.as_str()), (expected_key, expected_path));
        for shown in [key, path, reason] {
            assert!(!shown.contains("people"), "{shown}");
        }
    }
}

#[tokio::test]
async fn every_stream_rejects_what_it_cannot_do_without() {
    for (listing, value, expected_key, expected_path) in [
        (
            Listing::Repositories,
            json!({ "full_name": "acme/website" }),
            "acme/website",
            "uuid",
        ),
        (
            Listing::Repositories,
            json!({ "uuid": "{aa-1}", "full_name": null }),
            "{aa-1}",
            "full_name",
        ),
        (
            Listing::Members,
            json!({ "user": { "uuid": "{cc-1}" } }),
            "{cc-1}",
            "workspace",
        ),
        (
            Listing::Members,
            json!({ "user": { "display_name": "Ada" }, "workspace": { "uuid": "{ee-1}" } }),
            "record 1 of a page",
            "user.uuid",
        ),
        (
            activity(),
            json!({ "pull_request": { "id": 3 }, "update": { "state": "OPEN" } }),
            "acme/website#3",
            "update.date",
        ),
        (
            activity(),
            json!({ "approval": { "date": DATE } }),
            "acme/website record 1 of a page",
            "pull_request.id",
        ),
        (
            activity(),
            json!({ "pull_request": { "id": 3 }, "comment": { "id": 5 } }),
            "acme/website#3 comment 5",
            "comment.created_on",
        ),
        (
            comments(),
            json!({ "created_on": DATE }),
            "acme/website#7",
            "id",
        ),
        (
            pipelines(),
            json!({ "uuid": "{dd-1}" }),
            "acme/website pipeline {dd-1}",
            "created_on",
        ),
        (
            pipelines(),
            json!({ "uuid": "{}", "build_number": 9, "created_on": DATE }),
            "acme/website pipeline 9",
            "uuid",
        ),
        (
            commits(),
            json!({ "hash": "0123456789ab" }),
            "acme/website commit 0123456789ab",
            "hash",
        ),
        (
            commits(),
            json!({ "hash": "what people wrote" }),
            "acme/website record 1 of a page",
            "hash",
        ),
        (
            pull_commits(),
            json!({ "date": DATE }),
            "acme/website#7",
            "hash",
        ),
        (
            pull_commits(),
            json!({ "hash": "0123456789ab0123456789ab0123456789ab0123", "date": "soon" }),
            "acme/website#7 commit 0123456789ab0123456789ab0123456789ab0123",
            "date",
        ),
        (
            steps(),
            json!({ "uuid": "{ff-1}", "state": { "name": 1 } }),
            "acme/website step {ff-1}",
            "state.name",
        ),
        (
            environments(),
            json!({ "name": "Live" }),
            "acme/website record 1 of a page",
            "uuid",
        ),
        (
            deployments(),
            json!({ "uuid": "{de-1}", "state": { "started_on": "soon" } }),
            "acme/website deployment {de-1}",
            "state.started_on",
        ),
    ] {
        let (key, path, _) = reject(&listing, value).await;
        assert_eq!((key.as_str(), path.as_str()), (expected_key, expected_path));
    }
}

#[tokio::test]
async fn the_rest_of_the_page_goes_on_and_nothing_of_the_bad_record_stays() {
    let good = json!({ "id": 1, "created_on": DATE, "updated_on": DATE });
    let bad = json!({ "id": 2, "created_on": DATE, "author": { "uuid": "{cc-9}" } });
    let page = read(&pulls(), &[good.clone(), bad.clone(), good, bad]).await;
    assert_eq!((page.values, page.batch.pulls.len()), (4, 2));
    assert_eq!(page.batch.users.len(), 0);
    let rejects = &page.batch.rejects;
    assert_eq!(rejects.len(), 2);
    // The same trouble is the same row.
    assert_eq!(rejects[0].id, rejects[1].id);
}
