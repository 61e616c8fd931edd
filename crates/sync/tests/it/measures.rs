//! The measures, computed once more by a routine that is as plain as can be and that only the
//! tests have: from the truth, by looking through everything for each number.

use std::collections::BTreeMap;

use model::rows::{PullRow, ReviewRow};
use model::{Id, Instant, Uuid};
use serde_json::{Map, Value, json};
use store::Db;

use crate::truth::pull_of;

struct Act<'a> {
    kind: &'a str,
    by: Option<&'a str>,
    at: Instant,
    row: &'a Map<String, Value>,
}

fn instant(value: &Value) -> Option<Instant> {
    value.as_str().map(|text| text.parse().unwrap())
}

fn between(from: Option<Instant>, to: Option<Instant>) -> Value {
    match (from, to) {
        (Some(from), Some(to)) => json!((to.micros() - from.micros()).max(0) / 1_000_000),
        _ => Value::Null,
    }
}

fn acts_of<'a>(truth: &'a Value) -> BTreeMap<Id, Vec<Act<'a>>> {
    let mut acts: BTreeMap<Id, Vec<Act<'a>>> = BTreeMap::new();
    for row in truth["bitbucket_pull_events"].as_array().unwrap() {
        let row = row.as_object().unwrap();
        acts.entry(pull_of(row)).or_default().push(Act {
            kind: row["kind"].as_str().unwrap(),
            by: row["user"].as_str(),
            at: instant(&row["occurred_at"]).unwrap(),
            row,
        });
    }
    for row in truth["bitbucket_pull_comments"].as_array().unwrap() {
        let row = row.as_object().unwrap();
        acts.entry(pull_of(row)).or_default().push(Act {
            kind: if row["deleted"] == true {
                "deleted comment"
            } else {
                "comment"
            },
            by: row["user"].as_str(),
            at: instant(&row["created_at"]).unwrap(),
            row,
        });
    }
    for acts in acts.values_mut() {
        acts.sort_by_key(|act| act.at);
    }
    acts
}

/// Seconds as a draft: the state after each update holds until the next one.
fn draft_time(
    updates: &[&Act<'_>],
    created: Instant,
    closed: Option<Instant>,
    draft: bool,
) -> Value {
    let mut spent = 0;
    let mut since = None;
    if updates.first().is_some_and(|act| act.row["draft"] == true) {
        since = Some(created);
    }
    for act in updates {
        match (act.row["draft"] == true, since) {
            (false, Some(start)) => {
                spent += (act.at.micros() - start.micros()) / 1_000_000;
                since = None;
            }
            (true, None) => since = Some(act.at),
            _ => {}
        }
    }
    match (since, closed) {
        (Some(start), Some(closed)) => {
            json!(spent + (closed.micros() - start.micros()).max(0) / 1_000_000)
        }
        (Some(_), None) if draft => Value::Null,
        _ => json!(spent),
    }
}

fn rounds(updates: &[&Act<'_>], first_review: Option<Instant>) -> Value {
    let Some(first_review) = first_review else {
        return Value::Null;
    };
    let mut last: Option<&str> = None;
    let mut rounds = 1;
    for act in updates {
        let Some(commit) = act.row["source_commit_sha"].as_str() else {
            continue;
        };
        if last.is_some_and(|last| last != commit) && act.at > first_review {
            rounds += 1;
        }
        last = Some(commit);
    }
    json!(rounds)
}

/// Every measured column of every pull request, and the reviews.
pub(crate) async fn assert_measures(db: &Db, truth: &Value) {
    assert_measures_since(db, truth, &BTreeMap::new()).await;
}

/// The same where the first commits of pull requests are known.
pub(crate) async fn assert_measures_since(
    db: &Db,
    truth: &Value,
    first_commits: &BTreeMap<Id, Instant>,
) {
    let humans: BTreeMap<&str, bool> = truth["bitbucket_users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["source_id"].as_str().unwrap(),
                row["account_type"] != "app_user",
            )
        })
        .collect();
    let acts = acts_of(truth);
    let none = Vec::new();
    let held = testkit::dump(db, &PullRow::TABLE).await;
    for pull in truth["bitbucket_pulls"].as_array().unwrap() {
        let pull = pull.as_object().unwrap();
        let id = pull_of(pull);
        let acts = acts.get(&id).unwrap_or(&none);
        let author = pull["user"].as_str();
        let by_another = |act: &&Act<'_>| match act.by {
            None => true,
            Some(by) => Some(by) != author && humans[by],
        };
        let created = instant(&pull["created_at"]);
        let merged = instant(&pull["merged_at"]);
        let closed = instant(&pull["closed_at"]);
        let is_review = |act: &&Act<'_>| {
            matches!(act.kind, "comment" | "approval" | "changes_requested") && by_another(act)
        };
        let is_approval = |act: &&Act<'_>| act.kind == "approval" && by_another(act);
        let first_review = acts.iter().find(is_review).map(|act| act.at);
        let first_approval = acts.iter().find(is_approval).map(|act| act.at);
        let last_approval = merged.and_then(|merged| {
            acts.iter()
                .filter(is_approval)
                .rfind(|act| act.at <= merged)
                .map(|act| act.at)
        });
        let updates: Vec<&Act<'_>> = acts.iter().filter(|act| act.kind == "update").collect();
        let ready = match updates.first() {
            Some(first) if first.row["draft"] == true => updates
                .iter()
                .find(|act| act.row["draft"] == false)
                .map(|act| act.at),
            _ => created,
        };
        let wanted = json!({
            "merged_at": merged,
            "closed_at": closed,
            "closed_at_estimated": false,
            "ready_at": ready,
            "first_review_at": first_review,
            "first_approval_at": first_approval,
            "open_to_first_review": between(created, first_review),
            "open_to_first_approval": between(created, first_approval),
            "open_to_merge": between(created, merged),
            "ready_to_first_approval": between(ready, first_approval),
            "ready_to_merge": between(ready, merged),
            "pickup_time": between(ready, first_review),
            "review_time": between(last_approval.and(first_review), last_approval),
            "merge_wait": between(last_approval, merged),
            "cycle_time": between(first_commits.get(&id).copied().or(created), merged),
            "draft_time": draft_time(&updates, created.unwrap(), closed, pull["draft"] == true),
            "review_rounds": rounds(&updates, first_review),
            "proof": "agrees",
        });
        for (column, value) in wanted.as_object().unwrap() {
            assert_eq!(&held[&id.0][column], value, "{column} of {pull:?}");
        }
    }
    assert_reviews(db, truth, &acts).await;
}

/// One review for each vote and for each day of comments by anybody but the author; a vote stands
/// when the participants say so.
async fn assert_reviews(db: &Db, truth: &Value, acts: &BTreeMap<Id, Vec<Act<'_>>>) {
    let authors: BTreeMap<Id, Option<&str>> = truth["bitbucket_pulls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (pull_of(row.as_object().unwrap()), row["user"].as_str()))
        .collect();
    // (pull, reviewer, state, first instant) → comments
    let mut wanted: BTreeMap<(Id, Option<Id>, String, String), i64> = BTreeMap::new();
    let user = |uuid: Option<&str>| uuid.and_then(Uuid::parse).map(|uuid| Id::user(&uuid));
    for (pull, acts) in acts {
        let mut days: BTreeMap<(Option<&str>, String), (Instant, i64)> = BTreeMap::new();
        for act in acts
            .iter()
            .filter(|act| act.by.is_none() || act.by != authors[pull])
        {
            match act.kind {
                "approval" | "changes_requested" => {
                    let state = if act.kind == "approval" {
                        "APPROVED"
                    } else {
                        "CHANGES_REQUESTED"
                    };
                    wanted.insert(
                        (*pull, user(act.by), state.to_owned(), act.at.to_string()),
                        0,
                    );
                }
                "comment" => {
                    let day = days
                        .entry((act.by, act.at.utc_day()))
                        .or_insert((act.at, 0));
                    day.1 += 1;
                }
                _ => {}
            }
        }
        for ((by, _), (first, count)) in days {
            wanted.insert(
                (*pull, user(by), "COMMENTED".to_owned(), first.to_string()),
                count,
            );
        }
    }
    let mut standing = 0;
    let mut held = BTreeMap::new();
    for row in testkit::dump(db, &ReviewRow::TABLE).await.into_values() {
        let id = |name: &str| row[name].as_i64().map(Id);
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        if row["dismissed_at"].is_null() && row["state"] != "COMMENTED" && !row["user_id"].is_null()
        {
            standing += 1;
        }
        let key = (
            id("pull_id").unwrap(),
            id("user_id"),
            text("state"),
            text("created_at"),
        );
        held.insert(key, row["comment_count"].as_i64().unwrap());
    }
    for (review, count) in &wanted {
        assert_eq!(held.get(review), Some(count), "{review:?}");
    }
    assert_eq!(held.len(), wanted.len());
    let standing_votes = truth["bitbucket_pull_reviewers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| !row["state"].is_null())
        .filter(|row| row["user"].as_str() != authors[&pull_of(row.as_object().unwrap())])
        .count();
    assert_eq!(standing, standing_votes);
}
