//! The streams beyond pull requests, activity and pipelines.

use emulator::WorldSpec;
use model::rows::{
    CommitRow, DeploymentRow, EnvironmentRow, PipelineStepRow, PullCommitRow, PullRow, PullSizeRow,
    RepositoryRow,
};
use model::{Id, Instant, Uuid};
use serde_json::{Value, json};
use sync::StreamName;
use testkit::both_engines;

use crate::story::{Story, all_tables, assert_same};
use crate::truth::{assert_table, assert_truth, pull_of};

async fn assert_more(story: &Story) {
    let truth = story.emulator.world().truth_of_more();
    for table in [
        CommitRow::TABLE,
        PullCommitRow::TABLE,
        PullSizeRow::TABLE,
        PipelineStepRow::TABLE,
        EnvironmentRow::TABLE,
        DeploymentRow::TABLE,
    ] {
        assert_table(story.db(), &truth, &table).await;
    }
    assert_coding_time(story, &truth).await;
}

/// The first commit of each pull request, looked for in the truth by hand.
async fn assert_coding_time(story: &Story, more: &Value) {
    let date_of = |repository: &Value, sha: &Value| -> Instant {
        let commits = more["bitbucket_commits"].as_array().unwrap();
        let commit = commits
            .iter()
            .find(|row| &row["repository"] == repository && &row["sha"] == sha)
            .unwrap();
        commit["committed_at"].as_str().unwrap().parse().unwrap()
    };
    let held = testkit::dump(story.db(), &PullRow::TABLE).await;
    for pull in story.truth()["bitbucket_pulls"].as_array().unwrap() {
        let first = more["bitbucket_pull_commits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| {
                row["repository"] == pull["repository"] && row["number"] == pull["number"]
            })
            .map(|row| date_of(&row["repository"], &row["sha"]))
            .min();
        let created: Instant = pull["created_at"].as_str().unwrap().parse().unwrap();
        let coding = first.map(|first| ((created.micros() - first.micros()) / 1_000_000).max(0));
        let row = &held[&pull_of(pull.as_object().unwrap()).0];
        assert_eq!(row["first_commit_at"], json!(first), "{row:?}");
        assert_eq!(row["coding_time"], json!(coding), "{row:?}");
    }
}

both_engines! {
    async fn every_stream_is_the_truth_and_a_second_import_changes_nothing(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.only(&StreamName::ALL);
        let first = story.import().await;
        assert_eq!((first.rejects, first.warnings.len()), (0, 0), "{first:?}");
        assert_more(&story).await;
        let before = all_tables(story.db()).await;
        let again = story.import().await;
        let rows = again.all_rows();
        assert_eq!((rows.added, rows.changed), (0, 0), "{:?}", again.rows);
        assert_same(&before, &all_tables(story.db()).await);
        println!("nothing new, every stream: {:?}", again.requests_by_endpoint);
        // A step's commands may hold secrets: they are nowhere.
        assert!(!format!("{before:?}").contains(emulator::STEP_SECRET));
    }

    async fn streams_that_cost_a_request_per_row_are_read_only_when_asked_for(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let requests = story.emulator.requests();
        assert!(!requests.iter().any(|request| {
            request.path.contains("/steps") || request.path.contains("/diffstat")
                || (request.path.contains("/pullrequests/") && request.path.ends_with("/commits"))
        }));
    }

    async fn what_is_new_is_read_and_nothing_else(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.only(&StreamName::ALL);
        story.import().await;
        let (repository, who) = {
            let world = story.emulator.world();
            let repository = world.repositories()[0].slug.clone();
            (repository, world.members().next().unwrap().uuid.clone())
        };
        story.later(|world| {
            world.add_commit(&repository, &who).unwrap();
            let number = world.open_pull_request(&repository, &who).unwrap();
            world.push(&repository, number, &who).unwrap();
            let uuid = world.start_pipeline(&repository, &who).unwrap();
            world.finish_pipeline(&repository, &uuid, emulator::PipelineResult::Successful).unwrap();
        });
        let requests = story.requests_of_import().await;
        println!("a commit, a pull request and a pipeline: {requests:?}");
        assert_more(&story).await;
        let endpoint = |end: &str| {
            requests.iter().filter(|(name, _)| name.ends_with(end)).map(|(_, count)| count).sum::<u64>()
        };
        assert_eq!((endpoint("/steps"), endpoint("{id}/commits"), endpoint("{id}/diffstat")), (1, 1, 1));
    }

    async fn a_repository_that_is_gone_is_marked_and_nothing_of_it_is_dropped(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let before = all_tables(story.db()).await;
        let (slug, id) = a_repository(&story);
        story.later(|world| world.delete_repository(&slug).unwrap());
        story.import().await;
        let gone_at = story.now().to_string();
        assert_eq!(deleted_at(&story, id).await, json!(gone_at));
        let after = all_tables(story.db()).await;
        assert_eq!(after["bitbucket_pulls"], before["bitbucket_pulls"]);
        // Gone stays gone, at the same instant, and is not asked for again.
        let requests = story.requests_of_import().await;
        assert_eq!(deleted_at(&story, id).await, json!(gone_at));
        assert!(!requests.contains_key("/repositories/{workspace}/{repo}"), "{requests:?}");
        // Seen again, it is there again.
        story.later(|world| world.restore_repository(&slug).unwrap());
        story.import().await;
        assert_eq!(deleted_at(&story, id).await, Value::Null);
        assert_truth(story.db(), &story.truth()).await;
    }

    async fn a_repository_that_is_renamed_or_transferred_keeps_its_rows(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let (slug, id) = a_repository(&story);
        story.later(|world| world.rename_repository(&slug, "another-name").unwrap());
        story.import().await;
        assert_eq!(deleted_at(&story, id).await, Value::Null);
        assert_table(story.db(), &story.truth(), &RepositoryRow::TABLE).await;
        // The addresses of its pull requests follow when they are read again.
        let mut again = story.options.clone();
        again.full = true;
        let story = Story { options: again, ..story };
        story.import().await;
        assert_truth(story.db(), &story.truth()).await;
        story.later(|world| world.transfer_repository("another-name").unwrap());
        story.import().await;
        assert!(deleted_at(&story, id).await.is_string());
    }

    async fn what_another_credential_still_sees_is_not_gone(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        let other = emulator::Credential::workspace_access_token("the-other-token");
        let known = emulator::Credential::workspace_access_token(crate::story::TOKEN);
        story.emulator.set_credentials(vec![known, other.clone()]);
        story.import().await;
        story.options.name = "the other".to_owned();
        story.credential = bitbucket::Credential::AccessToken {
            label: "other".to_owned(),
            token: "the-other-token".into(),
        };
        story.import().await;
        let (slug, id) = a_repository(&story);
        story.later(|world| world.hide_repository_from(&slug, &other).unwrap());
        story.import().await;
        assert_eq!(deleted_at(&story, id).await, Value::Null);
        story.later(|world| world.show_repository_to(&slug, &other).unwrap());
        story.import().await;
        assert_eq!(deleted_at(&story, id).await, Value::Null);
        assert_truth(story.db(), &story.truth()).await;
    }

    async fn a_repository_with_its_pipelines_switched_off_is_a_warning(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.only(&StreamName::ALL);
        let (slug, _) = a_repository(&story);
        story.emulator.world().switch_off_pipelines(&slug).unwrap();
        let summary = story.import().await;
        let streams: Vec<StreamName> = summary.warnings.iter().map(|warning| warning.stream).collect();
        assert_eq!(streams, [StreamName::Pipelines, StreamName::Environments, StreamName::Deployments]);
    }
}

fn a_repository(story: &Story) -> (String, Id) {
    let world = story.emulator.world();
    let found = &world.repositories()[0];
    (
        found.slug.clone(),
        Id::repository(&Uuid::parse(&found.uuid).unwrap()),
    )
}

async fn deleted_at(story: &Story, id: Id) -> Value {
    let rows = testkit::dump(story.db(), &RepositoryRow::TABLE).await;
    rows[&id.0]["deleted_at"].clone()
}
