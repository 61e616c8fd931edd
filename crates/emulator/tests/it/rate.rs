//! The allowance of requests.

use emulator::{Credential, RateLimit, RetryAfter, WorldSpec};

use crate::stage::{Stage, TOKEN, end};

const PATH: &str = "/repositories/acme-rockets?pagelen=1";

async fn limited(limit: usize, retry_after: RetryAfter) -> Stage {
    Stage::with(&WorldSpec::small(end()), |options| {
        options.rate_limit = RateLimit {
            limit,
            window_seconds: 3_600,
            retry_after,
        };
        options
            .credentials
            .push(Credential::api_token("marta@example.com", "one"));
        options
            .credentials
            .push(Credential::api_token("marta@example.com", "two"));
    })
    .await
}

#[tokio::test]
async fn a_used_up_allowance_refuses_in_plain_text_until_the_window_has_rolled_on() {
    let stage = limited(3, RetryAfter::Missing).await;
    for _ in 0..3 {
        assert_eq!(stage.get(PATH).await.status, 200);
        stage.clock.advance_seconds(600);
    }
    let reply = stage.get(PATH).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.text, "Rate limit for this resource has been exceeded");
    assert_eq!(reply.header("content-type"), Some("text/plain"));
    assert_eq!(reply.header("retry-after"), None);
    // Only the first request has left the window by now.
    stage.clock.advance_seconds(1_800);
    assert_eq!(stage.get(PATH).await.status, 200);
    assert_eq!(stage.get(PATH).await.status, 429);
    assert_eq!(
        stage
            .emulator
            .allowance_used(&Credential::workspace_access_token(TOKEN)),
        3
    );
}

#[tokio::test]
async fn only_repository_data_counts_and_tokens_of_one_user_share() {
    let stage = limited(2, RetryAfter::Missing).await;
    let one = Credential::api_token("marta@example.com", "one").authorization();
    let two = Credential::api_token("marta@example.com", "two").authorization();
    for _ in 0..5 {
        assert_eq!(stage.get("/workspaces/acme-rockets").await.status, 200);
    }
    assert_eq!(stage.get(PATH).await.status, 200);
    assert_eq!(stage.get_as(Some(&one), PATH).await.status, 200);
    assert_eq!(stage.get_as(Some(&two), PATH).await.status, 200);
    assert_eq!(stage.get_as(Some(&one), PATH).await.status, 429);
    assert_eq!(stage.get(PATH).await.status, 200);
}

#[tokio::test]
async fn only_bearer_credentials_see_the_limit_and_never_what_is_left() {
    let stage = limited(10, RetryAfter::Missing).await;
    let reply = stage.get(PATH).await;
    assert_eq!(reply.header("x-ratelimit-limit"), Some("10, 10;w=3600"));
    assert_eq!(reply.header("x-ratelimit-nearlimit"), Some("false"));
    assert_eq!(reply.header("x-ratelimit-remaining"), None);
    for _ in 0..7 {
        stage.get(PATH).await;
    }
    assert_eq!(
        stage.get(PATH).await.header("x-ratelimit-nearlimit"),
        Some("true")
    );
    let one = Credential::api_token("marta@example.com", "one").authorization();
    assert_eq!(
        stage
            .get_as(Some(&one), PATH)
            .await
            .header("x-ratelimit-limit"),
        None
    );
}

#[tokio::test]
async fn retry_after_comes_as_seconds_or_as_a_date_when_switched_on() {
    let stage = limited(1, RetryAfter::Seconds).await;
    stage.get(PATH).await;
    stage.clock.advance_seconds(100);
    assert_eq!(stage.get(PATH).await.header("retry-after"), Some("3500"));
    let stage = limited(1, RetryAfter::HttpDate).await;
    stage.get(PATH).await;
    let reply = stage.get(PATH).await;
    assert_eq!(
        reply.header("retry-after"),
        Some("Wed, 04 Mar 2026 11:00:01 GMT")
    );
}

#[tokio::test]
async fn allowances_differ_and_what_was_refused_is_counted() {
    let rich = Credential::workspace_access_token("rich").labelled("rich");
    let poor = Credential::workspace_access_token("poor")
        .labelled("poor")
        .limited_to(1);
    let stage = Stage::with(&WorldSpec::small(end()), |options| {
        options.rate_limit.limit = 3;
        options.credentials = vec![rich.clone(), poor.clone()];
    })
    .await;
    for (credential, expected) in [(&rich, [200, 200, 200, 429]), (&poor, [200, 429, 429, 429])] {
        for status in expected {
            let sent = credential.authorization();
            assert_eq!(stage.get_as(Some(&sent), PATH).await.status, status);
        }
    }
    let emulator = &stage.emulator;
    assert_eq!(emulator.requests_of("poor"), 4);
    assert_eq!(emulator.throttled_requests_of("poor"), 3);
    assert_eq!(emulator.throttled_requests_of("rich"), 1);
    assert_eq!(emulator.throttled_requests(), 4);
    assert_eq!(emulator.allowance_used(&poor), 1);
    let requests = emulator.requests();
    assert_eq!(requests[7].label.as_deref(), Some("poor"));
    assert_eq!(
        emulator.requests_by_endpoint()["/repositories/{workspace}"],
        8
    );
}
