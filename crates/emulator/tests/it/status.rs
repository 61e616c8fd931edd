//! Build statuses of commits and pull requests.

use emulator::{PipelineResult, WorldSpec};
use serde_json::Value;

use crate::stage::{Stage, column, end};

const REPO: &str = "mission-control";

async fn pipelines(stage: &Stage) -> Vec<Value> {
    stage
        .all(&stage.repo(REPO, "/pipelines/?sort=created_on&pagelen=100"))
        .await
}

fn statuses(stage: &Stage, commit: &str) -> String {
    stage.repo(REPO, &format!("/commit/{commit}/statuses"))
}

#[tokio::test]
async fn every_pipeline_tells_its_commit_how_it_stands() {
    let stage = Stage::small().await;
    for pipeline in pipelines(&stage).await {
        let commit = pipeline["target"]["commit"]["hash"].as_str().unwrap();
        let found = stage.all(&statuses(&stage, commit)).await;
        let number = pipeline["build_number"].as_u64().unwrap();
        let results = format!("/pipelines/results/{number}");
        let own = found
            .iter()
            .find(|status| status["url"].as_str().unwrap().ends_with(&results))
            .unwrap_or_else(|| panic!("{number}: {found:?}"));
        let expected = match pipeline["state"]["result"]["name"].as_str() {
            Some("SUCCESSFUL") => "SUCCESSFUL",
            Some("FAILED" | "ERROR") => "FAILED",
            Some(_) => "STOPPED",
            None => "INPROGRESS",
        };
        assert_eq!(own["state"], expected);
        assert_eq!(
            (&own["type"], &own["commit"]["hash"]),
            (&"build".into(), &commit.into())
        );
        let refname = &pipeline["target"]["ref_name"];
        if refname.is_string() {
            assert_eq!(&own["refname"], refname);
            let name = format!("Pipeline #{number} for {}", refname.as_str().unwrap());
            assert_eq!(own["name"], name);
        }
        let short = &commit[..12];
        assert_eq!(stage.all(&statuses(&stage, short)).await, found);
    }
    assert_eq!(
        stage.get(&statuses(&stage, "0123456789ab")).await.status,
        404
    );
}

#[tokio::test]
async fn a_status_moves_with_its_pipeline() {
    let stage = Stage::with(&WorldSpec::uniform(1, 3, end()), |_| {}).await;
    let uuid = stage.emulator.world().start_pipeline(REPO, "teo").unwrap();
    let newest = pipelines(&stage).await.pop().unwrap();
    let commit = newest["target"]["commit"]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = stage.all(&statuses(&stage, &commit)).await.pop().unwrap();
    assert_eq!(before["state"], "INPROGRESS");
    stage.clock.advance_seconds(60);
    stage
        .emulator
        .world()
        .finish_pipeline(REPO, &uuid, PipelineResult::Failed)
        .unwrap();
    let after = stage.all(&statuses(&stage, &commit)).await.pop().unwrap();
    assert_eq!(after["state"], "FAILED");
    assert_eq!(
        (&after["key"], &after["created_on"]),
        (&before["key"], &before["created_on"])
    );
    assert_ne!(after["updated_on"], before["updated_on"]);
}

#[tokio::test]
async fn a_pull_request_has_those_of_its_newest_commit() {
    let stage = Stage::small().await;
    let mut some = 0;
    let pulls = stage
        .all(&stage.repo(REPO, "/pullrequests?state=all&pagelen=50"))
        .await;
    for pull in pulls {
        let below = format!("/pullrequests/{}/statuses", pull["id"]);
        let found = stage.all(&stage.repo(REPO, &below)).await;
        let commit = pull["source"]["commit"]["hash"]
            .as_str()
            .unwrap_or_default();
        for hash in column(&found, "/commit/hash") {
            assert_eq!(hash.get(..12), Some(commit));
        }
        some += found.len();
    }
    assert!(some > 0, "no pull request was ever built");
}

#[tokio::test]
async fn statuses_can_be_searched_sorted_and_asked_for_by_branch() {
    let stage = Stage::small().await;
    let newest = pipelines(&stage).await.pop().unwrap();
    let commit = newest["target"]["commit"]["hash"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = async |query: &str| {
        let path = format!("{}?{query}", statuses(&stage, &commit));
        stage.get(&path).await
    };
    let all = ask("").await.json();
    assert_eq!(all["pagelen"], 30);
    let count = |reply: Value| reply["values"].as_array().unwrap().len();
    let total = count(all);
    let some = count(ask("q=state%20%3D%20%22FAILED%22").await.json());
    let others = count(ask("q=state%20%21%3D%20%22FAILED%22").await.json());
    assert_eq!(some + others, total);
    assert_eq!(ask("sort=-created_on").await.status, 200);
    assert_eq!(ask("sort=nothing").await.status, 400);
    let elsewhere = count(ask("refname=no-such-branch").await.json());
    let unnamed = count(ask("q=refname%20%3D%20null").await.json());
    assert_eq!(elsewhere, unnamed);
    let pagelen = ask("pagelen=101").await;
    assert_eq!(
        (pagelen.status, pagelen.message().as_str()),
        (400, "Invalid pagelen")
    );
}
