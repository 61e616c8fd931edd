//! Waiting: rate limits, failing servers, what is given up on.

use std::time::Duration;

use jira::{JiraClient, JiraConfig, JiraError};
use serde_json::json;

use crate::server::*;

/// Seconds after the start at which each request came.
fn times(server: &Server) -> Vec<i64> {
    let seconds = |asked: &Asked| asked.at.seconds_since(start());
    server.asked().iter().map(seconds).collect()
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_jira_asks() {
    for value in ["95", "Mon, 02 Mar 2026 09:01:35 GMT"] {
        let limited = Answer::text(429, "")
            .with("date", "Mon, 02 Mar 2026 09:00:00 GMT")
            .with("retry-after", value);
        let server = Server::saying(vec![limited, Answer::accounts([1])]).await;
        server.client().users(0).await.unwrap();
        let waited = times(&server)[1];
        assert!((95..=114).contains(&waited), "{value}: {waited}");
    }
}

#[tokio::test]
async fn a_rate_limit_makes_work_wait_and_never_fails_it() {
    // For two hours, and without a word of how long.
    let server = Server::answering(|_, asked| {
        if asked.at < start().plus_seconds(7_200) {
            Answer::refusal(429, &json!({ "errorMessages": ["Rate limit exceeded."] }))
        } else {
            Answer::accounts([1])
        }
    })
    .await;
    server.client().users(0).await.unwrap();
    let times = times(&server);
    assert!((30..=36).contains(&times[1]), "{times:?}");
    for pair in times.windows(2).skip(5) {
        assert!((300..=361).contains(&(pair[1] - pair[0])), "{times:?}");
    }
}

#[tokio::test]
async fn a_server_that_fails_is_tried_again_ever_more_slowly() {
    let failing = || Answer::text(502, "bad gateway");
    let cut = Answer::text(200, "[{\"accountId\": ");
    let server = Server::saying(vec![
        failing(),
        Answer::html(200),
        cut,
        Answer::accounts([1]),
    ])
    .await;
    assert_eq!(server.client().users(0).await.unwrap().values, 1);
    let times = times(&server);
    assert!((3..=11).contains(&times[3]), "{times:?}");

    let server = Server::saying(vec![failing()]).await;
    let error = server.client().users(0).await.unwrap_err();
    let JiraError::Unavailable {
        attempts: 5, last, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(last.contains("502"), "{last}");
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn the_jitter_of_waits_comes_from_the_seed() {
    let waits = async |seed: u64| {
        let server = Server::saying(vec![Answer::text(500, "")]).await;
        let config = JiraConfig {
            jitter_seed: seed,
            ..server.config()
        };
        server.client_of(config).users(0).await.unwrap_err();
        let millis = |asked: &Asked| asked.at.millis_since(start());
        server.asked().iter().map(millis).collect::<Vec<_>>()
    };
    assert_eq!(waits(7).await, waits(7).await);
    assert_ne!(waits(7).await, waits(8).await);
}

#[tokio::test]
async fn a_page_for_browsers_is_no_listing() {
    let server = Server::saying(vec![Answer::html(200)]).await;
    let error = server.client().users(0).await.unwrap_err();
    assert!(matches!(error, JiraError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("page for browsers"), "{error}");
}

#[tokio::test]
async fn what_asking_again_would_not_change_is_asked_once() {
    for (answer, expected) in [
        (Answer::text(400, "bad"), "status 400: bad"),
        (Answer::text(401, ""), "it gave no reason"),
        (Answer::text(403, "no"), "Browse users and groups"),
        (Answer::html(404), "site's address"),
        (
            Answer::text(301, "").with("location", "https://elsewhere.example/"),
            "site's address",
        ),
        (Answer::text(204, ""), "status 204"),
    ] {
        let server = Server::saying(vec![answer]).await;
        let error = server.client().users(0).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(server.asked().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_refused() {
    let endless = Answer::text(200, &" ".repeat((32 << 20) + 1));
    let server = Server::saying(vec![endless]).await;
    let error = server.client().users(0).await.unwrap_err();
    assert!(matches!(error, JiraError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for() {
    // It accepts and stays silent.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::saying(vec![Answer::myself()]).await;
    let config = JiraConfig {
        site: site.parse().unwrap(),
        request_timeout: Duration::from_millis(20),
        ..server.config()
    };
    let client: JiraClient = server.client_of(config);
    let error = client.users(0).await.unwrap_err();
    assert!(error.to_string().contains("took too long"), "{error}");
    assert_eq!(client.requests(), 5);
    drop(listener);
}
