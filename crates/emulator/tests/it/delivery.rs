//! What webhooks are told, collected instead of sent.

use emulator::{Anchor, Delivery, DeliveryFaults, DeliveryMode, PipelineResult, World, WorldSpec};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::stage::{Stage, end};

const REPO: &str = "mission-control";
const URL: &str = "https://windlass.example.com/webhooks/bitbucket";
const SECRET: &str = "a secret of the tests";

const EVERYTHING: [&str; 23] = [
    "project:updated",
    "pullrequest:approved",
    "pullrequest:changes_request_created",
    "pullrequest:changes_request_removed",
    "pullrequest:comment_created",
    "pullrequest:comment_deleted",
    "pullrequest:comment_reopened",
    "pullrequest:comment_resolved",
    "pullrequest:comment_updated",
    "pullrequest:created",
    "pullrequest:fulfilled",
    "pullrequest:push",
    "pullrequest:rejected",
    "pullrequest:unapproved",
    "pullrequest:updated",
    "repo:commit_status_created",
    "repo:commit_status_updated",
    "repo:created",
    "repo:deleted",
    "repo:push",
    "repo:transfer",
    "repo:updated",
    "repo:imported",
];

async fn collecting(spec: &WorldSpec) -> Stage {
    Stage::with(spec, |options| options.deliveries = DeliveryMode::Collect).await
}

/// A stage on which one address hears everything.
async fn listening() -> Stage {
    let stage = collecting(&WorldSpec::small(end())).await;
    stage
        .emulator
        .world()
        .subscribe(URL, Some(SECRET), &EVERYTHING);
    stage
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

/// What is told of a change, as events and bodies.
fn told<T>(stage: &Stage, change: impl FnOnce(&mut World) -> T) -> (T, Vec<(String, Value)>) {
    stage.clock.advance_seconds(60);
    let result = change(&mut stage.emulator.world());
    let deliveries = stage.emulator.take_deliveries();
    let told = deliveries.iter().map(|one| (one.event.clone(), body(one)));
    (result, told.collect())
}

fn events<T>(stage: &Stage, change: impl FnOnce(&mut World) -> T) -> Vec<String> {
    let (_, told) = told(stage, change);
    told.into_iter().map(|(event, _)| event).collect()
}

#[tokio::test]
async fn a_delivery_has_the_recorded_headers_and_a_signature_over_its_bytes() {
    let stage = listening().await;
    stage.clock.advance_seconds(90);
    let uuid = {
        let mut world = stage.emulator.world();
        world.approve(REPO, 1, "teo").unwrap();
        world.hooks()[0].uuid.clone()
    };
    let [delivery] = stage.emulator.take_deliveries().try_into().unwrap();
    assert!(stage.emulator.take_deliveries().is_empty());
    assert_eq!(delivery.url, URL);
    let names: Vec<&str> = delivery
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "Content-Type",
            "User-Agent",
            "X-Event-Key",
            "X-Event-Time",
            "X-Hook-UUID",
            "X-Request-UUID",
            "X-Attempt-Number",
            "X-Hub-Signature"
        ]
    );
    let header = |name: &str| delivery.header(name).unwrap();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("user-agent"), "Bitbucket-Webhooks/2.0");
    assert_eq!(header("x-event-key"), "pullrequest:approved");
    assert_eq!(header("x-event-time"), "Wed, 04 Mar 2026 10:01:30 GMT");
    assert_eq!(header("x-hook-uuid"), uuid.trim_matches(['{', '}']));
    assert_eq!(header("x-request-uuid").len(), 36);
    assert_eq!(header("x-attempt-number"), "1");
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&delivery.body);
    let digits = hex::encode(mac.finalize().into_bytes());
    assert_eq!(header("x-hub-signature"), format!("sha256={digits}"));
}

#[tokio::test]
async fn a_pull_request_tells_of_each_of_its_changes() {
    let stage = listening().await;
    let (number, opening) = told(&stage, |world| world.open_draft(REPO, "marta").unwrap());
    let names: Vec<&String> = opening.iter().map(|(event, _)| event).collect();
    assert_eq!(names, ["repo:push", "pullrequest:created"]);
    type Change = fn(&mut World, u64);
    let changes: [(Change, &[&str]); 11] = [
        (
            |world, n| world.mark_ready(REPO, n, "marta").unwrap(),
            &["pullrequest:updated"],
        ),
        (
            |world, n| world.mark_draft(REPO, n, "marta").unwrap(),
            &["pullrequest:updated"],
        ),
        (
            |world, n| world.retitle(REPO, n, "teo", "Other").unwrap(),
            &["pullrequest:updated"],
        ),
        (
            |world, n| {
                world
                    .change_reviewers(REPO, n, "teo", &["ingrid"], &[])
                    .unwrap()
            },
            &["pullrequest:updated"],
        ),
        (
            |world, n| drop(world.push(REPO, n, "marta").unwrap()),
            &["repo:push", "pullrequest:updated", "pullrequest:push"],
        ),
        (
            |world, n| drop(world.force_push(REPO, n, "marta").unwrap()),
            &["repo:push", "pullrequest:updated", "pullrequest:push"],
        ),
        (
            |world, n| world.approve(REPO, n, "teo").unwrap(),
            &["pullrequest:approved"],
        ),
        (
            |world, n| world.unapprove(REPO, n, "teo").unwrap(),
            &["pullrequest:unapproved"],
        ),
        (
            |world, n| world.request_changes(REPO, n, "teo").unwrap(),
            &["pullrequest:changes_request_created"],
        ),
        (
            |world, n| world.withdraw_change_request(REPO, n, "teo").unwrap(),
            &["pullrequest:changes_request_removed"],
        ),
        (
            |world, n| drop(world.merge(REPO, n, "teo").unwrap()),
            &["repo:push", "repo:push", "pullrequest:fulfilled"],
        ),
    ];
    for (change, expected) in changes {
        assert_eq!(events(&stage, |world| change(world, number)), expected);
    }
    let other = stage
        .emulator
        .world()
        .open_pull_request(REPO, "kofi")
        .unwrap();
    stage.emulator.take_deliveries();
    let (_, declined) = told(&stage, |world| {
        world.decline(REPO, other, "teo", "No.").unwrap()
    });
    assert_eq!(declined[0].0, "pullrequest:rejected");
    let pull = &declined[0].1["pullrequest"];
    assert_eq!(
        (&pull["state"], &pull["reason"]),
        (&json!("DECLINED"), &json!("No."))
    );
    assert_eq!(pull["closed_by"], declined[0].1["actor"]);
}

#[tokio::test]
async fn bodies_are_whole_but_for_what_deliveries_leave_out() {
    let stage = listening().await;
    let (_, approved) = told(&stage, |world| world.approve(REPO, 1, "teo").unwrap());
    let approved = &approved[0].1;
    assert_eq!(approved["actor"]["nickname"], "teo");
    assert_eq!(approved["approval"]["user"], approved["actor"]);
    assert!(
        approved["approval"]["date"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-04T10:01:0")
    );
    let repository = approved["repository"].as_object().unwrap();
    for missing in ["slug", "created_on", "updated_on", "mainbranch", "size"] {
        assert!(!repository.contains_key(missing), "{missing}");
    }
    let full_name = repository["full_name"].as_str().unwrap();
    assert_eq!(full_name, format!("acme-rockets/{REPO}"));
    assert_eq!(repository["links"].as_object().unwrap().len(), 3);
    // Links lead to where the world is served.
    let link = repository["links"]["self"]["href"].as_str().unwrap();
    assert!(link.starts_with(&stage.emulator.base_url()), "{link}");
    let told_pull = &approved["pullrequest"];
    let pull = stage.json(&stage.repo(REPO, "/pullrequests/1")).await;
    assert_eq!(told_pull, &pull);
    assert!(told_pull["participants"].is_array() && told_pull["rendered"].is_object());
    assert_eq!(
        told_pull["source"]["commit"]["hash"]
            .as_str()
            .unwrap()
            .len(),
        12
    );
}

#[tokio::test]
async fn who_asks_for_changes_is_told_as_if_without_a_verdict() {
    let stage = listening().await;
    let number = stage
        .emulator
        .world()
        .open_pull_request(REPO, "marta")
        .unwrap();
    stage.emulator.take_deliveries();
    let (_, asked) = told(&stage, |world| {
        world.request_changes(REPO, number, "teo").unwrap()
    });
    let asked = &asked[0].1;
    assert_eq!(asked["changes_request"]["user"]["nickname"], "teo");
    assert_eq!(asked.get("approval"), None);
    let [participant] = asked["pullrequest"]["participants"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        panic!("{asked}");
    };
    assert_eq!(
        (&participant["state"], &participant["approved"]),
        (&Value::Null, &json!(false))
    );
    let below = format!("/pullrequests/{number}");
    let pull = stage.json(&stage.repo(REPO, &below)).await;
    assert_eq!(pull["participants"][0]["state"], "changes_requested");
}

#[tokio::test]
async fn comments_are_told_with_their_text_and_edits_only_after_ten_minutes() {
    let stage = listening().await;
    let anchor = Anchor {
        path: "src/lib.rs".to_owned(),
        from: None,
        to: Some(7),
    };
    let (id, made) = told(&stage, |world| {
        world
            .comment_inline(REPO, 1, "teo", "Why?", anchor)
            .unwrap()
    });
    assert_eq!(made[0].0, "pullrequest:comment_created");
    let comment = &made[0].1["comment"];
    assert_eq!(
        (&comment["id"], &comment["content"]["raw"]),
        (&json!(id), &json!("Why?"))
    );
    assert_eq!(comment["inline"]["to"], 7);
    assert_eq!(comment["inline"]["src_rev"].as_str().unwrap().len(), 12);
    assert_eq!(made[0].1["pullrequest"]["id"], 1);
    // A minute later nobody is told; ten minutes after that somebody is.
    let edit = |text: &'static str| {
        move |world: &mut World| world.edit_comment(REPO, 1, id, text).unwrap()
    };
    assert!(events(&stage, edit("Why so?")).is_empty());
    stage.clock.advance_seconds(9 * 60);
    let (_, edited) = told(&stage, edit("Why not?"));
    assert_eq!(
        edited.len(),
        0,
        "not quite ten minutes by the service's own date"
    );
    stage.clock.advance_seconds(10 * 60);
    let (_, edited) = told(&stage, edit("Why ever?"));
    assert_eq!(edited[0].0, "pullrequest:comment_updated");
    assert_eq!(edited[0].1["comment"]["content"]["raw"], "Why ever?");
    let (_, resolved) = told(&stage, |world| {
        world.resolve_comment(REPO, 1, id, "marta").unwrap()
    });
    assert_eq!(resolved[0].0, "pullrequest:comment_resolved");
    assert_eq!(
        resolved[0].1["comment"]["resolution"]["user"],
        resolved[0].1["actor"]
    );
    let (_, reopened) = told(&stage, |world| world.reopen_comment(REPO, 1, id).unwrap());
    assert_eq!(reopened[0].0, "pullrequest:comment_reopened");
    assert_eq!(reopened[0].1["comment"].get("resolution"), None);
    let (_, deleted) = told(&stage, |world| world.delete_comment(REPO, 1, id).unwrap());
    assert_eq!(deleted[0].0, "pullrequest:comment_deleted");
    let comment = &deleted[0].1["comment"];
    assert_eq!(
        (&comment["deleted"], &comment["content"]["raw"]),
        (&json!(true), &json!(""))
    );
}

#[tokio::test]
async fn pushes_name_old_and_new_in_forty_characters() {
    let stage = listening().await;
    let main = stage.json(&stage.repo(REPO, "")).await["mainbranch"]["name"].clone();
    let (hash, pushed) = told(&stage, |world| world.add_commit(REPO, "teo").unwrap());
    let change = &pushed[0].1["push"]["changes"][0];
    assert_eq!(change["new"]["name"], main);
    assert_eq!(change["new"]["target"]["hash"], hash.as_str());
    assert_eq!(change["old"]["target"]["hash"].as_str().unwrap().len(), 40);
    assert_eq!(change["commits"][0]["hash"], hash.as_str());
    let parent = &change["new"]["target"]["parents"][0]["hash"];
    assert_eq!(parent, &change["old"]["target"]["hash"]);
    for (flag, expected) in [
        ("created", false),
        ("closed", false),
        ("forced", false),
        ("truncated", false),
    ] {
        assert_eq!(change[flag], expected, "{flag}");
    }
    let (number, opened) = told(&stage, |world| {
        world.open_pull_request(REPO, "marta").unwrap()
    });
    let change = &opened[0].1["push"]["changes"][0];
    assert_eq!(
        (&change["created"], &change["old"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(change["new"]["name"], format!("change/{number}"));
    let (forced, pushed) = told(&stage, |world| {
        world.force_push(REPO, number, "marta").unwrap()
    });
    let change = &pushed[0].1["push"]["changes"][0];
    assert_eq!(
        (&change["forced"], &change["created"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(change["new"]["target"]["hash"], forced.as_str());
    let short = pushed[1].1["pullrequest"]["source"]["commit"]["hash"].as_str();
    assert_eq!(short, forced.get(..12));
    for _ in 0..6 {
        stage.emulator.world().push(REPO, number, "marta").unwrap();
    }
    stage.emulator.take_deliveries();
    let (merge, merged) = told(&stage, |world| world.merge(REPO, number, "teo").unwrap());
    let change = &merged[0].1["push"]["changes"][0];
    assert_eq!(change["new"]["target"]["hash"], merge.as_str());
    assert_eq!(change["truncated"], true);
    assert_eq!(change["commits"].as_array().unwrap().len(), 5);
    let closing = &merged[1].1["push"]["changes"][0];
    assert_eq!(
        (&closing["closed"], &closing["new"]),
        (&json!(true), &Value::Null)
    );
    let merge_commit = &merged[2].1["pullrequest"]["merge_commit"];
    assert_eq!(merge_commit["hash"].as_str(), merge.get(..12));
    assert_eq!(merge_commit.get("date"), None);
}

#[tokio::test]
async fn builds_are_told_by_the_workspace() {
    let stage = listening().await;
    let (uuid, started) = told(&stage, |world| world.start_pipeline(REPO, "teo").unwrap());
    assert_eq!(started[0].0, "repo:commit_status_created");
    assert_eq!(started[0].1["commit_status"]["state"], "INPROGRESS");
    assert_eq!(started[0].1["actor"]["type"], "team");
    let (_, finished) = told(&stage, |world| {
        world
            .finish_pipeline(REPO, &uuid, PipelineResult::Stopped)
            .unwrap();
    });
    assert_eq!(finished[0].0, "repo:commit_status_updated");
    let status = &finished[0].1["commit_status"];
    assert_eq!(status["state"], "STOPPED");
    assert_eq!(status["key"], started[0].1["commit_status"]["key"]);
    assert_eq!(status["commit"]["hash"].as_str().unwrap().len(), 40);
    assert!(status["commit"]["author"]["raw"].is_string());
    let number = status["name"].as_str().unwrap();
    let number = number.split(['#', ' ']).nth(2).unwrap();
    let url = status["url"].as_str().unwrap();
    assert!(
        url.ends_with(&format!("/pipelines/results/{number}")),
        "{url}"
    );
}

#[tokio::test]
async fn repositories_and_projects_tell_what_befalls_them() {
    let stage = listening().await;
    let (_, renamed) = told(&stage, |world| {
        world.rename_repository(REPO, "houston").unwrap()
    });
    assert_eq!(renamed[0].0, "repo:updated");
    let changes = &renamed[0].1["changes"];
    let full = json!({ "old": "acme-rockets/mission-control", "new": "acme-rockets/houston" });
    assert_eq!(changes["full_name"], full);
    assert_eq!(
        renamed[0].1["repository"]["full_name"],
        "acme-rockets/houston"
    );
    type Change = fn(&mut World);
    let changes: [(Change, &str); 5] = [
        (|world| world.create_repository("moon-base"), "repo:created"),
        (
            |world| world.delete_repository("moon-base").unwrap(),
            "repo:deleted",
        ),
        (
            |world| world.restore_repository("moon-base").unwrap(),
            "repo:created",
        ),
        (
            |world| world.transfer_repository("moon-base").unwrap(),
            "repo:transfer",
        ),
        (
            |world| world.restore_repository("moon-base").unwrap(),
            "repo:transfer",
        ),
    ];
    for (change, expected) in changes {
        let (_, told) = told(&stage, change);
        assert_eq!(told[0].0, expected);
        assert_eq!(
            told[0].1["repository"]["full_name"],
            "acme-rockets/moon-base"
        );
    }
    assert_eq!(
        stage
            .get("/repositories/acme-rockets/moon-base")
            .await
            .status,
        200
    );
    let (_, renamed) = told(&stage, |world| {
        world.rename_project("FLIGHT", "Flying").unwrap()
    });
    assert_eq!(renamed[0].0, "project:updated");
    assert_eq!(renamed[0].1["project"]["name"], "Flying");
    assert_eq!(renamed[0].1["changes"]["name"]["old"], "Flight Software");
    assert_eq!(renamed[0].1.get("repository"), None);
}

#[tokio::test]
async fn only_who_wants_to_hear_is_told() {
    let stage = collecting(&WorldSpec::small(end())).await;
    {
        let mut world = stage.emulator.world();
        world.subscribe("https://a.example.com", None, &["pullrequest:approved"]);
        world
            .subscribe_to(
                "telemetry-ingest",
                "https://b.example.com",
                None,
                &EVERYTHING,
            )
            .unwrap();
        world
            .subscribe_to(
                REPO,
                "https://c.example.com",
                None,
                &["pullrequest:approved"],
            )
            .unwrap();
        world.approve(REPO, 1, "teo").unwrap();
        world.retitle(REPO, 1, "teo", "Other").unwrap();
        world.rename_project("FLIGHT", "Flying").unwrap();
    }
    let told = stage.emulator.take_deliveries();
    let urls: Vec<&str> = told.iter().map(|one| one.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example.com", "https://c.example.com"]);
    assert_eq!(told[0].body, told[1].body);
    assert_eq!(told[0].header("x-hub-signature"), None);
    let uuids = told.iter().map(|one| one.header("x-request-uuid").unwrap());
    let uuids: std::collections::BTreeSet<&str> = uuids.collect();
    assert_eq!(uuids.len(), 2);
}

#[tokio::test]
async fn what_is_too_long_is_never_told() {
    let stage = listening().await;
    let long = "x".repeat(300 * 1024);
    let events = events(&stage, |world| {
        world.comment(REPO, 1, "teo", &long).unwrap()
    });
    assert!(events.is_empty());
    assert_eq!(stage.emulator.withheld_deliveries(), 1);
}

#[tokio::test]
async fn deliveries_may_be_doubled_lost_and_out_of_order_by_chance_that_repeats() {
    let mut results = Vec::new();
    for seed in [1, 1, 2] {
        let stage = listening().await;
        stage.emulator.set_delivery_faults(DeliveryFaults {
            seed,
            duplicated_percent: 20,
            reordered_percent: 20,
            lost_percent: 10,
            ..DeliveryFaults::default()
        });
        for count in 0..100 {
            let mut world = stage.emulator.world();
            let title = format!("Title {count}");
            world.retitle(REPO, 1, "teo", &title).unwrap();
        }
        let told = stage.emulator.take_deliveries();
        let titles = told.iter().map(|one| {
            let body = body(one);
            body["pullrequest"]["title"].as_str().unwrap().to_owned()
        });
        let titles: Vec<String> = titles.collect();
        let requests = told
            .iter()
            .map(|one| one.header("x-request-uuid").unwrap().to_owned());
        let requests: std::collections::BTreeSet<String> = requests.collect();
        assert_eq!(
            requests.len(),
            titles.len(),
            "what comes twice has two requests"
        );
        let distinct: std::collections::BTreeSet<&String> = titles.iter().collect();
        let lost = stage.emulator.sent_deliveries().len();
        assert_eq!(distinct.len() + lost, 100);
        assert!((3..25).contains(&lost) && (5..40).contains(&(titles.len() - distinct.len())));
        let number = |title: &String| title[6..].parse::<u32>().unwrap();
        assert!(!titles.is_sorted_by_key(number));
        results.push(titles);
    }
    assert_eq!(results[0], results[1]);
    assert_ne!(results[0], results[2]);
}
