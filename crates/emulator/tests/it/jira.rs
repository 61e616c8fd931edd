//! Jira Cloud: who is who.

use std::collections::BTreeSet;

use emulator::{Credential, JiraUserKind, Shown, WorldSpec};
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, column, end};

const MARTA: &str = "marta.lindqvist@acme-rockets.example.com";

struct Site {
    stage: Stage,
    known: Credential,
}

impl Site {
    async fn of(spec: &WorldSpec, more: &[&Credential]) -> Self {
        let known = Credential::jira_token(MARTA, "jira").labelled("jira");
        let stage = Stage::with(spec, |options| {
            options.credentials.push(known.clone());
            options.credentials.extend(more.iter().copied().cloned());
        })
        .await;
        Self { stage, known }
    }

    async fn as_somebody(&self, credential: &Credential, rest: &str) -> Reply {
        let address = format!("{}/rest/api/3{rest}", self.stage.emulator.jira_base_url());
        let sent = credential.authorization();
        self.stage.get_as(Some(&sent), &address).await
    }

    async fn get(&self, rest: &str) -> Vec<Value> {
        let reply = self.as_somebody(&self.known, rest).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json().as_array().unwrap().clone()
    }

    /// All accounts, page by page until one is empty.
    async fn everybody(&self, length: usize) -> (Vec<Value>, Vec<usize>) {
        let (mut all, mut lengths) = (Vec::new(), Vec::new());
        for page in 0.. {
            let start = page * length;
            let rest = format!("/users/search?startAt={start}&maxResults={length}");
            let found = self.get(&rest).await;
            if found.is_empty() {
                break;
            }
            lengths.push(found.len());
            all.extend(found);
        }
        (all, lengths)
    }
}

#[tokio::test]
async fn people_apps_and_customers_are_listed_in_pages_that_may_be_short() {
    let site = Site::of(&WorldSpec::small(end()), &[]).await;
    let (all, lengths) = site.everybody(4).await;
    let expected: Vec<String> = {
        let world = site.stage.emulator.world();
        world
            .jira
            .users
            .iter()
            .map(|user| user.account_id.clone())
            .collect()
    };
    assert_eq!(column(&all, "/accountId"), expected);
    let last = lengths.len() - 1;
    assert!(
        lengths[..last].iter().any(|length| *length < 4),
        "{lengths:?}"
    );
    let kinds: BTreeSet<String> = column(&all, "/accountType").into_iter().collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["app", "atlassian", "customer"]
    );
    assert!(all.iter().any(|user| user["active"] == false));
    let whole = site.get("/users/search?maxResults=5000").await;
    assert_eq!(whole, all);
    assert_eq!(site.get("/users?maxResults=5000").await, all);
    assert!(site.get("/users/search?startAt=5000").await.is_empty());
}

#[tokio::test]
async fn one_account_after_the_other_leaves_none_out() {
    let site = Site::of(&WorldSpec::small(end()), &[]).await;
    let (all, _) = site.everybody(1).await;
    let ids: BTreeSet<String> = column(&all, "/accountId").into_iter().collect();
    assert_eq!(ids.len(), site.stage.emulator.world().jira.users.len());
}

#[tokio::test]
async fn no_page_has_more_than_a_thousand_accounts() {
    let spec = WorldSpec {
        people: 1_100,
        ..WorldSpec::uniform(1, 1, end())
    };
    let site = Site::of(&spec, &[]).await;
    assert_eq!(site.get("/users/search").await.len(), 50);
    assert_eq!(site.get("/users/search?maxResults=2000").await.len(), 1_000);
    let rest = site.get("/users/search?startAt=1000&maxResults=2000").await;
    assert_eq!(rest.len(), 100);
}

#[tokio::test]
async fn accounts_are_those_of_bitbucket_and_tell_only_what_they_want() {
    let site = Site::of(&WorldSpec::small(end()), &[]).await;
    let listed = site.get("/users/search?maxResults=1000").await;
    let world = site.stage.emulator.world();
    let people: Vec<_> = world
        .accounts()
        .iter()
        .filter(|account| !account.emails.is_empty())
        .collect();
    let found = |id: &str| listed.iter().find(|user| user["accountId"] == id);
    let mut told = BTreeSet::new();
    for person in &people {
        let id = person.account_id.as_deref().unwrap();
        let Some(user) = found(id) else {
            assert!(world.jira.user(id).is_none());
            continue;
        };
        assert_eq!(user["displayName"], person.display_name);
        let known = world.jira.user(id).unwrap();
        let expected = match known.email_shown {
            Shown::Plainly => known.email.as_ref().map(|email| json!(email)),
            Shown::Omitted => None,
            Shown::Null => Some(Value::Null),
            Shown::Empty => Some(json!("")),
        };
        assert_eq!(user.get("emailAddress"), expected.as_ref());
        assert_eq!(user.get("timeZone").is_some(), known.time_zone.is_some());
        told.insert(format!("{:?}", known.email_shown));
    }
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        people
            .iter()
            .any(|one| found(one.account_id.as_deref().unwrap()).is_none())
    );
    let names = column(&listed, "/displayName");
    let doubled = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    assert!(names.iter().any(doubled), "nobody has two accounts");
    assert!(names.contains(&"Former user".to_owned()));
    let truth = world.truth_of_jira();
    let of_people = world
        .jira
        .users
        .iter()
        .filter(|user| user.kind == JiraUserKind::Atlassian);
    assert_eq!(truth.as_array().unwrap().len(), of_people.count());
    let persons = world.truth_of_people();
    let persons = persons.as_array().unwrap();
    assert_eq!(persons.len(), people.len());
    assert!(persons.iter().any(|person| person["in_jira"] == false));
}

#[tokio::test]
async fn a_wrong_token_is_nobody_and_finds_nothing() {
    let expiring = Credential::jira_token(MARTA, "dead").expiring_at(end());
    let of_bitbucket = Credential::api_token(MARTA, "bitbucket");
    let site = Site::of(&WorldSpec::small(end()), &[&expiring, &of_bitbucket]).await;
    let wrong = Credential::jira_token(MARTA, "wrong");
    for credential in [&wrong, &expiring, &of_bitbucket] {
        let reply = site.as_somebody(credential, "/users/search").await;
        assert_eq!((reply.status, reply.text.as_str()), (200, "[]"));
        let reply = site.as_somebody(credential, "/myself").await;
        assert_eq!(reply.status, 401);
        let reason = reply.header("x-seraph-loginreason");
        assert_eq!(reason, Some("AUTHENTICATED_FAILED"));
        assert_eq!(reply.json()["status-code"], 401);
    }
    let sent = site.known.authorization();
    let path = "/repositories/acme-rockets";
    assert_eq!(site.stage.get_as(Some(&sent), path).await.status, 401);
    let me = site.as_somebody(&site.known, "/myself").await.json();
    assert_eq!(me["emailAddress"], MARTA);
    assert_eq!(me["displayName"], "Marta Lindqvist");
    assert_eq!(site.stage.emulator.requests_of("jira"), 1);
    let counts = site.stage.emulator.requests_by_endpoint();
    assert_eq!(counts["/rest/api/3/myself"], 4);
}

#[tokio::test]
async fn everybody_sees_the_own_address_and_not_everybody_may_browse() {
    let kofi = "kofi.darkwah@private.example.org";
    let kofi = Credential::jira_token(kofi, "k").without_browsing_users();
    let stranger = Credential::jira_token("ada@example.com", "s");
    let site = Site::of(&WorldSpec::small(end()), &[&kofi, &stranger]).await;
    let me = site.as_somebody(&kofi, "/myself").await.json();
    assert_eq!(me["emailAddress"], "kofi.darkwah@private.example.org");
    for rest in ["/users/search", "/users"] {
        let reply = site.as_somebody(&kofi, rest).await;
        assert_eq!(reply.status, 403);
        assert_eq!(reply.json()["errors"], json!({}));
        assert_eq!(site.as_somebody(&stranger, rest).await.status, 200);
    }
    let me = site.as_somebody(&stranger, "/myself").await.json();
    assert_eq!(me["emailAddress"], "ada@example.com");
    let reply = site.as_somebody(&stranger, "/users/search?startAt=x").await;
    assert_eq!(reply.status, 400);
    assert_eq!(site.as_somebody(&stranger, "/issue/A-1").await.status, 501);
}

#[tokio::test]
async fn scoped_tokens_belong_to_the_common_address() {
    let scoped = Credential::jira_token(MARTA, "scoped").with_scopes(&["read:jira-user"]);
    let other = Credential::jira_token(MARTA, "other").with_scopes(&["read:jira-work"]);
    let site = Site::of(&WorldSpec::small(end()), &[&scoped, &other]).await;
    let common = format!("{}/rest/api/3", site.stage.emulator.jira_cloud_url());
    let unknown = common.replace(&site.stage.emulator.world().jira.cloud_id, "elsewhere");
    for (credential, base, myself, listed) in [
        (&site.known, &common, 200, true),
        (&scoped, &common, 200, true),
        (&other, &common, 401, false),
        (&scoped, &unknown, 404, false),
    ] {
        let sent = credential.authorization();
        let reply = site
            .stage
            .get_as(Some(&sent), &format!("{base}/myself"))
            .await;
        assert_eq!(reply.status, myself);
        let reply = site
            .stage
            .get_as(Some(&sent), &format!("{base}/users/search"))
            .await;
        assert_eq!(reply.status == 200, listed, "{}", reply.text);
    }
    assert_eq!(site.as_somebody(&scoped, "/myself").await.status, 401);
    let reply = site.as_somebody(&scoped, "/users/search").await;
    assert_eq!((reply.status, reply.text.as_str()), (200, "[]"));
}

#[tokio::test]
async fn a_new_name_is_new_in_both_places() {
    let site = Site::of(&WorldSpec::small(end()), &[]).await;
    let id = {
        let mut world = site.stage.emulator.world();
        world.rename_person("marta", "Marta Berg").unwrap();
        let marta = world
            .members()
            .find(|one| one.nickname.as_deref() == Some("marta"));
        marta.unwrap().account_id.clone().unwrap()
    };
    let listed = site.get("/users?maxResults=1000").await;
    let marta = listed.iter().find(|user| user["accountId"] == id.as_str());
    assert_eq!(marta.unwrap()["displayName"], "Marta Berg");
}
