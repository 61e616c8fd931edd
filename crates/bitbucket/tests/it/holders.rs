//! Several credentials, each with what it may do, see and spend.

use std::collections::BTreeMap;

use bitbucket::{
    ClientConfig, ClientError, Credential, Holder, Listing, Priority, Standing, Waiting,
};
use serde_json::json;

use crate::server::*;

/// A holder whose token is its name.
fn holder(id: i64, name: &str) -> Holder {
    let credential = Credential::AccessToken {
        label: name.to_owned(),
        token: name.to_owned().into(),
    };
    Holder {
        hourly_limit: 100,
        ..Holder::new(id, credential)
    }
}

fn people(server: &Server, holders: Vec<Holder>) -> ClientConfig {
    ClientConfig {
        credentials: holders,
        ..server.config()
    }
}

/// Who sent a request.
fn sender(asked: &Asked) -> String {
    let header = asked.headers["authorization"].to_str().unwrap();
    header.trim_start_matches("Bearer ").to_owned()
}

fn senders(server: &Server) -> Vec<String> {
    server.asked().iter().map(sender).collect()
}

fn missing_scope() -> Answer {
    let body = json!({ "type": "error", "error": {
        "message": "Your credentials lack one or more required privilege scopes.",
        "detail": { "required": ["pipeline"], "granted": ["repository"] },
    }});
    Answer::new(403, "application/json", &body.to_string())
}

fn invisible() -> Answer {
    Answer::error(404, "Repository acme/website not found")
}

#[tokio::test]
async fn requests_are_spread_over_allowances() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..196 {
        client.page(&pulls(), None).await.unwrap();
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in senders(&server) {
        *counts.entry(name).or_default() += 1;
    }
    assert_eq!(counts["ann"], 98);
    assert_eq!(counts["bob"], 98);
    assert!(server.log.waits.lock().unwrap().is_empty());
    for state in client.holders() {
        assert_eq!(state.groups["repositories"].left, 0, "{state:?}");
    }
    client.page(&pulls(), None).await.unwrap();
    let waits = server.log.waits.lock().unwrap();
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].1, Waiting::Budget);
}

#[tokio::test]
async fn tokens_of_one_person_are_one_allowance() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let of_ada = |id| {
        let credential = Credential::ApiToken {
            label: "Ada's".to_owned(),
            email: "ada@example.org".to_owned(),
            token: format!("token-{id}").into(),
        };
        Holder {
            hourly_limit: 100,
            ..Holder::new(id, credential)
        }
    };
    let client = server.client_with(people(&server, vec![of_ada(1), of_ada(2)]));
    for _ in 0..99 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert_eq!(server.log.waits.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_credential_is_not_used_again_and_nothing_is_lost() {
    let server = Server::answering(|_, asked| match sender(asked).as_str() {
        "ann" => Answer::error(401, "Token is invalid, expired, or revoked."),
        _ => Answer::page(&[]),
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..3 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert_eq!(senders(&server), ["ann", "bob", "bob", "bob"]);
    let states = client.holders();
    let Standing::Refused { problem } = &states[0].standing else {
        panic!("{states:?}");
    };
    assert!(problem.contains("revoked"), "{problem}");
    assert_eq!((states[1].id, &states[1].standing), (2, &Standing::Ok));
    // The attempt counts.
    assert_eq!(states[0].groups["repositories"].used, 1);
}

#[tokio::test]
async fn when_all_are_refused_it_is_said_and_no_more_is_sent() {
    let server = Server::saying(vec![Answer::error(401, "Token is invalid.")]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..3 {
        let error = client.page(&pulls(), None).await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Unauthorized { message, .. } if message == "Token is invalid"),
            "{error}"
        );
    }
    assert_eq!(senders(&server), ["ann", "bob"]);
}

#[tokio::test]
async fn an_expired_credential_costs_no_request() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let mut ann = holder(1, "ann");
    ann.expires_at = Some(start().plus_seconds(60));
    let client = server.client_with(people(&server, vec![ann.clone(), holder(2, "bob")]));
    client.page(&pulls(), None).await.unwrap();
    assert_eq!(client.holders()[0].standing, Standing::Ok);
    server.clock.advance_seconds(60);
    for _ in 0..2 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert_eq!(senders(&server), ["ann", "bob", "bob"]);
    let at = start().plus_seconds(60);
    assert_eq!(client.holders()[0].standing, Standing::Expired { at });

    let alone = server.client_with(people(&server, vec![ann]));
    let error = alone.page(&pulls(), None).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Unauthorized { message, .. } if message.contains("expired")),
        "{error}"
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn whoever_lacks_a_scope_is_passed_over_for_that_endpoint_alone() {
    let server = Server::answering(|_, asked| {
        let wants_pipelines = asked.target.contains("/pipelines/");
        match sender(asked).as_str() {
            "ann" if wants_pipelines => missing_scope(),
            _ => Answer::page(&[]),
        }
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..3 {
        client.page(&pipelines(), None).await.unwrap();
    }
    assert_eq!(senders(&server), ["ann", "bob", "bob", "bob"]);
    // Elsewhere it goes on, and has most left.
    client.page(&pulls(), None).await.unwrap();
    assert_eq!(senders(&server).last().unwrap(), "ann");
    let states = client.holders();
    let template = "/repositories/{workspace}/{repo}/pipelines/".to_owned();
    let expected = BTreeMap::from([(template, vec!["pipeline".to_owned()])]);
    assert_eq!(states[0].standing, Standing::LacksScopes(expected));
    assert_eq!(states[0].scopes, ["repository"]);
    // An hour later it is asked again.
    server.clock.advance_seconds(3_600);
    client.page(&pipelines(), None).await.unwrap();
    assert_eq!(senders(&server).len(), 7);
}

#[tokio::test]
async fn it_is_forbidden_when_all_lack_it() {
    let server = Server::saying(vec![missing_scope()]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..2 {
        let error = client.page(&pipelines(), None).await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Forbidden { required, .. } if required == &["pipeline"]),
            "{error}"
        );
    }
    assert_eq!(senders(&server), ["ann", "bob"]);
}

#[tokio::test]
async fn a_refusal_that_is_not_about_scopes_is_about_one_repository() {
    let server = Server::answering(|_, asked| match sender(asked).as_str() {
        "ann" if asked.target.contains("/website/") => Answer::error(403, "Forbidden"),
        _ => Answer::page(&[]),
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    client.page(&pulls(), None).await.unwrap();
    let mut shop = website();
    shop.full_name = "acme/shop".to_owned();
    shop.uuid = uuid("{aa000000-0000-4000-8000-000000000002}");
    let elsewhere = Listing::RepositoryActivity { repository: shop };
    client.page(&elsewhere, None).await.unwrap();
    client.page(&activity(), None).await.unwrap();
    assert_eq!(senders(&server), ["ann", "bob", "ann", "bob"]);
    assert_eq!(client.holders()[0].standing, Standing::Ok);
}

#[tokio::test]
async fn what_one_does_not_see_another_is_asked_for() {
    let server = Server::answering(|_, asked| match sender(asked).as_str() {
        "cat" => Answer::page(&[]),
        _ => invisible(),
    })
    .await;
    let holders = vec![holder(1, "ann"), holder(2, "bob"), holder(3, "cat")];
    let client = server.client_with(people(&server, holders.clone()));
    for _ in 0..3 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert_eq!(senders(&server), ["ann", "bob", "cat", "cat", "cat"]);

    // Told beforehand, nobody is asked in vain.
    let told = server.client_with(people(&server, holders));
    told.set_visible(&website().uuid, &[3]);
    told.page(&pulls(), None).await.unwrap();
    assert_eq!(senders(&server).len(), 6);
    // And told otherwise later, the others are asked again.
    told.set_visible(&website().uuid, &[1, 3]);
    told.page(&pulls(), None).await.unwrap();
    assert_eq!(senders(&server)[6..], ["ann", "cat"]);
}

#[tokio::test]
async fn what_nobody_sees_is_not_found_once_all_were_asked() {
    let server = Server::saying(vec![invisible()]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    let error = client.page(&pulls(), None).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
    assert_eq!(senders(&server), ["ann", "bob"]);
    // It may be there again: that it is not is never said without asking.
    let error = client.repository(&website().uuid).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_part_that_is_missing_is_not_looked_for_by_everyone() {
    let server = Server::answering(|_, asked| {
        if asked.target.contains("/pullrequests/7") {
            Answer::text(404, "Not Found")
        } else {
            Answer::page(&[])
        }
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    client.set_visible(&website().uuid, &[1, 2]);
    let error = client.pull_request(&website(), 7).await.unwrap_err();
    assert!(matches!(error, ClientError::NotFound { .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_rate_limit_rests_one_and_another_goes_on() {
    let server = Server::answering(|_, asked| match sender(asked).as_str() {
        "ann" if asked.at < start().plus_seconds(500) => {
            Answer::text(429, "Rate limit for this resource has been exceeded")
                .with("retry-after", "500")
        }
        _ => Answer::page(&[]),
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..98 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert!(server.log.waits.lock().unwrap().is_empty());
    assert_eq!(senders(&server)[..3], ["ann", "bob", "bob"]);
    let until = start().plus_seconds(500);
    assert_eq!(client.holders()[0].standing, Standing::Resting { until });
    // Bob's are used up: the earlier of the two is waited for.
    client.page(&pulls(), None).await.unwrap();
    let waits = server.log.waits.lock().unwrap();
    assert_eq!(waits[..], [(until, Waiting::RateLimited)]);
    assert_eq!(senders(&server).last().unwrap(), "ann");
}

#[tokio::test]
async fn each_reads_its_own_listing_of_repositories() {
    let server = Server::answering(|_, asked| match sender(asked).as_str() {
        "bob" => Answer::error(401, "Token is invalid."),
        _ => Answer::page(&[]).with("x-oauth-scopes", "repository, pullrequest"),
    })
    .await;
    let client = server.client_with(people(&server, vec![holder(10, "ann"), holder(20, "bob")]));
    let listing = Listing::Repositories;
    client.page_as(10, &listing, None).await.unwrap();
    let error = client.page_as(20, &listing, None).await.unwrap_err();
    assert!(matches!(error, ClientError::Unauthorized { .. }), "{error}");
    let error = client.page_as(30, &listing, None).await.unwrap_err();
    assert!(matches!(error, ClientError::InvalidConfig(_)), "{error}");
    assert_eq!(senders(&server), ["ann", "bob"]);
    assert_eq!(client.holders()[0].scopes, ["repository", "pullrequest"]);
}

#[tokio::test]
async fn pages_of_a_listing_that_each_sees_otherwise_are_one_holders() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann"), holder(2, "bob")]));
    for _ in 0..4 {
        client.page(&Listing::Repositories, None).await.unwrap();
    }
    assert_eq!(senders(&server), ["ann"; 4]);
}

#[tokio::test]
async fn what_is_old_leaves_requests_to_what_is_new() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let new = server.client_with(people(&server, vec![holder(1, "ann")]));
    let old = new.with_priority(Priority::Backfill);
    for _ in 0..90 {
        old.page(&pulls(), None).await.unwrap();
    }
    for _ in 0..8 {
        new.page(&pulls(), None).await.unwrap();
    }
    assert!(server.log.waits.lock().unwrap().is_empty());
    old.page(&pulls(), None).await.unwrap();
    assert_eq!(server.log.waits.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_slice_that_is_used_up_waits_for_what_the_others_stored() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client_with(people(&server, vec![holder(1, "ann")]));
    client.set_sharers(2);
    for _ in 0..32 {
        client.page(&pulls(), None).await.unwrap();
    }
    assert!(server.log.waits.lock().unwrap().is_empty());
    let stored = client.take_usage();
    let pulls_template = "/repositories/{workspace}/{repo}/pullrequests";
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].endpoint, pulls_template);
    client.restore_usage(stored);
    client.page(&pulls(), None).await.unwrap();
    assert!(server.log.waits.lock().unwrap().is_empty());
    // Nobody stores anything any more: after an hour all has left the window, and it is told once.
    for _ in 0..22 {
        client.page(&pulls(), None).await.unwrap();
    }
    let waits = server.log.waits.lock().unwrap();
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert!(server.asked()[54].at >= start().plus_seconds(3_600));
}
