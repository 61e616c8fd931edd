//! The streams beyond pull requests, activity and pipelines.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use emulator::{Fault, FaultKind, WorldSpec};
use model::rows::{
    CommitRow, DeploymentRow, EnvironmentRow, PipelineStepRow, PullCommitRow, PullRow, PullSizeRow,
    RepositoryRow,
};
use model::{Id, Instant, Uuid};
use serde_json::{Value, json};
use store::Db;
use sync::{Progress, StreamName, StreamProgress, import};
use testkit::both_engines;

use crate::changes::fresh;
use crate::story::{Story, all_tables, assert_same};
use crate::truth::{assert_rows, assert_table, assert_truth, pull_of};

async fn assert_all_more(story: &Story) {
    let (truth, more) = {
        let world = story.emulator.world();
        (world.truth(), world.truth_of_more())
    };
    assert_more(story.db(), &truth, &more, false).await;
}

/// What the world tells of commits, sizes, steps, environments and deployments is there. Commits
/// that a forced push `replaced` may be there beside those that the world has now.
pub(crate) async fn assert_more(db: &Db, truth: &Value, more: &Value, replaced: bool) {
    let others = assert_rows(db, more, &CommitRow::TABLE).await;
    assert!(replaced || others.is_empty(), "{others:?}");
    for table in [
        PullCommitRow::TABLE,
        PullSizeRow::TABLE,
        PipelineStepRow::TABLE,
        EnvironmentRow::TABLE,
        DeploymentRow::TABLE,
    ] {
        assert_table(db, more, &table).await;
    }
    // Reports read sizes beside what else is known of a pull request.
    let pulls = testkit::dump(db, &PullRow::TABLE).await;
    for sized in testkit::dump(db, &PullSizeRow::TABLE).await.values() {
        let pull = &pulls[&sized["pull_id"].as_i64().unwrap()];
        assert_eq!(pull["size"], sized["size"], "{pull:?}");
    }
    assert_coding_time(db, truth, more).await;
}

/// The first commit of each pull request, looked for in the truth by hand.
pub(crate) fn first_commits(more: &Value) -> BTreeMap<Id, Instant> {
    let rows = |table: &str| more[table].as_array().unwrap().iter();
    let dates: BTreeMap<(&str, &str), Instant> = rows("bitbucket_commits")
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap();
            let at = text("committed_at").parse().unwrap();
            ((text("repository"), text("sha")), at)
        })
        .collect();
    let mut first = BTreeMap::new();
    for row in rows("bitbucket_pull_commits") {
        let text = |name: &str| row[name].as_str().unwrap();
        let at = dates[&(text("repository"), text("sha"))];
        let known = first.entry(pull_of(row.as_object().unwrap())).or_insert(at);
        *known = at.min(*known);
    }
    first
}

async fn assert_coding_time(db: &Db, truth: &Value, more: &Value) {
    let first_commits = first_commits(more);
    let held = testkit::dump(db, &PullRow::TABLE).await;
    for pull in truth["bitbucket_pulls"].as_array().unwrap() {
        let id = pull_of(pull.as_object().unwrap());
        let first = first_commits.get(&id);
        let created: Instant = pull["created_at"].as_str().unwrap().parse().unwrap();
        let coding = first.map(|first| ((created.micros() - first.micros()) / 1_000_000).max(0));
        let row = &held[&id.0];
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
        assert_all_more(&story).await;
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
        assert_all_more(&story).await;
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

    async fn a_repository_that_goes_out_of_sight_during_an_import_is_not_taken_for_an_empty_one(database) {
        for gone_at in [
            StreamName::PullRequests,
            StreamName::Activity,
            StreamName::Comments,
            StreamName::PullSizes,
            StreamName::PullCommits,
            StreamName::PipelineSteps,
        ] {
            for renamed in [false, true] {
                let mut story = Story::of(fresh(&database).await, WorldSpec::small, |world| {
                    world.quirks.hide_every_nth_comment_from_feed = Some(1);
                })
                .await;
                story.only(&StreamName::ALL);
                let slug = story.emulator.world().repositories()[0].slug.clone();
                let emulator = Arc::clone(&story.emulator);
                let leaving = slug.clone();
                let act = move || match renamed {
                    true => emulator.world().rename_repository(&leaving, "another-name").unwrap(),
                    false => emulator.world().delete_repository(&leaving).unwrap(),
                };
                let progress = Arc::new(Once { stream: gone_at, act: Mutex::new(Some(Box::new(act))) });
                let clock = Arc::new(story.clock.clone());
                let options = story.options.clone();
                import(story.db(), story.client(), clock, progress.clone(), options).await.unwrap();
                assert!(progress.act.lock().unwrap().is_none(), "it never came to {gone_at}");
                if renamed {
                    story.later(|world| world.rename_repository("another-name", &slug).unwrap());
                } else {
                    story.later(|world| world.restore_repository(&slug).unwrap());
                }
                let summary = story.import().await;
                assert_eq!((summary.explained, summary.warnings), (vec![], vec![]), "{gone_at}");
                assert_all_more(&story).await;
            }
        }
    }

    async fn a_size_that_cannot_be_read_is_asked_for_once_for_each_version(database) {
        let mut story = Story::of(database, |end| WorldSpec::uniform(1, 3, end), |_| {}).await;
        story.only(&StreamName::ALL);
        let broken = FaultKind::BrokenRecord {
            index: 0,
            pointer: "/lines_added".to_owned(),
            with: Some(json!("many")),
        };
        story.emulator.inject(Fault::on("/diffstat", broken).always());
        story.import().await;
        let sizes = testkit::dump(story.db(), &PullSizeRow::TABLE).await;
        assert_eq!(sizes.len(), 3);
        assert!(sizes.values().all(|row| row["problem"] == "unreadable" && row["size"].is_null()));
        let asked = |requests: BTreeMap<String, u64>| {
            requests.into_iter().filter(|(name, _)| name.contains("diffstat")).count()
        };
        assert_eq!(asked(story.requests_of_import().await), 0);
        story.emulator.clear_faults();
        let (repository, who) = {
            let world = story.emulator.world();
            (world.repositories()[0].slug.clone(), world.members().next().unwrap().uuid.clone())
        };
        story.later(|world| {
            world.open_pull_request(&repository, &who).unwrap();
        });
        assert_eq!(asked(story.requests_of_import().await), 2);
    }

    async fn a_file_that_a_page_repeats_is_counted_once(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.only(&StreamName::ALL);
        let repeated = FaultKind::RepeatedRow;
        story.emulator.inject(Fault::on("page=2", repeated).times(1));
        story.import().await;
        assert_all_more(&story).await;
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

/// Does something as soon as the first page of a stream is there.
struct Once {
    stream: StreamName,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Progress for Once {
    fn advanced(&self, progress: &StreamProgress) {
        if progress.stream == self.stream
            && progress.requests > 0
            && let Some(act) = self.act.lock().unwrap().take()
        {
            act();
        }
    }
}
