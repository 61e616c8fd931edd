//! Steps, environments and deployments.

use std::collections::BTreeSet;

use emulator::{PipelineResult, STEP_SECRET};
use model::Instant;
use serde_json::Value;

use crate::stage::{Stage, column};

const REPOSITORIES: [&str; 3] = [
    "mission-control",
    "telemetry-ingest",
    "mission-control-fork",
];

fn row<'a>(truth: &'a Value, table: &str, id: &Value) -> &'a Value {
    let mut rows = truth[table].as_array().unwrap().iter();
    rows.find(|row| &row["source_id"] == id).unwrap()
}

fn at(value: Option<&Value>) -> Value {
    let text = value.and_then(Value::as_str);
    text.map_or(Value::Null, |text| {
        text.parse::<Instant>().unwrap().to_string().into()
    })
}

fn inside(value: &Value, pointer: &str) -> Value {
    value.pointer(pointer).cloned().unwrap_or_default()
}

async fn steps(stage: &Stage, slug: &str, pipeline: &str) -> Vec<Value> {
    let pipeline = pipeline.replace('{', "%7B").replace('}', "%7D");
    let path = format!("/pipelines/{pipeline}/steps/?pagelen=2");
    stage.all(&stage.repo(slug, &path)).await
}

#[tokio::test]
async fn steps_are_the_truth_and_hold_a_secret() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let mut all = Vec::new();
    for slug in REPOSITORIES {
        let pipelines = stage
            .emulator
            .world()
            .repository(slug)
            .unwrap()
            .pipeline_uuids();
        for pipeline in pipelines {
            all.extend(steps(&stage, slug, &pipeline).await);
        }
    }
    assert_eq!(
        all.len(),
        truth["bitbucket_pipeline_steps"].as_array().unwrap().len()
    );
    for step in &all {
        let row = row(&truth, "bitbucket_pipeline_steps", &step["uuid"]);
        for (column, pointer) in [
            ("pipeline", "/pipeline/uuid"),
            ("name", "/name"),
            ("run_number", "/run_number"),
            ("state", "/state/name"),
            ("result", "/state/result/name"),
            ("duration", "/duration_in_seconds"),
            ("build_seconds_used", "/build_seconds_used"),
            ("max_time", "/maxTime"),
            ("trigger_type", "/trigger/type"),
        ] {
            assert_eq!(row[column], inside(step, pointer), "{column}");
        }
        assert_eq!(row["started_at"], at(step.get("started_on")));
        assert_eq!(row["completed_at"], at(step.get("completed_on")));
        for commands in ["setup_commands", "script_commands", "teardown_commands"] {
            assert!(step[commands].to_string().contains(STEP_SECRET));
            assert_eq!(step[commands][0]["commandType"], "user");
        }
    }
    let distinct = |pointer: &str| column(&all, pointer).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(distinct("/state/name").len(), 3);
    let results = distinct("/state/result/name");
    for result in ["SUCCESSFUL", "FAILED", "NOT_RUN"] {
        assert!(results.contains(result), "{results:?}");
    }
    assert!(!truth.to_string().contains(STEP_SECRET));
}

#[tokio::test]
async fn steps_need_their_slash_and_tell_no_size() {
    let stage = Stage::small().await;
    let uuid = stage
        .emulator
        .world()
        .repository("mission-control")
        .unwrap()
        .pipeline_uuids()[0]
        .clone();
    let uuid = uuid.replace('{', "%7B").replace('}', "%7D");
    let path = stage.repo("mission-control", &format!("/pipelines/{uuid}/steps"));
    assert_eq!(stage.get(&path).await.status, 404);
    let page = stage.json(&format!("{path}/")).await;
    assert_eq!(
        (page.get("size"), page["pagelen"].as_u64()),
        (None, Some(10))
    );
    let fields = "/?fields=values.uuid,values.maxTime";
    let page = stage.json(&format!("{path}{fields}")).await;
    assert!(!page.to_string().contains(STEP_SECRET));
    let none = stage.repo("mission-control", "/pipelines/%7Bnone%7D/steps/");
    assert_eq!(stage.get(&none).await.status, 404);
}

#[tokio::test]
async fn environments_and_deployments_are_the_truth() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let (mut environments, mut all) = (Vec::new(), Vec::new());
    for slug in REPOSITORIES {
        environments.extend(stage.all(&stage.repo(slug, "/environments/")).await);
        all.extend(
            stage
                .all(&stage.repo(slug, "/deployments/?pagelen=3"))
                .await,
        );
    }
    let count = |table: &str| truth[table].as_array().unwrap().len();
    assert_eq!(environments.len(), count("bitbucket_environments"));
    assert_eq!(all.len(), count("bitbucket_deployments"));
    for one in &environments {
        let row = row(&truth, "bitbucket_environments", &one["uuid"]);
        for (column, pointer) in [
            ("name", "/name"),
            ("slug", "/slug"),
            ("environment_type", "/environment_type/name"),
            ("rank", "/environment_type/rank"),
            ("hidden", "/hidden"),
        ] {
            assert_eq!(row[column], inside(one, pointer), "{column}");
        }
    }
    assert!(environments.iter().any(|one| one["hidden"] == true));
    let mut spellings = BTreeSet::new();
    for one in &all {
        let row = row(&truth, "bitbucket_deployments", &one["uuid"]);
        for (column, pointer) in [
            ("environment", "/environment/uuid"),
            ("pipeline", "/release/pipeline/uuid"),
            ("step", "/step/uuid"),
            ("user", "/state/deployer/uuid"),
            ("state", "/state/name"),
            ("result", "/state/status/name"),
            ("release_name", "/release/name"),
            ("commit_sha", "/release/commit/hash"),
        ] {
            assert_eq!(row[column], inside(one, pointer), "{column}");
        }
        assert!(one["environment"].get("name").is_none());
        let state = &one["state"];
        let started = state.get("started_on").or(state.get("start_date"));
        let completed = state.get("completed_on").or(state.get("completion_date"));
        assert_eq!(row["started_at"], at(started));
        assert_eq!(row["completed_at"], at(completed));
        assert_eq!(row["created_at"], at(one.pointer("/release/created_on")));
        assert_eq!(row["updated_at"], at(one.get("last_update_time")));
        spellings.insert((
            state.get("start_date").is_some(),
            state.get("started_on").is_some(),
        ));
        let steps = truth["bitbucket_pipeline_steps"].as_array().unwrap();
        assert!(steps.iter().any(|step| step["source_id"] == row["step"]));
    }
    assert!(spellings.contains(&(true, false)) && spellings.contains(&(false, true)));
    assert!(all.iter().any(|one| one.get("last_update_time").is_none()));
    let states: BTreeSet<String> = column(&all, "/state/name").into_iter().collect();
    assert!(
        states.contains("COMPLETED") && states.contains("UNDEPLOYED"),
        "{states:?}"
    );
}

#[tokio::test]
async fn deployments_are_neither_sorted_nor_filtered() {
    let stage = Stage::small().await;
    let path = |query: &str| stage.repo("mission-control", &format!("/deployments/{query}"));
    let reply = stage.get(&path("?sort=created_on")).await;
    assert_eq!(
        (reply.status, reply.message()),
        (400, "Invalid sort attribute".to_owned())
    );
    let size = stage.json(&path("")).await["size"].clone();
    let later = path("?q=created_on%20%3E%202031-01-01T00:00:00Z");
    assert_eq!(stage.json(&later).await["size"], size);
    let named = stage
        .json(&path("?fields=%2Bvalues.environment.name"))
        .await;
    assert!(named["values"][0]["environment"]["name"].is_string());
    for unslashed in ["/deployments", "/environments"] {
        assert_eq!(
            stage
                .get(&stage.repo("mission-control", unslashed))
                .await
                .status,
            404
        );
    }
    for list in ["/deployments/", "/environments/"] {
        let long = stage.repo("mission-control", &format!("{list}?pagelen=101"));
        assert_eq!(stage.get(&long).await.message(), "Invalid pagelen");
    }
}

#[tokio::test]
async fn what_was_built_and_deployed_references_commits_that_exist() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let commits = truth["bitbucket_commits"].as_array().unwrap();
    let known: BTreeSet<&str> = commits
        .iter()
        .map(|row| row["sha"].as_str().unwrap())
        .collect();
    let deployments = truth["bitbucket_deployments"].as_array().unwrap().iter();
    let (mut found, mut unknown) = (0, 0);
    for deployment in deployments {
        if known.contains(deployment["commit_sha"].as_str().unwrap()) {
            found += 1;
        } else {
            unknown += 1;
        }
    }
    assert!(found > 4 * unknown, "{found} known, {unknown} unknown");
}

#[tokio::test]
async fn a_deployment_is_begun_and_finished() {
    let stage = Stage::small().await;
    let repo = "mission-control";
    let (pipeline, uuid) = {
        let mut world = stage.emulator.world();
        let head = world.add_commit(repo, "marta").unwrap();
        let pipeline = world.start_pipeline(repo, "marta").unwrap();
        let uuid = world.deploy(repo, "production", &pipeline, "teo").unwrap();
        assert!(world.deploy(repo, "moon", &pipeline, "teo").is_err());
        assert!(world.deploy(repo, "staging", "{none}", "teo").is_err());
        (pipeline, (uuid, head))
    };
    let first = async || stage.json(&stage.repo(repo, "/deployments/")).await["values"][0].clone();
    let begun = first().await;
    assert_eq!(begun["uuid"], uuid.0.as_str());
    assert_eq!(begun["release"]["commit"]["hash"], uuid.1.as_str());
    assert_eq!(begun["release"]["pipeline"]["uuid"], pipeline.as_str());
    assert_eq!(
        (&begun["state"]["name"], begun["state"].get("status")),
        (&"IN_PROGRESS".into(), None)
    );
    stage.clock.advance_seconds(60);
    let result = PipelineResult::Failed;
    stage
        .emulator
        .world()
        .finish_deployment(repo, &uuid.0, result)
        .unwrap();
    let done = first().await;
    assert_eq!(done["state"]["status"]["name"], "FAILED");
    assert_ne!(done["last_update_time"], begun["last_update_time"]);
}
