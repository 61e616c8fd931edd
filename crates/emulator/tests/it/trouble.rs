//! Failures on demand that a patient client has to survive, and dates, ids and hashes as odd as
//! they were ever seen.

use std::collections::BTreeSet;
use std::time::Duration;

use emulator::{Fault, FaultKind, NextLink, RetryAfter};
use model::{Clock, Instant};
use serde_json::Value;

use crate::stage::{Reply, Stage, column};

const PULLS: &str =
    "/repositories/acme-rockets/mission-control/pullrequests?state=all&pagelen=5&sort=id";

fn ids(page: &Value) -> Vec<u64> {
    let values = page["values"].as_array().unwrap();
    values
        .iter()
        .map(|pull| pull["id"].as_u64().unwrap())
        .collect()
}

fn http_date(reply: &Reply, name: &str) -> Instant {
    let date = httpdate::parse_http_date(reply.header(name).unwrap()).unwrap();
    let since = date.duration_since(std::time::UNIX_EPOCH).unwrap();
    Instant::from_seconds(since.as_secs().try_into().unwrap())
}

#[tokio::test]
async fn a_request_that_hangs_is_given_up_by_the_client_and_on_record() {
    let stage = Stage::small().await;
    stage
        .emulator
        .inject(Fault::on("/pullrequests", FaultKind::Hang));
    let patience = Duration::from_millis(150);
    assert!(
        tokio::time::timeout(patience, stage.get(PULLS))
            .await
            .is_err()
    );
    assert_eq!(stage.emulator.requests()[0].status, 0);
    assert_eq!(stage.get(PULLS).await.status, 200);
    stage.emulator.shutdown().await;
}

#[tokio::test]
async fn pages_for_people_come_instead_of_json() {
    let stage = Stage::small().await;
    for status in [200, 502] {
        stage
            .emulator
            .inject(Fault::on("/pullrequests", FaultKind::Html(status)));
        let reply = stage.get(PULLS).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, Some("text/html"))
        );
        assert!(reply.text.starts_with("<!DOCTYPE html>"));
        stage.emulator.clear_faults();
    }
}

#[tokio::test]
async fn a_page_repeats_or_drops_a_row() {
    let stage = Stage::small().await;
    let second = format!("{PULLS}&page=2");
    stage
        .emulator
        .inject(Fault::on("page=2", FaultKind::RepeatedRow));
    stage
        .emulator
        .inject(Fault::on("page=2", FaultKind::DroppedRow).nth(2));
    assert_eq!(ids(&stage.json(&second).await), [5, 6, 7, 8, 9, 10]);
    assert_eq!(ids(&stage.json(&second).await), [7, 8, 9, 10]);
    assert_eq!(ids(&stage.json(&second).await), [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn pages_of_feeds_and_commits_repeat_or_drop_a_row_too() {
    let stage = Stage::small().await;
    for (rest, cursor) in [
        ("/pullrequests/activity?pagelen=3", "ctx="),
        ("/commits/main?pagelen=3", "ctx="),
        ("/pullrequests/1/activity?pagelen=1", "ctx="),
    ] {
        let path = stage.repo("mission-control", rest);
        let whole = stage.all(&path).await;
        stage
            .emulator
            .inject(Fault::on(cursor, FaultKind::RepeatedRow));
        let repeated = stage.all(&path).await;
        assert_eq!(repeated.len(), whole.len() + 1, "{rest}");
        stage.emulator.clear_faults();
        stage
            .emulator
            .inject(Fault::on(cursor, FaultKind::DroppedRow));
        let first = stage.json(&path).await;
        let second = stage.json(first["next"].as_str().unwrap()).await;
        let length = first["pagelen"].as_u64().unwrap();
        assert_eq!(
            second["values"].as_array().unwrap().len() as u64,
            length - 1
        );
        stage.emulator.clear_faults();
    }
}

#[tokio::test]
async fn too_many_requests_say_in_three_ways_when_to_come_back() {
    let stage = Stage::small().await;
    for told in [
        RetryAfter::Missing,
        RetryAfter::Seconds,
        RetryAfter::HttpDate,
    ] {
        let kind = FaultKind::RateLimitedFor { seconds: 90, told };
        stage.emulator.inject(Fault::on("/pullrequests", kind));
        let reply = stage.get(PULLS).await;
        assert_eq!(reply.status, 429);
        match told {
            RetryAfter::Missing => assert_eq!(reply.header("retry-after"), None),
            RetryAfter::Seconds => assert_eq!(reply.header("retry-after"), Some("90")),
            RetryAfter::HttpDate => {
                let wait = http_date(&reply, "retry-after").seconds_since(stage.clock.now());
                assert!((90..=92).contains(&wait), "{wait}");
            }
        }
        stage.emulator.clear_faults();
    }
}

#[tokio::test]
async fn next_can_lead_astray() {
    let stage = Stage::small().await;
    let own = stage.emulator.base_url();
    let next = async |link| {
        stage
            .emulator
            .inject(Fault::on("/pullrequests", FaultKind::Next(link)));
        let page = stage.json(PULLS).await;
        stage.emulator.clear_faults();
        page["next"].as_str().unwrap().to_owned()
    };
    assert!(url::Url::parse(&next(NextLink::Malformed).await).is_err());
    assert_eq!(
        next(NextLink::Exactly("?page=2".to_owned())).await,
        "?page=2"
    );
    let host = next(NextLink::OtherHost).await;
    assert!(host.starts_with("http://elsewhere.example.net:"), "{host}");
    let port = next(NextLink::OtherPort).await;
    assert!(port.starts_with("http://127.0.0.1:9/2.0/"), "{port}");
    let user = next(NextLink::UserInfo).await;
    assert!(user.starts_with("http://someone:else@127.0.0.1:"), "{user}");
    for strange in [host, port, user] {
        assert!(
            !strange.starts_with(&own) && strange.contains("page=2"),
            "{strange}"
        );
    }
}

#[tokio::test]
async fn the_longest_page_can_become_shorter() {
    let stage = Stage::small().await;
    let shorter = Fault::on("/pullrequests", FaultKind::MaxPageLength(3)).always();
    stage.emulator.inject(shorter);
    let reply = stage.get(PULLS).await;
    assert_eq!(
        (reply.status, reply.message()),
        (400, "Invalid pagelen".to_owned())
    );
    assert_eq!(
        stage
            .get(&PULLS.replace("pagelen=5", "pagelen=3"))
            .await
            .status,
        200
    );
    assert_eq!(
        stage.get(&PULLS.replace("&pagelen=5", "")).await.status,
        200
    );
}

#[tokio::test]
async fn a_record_can_be_forty_megabytes() {
    let stage = Stage::small().await;
    let bytes = 40_000_000;
    stage
        .emulator
        .inject(Fault::on("/pullrequests", FaultKind::Bloated { bytes }));
    let reply = stage.get(PULLS).await;
    assert!(reply.text.len() > bytes);
    let page = reply.json();
    assert_eq!(
        page["values"][0]["description"].as_str().unwrap().len(),
        bytes
    );
    assert_eq!(ids(&page), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn the_date_of_an_answer_is_that_of_the_emulators_clock_unless_it_is_skewed() {
    let stage = Stage::small().await;
    stage.clock.advance_seconds(3_600);
    let second = Instant::from_seconds(stage.clock.now().micros() / 1_000_000);
    assert_eq!(http_date(&stage.get(PULLS).await, "date"), second);
    for seconds in [7_200, -7_200] {
        stage
            .emulator
            .inject(Fault::on("/pullrequests", FaultKind::ClockSkew { seconds }));
        let skewed = http_date(&stage.get(PULLS).await, "date");
        assert_eq!(skewed, second.plus_seconds(seconds));
        stage.emulator.clear_faults();
    }
}

/// All texts of the members whose name passes, with the places of their records.
fn texts(value: &Value, passes: fn(&str) -> bool, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, passes, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if passes(name) => found.push(text.clone()),
                    member => texts(member, passes, found),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn dates_come_in_every_form_and_stay_the_same_dates() {
    let stage = Stage::small().await;
    let is_date = |name: &str| name.ends_with("_on") || name == "date";
    let mut forms = BTreeSet::new();
    for rest in [
        "/pullrequests?state=all&pagelen=50",
        "/pullrequests/activity?pagelen=50",
        "/pipelines/?pagelen=100",
        "/commits/main?pagelen=100",
    ] {
        let path = stage.repo("mission-control", rest);
        let (mut usual, mut odd) = (Vec::new(), Vec::new());
        texts(&stage.json(&path).await, is_date, &mut usual);
        stage.emulator.world().quirks.dates_in_every_form = true;
        texts(&stage.json(&path).await, is_date, &mut odd);
        stage.emulator.world().quirks.dates_in_every_form = false;
        assert_eq!(usual.len(), odd.len());
        for (usual, odd) in usual.iter().zip(&odd) {
            let at = |text: &str| text.parse::<Instant>().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(at(usual), at(odd), "{usual} became {odd}");
            forms.insert((
                odd.len(),
                odd[19..].contains(['+', '-']),
                odd.ends_with('Z'),
            ));
        }
    }
    assert!(forms.len() >= 7, "{forms:?}");
    assert!(
        forms.iter().any(|(_, offset, z)| !offset && !z),
        "none without a zone"
    );
}

#[tokio::test]
async fn uuids_inside_lose_their_braces_and_small_letters() {
    let stage = Stage::small().await;
    let path = stage.repo("mission-control", "/pullrequests?state=all&pagelen=50");
    let (mut usual, mut odd) = (Vec::new(), Vec::new());
    let is_uuid = |name: &str| name == "uuid";
    texts(&stage.json(&path).await, is_uuid, &mut usual);
    stage.emulator.world().quirks.bare_uuids_inside = true;
    texts(&stage.json(&path).await, is_uuid, &mut odd);
    let bare = |text: &String| text.trim_matches(['{', '}']).to_lowercase();
    assert!(usual.iter().map(bare).eq(odd.iter().map(bare)));
    let changed = usual
        .iter()
        .zip(&odd)
        .filter(|(usual, odd)| usual != odd)
        .count();
    assert!(changed > 0 && changed < usual.len());
    let repositories = stage.json("/repositories/acme-rockets?pagelen=100").await;
    let own = column(repositories["values"].as_array().unwrap(), "/uuid");
    assert!(
        own.iter()
            .all(|uuid| uuid.starts_with('{') && *uuid == uuid.to_lowercase())
    );
}

#[tokio::test]
async fn numbers_and_ids_go_up_to_their_limits() {
    let stage = Stage::small().await;
    let first = u64::from(u32::MAX / 2) - 100;
    let number = {
        let mut world = stage.emulator.world();
        world
            .number_pull_requests_from("mission-control", first)
            .unwrap();
        world.number_comments_from(i64::MAX - 10_000);
        let number = world.open_pull_request("mission-control", "marta").unwrap();
        world
            .comment("mission-control", number, "teo", "Nearly full.")
            .unwrap();
        number
    };
    let path = stage.repo(
        "mission-control",
        "/pullrequests?state=all&pagelen=50&sort=id",
    );
    let all = stage.all(&path).await;
    assert_eq!(all[0]["id"], first);
    assert_eq!(all[all.len() - 1]["id"], number);
    let below =
        |rest: &str| stage.repo("mission-control", &format!("/pullrequests/{number}{rest}"));
    let comments = stage.all(&below("/comments")).await;
    assert!(comments[0]["id"].as_i64().unwrap() > i64::MAX - 10_000);
    assert_eq!(stage.get(&below("/commits")).await.status, 200);
    assert_eq!(
        stage
            .get(&stage.repo("mission-control", "/pullrequests/1"))
            .await
            .status,
        404
    );
    let feed = stage
        .all(&stage.repo("mission-control", "/pullrequests/activity?pagelen=50"))
        .await;
    let numbers = feed
        .iter()
        .map(|entry| entry["pull_request"]["id"].as_u64().unwrap());
    assert!(numbers.min().unwrap() >= first);
}
