//! `q`, `sort` and `state`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stage::{Stage, column};

async fn pulls(stage: &Stage, query: &str) -> Vec<Value> {
    stage
        .all(&stage.repo(
            "mission-control",
            &format!("/pullrequests?pagelen=50&{query}"),
        ))
        .await
}

fn distinct(values: &[Value], pointer: &str) -> BTreeSet<String> {
    column(values, pointer).into_iter().collect()
}

#[tokio::test]
async fn only_open_ones_are_listed_unless_states_are_said() {
    let stage = Stage::small().await;
    assert_eq!(
        distinct(&pulls(&stage, "").await, "/state"),
        ["OPEN".to_owned()].into()
    );
    let two = pulls(&stage, "state=MERGED&state=DECLINED").await;
    assert_eq!(
        distinct(&two, "/state"),
        ["DECLINED".to_owned(), "MERGED".to_owned()].into()
    );
    let all = pulls(&stage, "state=all").await;
    let four = pulls(
        &stage,
        "state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED",
    )
    .await;
    assert_eq!(all.len(), four.len());
    let said_in_q = pulls(&stage, "q=state%20%3D%20%22MERGED%22").await;
    assert_eq!(distinct(&said_in_q, "/state"), ["MERGED".to_owned()].into());
    assert_eq!(
        stage
            .get(&stage.repo("mission-control", "/pullrequests?state=NEW"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn dates_compare_bare_and_quoted() {
    let stage = Stage::small().await;
    let all = pulls(&stage, "state=all&sort=updated_on").await;
    let middle = all[all.len() / 2]["updated_on"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    let after = all.len() - all.len() / 2;
    for (operator, expected) in [
        ("%3E", after - 1),
        ("%3E%3D", after),
        ("%3C", all.len() - after),
        ("%3C%3D", all.len() - after + 1),
    ] {
        for quote in ["", "%22"] {
            let q = format!("state=all&q=updated_on%20{operator}%20{quote}{middle}{quote}");
            assert_eq!(pulls(&stage, &q).await.len(), expected, "{q}");
        }
    }
}

#[tokio::test]
async fn comparisons_join_with_and_or_and_parentheses() {
    let stage = Stage::small().await;
    let count = async |q: &str| {
        let encoded: String = url::form_urlencoded::byte_serialize(q.as_bytes()).collect();
        pulls(&stage, &format!("state=all&q={encoded}")).await.len()
    };
    let all = pulls(&stage, "state=all").await.len();
    assert_eq!(count("id = 1 OR id = 2").await, 2);
    assert_eq!(count("(id = 1 OR id = 2) AND id != 1").await, 1);
    assert_eq!(count("id = 1 OR id = 2 AND id = 3").await, 1);
    assert_eq!(count("id IN (1, 2, 3)").await, 3);
    assert_eq!(count("id NOT IN (1, 2, 3)").await, all - 3);
    assert_eq!(count("draft = true OR draft = false").await, all);
    let missing = count("author.uuid = null").await;
    assert!(missing > 0);
    assert_eq!(count("author.uuid != null").await, all - missing);
    let title = pulls(&stage, "state=all").await[0]["title"]
        .as_str()
        .unwrap()
        .to_owned();
    let part = title.get(2..8).unwrap().to_uppercase();
    assert!(count(&format!("title ~ \"{part}\"")).await > 0);
    assert!(count("reviewers.nickname = \"marta\"").await < all);
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_refused() {
    let stage = Stage::small().await;
    for q in [
        "updated_on+%3E",
        "%28id+%3D+1",
        "id+%3D+%22open",
        "id+%3D+1+id+%3D+2",
        "summary.raw+%3D+%22x%22",
        "updated_on+%3E+yesterday",
        "updated_on+%3E+%22yesterday%22",
        // A plus sign that was not encoded arrives as a space.
        "updated_on+%3E+2026-01-01T00:00:00+00:00",
    ] {
        let path = stage.repo("mission-control", &format!("/pullrequests?state=all&q={q}"));
        assert_eq!(stage.get(&path).await.status, 400, "{q}");
    }
    let path = stage.repo("mission-control", "/pullrequests?sort=colour");
    assert_eq!(
        stage.get(&path).await.message(),
        "Invalid sort attribute: colour"
    );
}

#[tokio::test]
async fn repositories_and_comments_can_be_searched() {
    let stage = Stage::small().await;
    let found = stage
        .all("/repositories/acme-rockets?q=project.key%20%3D%20null")
        .await;
    assert_eq!(column(&found, "/slug"), ["telemetry-ingest"]);
    let sorted = stage
        .all("/repositories/acme-rockets?sort=-updated_on&pagelen=1")
        .await;
    assert_eq!(sorted.len(), 4);
    assert!(column(&sorted, "/updated_on").is_sorted_by(|one, two| one >= two));
    let pulls = stage
        .all(&stage.repo(
            "mission-control",
            "/pullrequests?state=all&q=comment_count%20%3E%201",
        ))
        .await;
    let comments = stage.repo(
        "mission-control",
        &format!("/pullrequests/{}/comments", pulls[0]["id"]),
    );
    let all = stage.all(&comments).await;
    assert!(column(&all, "/created_on").is_sorted());
    let latest = all
        .iter()
        .map(|comment| comment["updated_on"].as_str().unwrap())
        .max()
        .unwrap();
    let q = format!(
        "{comments}?q=updated_on%20%3E%3D%20%22{}%22",
        latest.replace('+', "%2B")
    );
    assert_eq!(stage.all(&q).await.len(), 1);
}

#[tokio::test]
async fn sorting_can_fail_for_good() {
    let stage = Stage::small().await;
    stage.emulator.world().quirks.sorted_pull_requests_fail = true;
    let path =
        |sort: &str| stage.repo("mission-control", &format!("/pullrequests?state=all{sort}"));
    assert_eq!(stage.get(&path("&sort=updated_on")).await.status, 500);
    assert_eq!(stage.get(&path("")).await.status, 200);
}

#[tokio::test]
async fn the_default_order_is_latest_change_first_or_none_at_all() {
    let stage = Stage::small().await;
    let updated = column(&pulls(&stage, "state=all").await, "/updated_on");
    assert!(updated.is_sorted_by(|one, two| one >= two));
    stage.emulator.world().quirks.shuffle_default_order = true;
    let shuffled = column(&pulls(&stage, "state=all").await, "/updated_on");
    assert!(!shuffled.is_sorted_by(|one, two| one >= two));
    assert_eq!(shuffled.len(), updated.len());
}
