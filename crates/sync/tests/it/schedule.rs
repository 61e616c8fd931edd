//! Imports that read what is due, and processes that share them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emulator::WorldSpec;
use store::{FilterMode, FilterRule, FilterSubject};
use sync::{Due, Intervals, Pace, Quiet, RepositoryFilter, StreamName, Summary, import, next_due};
use testkit::both_engines;

use crate::story::Story;
use crate::truth::assert_truth;

const MINUTES: i64 = 60;

/// What `windlass serve` does when something is due.
async fn turn(story: &Story, run_token: &str) -> Summary {
    let mut options = story.options.clone();
    options.pace = Pace::Due(Intervals::default());
    options.run_token = run_token.to_owned();
    let clock = Arc::new(story.clock.clone());
    let summary = import(story.db(), story.client(), clock, Arc::new(Quiet), options)
        .await
        .unwrap();
    assert!(summary.complete, "{:?}", summary.problems);
    summary
}

async fn due(story: &Story) -> Due {
    let connection = story.db().connections().await.unwrap().remove(0);
    let intervals = Intervals::default();
    let options = &story.options;
    next_due(
        story.db(),
        connection.id,
        &intervals,
        options,
        &[None],
        story.now(),
    )
    .await
    .unwrap()
}

both_engines! {
    async fn what_is_due_is_read_and_nothing_else(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let repositories = turn(&story, "first").await.repositories;
        assert_truth(story.db(), &story.truth()).await;
        let next = due(&story).await.at.unwrap();
        let wait = next.seconds_since(story.now());
        assert!((9 * MINUTES..=10 * MINUTES).contains(&wait), "{wait}");
        assert_eq!(turn(&story, "second").await.requests, 0, "nothing is due");

        story.clock.advance_seconds(10 * MINUTES);
        assert!(due(&story).await.at.unwrap() <= story.now());
        let summary = turn(&story, "third").await;
        let asked: BTreeSet<&str> = summary.requests_by_endpoint.keys().map(String::as_str).collect();
        assert_eq!(summary.requests, 2 * repositories, "{asked:?}");

        story.clock.advance_seconds(60 * MINUTES);
        let summary = turn(&story, "fourth").await;
        assert_eq!(summary.requests, 2 * repositories + 1, "the list of repositories too");
    }

    async fn whoever_cannot_wait_asks_for_it(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        turn(&story, "first").await;
        story.clock.advance_seconds(60);
        let connection = story.db().connections().await.unwrap().remove(0);
        let mut tx = story.db().write().await.unwrap();
        tx.request_sync(connection.id, story.now()).await.unwrap();
        tx.commit().await.unwrap();
        let now_due = due(&story).await;
        assert!(now_due.requested && now_due.at.unwrap() <= story.now());
        assert!(turn(&story, "second").await.requests > 0);
        assert!(!due(&story).await.requested, "once is enough");
    }

    async fn a_filter_stops_the_reading_and_keeps_the_rows(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        let one = story.emulator.world().repositories()[0].slug.clone();
        let rule = FilterRule { subject: FilterSubject::Repository, pattern: one.clone() };
        story.options.filter = RepositoryFilter::new(FilterMode::Allowlist, vec![rule.clone()]);
        assert_eq!(turn(&story, "first").await.repositories, 1);
        let pulls = pulls_by_repository(&story).await;
        assert_eq!(pulls.keys().collect::<Vec<_>>(), [&one]);

        story.options.filter = RepositoryFilter::new(FilterMode::Denylist, vec![rule]);
        story.clock.advance_seconds(10 * MINUTES);
        turn(&story, "second").await;
        assert_truth(story.db(), &story.truth()).await;
        assert_eq!(pulls_by_repository(&story).await[&one], pulls[&one]);
    }

    async fn nothing_older_than_the_bound_is_read(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        let bound = story.now().plus_seconds(-30 * 24 * 3600);
        for stream in [StreamName::PullRequests, StreamName::Activity, StreamName::Pipelines] {
            story.options.not_before.insert(stream, bound);
        }
        turn(&story, "first").await;
        let rows = testkit::dump(story.db(), model::catalogue::table("bitbucket_pulls").unwrap()).await;
        let text = bound.to_string();
        assert!(!rows.is_empty());
        assert!(rows.values().all(|row| row["updated_at"].as_str().unwrap() >= text.as_str()));
        let all = story.truth()["bitbucket_pulls"].as_array().map(Vec::len);
        assert!(all.is_none_or(|all| rows.len() < all), "the world has older ones");
    }
}

async fn pulls_by_repository(story: &Story) -> BTreeMap<String, i64> {
    let filterable = story
        .db()
        .filterable(&story.options.workspace)
        .await
        .unwrap();
    filterable
        .into_iter()
        .filter(|repository| repository.pull_requests > 0)
        .map(|repository| {
            let slug = repository.full_name.rsplit('/').next().unwrap_or_default();
            (slug.to_owned(), repository.pull_requests)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_database_ask_for_nothing_twice() {
    let story = Story::of(
        testkit::postgres().await,
        |end| WorldSpec::uniform(6, 40, end),
        |_| {},
    )
    .await;
    let other = store::Db::open(&story.database.address).await.unwrap();
    let turn_of = async |db: &store::Db, token: &str| {
        let mut done = 0;
        // Until everything was looked at: what the other holds is due when its claim ends.
        for round in 0..100_000 {
            let mut options = story.options.clone();
            options.pace = Pace::Due(Intervals::default());
            options.run_token = format!("{token}-{round}");
            // One repository at a time, so that there is something left for the other.
            options.concurrency = 1;
            let clock = Arc::new(story.clock.clone());
            let summary = import(db, story.client(), clock, Arc::new(Quiet), options)
                .await
                .unwrap();
            assert!(summary.complete, "{:?}", summary.problems);
            done += summary.requests;
            let connection = db.connections().await.unwrap().remove(0).id;
            let streams = db.streams(connection).await.unwrap();
            // Three of the workspace and seven of each of six repositories.
            if streams.len() == 3 + 6 * 7 && streams.iter().all(|one| one.tried_at.is_some()) {
                break;
            }
            tokio::task::yield_now().await;
        }
        done
    };
    let (one, two) = tokio::join!(turn_of(story.db(), "one"), turn_of(&other, "two"));
    println!("one process sent {one} requests, the other {two}");
    assert!(one > 0 && two > 0, "{one} and {two}");
    let mut seen = BTreeSet::new();
    for request in story.emulator.requests() {
        let asked = format!("{}?{}", request.path, request.query);
        assert!(seen.insert(asked.clone()), "twice: {asked}");
    }
    assert_truth(story.db(), &story.truth()).await;
    other.close().await;
}
