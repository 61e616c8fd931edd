//! What is told of repositories: pushes, builds, and what befalls them.

use emulator::{PipelineResult, World};
use serde_json::{Value, json};

use super::{REPO, listening, told};

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
