//! Waiting: the budget, rate limits, failing servers.

use std::sync::Arc;

use bitbucket::{Budget, Client, ClientError, Waiting};
use model::{Clock, Instant};
use serde_json::json;

use crate::server::*;

fn seconds_after_start(at: Instant) -> i64 {
    at.seconds_since(start())
}

#[tokio::test]
async fn a_rate_limit_makes_work_wait_and_never_fails_it() {
    // What was recorded: plain text, no `Retry-After`. Here for two hours.
    let server = Server::answering(|_, asked| {
        if asked.at < start().plus_seconds(7_200) {
            Answer::text(429, "Rate limit for this resource has been exceeded")
        } else {
            Answer::page(&[])
        }
    })
    .await;
    server.client().page(&pulls(), None).await.unwrap();
    let times: Vec<i64> = server
        .asked()
        .iter()
        .map(|asked| seconds_after_start(asked.at))
        .collect();
    assert!(times.len() > 20, "{times:?}");
    let first = times[1];
    assert!((30..=36).contains(&first), "{times:?}");
    for pair in times.windows(2).skip(5) {
        assert!((300..=361).contains(&(pair[1] - pair[0])), "{times:?}");
    }
    let waits = server.log.waits.lock().unwrap();
    assert!(waits.iter().all(|(_, why)| *why == Waiting::RateLimited));
}

#[tokio::test]
async fn what_the_server_says_of_waiting_is_honoured() {
    for (name, value, seconds) in [
        ("retry-after", "95", 95),
        ("retry-after", "Mon, 02 Mar 2026 09:10:00 GMT", 600),
        ("x-ratelimit-reset", "745", 745),
    ] {
        let server = Server::saying(vec![
            Answer::text(429, "Rate limit for this resource has been exceeded")
                .with("date", "Mon, 02 Mar 2026 09:00:00 GMT")
                .with("x-ratelimit-limit", "60, 60;w=3600")
                .with(name, value),
            Answer::page(&[]),
        ])
        .await;
        server.client().page(&pulls(), None).await.unwrap();
        assert_eq!(seconds_after_start(server.asked()[1].at), seconds, "{name}");
    }
}

#[tokio::test]
async fn a_rate_limit_rests_the_whole_group_of_its_allowance() {
    let server = Server::saying(vec![
        Answer::text(429, "").with("retry-after", "100"),
        Answer::page(&[]),
    ])
    .await;
    let budget = Budget::shared(3_600);
    let client = |config| {
        let clock: Arc<dyn Clock> = Arc::new(server.clock.clone());
        Client::with_budget(config, clock, server.log.clone(), budget.clone()).unwrap()
    };
    let (first, second) = (client(server.config()), client(server.config()));
    first.page(&pulls(), None).await.unwrap();
    assert_eq!(seconds_after_start(server.asked()[1].at), 100);
    assert_eq!(second.holders()[0].groups["repositories"].used, 2);
}

#[tokio::test]
async fn nothing_left_by_the_headers_is_waited_for_before_a_429_comes() {
    let server = Server::saying(vec![
        Answer::page(&[])
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", "40"),
        Answer::page(&[]),
    ])
    .await;
    let client = server.client();
    client.page(&pulls(), None).await.unwrap();
    client.page(&pulls(), None).await.unwrap();
    assert_eq!(seconds_after_start(server.asked()[1].at), 40);
}

#[tokio::test]
async fn the_own_count_waits_before_the_limit_is_met() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let config = server.config().limited_to(100);
    let client = server.client_with(config.clone());
    for _ in 0..98 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert_eq!(server.log.waits.lock().unwrap().len(), 0);
    let stored = client.take_usage();

    // The next process goes on counting.
    let successor = server.client_with(config);
    successor.restore_usage(stored);
    assert_eq!(successor.holders()[0].groups["repositories"].left, 0);
    successor.page(&pulls(), None).await.unwrap();
    let (until, why) = server.log.waits.lock().unwrap()[0].clone();
    assert_eq!(why, Waiting::Budget);
    assert_eq!(seconds_after_start(until), 3_660);
    assert!(server.asked()[98].at >= until);
}

#[tokio::test]
async fn a_server_that_fails_is_tried_five_times() {
    for status in [408, 500, 503, 555] {
        let server = Server::saying(vec![Answer::error(status, "boom")]).await;
        let error = server.client().page(&pulls(), None).await.unwrap_err();
        let ClientError::Unavailable {
            attempts,
            last,
            sorted,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!((*attempts, *sorted), (5, true));
        assert!(last.contains(&status.to_string()), "{last}");
        let waits = server.log.waits.lock().unwrap();
        assert_eq!(waits.len(), 4);
        assert!(seconds_after_start(waits[3].0) >= 7, "{waits:?}");
    }
}

#[tokio::test]
async fn an_unsorted_listing_says_so_when_the_server_fails() {
    let server = Server::saying(vec![Answer::error(500, "boom")]).await;
    let error = server.client().page(&activity(), None).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unavailable { sorted: false, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_whole_json_is_asked_for_again() {
    let server = Server::saying(vec![
        Answer::new(
            200,
            "text/html",
            "<html>Atlassian is down for maintenance</html>",
        ),
        Answer::new(200, "application/json", "{\"values\": [{\"id\": 1, \"ti"),
        Answer::new(200, "application/json", ""),
        Answer::page(&[]),
    ])
    .await;
    server.client().page(&pulls(), None).await.unwrap();
    assert_eq!(server.asked().len(), 4);

    let server = Server::saying(vec![Answer::new(200, "text/html", "<html>gone</html>")]).await;
    let error = server.client().page(&pulls(), None).await.unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Unavailable {
                sorted: false,
                attempts: 5,
                ..
            }
        ),
        "{error}"
    );
    assert!(!error.to_string().contains("gone"), "{error}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let broken = tokio::spawn(async move {
        let mut broken = 0;
        while let Ok((connection, _)) = listener.accept().await {
            broken += 1;
            drop(connection);
            if broken == 5 {
                break;
            }
        }
        broken
    });
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client_with(config(&format!("http://{address}/2.0")));
    let error = client.page(&pulls(), None).await.unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Unavailable {
                attempts: 5,
                sorted: false,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(broken.await.unwrap(), 5);
}

#[tokio::test]
async fn what_is_json_but_no_page_is_not_asked_for_again() {
    for (body, path) in [
        (json!([]), "."),
        (json!({ "values": {} }), "values"),
        (json!({ "values": null }), "values"),
        (
            json!({ "type": "error", "error": { "message": "Oh" } }),
            "values",
        ),
        (json!({ "size": 57, "page": 1, "pagelen": 50 }), "values"),
        (json!({ "values": [], "next": 2 }), "next"),
    ] {
        let server = Server::saying(vec![Answer::json(&body)]).await;
        let error = server.client().page(&pulls(), None).await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Undecodable { json_path, .. } if json_path == path),
            "{error}"
        );
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn requests_side_by_side_share_one_count() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let config = server.config().limited_to(20);
    let client = server.client_with(config);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let client = client.clone();
        tasks.spawn(async move { client.page(&pulls(), None).await.unwrap() });
    }
    tasks.join_all().await;
    let early = server
        .asked()
        .iter()
        .filter(|asked| seconds_after_start(asked.at) < 3_600)
        .count();
    assert!(early <= 20, "{early}");
    assert_eq!(server.asked().len(), 30);
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let endless = " ".repeat((64 << 20) + 1);
    let server = Server::saying(vec![Answer::new(200, "application/json", &endless)]).await;
    let error = server.client().page(&pulls(), None).await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
}
