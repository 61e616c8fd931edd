//! What is told of pull requests.

use emulator::{Anchor, World};
use serde_json::{Value, json};

use super::{REPO, events, listening, told};

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
