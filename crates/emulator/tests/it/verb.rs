//! Changing the world while it is served.

use emulator::{Anchor, PipelineResult, WorldError, WorldSpec};
use serde_json::Value;

use crate::stage::{Stage, end};

async fn uniform() -> Stage {
    Stage::with(&WorldSpec::uniform(1, 3, end()), |_| {}).await
}

const REPO: &str = "mission-control";

async fn detail(stage: &Stage, number: u64) -> Value {
    stage
        .json(&stage.repo(REPO, &format!("/pullrequests/{number}")))
        .await
}

#[tokio::test]
async fn a_pull_request_lives_from_opening_to_merging() {
    let stage = uniform().await;
    stage.clock.advance_seconds(60);
    let number = stage.emulator.world().open_draft(REPO, "marta").unwrap();
    assert_eq!(number, 4);
    assert_eq!(detail(&stage, number).await["draft"], true);
    stage.clock.advance_seconds(60);
    let hash = {
        let mut world = stage.emulator.world();
        world.mark_ready(REPO, number, "marta").unwrap();
        world
            .change_reviewers(REPO, number, "marta", &["teo", "ingrid"], &[])
            .unwrap();
        world
            .change_reviewers(REPO, number, "marta", &[], &["ingrid"])
            .unwrap();
        world
            .retitle(REPO, number, "marta", "A better name")
            .unwrap();
        world.push(REPO, number, "marta").unwrap()
    };
    let pull = detail(&stage, number).await;
    assert_eq!(pull["title"], "A better name");
    assert_eq!(pull["source"]["commit"]["hash"].as_str(), hash.get(..12));
    assert_eq!(pull["reviewers"].as_array().unwrap().len(), 1);
    assert_eq!(pull["participants"][0]["participated_on"], Value::Null);
    stage.clock.advance_seconds(60);
    {
        let mut world = stage.emulator.world();
        world.request_changes(REPO, number, "teo").unwrap();
        world.withdraw_change_request(REPO, number, "teo").unwrap();
        world.approve(REPO, number, "teo").unwrap();
        world.approve(REPO, number, "kofi").unwrap();
        world.unapprove(REPO, number, "kofi").unwrap();
        world.merge(REPO, number, "teo").unwrap();
        let closed = world.decline(REPO, number, "teo", "");
        assert_eq!(closed, Err(WorldError::Closed(number)));
    }
    let pull = detail(&stage, number).await;
    assert_eq!(pull["state"], "MERGED");
    assert_eq!(pull["closed_by"]["nickname"], "teo");
    assert_eq!(pull["participants"][0]["state"], "approved");
    assert_eq!(pull["participants"][1]["approved"], false);
    assert_eq!(pull["participants"][1]["participated_on"], Value::Null);
    let entries = stage
        .all(&stage.repo(REPO, "/pullrequests/4/activity"))
        .await;
    let approvals = entries
        .iter()
        .filter(|entry| entry.get("approval").is_some())
        .count();
    assert_eq!(approvals, 2, "the entry of a withdrawn approval stays");
    assert_eq!(entries.len(), 2 + 5 + 1 + 2 + 1);
}

#[tokio::test]
async fn comments_move_the_pull_requests_date_without_new_entries() {
    let stage = uniform().await;
    stage.clock.advance_seconds(60);
    let anchor = Anchor {
        path: "src/lib.rs".to_owned(),
        from: None,
        to: Some(7),
    };
    let id = stage
        .emulator
        .world()
        .comment_inline(REPO, 1, "teo", "Why?", anchor)
        .unwrap();
    let answer = stage
        .emulator
        .world()
        .reply(REPO, 1, "marta", "Because.", id)
        .unwrap();
    let entries = stage
        .all(&stage.repo(REPO, "/pullrequests/1/activity"))
        .await
        .len();
    let mut updated = detail(&stage, 1).await["updated_on"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(detail(&stage, 1).await["comment_count"], 4);
    for step in 0..4 {
        stage.clock.advance_seconds(60);
        {
            let mut world = stage.emulator.world();
            match step {
                0 => world.edit_comment(REPO, 1, id, "Why not?").unwrap(),
                1 => world.resolve_comment(REPO, 1, id, "marta").unwrap(),
                2 => world.reopen_comment(REPO, 1, id).unwrap(),
                _ => world.delete_comment(REPO, 1, answer).unwrap(),
            }
        }
        let now = detail(&stage, 1).await["updated_on"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(now > updated, "step {step}");
        updated = now;
    }
    let comments = stage
        .all(&stage.repo(REPO, "/pullrequests/1/comments"))
        .await;
    let deleted = &comments[3];
    assert_eq!(
        (
            deleted["deleted"].as_bool(),
            deleted["content"]["raw"].as_str()
        ),
        (Some(true), Some(""))
    );
    assert_eq!(deleted["parent"]["id"].as_i64(), Some(id));
    assert_eq!(deleted["inline"]["to"], 7);
    assert_eq!(
        stage
            .all(&stage.repo(REPO, "/pullrequests/1/activity"))
            .await
            .len(),
        entries
    );
    assert_eq!(detail(&stage, 1).await["comment_count"], 3);
    stage.emulator.world().quirks.count_deleted_comments = true;
    assert_eq!(detail(&stage, 1).await["comment_count"], 4);
    let again = stage.emulator.world().delete_comment(REPO, 1, answer);
    assert_eq!(again, Err(WorldError::UnknownComment(1, answer)));
}

#[tokio::test]
async fn pipelines_start_and_finish_and_people_change() {
    let stage = uniform().await;
    let uuid = stage.emulator.world().start_pipeline(REPO, "teo").unwrap();
    let newest = stage.repo(REPO, "/pipelines/?sort=-created_on&pagelen=1");
    assert_eq!(
        stage.json(&newest).await["values"][0]["state"]["stage"]["name"],
        "RUNNING"
    );
    stage.clock.advance_seconds(90);
    stage
        .emulator
        .world()
        .finish_pipeline(REPO, &uuid, PipelineResult::Failed)
        .unwrap();
    let pipeline = &stage.json(&newest).await["values"][0];
    assert_eq!(pipeline["state"]["result"]["name"], "FAILED");
    assert_eq!(pipeline["duration_in_seconds"], 90);
    stage
        .emulator
        .world()
        .rename_person("teo", "Teodoro Vasquez")
        .unwrap();
    let members = stage.all("/workspaces/acme-rockets/members").await;
    let named = |name: &str| {
        members
            .iter()
            .any(|one| one["user"]["display_name"] == name)
    };
    assert!(named("Teodoro Vasquez") && !named("Teo Vasquez"));
    stage.emulator.world().remove_member("teo").unwrap();
    assert_eq!(
        stage.all("/workspaces/acme-rockets/members").await.len(),
        members.len() - 1
    );
}

#[tokio::test]
async fn what_is_unknown_is_named() {
    let stage = uniform().await;
    let mut world = stage.emulator.world();
    let unknown = world.open_pull_request("nothing", "teo").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "the world has no repository \"nothing\""
    );
    assert_eq!(
        world.approve(REPO, 1, "nobody"),
        Err(WorldError::UnknownAccount("nobody".to_owned()))
    );
    assert_eq!(
        world.approve(REPO, 9, "teo"),
        Err(WorldError::UnknownPullRequest(REPO.to_owned(), 9))
    );
    assert_eq!(
        world.edit_comment(REPO, 1, 5, ""),
        Err(WorldError::UnknownComment(1, 5))
    );
}
