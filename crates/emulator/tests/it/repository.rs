//! Repositories that go, come back, change their name or are not for everybody.

use emulator::{Credential, WorldSpec};

use crate::stage::{Stage, TOKEN, column, end};

const LIST: &str = "/repositories/acme-rockets?pagelen=100";
const REPO: &str = "telemetry-ingest";

async fn slugs(stage: &Stage, authorization: &str) -> Vec<String> {
    let reply = stage.get_as(Some(authorization), LIST).await;
    column(reply.json()["values"].as_array().unwrap(), "/slug")
}

#[tokio::test]
async fn what_is_deleted_or_transferred_is_gone_until_it_is_restored() {
    let stage = Stage::small().await;
    let token = format!("Bearer {TOKEN}");
    let uuid = stage
        .emulator
        .world()
        .repository(REPO)
        .unwrap()
        .uuid
        .clone();
    let place = uuid.replace('{', "%7B").replace('}', "%7D");
    let rows = stage.emulator.world().truth_of_more()["bitbucket_commits"].clone();
    for transferred in [false, true] {
        let truth = {
            let mut world = stage.emulator.world();
            if transferred {
                world.transfer_repository(REPO).unwrap();
            } else {
                world.delete_repository(REPO).unwrap();
            }
            world.truth_of_more()
        };
        assert_eq!(truth["deleted_repositories"], serde_json::json!([uuid]));
        assert_eq!(truth["bitbucket_commits"], rows);
        assert!(!slugs(&stage, &token).await.contains(&REPO.to_owned()));
        for key in [REPO, &place] {
            for rest in [
                "",
                "/pullrequests",
                "/pullrequests/1",
                "/commits/main",
                "/pipelines/",
            ] {
                assert_eq!(
                    stage.get(&stage.repo(key, rest)).await.status,
                    404,
                    "{rest}"
                );
            }
        }
        stage.emulator.world().restore_repository(REPO).unwrap();
        assert!(slugs(&stage, &token).await.contains(&REPO.to_owned()));
        assert_eq!(stage.get(&stage.repo(REPO, "")).await.status, 200);
    }
}

#[tokio::test]
async fn a_renamed_repository_keeps_its_uuid_alone() {
    let stage = Stage::small().await;
    let before = stage.json(&stage.repo(REPO, "")).await;
    stage
        .emulator
        .world()
        .rename_repository(REPO, "telemetry-two")
        .unwrap();
    assert_eq!(stage.get(&stage.repo(REPO, "")).await.status, 404);
    let after = stage.json(&stage.repo("telemetry-two", "")).await;
    assert_eq!(before["uuid"], after["uuid"]);
    assert_eq!(after["full_name"], "acme-rockets/telemetry-two");
    assert_ne!(before["updated_on"], after["updated_on"]);
}

#[tokio::test]
async fn a_repository_can_be_hidden_from_one_credential() {
    let (one, other) = (
        Credential::workspace_access_token(TOKEN),
        Credential::api_token("marta@example.com", "t"),
    );
    let stage = Stage::with(&WorldSpec::small(end()), |options| {
        options.credentials = vec![one.clone(), other.clone()];
    })
    .await;
    stage
        .emulator
        .world()
        .hide_repository_from(REPO, &other)
        .unwrap();
    let hidden = REPO.to_owned();
    let path = stage.repo(REPO, "/pullrequests");
    assert!(slugs(&stage, &one.authorization()).await.contains(&hidden));
    assert!(
        !slugs(&stage, &other.authorization())
            .await
            .contains(&hidden)
    );
    assert_eq!(
        stage.get_as(Some(&one.authorization()), &path).await.status,
        200
    );
    assert_eq!(
        stage
            .get_as(Some(&other.authorization()), &path)
            .await
            .status,
        404
    );
    stage
        .emulator
        .world()
        .show_repository_to(REPO, &other)
        .unwrap();
    assert!(
        slugs(&stage, &other.authorization())
            .await
            .contains(&hidden)
    );
}

#[tokio::test]
async fn where_pipelines_are_off_all_that_is_built_is_not_found() {
    let stage = Stage::small().await;
    let uuid = stage
        .emulator
        .world()
        .repository(REPO)
        .unwrap()
        .pipeline_uuids()[0]
        .clone();
    let uuid = uuid.replace('{', "%7B").replace('}', "%7D");
    let steps = format!("/pipelines/{uuid}/steps/");
    let built = [
        "/pipelines/",
        steps.as_str(),
        "/deployments/",
        "/environments/",
    ];
    for (off, status) in [(true, 404), (false, 200)] {
        if off {
            stage.emulator.world().switch_off_pipelines(REPO).unwrap();
        } else {
            stage.emulator.world().switch_on_pipelines(REPO).unwrap();
        }
        for rest in built {
            assert_eq!(
                stage.get(&stage.repo(REPO, rest)).await.status,
                status,
                "{rest}"
            );
        }
        assert_eq!(
            stage.get(&stage.repo(REPO, "/pullrequests")).await.status,
            200
        );
    }
}

#[tokio::test]
async fn deployments_alone_can_be_off() {
    let stage = Stage::small().await;
    let expect = async |status: u16| {
        for (rest, status) in [
            ("/pipelines/", 200),
            ("/deployments/", status),
            ("/environments/", status),
        ] {
            let reply = stage.get(&stage.repo(REPO, rest)).await;
            assert_eq!(reply.status, status, "{rest}");
        }
    };
    let world = || stage.emulator.world();
    world().switch_off_deployments(REPO).unwrap();
    expect(404).await;
    world().switch_on_deployments(REPO).unwrap();
    expect(200).await;
}
