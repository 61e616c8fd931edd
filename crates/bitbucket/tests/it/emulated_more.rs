//! What is read beside pull requests, as the emulator serves it, against the emulator's truth.

use std::sync::Arc;

use bitbucket::{Client, ClientConfig, ClientError, Credential, Listing, PullOrder, RepositoryRef};
use emulator::{Emulator, Options, World, WorldSpec};
use model::rows::Batch;
use model::{Id, ManualClock};
use serde_json::{Value, json};

use crate::emulated::{compare, rows, table, walk};
use crate::server::{Log, start, uuid};

struct Imported {
    more: Value,
    batches: Vec<Batch>,
}

async fn import() -> Imported {
    let clock = ManualClock::starting_at(start());
    let world = World::generate(&WorldSpec::small(start()), Arc::new(clock.clone()));
    let (more, workspace) = (world.truth_of_more(), world.workspace_slug().to_owned());
    let options =
        Options::with_credentials([emulator::Credential::workspace_access_token("s3cret")]);
    let emulator = Emulator::start(world, options).await.unwrap();
    let credential = Credential::AccessToken {
        label: "Importer".to_owned(),
        token: "s3cret".to_owned().into(),
    };
    let base = emulator.base_url().parse().unwrap();
    let config = ClientConfig::new(base, workspace, credential);
    let client = Client::new(config, Arc::new(clock), Arc::new(Log::default())).unwrap();
    let mut batches = Vec::new();
    for batch in walk(&client, &Listing::Repositories).await {
        for row in &batch.repositories {
            let repository = RepositoryRef {
                uuid: uuid(row.source_id.as_value().unwrap()),
                full_name: row.full_name.clone().value().unwrap(),
                workspace_id: row.workspace_id.value().unwrap(),
            };
            let branch = row.default_branch.as_value().cloned();
            batches.extend(of_repository(&client, &repository, branch).await);
        }
    }
    Imported { more, batches }
}

async fn of_repository(
    client: &Client,
    repository: &RepositoryRef,
    branch: Option<String>,
) -> Vec<Batch> {
    let of = || repository.clone();
    let alone = client.repository(&repository.uuid).await.unwrap();
    assert_eq!(alone.batch.repositories[0].id, repository.id());
    let mut batches = Vec::new();
    if let Some(revision) = branch {
        let commits = Listing::Commits {
            repository: of(),
            revision,
            exclude: None,
        };
        batches.extend(walk(client, &commits).await);
        let shortened: Vec<_> = batches.iter().flat_map(|batch| &batch.commits).collect();
        for row in shortened.iter().take(2) {
            let sha12 = row.sha12.as_value().unwrap();
            let page = client.commit(repository, sha12).await.unwrap();
            assert_eq!(page.batch.commits[0].id, row.id);
        }
    }
    let pulls = Listing::PullRequests {
        repository: of(),
        since: None,
        order: PullOrder::Created,
    };
    for row in walk(client, &pulls)
        .await
        .iter()
        .flat_map(|batch| &batch.pulls)
    {
        let number = row.number.value().unwrap();
        let alone = client.pull_request(repository, number).await.unwrap().batch;
        assert_eq!(alone.pulls[0].updated_at, row.updated_at);
        assert_eq!(alone.participants.len(), 1);
        let sha = row.source_commit_sha.as_value().map(String::as_str);
        batches.push(
            client
                .pull_size(repository, number, sha)
                .await
                .unwrap()
                .batch,
        );
        let commits = Listing::PullCommits {
            repository: of(),
            number,
            pull_updated_at: row.updated_at.value().unwrap(),
        };
        match client.page(&commits, None).await {
            Ok(_) => batches.extend(walk(client, &commits).await),
            Err(ClientError::NotFound { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    let runs = walk(client, &Listing::Pipelines { repository: of() }).await;
    for row in runs.iter().flat_map(|batch| &batch.pipelines) {
        let pipeline = uuid(row.source_id.as_value().unwrap());
        let alone = client.pipeline(repository, &pipeline).await.unwrap();
        assert_eq!(alone.batch.pipelines[0].state, row.state);
        let steps = Listing::PipelineSteps {
            repository: of(),
            pipeline,
        };
        batches.extend(walk(client, &steps).await);
    }
    batches.extend(walk(client, &Listing::Environments { repository: of() }).await);
    batches.extend(walk(client, &Listing::Deployments { repository: of() }).await);
    batches
}

#[tokio::test]
async fn what_is_read_beside_pull_requests_is_the_truth() {
    let Imported { more, batches } = import().await;
    let told = |name: &str| rows(&more, name).to_vec();
    let key = |row: &Value, column: &str| uuid(row[column].as_str().unwrap());
    let pull = |row: &Value| Id::pull(&key(row, "repository"), row["number"].as_i64().unwrap());
    let sha = |row: &Value| row["sha"].as_str().unwrap().to_owned();

    let commits = table(&batches, |batch| &batch.commits);
    assert_eq!(commits.len(), told("bitbucket_commits").len());
    for row in told("bitbucket_commits") {
        let id = Id::commit(&key(&row, "repository"), &sha(&row));
        compare("commits", &row, commits.get(&id));
        // One that Bitbucket knows no account for has none.
        let user = row["user"].as_str().map(|user| Id::user(&uuid(user)));
        assert_eq!(commits[&id]["user_id"], json!(user), "{row}");
    }
    let places = table(&batches, |batch| &batch.pull_commits);
    assert_eq!(places.len(), told("bitbucket_pull_commits").len());
    for row in told("bitbucket_pull_commits") {
        let commit = Id::commit(&key(&row, "repository"), &sha(&row));
        assert!(
            places.contains_key(&Id::pull_commit(pull(&row), commit)),
            "{row}"
        );
    }
    let sizes = table(&batches, |batch| &batch.pull_sizes);
    assert_eq!(sizes.len(), told("bitbucket_pull_sizes").len());
    let mut problems = 0;
    for row in told("bitbucket_pull_sizes") {
        problems += usize::from(!row["problem"].is_null());
        compare("sizes", &row, sizes.get(&Id::pull_size(pull(&row))));
    }
    assert!(
        0 < problems && problems < sizes.len(),
        "{problems} of {}",
        sizes.len()
    );
    let steps = table(&batches, |batch| &batch.steps);
    assert_eq!(steps.len(), told("bitbucket_pipeline_steps").len());
    for row in told("bitbucket_pipeline_steps") {
        let id = Id::pipeline_step(&key(&row, "source_id"));
        compare("steps", &row, steps.get(&id));
        let run = Id::pipeline(&key(&row, "pipeline"));
        assert_eq!(steps[&id]["pipeline_id"], json!(run), "{row}");
    }
    let environments = table(&batches, |batch| &batch.environments);
    assert_eq!(environments.len(), told("bitbucket_environments").len());
    for row in told("bitbucket_environments") {
        let id = Id::environment(&key(&row, "source_id"));
        compare("environments", &row, environments.get(&id));
    }
    let deployments = table(&batches, |batch| &batch.deployments);
    assert_eq!(deployments.len(), told("bitbucket_deployments").len());
    for row in told("bitbucket_deployments") {
        let id = Id::deployment(&key(&row, "source_id"));
        compare("deployments", &row, deployments.get(&id));
        let row_told = &deployments[&id];
        let environment = Id::environment(&key(&row, "environment"));
        assert_eq!(row_told["environment_id"], json!(environment), "{row}");
        assert_eq!(
            row_told["step_id"],
            json!(Id::pipeline_step(&key(&row, "step")))
        );
        assert_eq!(
            row_told["pipeline_id"],
            json!(Id::pipeline(&key(&row, "pipeline")))
        );
    }
    for rows in [
        &commits,
        &places,
        &sizes,
        &steps,
        &environments,
        &deployments,
    ] {
        assert!(!rows.is_empty());
    }
}
