//! The world's own truth, held against what it serves.

use std::collections::BTreeSet;
use std::sync::Arc;

use emulator::{World, WorldSpec};
use model::{Instant, ManualClock};
use serde_json::Value;

use crate::stage::{Stage, end};

fn generate(spec: &WorldSpec) -> World {
    World::generate(spec, Arc::new(ManualClock::starting_at(end())))
}

fn rows<'a>(truth: &'a Value, table: &str) -> &'a Vec<Value> {
    truth[table]
        .as_array()
        .unwrap_or_else(|| panic!("no table {table}"))
}

#[test]
fn the_same_seed_makes_the_same_world_to_the_byte() {
    let spec = WorldSpec::small(end());
    let one = generate(&spec).truth().to_string();
    assert_eq!(one, generate(&spec).truth().to_string());
    let more = generate(&spec).truth_of_more().to_string();
    assert_eq!(more, generate(&spec).truth_of_more().to_string());
    let other = WorldSpec { seed: 2, ..spec };
    assert_ne!(one, generate(&other).truth().to_string());
}

#[test]
fn uniform_pull_requests_are_all_alike() {
    let world = generate(&WorldSpec::uniform(4, 250, end()));
    assert_eq!(world.pull_request_count(), 1_000);
    assert_eq!(world.activity_count(), 6_000);
    assert_eq!(world.pipeline_count(), 40);
    for repository in world.repositories() {
        for pull in repository.pull_requests() {
            assert_eq!(pull.activity_count(), 6);
            assert_eq!(pull.comment_ids().len(), 2);
        }
    }
}

#[test]
fn what_is_beside_pull_requests_is_as_plain_in_a_uniform_world() {
    let world = generate(&WorldSpec::uniform(4, 250, end()));
    let more = world.truth_of_more();
    let count = |table: &str| rows(&more, table).len();
    // The first commit of each repository; a base, a commit and a merge for each pull request.
    assert_eq!(count("bitbucket_commits"), 4 + 3 * 1_000);
    assert_eq!(count("bitbucket_pull_commits"), 1_000);
    assert_eq!(count("bitbucket_pull_sizes"), 1_000);
    assert_eq!(count("bitbucket_pipeline_steps"), 3 * 40);
    assert_eq!(count("bitbucket_deployments"), 40);
    let commits = rows(&more, "bitbucket_commits").iter();
    assert!(commits.clone().all(|row| row["default_branch"] == true));
    assert!(
        rows(&more, "bitbucket_pull_sizes")
            .iter()
            .all(|row| row["problem"].is_null())
    );
}

#[test]
fn keys_are_unique_and_nothing_beside_pull_requests_is_later_than_the_end() {
    for seed in 1..=10 {
        let more = generate(&WorldSpec {
            seed,
            ..WorldSpec::small(end())
        })
        .truth_of_more();
        for (table, keys) in [
            ("bitbucket_commits", ["repository", "sha", "sha"]),
            ("bitbucket_pull_commits", ["repository", "number", "sha"]),
            ("bitbucket_pull_sizes", ["repository", "number", "number"]),
            ("bitbucket_pipeline_steps", ["source_id"; 3]),
            ("bitbucket_environments", ["source_id"; 3]),
            ("bitbucket_deployments", ["source_id"; 3]),
        ] {
            let all = rows(&more, table);
            let key = |row: &Value| keys.map(|key| row[key].to_string());
            let distinct: BTreeSet<_> = all.iter().map(key).collect();
            assert_eq!(distinct.len(), all.len(), "seed {seed}: {table}");
            for name in [
                "committed_at",
                "created_at",
                "started_at",
                "completed_at",
                "updated_at",
            ] {
                for row in all {
                    let at = row[name]
                        .as_str()
                        .map(|text| text.parse::<Instant>().unwrap());
                    assert!(
                        at.is_none_or(|at| at <= end()),
                        "seed {seed}: {table} {row}"
                    );
                }
            }
        }
        let problems: BTreeSet<String> = rows(&more, "bitbucket_pull_sizes")
            .iter()
            .map(|row| row["problem"].to_string())
            .collect();
        assert!(problems.len() >= 3, "seed {seed}: {problems:?}");
    }
}

#[test]
fn the_demo_world_is_as_big_as_it_says() {
    let world = generate(&WorldSpec::demo(end()));
    assert_eq!(world.repositories().len(), 12);
    assert_eq!(world.pull_request_count(), 2_500);
    let (low, high) = (world.activity_count() / 2_500, world.pipeline_count() / 12);
    assert!(
        (5..14).contains(&low) && (50..160).contains(&high),
        "{low} entries, {high} pipelines"
    );
}

#[test]
fn nothing_happens_after_the_end_and_all_oddities_occur_for_any_seed() {
    for seed in 1..=20 {
        let world = generate(&WorldSpec {
            seed,
            ..WorldSpec::small(end())
        });
        let truth = world.truth();
        let pulls = rows(&truth, "bitbucket_pulls");
        assert_eq!(pulls.len(), 60);
        for name in [
            "user",
            "source_repository",
            "target_commit_sha",
            "source_branch",
            "source_commit_sha",
        ] {
            assert!(
                pulls.iter().any(|pull| pull[name].is_null()),
                "seed {seed}: no null {name}"
            );
        }
        let states: BTreeSet<&str> = pulls
            .iter()
            .map(|pull| pull["state"].as_str().unwrap())
            .collect();
        assert_eq!(states.len(), 4, "seed {seed}: {states:?}");
        assert!(
            pulls.iter().any(|pull| !pull["ready_at"].is_null()),
            "seed {seed}"
        );
        for table in [
            "bitbucket_pull_events",
            "bitbucket_pull_comments",
            "bitbucket_pulls",
        ] {
            for row in rows(&truth, table) {
                for name in ["occurred_at", "created_at", "closed_at", "resolved_at"] {
                    if let Some(text) = row[name].as_str() {
                        // The last act's noting may take some milliseconds more.
                        assert!(text.parse::<Instant>().unwrap() <= end().plus_millis(1_000));
                    }
                }
            }
        }
        let kinds: BTreeSet<&str> = rows(&truth, "bitbucket_users")
            .iter()
            .map(|user| user["account_type"].as_str().unwrap())
            .collect();
        assert!(
            kinds.contains("user") && kinds.contains("app_user"),
            "seed {seed}"
        );
    }
}

#[test]
fn comments_are_numbered_in_the_order_in_which_they_were_written() {
    let truth = generate(&WorldSpec::small(end())).truth();
    let mut comments: Vec<(&str, i64)> = rows(&truth, "bitbucket_pull_comments")
        .iter()
        .map(|row| {
            let id = row["source_id"].as_str().unwrap().parse().unwrap();
            (row["created_at"].as_str().unwrap(), id)
        })
        .collect();
    comments.sort_unstable();
    assert!(comments.windows(2).all(|pair| pair[0].1 < pair[1].1));
}

#[test]
fn counts_agree_with_the_rows_that_they_count() {
    let truth = generate(&WorldSpec::small(end())).truth();
    for pull in rows(&truth, "bitbucket_pulls") {
        let same = |row: &&Value| {
            row["repository"] == pull["repository"] && row["number"] == pull["number"]
        };
        let comments = rows(&truth, "bitbucket_pull_comments").iter().filter(same);
        let living = comments.filter(|row| row["deleted"] == false).count();
        assert_eq!(
            pull["comment_count"], living,
            "pull request {}",
            pull["number"]
        );
        let newest = rows(&truth, "bitbucket_pull_events")
            .iter()
            .filter(same)
            .map(|row| row["occurred_at"].as_str().unwrap())
            .max()
            .unwrap();
        assert!(newest < pull["updated_at"].as_str().unwrap());
        assert_eq!(pull["state"] == "MERGED", !pull["merged_at"].is_null());
        assert_eq!(
            pull["state"] == "MERGED",
            !pull["merge_commit_sha"].is_null()
        );
        assert_eq!(pull["state"] == "OPEN", pull["closed_at"].is_null());
    }
}

#[tokio::test]
async fn what_is_served_is_the_truth() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth();
    let (mut events, mut comments, mut pipelines, mut pulls) = (0, 0, 0, 0);
    for repository in stage.all("/repositories/acme-rockets?pagelen=100").await {
        let slug = repository["slug"].as_str().unwrap();
        for entry in stage
            .all(&stage.repo(slug, "/pullrequests/activity?pagelen=50"))
            .await
        {
            if entry.get("comment").is_some() {
                comments += 1
            } else {
                events += 1
            }
        }
        pipelines += stage
            .all(&stage.repo(slug, "/pipelines/?pagelen=100"))
            .await
            .len();
        let list = stage.repo(
            slug,
            "/pullrequests?state=all&pagelen=50&fields=%2Bvalues.participants",
        );
        for served in stage.all(&list).await {
            pulls += 1;
            check_pull(&truth, &repository, &served);
        }
    }
    assert_eq!(events, rows(&truth, "bitbucket_pull_events").len());
    assert_eq!(comments, rows(&truth, "bitbucket_pull_comments").len());
    assert_eq!(pipelines, rows(&truth, "bitbucket_pipelines").len());
    assert_eq!(pulls, rows(&truth, "bitbucket_pulls").len());
    let members = stage
        .all("/workspaces/acme-rockets/members?pagelen=100")
        .await
        .len();
    let active = rows(&truth, "bitbucket_users")
        .iter()
        .filter(|user| user["active"] == true)
        .count();
    assert_eq!(active, members);
}

fn check_pull(truth: &Value, repository: &Value, served: &Value) {
    let of_this =
        |row: &&Value| row["repository"] == repository["uuid"] && row["number"] == served["id"];
    let expected = rows(truth, "bitbucket_pulls").iter().find(of_this).unwrap();
    for (column, pointer) in [
        ("user", "/author/uuid"),
        ("closed_by", "/closed_by/uuid"),
        ("title", "/title"),
        ("state", "/state"),
        ("draft", "/draft"),
        ("source_branch", "/source/branch/name"),
        ("source_commit_sha", "/source/commit/hash"),
        ("source_repository", "/source/repository/uuid"),
        ("target_commit_sha", "/destination/commit/hash"),
        ("merge_commit_sha", "/merge_commit/hash"),
        ("comment_count", "/comment_count"),
        ("source_url", "/links/html/href"),
    ] {
        let found = served.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(&expected[column], found, "{column} of {}", served["id"]);
    }
    for (column, name) in [("created_at", "created_on"), ("updated_at", "updated_on")] {
        let found: Instant = served[name].as_str().unwrap().parse().unwrap();
        assert_eq!(
            expected[column],
            found.to_string(),
            "{column} of {}",
            served["id"]
        );
    }
    let participants = rows(truth, "bitbucket_pull_reviewers")
        .iter()
        .filter(of_this)
        .count();
    assert_eq!(
        served["participants"].as_array().unwrap().len(),
        participants
    );
}
