//! Commits of repositories and of pull requests.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stage::{Stage, column};

fn rows<'a>(truth: &'a Value, table: &str) -> &'a Vec<Value> {
    truth[table].as_array().unwrap()
}

fn same<'a>(rows: &'a [Value], repository: &str, key: &str, value: &Value) -> Option<&'a Value> {
    rows.iter()
        .find(|row| row["repository"] == repository && &row[key] == value)
}

fn slugs(stage: &Stage) -> Vec<(String, String)> {
    let world = stage.emulator.world();
    let pairs = world.repositories().iter();
    pairs
        .map(|one| (one.slug.clone(), one.uuid.clone()))
        .collect()
}

#[tokio::test]
async fn the_default_branch_is_the_truth_with_parents_after_children() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let mut served = 0;
    for (slug, uuid) in slugs(&stage) {
        let repository = stage.json(&stage.repo(&slug, "")).await;
        let Some(branch) = repository["mainbranch"]["name"].as_str() else {
            assert!(stage.all(&stage.repo(&slug, "/commits")).await.is_empty());
            continue;
        };
        let all = stage
            .all(&stage.repo(&slug, &format!("/commits/{branch}?pagelen=7")))
            .await;
        let mut seen = BTreeSet::new();
        for commit in all.iter().rev() {
            for parent in commit["parents"].as_array().unwrap() {
                assert!(
                    seen.contains(parent["hash"].as_str().unwrap()),
                    "{} comes too late",
                    parent["hash"]
                );
            }
            seen.insert(commit["hash"].as_str().unwrap().to_owned());
            let row = same(
                rows(&truth, "bitbucket_commits"),
                &uuid,
                "sha",
                &commit["hash"],
            );
            check_commit(row.unwrap(), commit);
        }
        assert_eq!(seen.len(), all.len(), "a commit came twice");
        served += all.len();
    }
    let on_main = rows(&truth, "bitbucket_commits").iter();
    assert_eq!(
        served,
        on_main.filter(|row| row["default_branch"] == true).count()
    );
}

fn check_commit(row: &Value, commit: &Value) {
    assert_eq!(commit["hash"].as_str().unwrap().len(), 40);
    assert_eq!(
        row["user"],
        commit["author"]
            .get("user")
            .map_or(Value::Null, |user| user["uuid"].clone())
    );
    let email = row["author_email"].as_str();
    let raw = match email {
        Some(email) => format!("{} <{email}>", row["author_name"].as_str().unwrap()),
        None => row["author_name"].as_str().unwrap().to_owned(),
    };
    assert_eq!(commit["author"]["raw"], raw.as_str());
    let date = commit["date"].as_str().unwrap();
    assert_eq!(date.len(), "2026-01-02T03:04:05+00:00".len(), "{date}");
    let at: model::Instant = date.parse().unwrap();
    assert_eq!(row["committed_at"], at.to_string());
    let first = commit["message"].as_str().unwrap().lines().next();
    assert_eq!(row["message"].as_str(), first);
    let parents = commit["parents"].as_array().unwrap();
    assert_eq!(row["parent_count"], parents.len());
}

#[tokio::test]
async fn oddities_of_commits_occur() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let commits = rows(&truth, "bitbucket_commits");
    let some = |test: fn(&&Value) -> bool| commits.iter().any(|row| test(&row));
    assert!(some(
        |row| row["user"].is_null() && row["author_email"].is_string()
    ));
    assert!(some(|row| row["author_email"].is_null()));
    assert!(some(|row| row["parent_count"] == 2) && some(|row| row["parent_count"] == 0));
    assert!(some(|row| row["default_branch"].is_null()));
    let zones: BTreeSet<String> = stage
        .all(&stage.repo("mission-control", "/commits/main"))
        .await
        .iter()
        .map(|commit| commit["date"].as_str().unwrap()[19..].to_owned())
        .collect();
    assert!(zones.len() > 2, "{zones:?}");
}

#[tokio::test]
async fn commits_are_paged_by_tokens_that_know_what_was_left_out() {
    let stage = Stage::small().await;
    let path = stage.repo("mission-control", "/commits/main");
    let first = stage.json(&path).await;
    assert_eq!(
        (first["pagelen"].as_u64(), first.get("size")),
        (Some(30), None)
    );
    let next = first["next"].as_str().unwrap();
    assert!(next.contains("ctx=") && next.ends_with("&page=2"), "{next}");
    for bad in ["?ctx=nonsense", "?page=2", "?page=x"] {
        let reply = stage.get(&format!("{path}{bad}")).await;
        assert_eq!(
            (reply.status, reply.message()),
            (400, "Invalid page".to_owned())
        );
    }
    assert_eq!(stage.get(&format!("{path}?pagelen=101")).await.status, 400);
    let commits = stage.all(&path).await;
    let all = column(&commits, "/hash");
    let is_merge = |commit: &Value| commit["message"].as_str().unwrap().starts_with("Merged");
    let place = (12..).find(|place| is_merge(&commits[*place])).unwrap();
    let known = &all[place];
    let short = &known[..12];
    let newer = format!("{path}?exclude={short}&pagelen=5&sort=date&q=nothing");
    let page = stage.json(&newer).await;
    assert!(!page["next"].as_str().unwrap().contains("exclude"));
    let found = column(&stage.all(&newer).await, "/hash");
    assert_eq!(found, all[..place]);
    let included = stage.repo("mission-control", &format!("/commits?include={short}"));
    assert_eq!(
        stage.json(&included).await["values"][0]["hash"],
        known.as_str()
    );
    let unknown = stage
        .get(&stage.repo("mission-control", "/commits/nowhere"))
        .await;
    assert_eq!(
        (unknown.status, unknown.message()),
        (404, "Commit not found".to_owned())
    );
    assert_eq!(unknown.json()["data"]["shas"][0], "nowhere");
}

#[tokio::test]
async fn every_branch_is_listed_where_none_is_named() {
    let stage = Stage::small().await;
    let main = stage
        .all(&stage.repo("mission-control", "/commits/main"))
        .await
        .len();
    let all = stage
        .all(&stage.repo("mission-control", "/commits"))
        .await
        .len();
    assert!(
        all > main,
        "{all} commits, {main} of them in the main branch"
    );
}

#[tokio::test]
async fn by_date_the_same_commits_come_in_another_order() {
    let stage = Stage::small().await;
    let path = stage.repo("mission-control", "/commits/main?pagelen=11");
    let topological = column(&stage.all(&path).await, "/hash");
    stage.emulator.world().quirks.commits_by_date = true;
    let dated = stage.all(&path).await;
    let dates: Vec<model::Instant> = column(&dated, "/date")
        .iter()
        .map(|date| date.parse().unwrap())
        .collect();
    assert!(dates.iter().rev().is_sorted());
    let dated = column(&dated, "/hash");
    assert_ne!(topological, dated);
    let set = |hashes: &[String]| hashes.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&topological), set(&dated));
}

#[tokio::test]
async fn short_hashes_of_pull_requests_lead_to_commits() {
    let stage = Stage::small().await;
    for (slug, _) in slugs(&stage) {
        for pull in stage
            .all(&stage.repo(&slug, "/pullrequests?state=all&pagelen=50"))
            .await
        {
            for place in [
                "/source/commit/hash",
                "/destination/commit/hash",
                "/merge_commit/hash",
            ] {
                let Some(short) = pull.pointer(place).and_then(Value::as_str) else {
                    continue;
                };
                let found = stage
                    .json(&stage.repo(&slug, &format!("/commit/{short}")))
                    .await;
                assert!(found["hash"].as_str().unwrap().starts_with(short));
                let seven = stage.repo(&slug, &format!("/commit/{}", &short[..7]));
                assert_eq!(stage.json(&seven).await["hash"], found["hash"]);
            }
        }
    }
    for wrong in ["abcdef", "0123456789ab", "main"] {
        let reply = stage
            .get(&stage.repo("mission-control", &format!("/commit/{wrong}")))
            .await;
        assert_eq!(
            (reply.status, reply.message()),
            (404, "Changeset not found.".to_owned())
        );
    }
}

#[tokio::test]
async fn commits_of_pull_requests_are_the_truth() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let (mut served, mut gone) = (0, 0);
    for (slug, uuid) in slugs(&stage) {
        for pull in stage
            .all(&stage.repo(&slug, "/pullrequests?state=all&pagelen=50"))
            .await
        {
            let path = stage.repo(
                &slug,
                &format!("/pullrequests/{}/commits?pagelen=2", pull["id"]),
            );
            if stage.get(&path).await.status == 404 {
                assert!(pull["source"]["repository"].is_null());
                gone += 1;
                continue;
            }
            let commits = stage.all(&path).await;
            if let Some(newest) = pull["source"]["commit"]["hash"].as_str() {
                assert!(commits[0]["hash"].as_str().unwrap().starts_with(newest));
            }
            for commit in &commits {
                let row = same(
                    rows(&truth, "bitbucket_commits"),
                    &uuid,
                    "sha",
                    &commit["hash"],
                );
                check_commit(row.unwrap(), commit);
            }
            served += commits.len();
        }
    }
    assert_eq!(served, rows(&truth, "bitbucket_pull_commits").len());
    assert!(gone > 0);
    let path = stage.repo("mission-control", "/pullrequests/1/commits");
    let page = stage.json(&path).await;
    assert_eq!(
        (page["pagelen"].as_u64(), page.get("size")),
        (Some(10), None)
    );
    let reply = stage.get(&format!("{path}?page=2")).await;
    assert_eq!(
        (reply.status, reply.message()),
        (400, "Invalid page".to_owned())
    );
}

#[tokio::test]
async fn pushes_and_merges_become_the_head() {
    let stage = Stage::small().await;
    let repo = "mission-control";
    let head = async || {
        let page = stage
            .json(&stage.repo(repo, "/commits/main?pagelen=3"))
            .await;
        page["values"][0].clone()
    };
    let before = head().await;
    let pushed = stage.emulator.world().add_commit(repo, "marta").unwrap();
    let direct = head().await;
    assert_eq!(direct["hash"], pushed.as_str());
    assert_eq!(direct["parents"][0]["hash"], before["hash"]);
    let (number, merge) = {
        let mut world = stage.emulator.world();
        let number = world.open_pull_request(repo, "marta").unwrap();
        world.push(repo, number, "marta").unwrap();
        (number, world.merge(repo, number, "teo").unwrap())
    };
    let pull = stage
        .json(&stage.repo(repo, &format!("/pullrequests/{number}")))
        .await;
    assert!(pushed.starts_with(pull["destination"]["commit"]["hash"].as_str().unwrap()));
    let merged = head().await;
    assert_eq!(merged["hash"], merge.as_str());
    assert_eq!(merged["parents"][0]["hash"], pushed.as_str());
    let last = stage.emulator.world().add_commit(repo, "teo").unwrap();
    assert_eq!(head().await["hash"], last.as_str());
}

#[tokio::test]
async fn a_forced_push_replaces_the_commits() {
    let stage = Stage::small().await;
    let repo = "mission-control";
    let number = {
        let mut world = stage.emulator.world();
        let number = world.open_pull_request(repo, "marta").unwrap();
        world.push(repo, number, "marta").unwrap();
        number
    };
    let path = stage.repo(repo, &format!("/pullrequests/{number}/commits?pagelen=100"));
    let before = column(&stage.all(&path).await, "/hash");
    let forced = stage
        .emulator
        .world()
        .force_push(repo, number, "marta")
        .unwrap();
    let after = column(&stage.all(&path).await, "/hash");
    assert_eq!(after[0], forced);
    assert!(before.iter().all(|hash| !after.contains(hash)));
}
