//! What an answer other than 200 becomes.

use bitbucket::ClientError;
use serde_json::json;

use crate::server::*;

async fn error_of(answer: Answer) -> ClientError {
    let server = Server::saying(vec![answer]).await;
    let error = server.client().page(&pulls(), None).await.unwrap_err();
    assert_eq!(server.asked().len(), 1, "{error}");
    error
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let body = json!({ "type": "error", "error": {
        "message": "Your credentials lack one or more required privilege scopes.",
        "detail": { "required": ["a:x", "b:y"], "granted": ["a:x"] },
    }});
    let error = error_of(Answer::new(403, "application/json", &body.to_string())).await;
    let ClientError::Forbidden {
        required, granted, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((required.len(), granted.len()), (2, 1));
    let words = error.to_string();
    assert!(
        words.ends_with("privilege scopes. Add the scope b:y to the token."),
        "{words}"
    );
}

#[tokio::test]
async fn a_detail_may_be_a_text() {
    let body = json!({ "error": { "message": "Forbidden", "detail": "Ask an administrator." } });
    let error = error_of(Answer::new(403, "application/json", &body.to_string())).await;
    assert!(
        matches!(&error, ClientError::Forbidden { required, message, .. }
            if required.is_empty() && message == "Forbidden"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_missing_is_missing_in_json_and_in_plain_text() {
    for answer in [
        Answer::text(404, "Not Found"),
        Answer::error(404, "Repository acme/website not found"),
        Answer::new(404, "text/html", "<!DOCTYPE html><title>404</title>"),
        Answer::text(404, ""),
    ] {
        let error = error_of(answer).await;
        assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_other_refusals_have_their_own_kinds() {
    let error = error_of(Answer::error(401, "Token is invalid.")).await;
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error}");
    let error = error_of(Answer::error(410, "CHANGE-2770 - gone")).await;
    assert!(matches!(error, ClientError::Gone { .. }), "{error}");
    let error = error_of(Answer::error(400, "Invalid page")).await;
    assert!(matches!(error, ClientError::InvalidPage { .. }), "{error}");
    for status in [302, 400, 402, 409, 418, 451] {
        let error = error_of(Answer::error(status, "No.")).await;
        assert!(
            matches!(error, ClientError::BadRequest { status: told, .. } if told == status),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::saying(vec![Answer::page(&[])]).await;
    let there = format!("{}/repositories/acme/website/pullrequests", elsewhere.base);
    let error = error_of(Answer::text(302, "").with("location", &there)).await;
    assert!(
        matches!(error, ClientError::BadRequest { status: 302, .. }),
        "{error}"
    );
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn an_error_shows_neither_secrets_nor_addresses_nor_novels() {
    let long = "word ".repeat(1_000);
    let message = format!("tok-en-1 of ada@example.org is no good: {long}");
    for status in [400, 401, 403, 410] {
        let words = error_of(Answer::error(status, &message)).await.to_string();
        assert!(!words.contains("tok-en-1"), "{words}");
        assert!(!words.contains("ada@"), "{words}");
        assert!(words.len() < 600, "{words}");
    }
    let page = "<html><body>an inner error with a stack trace</body></html>";
    let words = error_of(Answer::new(400, "text/html", page))
        .await
        .to_string();
    assert!(!words.contains("stack"), "{words}");
}
