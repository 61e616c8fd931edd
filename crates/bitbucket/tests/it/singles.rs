//! Records that are asked for alone.

use bitbucket::ClientError;
use model::{Field, Id};
use serde_json::json;

use crate::server::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

#[tokio::test]
async fn a_repository_is_found_by_its_uuid_whatever_it_is_called() {
    let server = Server::saying(vec![
        Answer::json(&json!({
            "type": "repository", "uuid": "{AA-1}", "full_name": "acme/renamed", "name": "Renamed",
            "workspace": { "uuid": "{ee-1}", "slug": "acme" }, "mainbranch": { "name": "main" },
        })),
        Answer::error(404, "Repository acme/{aa-1} not found"),
        Answer::json(&json!({ "full_name": "acme/renamed" })),
    ])
    .await;
    let client = server.client();
    let page = client.repository(&uuid("{aa-1}")).await.unwrap();
    assert_eq!(
        server.asked()[0].target,
        "/2.0/repositories/acme/%7Baa-1%7D"
    );
    let [row] = &page.batch.repositories[..] else {
        panic!("{page:?}");
    };
    assert_eq!(row.id, Id::repository(&uuid("{aa-1}")));
    assert_eq!(row.full_name, Field::Value("acme/renamed".to_owned()));
    assert_eq!(page.batch.workspaces.len(), 1);
    assert_eq!((page.values, page.size, page.next), (1, Some(1), None));

    let gone = client.repository(&uuid("{aa-1}")).await.unwrap_err();
    assert!(matches!(gone, ClientError::NotFound { .. }), "{gone}");
    let odd = client.repository(&uuid("{aa-1}")).await.unwrap_err();
    assert!(
        matches!(&odd, ClientError::Undecodable { json_path, .. } if json_path == "uuid"),
        "{odd}"
    );
}

#[tokio::test]
async fn a_pull_request_comes_with_its_people() {
    let server = Server::saying(vec![
        Answer::json(&json!({
            "id": 7, "title": "Faster", "description": "Because.", "state": "OPEN",
            "created_on": "2026-03-01T10:00:00+00:00", "updated_on": "2026-03-01T11:00:00+00:00",
            "reviewers": [{ "uuid": "{cc-1}" }], "participants": [],
        })),
        Answer::text(404, "Not Found"),
    ])
    .await;
    let client = server.client();
    let page = client.pull_request(&website(), 7).await.unwrap();
    let asked = &server.asked()[0];
    assert!(
        asked
            .target
            .starts_with("/2.0/repositories/acme/website/pullrequests/7?fields=")
    );
    let fields = asked.parameters("fields").concat();
    let named = |name: &str| fields.split(',').any(|field| field == name);
    assert!(
        named("id") && named("participants") && named("merge_commit.date"),
        "{fields}"
    );
    assert!(!named("next") && !named("description"), "{fields}");
    assert!(!fields.contains("values."), "{fields}");
    let [row] = &page.batch.pulls[..] else {
        panic!("{page:?}");
    };
    assert_eq!(row.id, Id::pull(&website().uuid, 7));
    assert_eq!(row.description, Field::Absent);
    assert_eq!(
        (page.batch.reviewers.len(), page.batch.participants.len()),
        (1, 1)
    );
    let gone = client.pull_request(&website(), 7).await.unwrap_err();
    assert!(matches!(gone, ClientError::NotFound { .. }), "{gone}");
}

#[tokio::test]
async fn twelve_characters_become_forty() {
    let server = Server::saying(vec![
        Answer::json(&json!({ "hash": SHA, "date": "2026-03-01T10:00:00+02:00",
            "author": { "raw": "Ada <ada@example.org>" }, "committer": {}, "parents": [] })),
        Answer::error(404, "Changeset not found."),
        Answer::json(&json!({ "hash": "ffffffffffffffffffffffffffffffffffffffff" })),
        Answer::json(&json!({ "hash": "0123456789ab" })),
    ])
    .await;
    let client = server.client();
    let page = client.commit(&website(), "0123456789AB").await.unwrap();
    let asked = server.asked()[0].target.clone();
    assert!(
        asked.starts_with("/2.0/repositories/acme/website/commit/0123456789AB?fields=hash,date,"),
        "{asked}"
    );
    let [row] = &page.batch.commits[..] else {
        panic!("{page:?}");
    };
    assert_eq!(row.id, Id::commit(&website().uuid, SHA));
    assert_eq!(row.parent_count, Field::Value(0));
    assert_eq!(row.default_branch, Field::Absent);
    assert!(page.batch.pull_commits.is_empty());

    let gone = client.commit(&website(), "0123456789ab").await.unwrap_err();
    assert!(matches!(gone, ClientError::NotFound { .. }), "{gone}");
    for _ in 0..2 {
        let other = client.commit(&website(), "0123456789ab").await.unwrap_err();
        assert!(
            matches!(&other, ClientError::Undecodable { json_path, .. } if json_path == "hash"),
            "{other}"
        );
    }
    // What is no hash is not asked for.
    for odd in [
        "",
        "main",
        "../src",
        "012",
        "0123456789ab/x",
        "0123456789ab?x",
    ] {
        let error = client.commit(&website(), odd).await.unwrap_err();
        assert!(
            matches!(error, ClientError::NotAllowed { .. }),
            "{odd}: {error}"
        );
    }
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_run_is_found_by_its_uuid() {
    let server = Server::saying(vec![Answer::json(&json!({
        "uuid": "{dd-1}", "created_on": "2026-03-01T10:00:00Z", "build_number": 3,
        "state": { "name": "COMPLETED", "result": { "name": "SUCCESSFUL" } },
    }))])
    .await;
    let page = server
        .client()
        .pipeline(&website(), &uuid("{dd-1}"))
        .await
        .unwrap();
    assert_eq!(
        server.asked()[0].target,
        "/2.0/repositories/acme/website/pipelines/%7Bdd-1%7D"
    );
    assert_eq!(page.batch.pipelines[0].id, Id::pipeline(&uuid("{dd-1}")));
}
