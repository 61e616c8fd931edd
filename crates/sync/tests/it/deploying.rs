//! The worked example of `docs/worked-example-deployments.md`: every figure in it, on both engines.

mod any_order;
mod example;

use std::collections::BTreeMap;

use model::ManualClock;
use model::rows::{DeploymentMeasureRow, DeploymentPullRow, PipelineRow};
use serde_json::{Map, Value, json};
use store::Db;
use testkit::both_engines;

use example::{Example, NOW};

/// A row by the name that the example gives to what it is about.
type Named = BTreeMap<String, Map<String, Value>>;

/// Every deployment by its name, with these columns in this order.
async fn deployments(db: &Db, columns: &[&str]) -> BTreeMap<String, Value> {
    let names = example::names();
    let rows = testkit::dump(db, &DeploymentMeasureRow::TABLE).await;
    rows.into_iter()
        .map(|(id, row)| {
            let name = names.get(&id).cloned().unwrap_or_else(|| {
                // Made by a rule: its run and service name it.
                let run = names[&row["pipeline_id"].as_i64().unwrap()].clone();
                format!("{run} {}", row["service"].as_str().unwrap())
            });
            (name, chosen(&row, columns))
        })
        .collect()
}

fn chosen(row: &Map<String, Value>, columns: &[&str]) -> Value {
    Value::Array(columns.iter().map(|column| row[*column].clone()).collect())
}

async fn pulls(db: &Db) -> BTreeMap<(String, String), Value> {
    let names = example::names();
    let deployments = testkit::dump(db, &DeploymentMeasureRow::TABLE).await;
    let columns = [
        "attributed_by",
        "first_of_deployment",
        "last_of_pull",
        "open_to_deploy",
        "merge_to_deploy",
        "commit_to_deploy",
    ];
    let rows = testkit::dump(db, &DeploymentPullRow::TABLE).await;
    rows.values()
        .map(|row| {
            let deployment = row["deployment_id"].as_i64().unwrap();
            let name = names.get(&deployment).cloned().unwrap_or_else(|| {
                names[&deployments[&deployment]["pipeline_id"].as_i64().unwrap()].clone()
            });
            let pull = names[&row["pull_id"].as_i64().unwrap()].clone();
            ((name, pull), chosen(row, &columns))
        })
        .collect()
}

/// One number that a query gives.
async fn number(db: &Db, sql: &'static str) -> i64 {
    match db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

async fn runs(db: &Db) -> Named {
    let names = example::names();
    let rows = testkit::dump(db, &PipelineRow::TABLE).await;
    rows.into_iter()
        .map(|(id, row)| (names[&id].clone(), row))
        .collect()
}

fn expected<const N: usize>(rows: [(&str, Value); N]) -> BTreeMap<String, Value> {
    rows.map(|(name, row)| (name.to_owned(), row)).into()
}

both_engines! {
    async fn the_runs_of_the_worked_example(database) {
        Example::new().write(&database.db).await;
        let columns = ["created_on", "completed_on", "queue_time", "rerun", "time_to_green"];
        let found: BTreeMap<String, Value> = runs(&database.db)
            .await
            .into_iter()
            .map(|(name, row)| (name, chosen(&row, &columns)))
            .collect();
        let (monday, tuesday, wednesday) = ("2026-03-02", "2026-03-03", "2026-03-04");
        assert_eq!(
            found,
            expected([
                ("R1", json!([monday, monday, 60, false, null])),
                ("R2", json!([monday, monday, null, false, 3_480])),
                ("R3", json!([monday, monday, null, true, null])),
                ("R4", json!([monday, monday, null, true, null])),
                ("R5", json!([tuesday, tuesday, null, false, null])),
                ("R6", json!([wednesday, wednesday, null, false, null])),
                ("R7", json!([wednesday, wednesday, null, true, null])),
                ("R8", json!([wednesday, wednesday, null, false, null])),
                ("R9", json!([wednesday, null, null, false, null])),
                ("R10", json!(["2026-03-05", "2026-03-05", null, true, null])),
            ])
        );
    }

    async fn the_deployments_of_the_worked_example(database) {
        Example::new().write(&database.db).await;
        let columns = ["production", "service", "success", "counted", "failed", "rolled_back", "time_to_restore", "pull_count",
            "open_to_deploy", "merge_to_deploy", "commit_to_deploy"];
        let shop = "acme/shop";
        assert_eq!(
            deployments(&database.db, &columns).await,
            expected([
                ("S1", json!([false, shop, true, true, false, false, null, 1, 4_200, 600, null])),
                ("S2", json!([false, shop, true, true, false, false, null, 1, 10_800, 3_600, 21_600])),
                ("D1", json!([true, shop, true, true, false, false, null, 1, 4_800, 1_200, null])),
                ("D2", json!([true, shop, true, true, false, false, null, 1, 11_700, 4_500, 22_500])),
                ("D3", json!([true, shop, false, true, true, false, 66_900, 0, null, null, null])),
                ("D4", json!([true, shop, true, true, true, true, 1_500, 2, 88_500, 66_900, null])),
                ("D5", json!([true, shop, true, true, false, false, null, 0, null, null, null])),
                ("D6", json!([true, shop, true, true, true, false, 68_400, 1, 9_000, 5_400, null])),
                ("D7", json!([true, shop, false, false, false, false, null, 0, null, null, null])),
                ("D8", json!([true, shop, true, true, false, false, null, 0, null, null, null])),
                ("D9", json!([true, shop, null, false, false, false, null, 0, null, null, null])),
                ("R8 worker", json!([true, "worker", true, true, false, false, null, 1, 94_200, 11_400, null])),
                ("R10 worker", json!([true, "worker", true, true, false, false, null, 0, null, null, null])),
                ("A1", json!([true, "app", true, true, false, false, null, 1, 172_800, 151_200, null])),
                ("A2", json!([true, "app", true, true, false, false, null, 1, 255_600, 172_800, null])),
                ("B1", json!([true, "billing", false, true, true, false, 7_200, 0, null, null, null])),
                ("B2", json!([true, "billing", true, true, false, false, null, 0, null, null, null])),
            ])
        );
    }

    async fn what_each_deployment_of_the_worked_example_carried(database) {
        Example::new().write(&database.db).await;
        let row = |deployment: &str, pull: &str, rest: Value| ((deployment.to_owned(), pull.to_owned()), rest);
        assert_eq!(
            pulls(&database.db).await,
            BTreeMap::from([
                row("S1", "P1", json!(["commit", true, false, 4_200, 600, null])),
                row("S2", "P2", json!(["commit", true, false, 10_800, 3_600, 21_600])),
                row("D1", "P1", json!(["commit", true, true, 4_800, 1_200, null])),
                row("D2", "P2", json!(["commit", true, true, 11_700, 4_500, 22_500])),
                row("D4", "P3", json!(["commit", true, false, 88_500, 66_900, null])),
                row("D4", "P4", json!(["commit", false, false, 84_900, 2_100, null])),
                row("D6", "P5", json!(["time", true, true, 9_000, 5_400, null])),
                row("R8", "P4", json!(["commit", true, false, 94_200, 11_400, null])),
                row("A1", "P3", json!(["commit", true, true, 172_800, 151_200, null])),
                row("A2", "P4", json!(["commit", true, true, 255_600, 172_800, null])),
            ])
        );
    }

    async fn the_incident_of_the_worked_example(database) {
        let db = &database.db;
        Example::new().write(db).await;
        let incidents = db.incidents().await.unwrap();
        assert_eq!(incidents.len(), 1);
        let names = example::names();
        assert_eq!(names[&incidents[0].deployment_id.unwrap().0], "D6");
        assert_eq!(incidents[0].time_to_restore, Some(68_400));
        assert_eq!(incidents[0].restored_at, Some(example::at("2026-03-05T08:00:00Z")));
    }

    async fn the_totals_of_the_worked_example_are_those_of_its_groups(database) {
        let db = &database.db;
        Example::new().write(db).await;
        // Deployment frequency: successful ones. Change failure rate: 4 of 13.
        assert_eq!(number(db, "SELECT COUNT(*) FROM deployments WHERE production AND counted").await, 13);
        assert_eq!(number(db, "SELECT COUNT(*) FROM deployments WHERE production AND success").await, 11);
        assert_eq!(number(db, "SELECT COUNT(*) FROM deployments WHERE production AND failed").await, 4);
        assert_eq!(number(db, "SELECT CAST(SUM(time_to_restore) AS BIGINT) FROM deployments WHERE production").await, 144_000);
        // By author: one value for each of the five pull requests that reached production.
        assert_eq!(number(db, "SELECT COUNT(*) FROM deployment_pulls WHERE last_of_pull").await, 5);
        assert_eq!(
            number(db, "SELECT CAST(SUM(merge_to_deploy) AS BIGINT) FROM deployment_pulls WHERE last_of_pull").await,
            335_100
        );
        // By service: one value for each deployment that carried any.
        assert_eq!(
            number(db, "SELECT CAST(SUM(merge_to_deploy) AS BIGINT) FROM deployments WHERE production").await,
            413_400
        );
        for total in [
            "SELECT CAST(SUM(n) AS BIGINT) FROM (SELECT service, COUNT(*) AS n FROM deployments WHERE production AND counted GROUP BY service) g",
            "SELECT CAST(SUM(n) AS BIGINT) FROM (SELECT deployed_on, COUNT(*) AS n FROM deployments WHERE production AND counted GROUP BY deployed_on) g",
            "SELECT CAST(SUM(n) AS BIGINT) FROM (SELECT source, COUNT(*) AS n FROM deployments WHERE production AND counted GROUP BY source) g",
        ] {
            assert_eq!(number(db, total).await, 13, "{total}");
        }
    }

    async fn what_is_measured_again_stays_as_it_is(database) {
        let db = &database.db;
        Example::new().write(db).await;
        let before = any_order::derived(db).await;
        let mut tx = db.write().await.unwrap();
        sync::deploying::mark_all(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        sync::deploying::settle(db, &ManualClock::starting_at(example::at(NOW))).await.unwrap();
        assert_eq!(before, any_order::derived(db).await);
        assert_eq!(db.repositories_with_unmeasured_runs().await.unwrap(), []);
        assert_eq!(db.repositories_with_unmeasured_deployments().await.unwrap(), []);
        assert!(db.unmeasured_services().await.unwrap().is_empty());
    }
}
