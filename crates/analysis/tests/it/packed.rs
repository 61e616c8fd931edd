//! Reports of packed months.

use analysis::{AnalysisError, Asked, Query, ReportName, Today, pack_from, run, work_of_accounts};
use model::Instant;
use serde_json::Value;
use store::Db;
use testkit::both_engines;

use crate::world::{World, execute};

fn now() -> Instant {
    "2027-07-01T12:00:00Z".parse().unwrap()
}

/// Every report in every way, narrowed down in some.
async fn every_report(db: &Db) -> Vec<Value> {
    let text = |text: &str| vec![text.to_owned()];
    let narrowed = [
        Asked::default(),
        Asked {
            from: Some("2027-04-11".to_owned()),
            to: Some("2027-06-20".to_owned()),
            granularity: Some("week".to_owned()),
            ..Asked::default()
        },
        Asked {
            all_time: true,
            granularity: Some("month".to_owned()),
            ..Asked::default()
        },
        Asked {
            all_time: true,
            granularity: Some("day".to_owned()),
            repositories: text("repo-2"),
            ..Asked::default()
        },
        Asked {
            all_time: true,
            bots: Some("only".to_owned()),
            business_hours: true,
            ..Asked::default()
        },
        Asked {
            all_time: true,
            bots: Some("include".to_owned()),
            branches: text("release"),
            ..Asked::default()
        },
        Asked {
            all_time: true,
            teams: text("tide"),
            ..Asked::default()
        },
        Asked {
            all_time: true,
            authors: text("Human 101"),
            ..Asked::default()
        },
    ];
    let today = Today::load(db, now()).await.unwrap();
    let mut reports = Vec::new();
    for name in ReportName::ALL {
        let groupings = name.groupings().iter().map(|grouping| grouping.as_str());
        for grouping in groupings.chain(["none"]) {
            // Grouped, only some: there are many.
            let ways = match grouping {
                "none" => narrowed.len(),
                _ => 2,
            };
            for asked in narrowed.iter().skip(1).cycle().take(ways) {
                let asked = Asked {
                    group_by: Some(grouping.to_owned()),
                    ..asked.clone()
                };
                let query = Query::parse(name, &asked, today.date()).unwrap();
                match run(db, &query, &today).await {
                    Ok(report) => reports.push(serde_json::to_value(report).unwrap()),
                    // Some reports cannot be narrowed down by some of this.
                    Err(AnalysisError::NotFilterable { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
    reports
}

fn assert_same(found: &[Value], expected: &[Value]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
}

both_engines! {
    async fn packed_months_say_what_their_tables_say(database) {
        let db = &database.db;
        World::generate(8).store(db).await;
        let read = every_report(db).await;
        let work = work_of_accounts(db, now()).await.unwrap();
        assert!(work.iter().any(|(_, work)| work.pull_requests > 0 && work.reviews > 0));
        assert!(read.len() > 90, "{}", read.len());
        let packed = pack_from(db, 1, |_, _| ()).await.unwrap();
        assert!(packed > 12, "{packed}");
        assert_eq!(pack_from(db, 1, |_, _| ()).await.unwrap(), 0);
        assert_same(&every_report(db).await, &read);
        assert_eq!(work_of_accounts(db, now()).await.unwrap(), work);

        // Whatever changes, and whoever changes it: the month is read again, packed or not.
        execute(db, "DELETE FROM bitbucket_pulls WHERE id % 7 = 0;
            UPDATE bitbucket_pulls SET merged_on = '2027-05-03', cycle_time = 12345, repository_id = 3 WHERE id % 11 = 0;
            UPDATE bitbucket_reviews SET created_on = '2027-06-09', time_since_request = NULL WHERE id % 5 = 0;
            UPDATE bitbucket_pipelines SET result = 'FAILED' WHERE id % 3 = 0;").await;
        let changed = every_report(db).await;
        execute(db, "DELETE FROM report_columns;").await;
        assert_same(&changed, &every_report(db).await);
        assert_ne!(read, changed);
        assert!(pack_from(db, 1, |_, _| ()).await.unwrap() > 0);
        assert_same(&every_report(db).await, &changed);
    }
}
