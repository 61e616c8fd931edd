//! How many there are, before anything is read.

use bitbucket::{ClientError, Listing};
use serde_json::json;

use crate::server::*;

#[tokio::test]
async fn a_listing_says_how_many_it_has_without_any_of_them() {
    let server = Server::saying(vec![Answer::json(&json!({ "size": 5_310 }))]).await;
    let client = server.client();
    for listing in [pulls(), pipelines(), comments(), deployments(), steps()] {
        assert_eq!(client.size_of(&listing).await.unwrap(), Some(5_310));
    }
    for asked in server.asked() {
        assert_eq!(asked.parameters("pagelen"), ["1"]);
        assert_eq!(asked.parameters("fields"), ["size"]);
        assert!(asked.parameters("sort").is_empty());
    }
    let asked = &server.asked()[0];
    // Of all states, not of the open ones alone.
    assert_eq!(asked.parameters("state").len(), 4);
    assert_eq!(
        client.size_of(&Listing::Members).await.unwrap(),
        Some(5_310)
    );
}

#[tokio::test]
async fn what_is_never_told_is_not_asked_for() {
    let server = Server::saying(vec![Answer::json(&json!({}))]).await;
    let client = server.client();
    for listing in [activity(), commits(), pull_commits()] {
        assert_eq!(client.size_of(&listing).await.unwrap(), None);
    }
    assert_eq!(server.asked().len(), 0);
    // Left out where it mostly is told, it is not known.
    assert_eq!(client.size_of(&environments()).await.unwrap(), None);
}

#[tokio::test]
async fn a_refusal_is_an_error_as_ever() {
    let server = Server::saying(vec![Answer::error(404, "Not found")]).await;
    let error = server.client().size_of(&pipelines()).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
}
