//! Imported data that somebody wants gone.

use std::collections::BTreeMap;

use model::rows::{CommitRow, EventRow, PipelineRow, PipelineStepRow, PullRow};
use model::{Field, Id, Instant, Uuid};
use store::{ConnectionKind, Db, DeletionError, Lease, StreamKey};
use testkit::both_engines;

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_700_000_000 + seconds)
}

fn repository(name: &str) -> Id {
    Id::repository(&Uuid::parse(&format!("{{{name}}}")).unwrap())
}

/// A pull request with an event, a commit and a pipeline run with a step, each with numbers of its
/// own.
async fn fill(db: &Db, name: &str, number: i64) {
    let of = |table: &'static str| Id::of(table, &[name, &number.to_string()]);
    let (pull_id, pipeline_id) = (of("bitbucket_pulls"), of("bitbucket_pipelines"));
    let mut pull = PullRow::new(pull_id, at(0));
    pull.repository_id = Field::Value(repository(name));
    pull.number = Field::Value(number);
    let mut event = EventRow::new(of("bitbucket_pull_events"), at(0));
    event.pull_id = Field::Value(pull_id);
    event.kind = Field::Value("update".to_owned());
    event.occurred_at = Field::Value(at(0));
    let mut commit = CommitRow::new(of("bitbucket_commits"), at(0));
    commit.repository_id = Field::Value(repository(name));
    commit.sha = Field::Value(format!("{number:040x}"));
    let mut run = PipelineRow::new(pipeline_id, at(0));
    run.source_id = Field::Value(format!("{{{name}-{number}}}"));
    run.repository_id = Field::Value(repository(name));
    let mut step = PipelineStepRow::new(of("bitbucket_pipeline_steps"), at(0));
    step.source_id = Field::Value(format!("{{{name}-{number}-step}}"));
    step.pipeline_id = Field::Value(pipeline_id);
    let mut tx = db.write().await.unwrap();
    tx.upsert(&[pull]).await.unwrap();
    tx.upsert(&[event]).await.unwrap();
    tx.upsert(&[commit]).await.unwrap();
    tx.upsert(&[run]).await.unwrap();
    tx.upsert(&[step]).await.unwrap();
    tx.commit().await.unwrap();
}

fn rows(each: u64) -> BTreeMap<String, u64> {
    [
        "bitbucket_commits",
        "bitbucket_pipeline_steps",
        "bitbucket_pipelines",
        "bitbucket_pull_events",
        "bitbucket_pulls",
    ]
    .map(|table| (table.to_owned(), each))
    .into()
}

both_engines! {
    async fn what_belongs_to_a_repository_goes_and_the_rest_stays(database) {
        let db = &database.db;
        let (going, staying) = (repository("aaaa"), repository("bbbb"));
        for number in 0..3 {
            fill(db, "aaaa", number).await;
            fill(db, "bbbb", number).await;
        }
        let mut tx = db.write().await.unwrap();
        let connection = tx
            .insert_connection(ConnectionKind::BitbucketCloud, "acme", "acme", "https://api", at(0))
            .await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let lease = Lease { token: "run".to_owned(), seconds: 20 };
        for repository in [going, staying] {
            let key = StreamKey::new("pull_requests", Some(repository));
            db.claim_stream(connection, key, &lease, at(0)).await.unwrap().unwrap();
        }
        assert_eq!(db.count_repository_data(&[going]).await.unwrap(), rows(3));

        // Not under the hands of an import.
        let mut tx = db.write().await.unwrap();
        let refused = tx.delete_repository_data(&[going], at(10)).await.unwrap_err();
        assert!(matches!(refused, DeletionError::Busy), "{refused}");
        drop(tx);
        assert_eq!(db.count_repository_data(&[going]).await.unwrap(), rows(3));

        // Dropped before its end, it has done nothing.
        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.delete_repository_data(&[going], at(30)).await.unwrap(), rows(3));
        drop(tx);
        assert_eq!(db.count_repository_data(&[going]).await.unwrap(), rows(3));

        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.delete_repository_data(&[going], at(30)).await.unwrap(), rows(3));
        tx.commit().await.unwrap();
        assert!(db.count_repository_data(&[going]).await.unwrap().is_empty());
        assert_eq!(db.count_repository_data(&[going, staying]).await.unwrap(), rows(3));
        // How far it was is forgotten with it: an import would begin from the beginning.
        let streams = db.streams(connection).await.unwrap();
        assert_eq!(streams.iter().map(|one| one.repository_id).collect::<Vec<_>>(), [Some(staying)]);
    }
}
