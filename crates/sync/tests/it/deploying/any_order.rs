//! Whatever order things arrive in, and whenever they are measured: the same figures.

use std::collections::BTreeMap;

use model::rows::deploying::{DEPLOYMENT_RULES, INCIDENTS, PUSHED_DEPLOYMENTS};
use model::rows::{DeploymentMeasureRow, DeploymentPullRow, PipelineRow, RuleDeploymentRow};
use store::{Db, NewRule};
use testkit::both_engines;

use super::example::{Example, Piece, settle, worker_rule};
use crate::random::chance::Chance;
use crate::story::Rows;

/// Everything that is measured here.
pub(super) async fn derived(db: &Db) -> BTreeMap<&'static str, Rows> {
    let mut derived = BTreeMap::new();
    for table in [
        &PipelineRow::TABLE,
        &RuleDeploymentRow::TABLE,
        &DeploymentMeasureRow::TABLE,
        &DeploymentPullRow::TABLE,
        &DEPLOYMENT_RULES,
        &PUSHED_DEPLOYMENTS,
        &INCIDENTS,
    ] {
        derived.insert(table.name, testkit::dump(db, table).await);
    }
    derived
}

fn shuffle(pieces: &mut [Piece], chance: &mut Chance) {
    for end in (1..pieces.len()).rev() {
        let other = usize::try_from(chance.below(end as u64 + 1)).unwrap();
        pieces.swap(end, other);
    }
}

/// Rules over the environments and runs of the example, beside its own.
fn more_rules() -> Vec<NewRule> {
    vec![
        // The same deployments as Bitbucket's, to the same environment: these count once.
        NewRule {
            name: "shop".to_owned(),
            pipeline_pattern: Some("^branches: ".to_owned()),
            environment: Some("Production".to_owned()),
            service: Some("web".to_owned()),
            ..NewRule::default()
        },
        NewRule {
            name: "staging is production".to_owned(),
            environment_pattern: Some("^staging$".to_owned()),
            environment_type: Some("Production".to_owned()),
            ..NewRule::default()
        },
    ]
}

async fn add(db: &Db, rule: &NewRule) {
    Piece::Rule(rule.clone()).write(db).await;
}

both_engines! {
    async fn any_order_of_arrival_gives_the_same_deployments(database) {
        Example::new().write(&database.db).await;
        let expected = derived(&database.db).await;
        for seed in 0..4 {
            let mut chance = Chance::of(seed);
            let other = match &database.db {
                Db::Sqlite { .. } => testkit::sqlite().await,
                Db::Postgres(_) => testkit::postgres().await,
            };
            let mut pieces = Example::new().pieces;
            // Some come twice.
            for _ in 0..5 {
                let twice = chance.pick(&pieces).clone();
                if matches!(twice, Piece::Rows(_) | Piece::Deployment(_)) {
                    pieces.push(twice);
                }
            }
            shuffle(&mut pieces, &mut chance);
            for piece in &pieces {
                piece.write(&other.db).await;
                if chance.one_in(6) {
                    settle(&other.db).await;
                }
            }
            settle(&other.db).await;
            assert_eq!(derived(&other.db).await, expected, "seed {seed}");
        }
    }

    async fn a_changed_rule_gives_what_a_fresh_import_under_it_gives(database) {
        let (before, after) = (&database.db, match &database.db {
            Db::Sqlite { .. } => testkit::sqlite().await,
            Db::Postgres(_) => testkit::postgres().await,
        });
        // There first: under other rules.
        Example::new().write(before).await;
        for rule in more_rules() {
            add(before, &rule).await;
            settle(before).await;
        }
        let mut tx = before.write().await.unwrap();
        assert!(tx.remove_deployment_rule(&worker_rule()).await.unwrap());
        assert!(!tx.remove_deployment_rule(&worker_rule()).await.unwrap());
        tx.commit().await.unwrap();
        settle(before).await;
        // Fresh: the rules are there before anything else is. They are numbered alike.
        add(&after.db, &worker_rule()).await;
        for rule in more_rules() {
            add(&after.db, &rule).await;
        }
        let mut tx = after.db.write().await.unwrap();
        tx.remove_deployment_rule(&worker_rule()).await.unwrap();
        tx.commit().await.unwrap();
        let mut fresh = Example::new();
        fresh.pieces.retain(|piece| !matches!(piece, Piece::Rule(_)));
        fresh.write(&after.db).await;
        let found = derived(before).await;
        assert_eq!(found, derived(&after.db).await);

        // And what the rules say is there: a run is one deployment, under the rule's service.
        let names = crate::deploying::example::names();
        let services: BTreeMap<String, &str> = found["deployment_measures"]
            .iter()
            .map(|(id, row)| {
                let name = names.get(id).cloned().unwrap_or_else(|| {
                    names[&row["pipeline_id"].as_i64().unwrap()].clone()
                });
                (name, row["service"].as_str().unwrap())
            })
            .collect();
        for (deployment, service) in [
            ("D1", "web"), ("D4", "web"), ("D5", "acme/shop"), ("R2", "web"), ("R3", "web"), ("S1", "acme/shop"),
        ] {
            assert_eq!(services[deployment], service, "{deployment}");
        }
        assert!(!services.contains_key("R1") && !services.contains_key("R8"), "{services:?}");
        let staging = found["deployment_measures"].values().filter(|row| row["environment"] == "staging");
        assert!(staging.clone().count() == 2 && staging.clone().all(|row| row["production"] == true));
    }
}
