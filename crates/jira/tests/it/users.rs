//! The listing of accounts.

use jira::{JiraClient, JiraError};
use model::rows::Batch;
use model::{Field, Id};
use serde_json::{Value, json};

use crate::server::*;

/// Reads the listing to its end.
async fn all(client: &JiraClient) -> Batch {
    let mut batch = Batch::default();
    let mut next = Some(0);
    while let Some(start_at) = next {
        let page = client.users(start_at).await.unwrap();
        next = page.next;
        batch.append(page.batch);
    }
    batch
}

/// The rejects as their key, path and reason.
fn rejects(batch: &Batch) -> Vec<[&str; 3]> {
    let text = |field: &'_ Field<String>| field.as_value().cloned().unwrap().leak() as &str;
    let reject = |row: &model::rows::RejectRow| {
        [
            text(&row.natural_key),
            text(&row.json_path),
            text(&row.reason),
        ]
    };
    batch.rejects.iter().map(reject).collect()
}

#[tokio::test]
async fn a_short_page_is_not_the_end_and_an_empty_one_is() {
    let server = Server::answering(|_, asked| match asked.start_at() {
        0 => Answer::accounts(0..1_000),
        1_000 => Answer::accounts(1_000..1_003),
        1_003 => Answer::accounts(1_003..1_500),
        1_500 => Answer::accounts([]),
        other => panic!("asked for {other}"),
    })
    .await;
    let client = server.client();
    let batch = all(&client).await;
    assert_eq!(batch.jira_users.len(), 1_500);
    assert_eq!(
        server.targets(),
        [
            "/users/search?maxResults=1000",
            "/users/search?startAt=1000&maxResults=1000",
            "/users/search?startAt=1003&maxResults=1000",
            "/users/search?startAt=1500&maxResults=1000",
        ]
    );
    assert_eq!(client.requests(), 4);
}

#[tokio::test]
async fn a_server_that_gives_fewer_than_asked_for_is_read_whole() {
    // It cuts every page at fifty, whatever is asked for.
    let server = Server::answering(|_, asked| {
        let start = asked.start_at();
        Answer::accounts(start..(start + 50).min(120))
    })
    .await;
    let batch = all(&server.client()).await;
    let ids: Vec<Id> = batch.jira_users.iter().map(|row| row.id).collect();
    let expected: Vec<Id> = (0..120).map(|n| Id::jira_user(&account_id(n))).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn an_account_becomes_a_row() {
    let server = Server::saying(vec![Answer::accounts([7])]).await;
    let page = server.client().users(0).await.unwrap();
    assert_eq!(
        (page.values, page.next, page.observed_at),
        (1, Some(1), start())
    );
    let row = &page.batch.jira_users[0];
    let text = |text: &str| Field::Value(text.to_owned());
    assert_eq!(row.id, Id::jira_user(&account_id(7)));
    assert_eq!(row.source_id, Field::Value(account_id(7)));
    assert_eq!(row.account_type, text("atlassian"));
    assert_eq!(row.display_name, text("Person 7"));
    assert_eq!(row.email, text("person7@example.com"));
    assert_eq!(row.active, Field::Value(true));
    assert_eq!(row.timezone, text("Europe/Lisbon"));
    assert_eq!(row.observed_at, start());
}

#[tokio::test]
async fn a_hidden_address_is_told_apart_from_one_that_is_not_spoken_of() {
    let with = |email: Value| {
        let mut person = person(1);
        person["emailAddress"] = email;
        person
    };
    let mut without = person(1);
    without.as_object_mut().unwrap().remove("emailAddress");
    without.as_object_mut().unwrap().remove("timeZone");
    let accounts = json!([
        without,
        with(Value::Null),
        with(json!("")),
        with(json!(" a@b.example "))
    ]);
    let server = Server::saying(vec![Answer::json(&accounts)]).await;
    let page = server.client().users(0).await.unwrap();
    let emails: Vec<_> = page
        .batch
        .jira_users
        .iter()
        .map(|row| row.email.clone())
        .collect();
    assert_eq!(
        emails,
        [
            Field::Absent,
            Field::Null,
            Field::Null,
            Field::Value("a@b.example".to_owned())
        ]
    );
    assert_eq!(page.batch.jira_users[0].timezone, Field::Absent);
    assert!(page.batch.rejects.is_empty());
}

#[tokio::test]
async fn apps_customers_and_closed_accounts_are_kept_as_what_they_are() {
    let accounts = json!([
        { "accountId": "5f00aa11bb22cc33dd44ee55", "accountType": "app", "displayName": "Automation", "active": true },
        { "accountId": "qm:1a2b:3c4d", "accountType": "customer", "displayName": "A customer", "active": true },
        { "accountId": "557058:closed", "accountType": "atlassian", "displayName": "Former user", "active": false },
        { "accountId": "unknown", "accountType": "unknown" },
        { "accountId": "712020:later", "accountType": "a kind that came later", "key": "", "name": "" },
    ]);
    let server = Server::saying(vec![Answer::json(&accounts)]).await;
    let batch = server.client().users(0).await.unwrap().batch;
    let kinds: Vec<_> = batch
        .jira_users
        .iter()
        .map(|row| (row.account_type.as_value().unwrap().as_str(), row.active))
        .collect();
    assert_eq!(
        kinds,
        [
            ("app", Field::Value(true)),
            ("customer", Field::Value(true)),
            ("atlassian", Field::Value(false)),
            ("unknown", Field::Absent),
            ("a kind that came later", Field::Absent),
        ]
    );
    assert!(batch.rejects.is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_nothing() {
    let mut accounts = vec![person(1), json!(null), json!("sesame"), json!({})];
    for (name, value) in [
        ("accountId", json!(17)),
        ("accountId", json!(" ")),
        ("active", json!("yes, sesame")),
        ("emailAddress", json!({ "sesame": 1 })),
    ] {
        let mut person = person(2);
        person[name] = value;
        accounts.push(person);
    }
    let mut odd = person(3);
    odd["accountId"] = json!("sesame, a@b.example");
    odd["displayName"] = json!([]);
    accounts.extend([odd, person(4)]);
    let answer = Answer::json(&Value::Array(accounts));
    let server = Server::answering(move |_, _| answer.clone()).await;
    let page = server.client().users(2_000).await.unwrap();
    assert_eq!(page.next, Some(2_010));
    let read: Vec<Id> = page.batch.jira_users.iter().map(|row| row.id).collect();
    assert_eq!(read, [1, 4].map(|n| Id::jira_user(&account_id(n))));
    let second = account_id(2);
    assert_eq!(
        rejects(&page.batch),
        [
            [
                "account 2002 of the listing",
                ".",
                "expected an object, found nothing"
            ],
            [
                "account 2003 of the listing",
                ".",
                "expected an object, found a text"
            ],
            ["account 2004 of the listing", "accountId", "it is missing"],
            [
                "account 2005 of the listing",
                "accountId",
                "expected a text, found a number"
            ],
            ["account 2006 of the listing", "accountId", "it is missing"],
            [&second, "active", "expected a boolean, found a text"],
            [&second, "emailAddress", "expected a text, found an object"],
            [
                "account 2009 of the listing",
                "displayName",
                "expected a text, found a list"
            ],
        ]
    );
    assert!(!format!("{:?}", page.batch.rejects).contains("sesame"));
}

#[tokio::test]
async fn a_listing_that_is_empty_from_its_beginning_is_never_taken_for_the_truth() {
    // The account that asks would be in it.
    let server = Server::answering(|_, asked| {
        if asked.is_myself() {
            Answer::myself()
        } else {
            Answer::accounts([])
        }
    })
    .await;
    let error = server.client().users(0).await.unwrap_err();
    assert!(matches!(error, JiraError::NothingListed { .. }), "{error}");
    assert!(
        error.to_string().contains("Browse users and groups"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_token_that_looks_like_nobody_is_an_unaccepted_credential() {
    let unauthorized = || {
        Answer::refusal(
            401,
            &json!({ "message": "Client must sign in.", "status-code": 401 }),
        )
    };
    for myself in [
        unauthorized(),
        Answer::json(&json!({ "displayName": "Anonymous" })),
    ] {
        let server = Server::answering(move |_, asked| {
            if asked.is_myself() {
                myself.clone()
            } else {
                Answer::accounts([])
            }
        })
        .await;
        let error = server.client().users(0).await.unwrap_err();
        assert!(matches!(error, JiraError::Unauthorized { .. }), "{error}");
    }
    // Where the answer itself says that signing in failed, it needs no second question.
    let denied = Answer::accounts([3]).with("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    let server = Server::saying(vec![denied]).await;
    let error = server.client().users(0).await.unwrap_err();
    assert!(matches!(error, JiraError::Unauthorized { .. }), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_list_is_not_taken_for_one() {
    for body in [json!({}), json!({ "values": [] }), json!(null), json!("[]")] {
        let server = Server::saying(vec![Answer::json(&body)]).await;
        let error = server.client().users(0).await.unwrap_err();
        assert!(
            matches!(error, JiraError::Undecodable { .. }),
            "{body}: {error}"
        );
    }
}
