//! What the pages of repositories, pipelines and deployments list.

use model::{Id, Instant};
use store::{Db, Placed, Slice};
use testkit::both_engines;

async fn execute(db: &Db, script: &'static str) {
    match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(script).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(script).execute(pool).await.map(|_| ()),
    }
    .unwrap();
}

/// Two repositories, one of them deleted and there again; runs of which two began at once; a
/// deployment that carried three pull requests.
const ROWS: &str = "
INSERT INTO bitbucket_projects (id, source_id, key, name, observed_at) VALUES
    (1, '{p}', 'ENG', 'Engines', '2027-01-01T00:00:00.000000Z');
INSERT INTO bitbucket_repositories (id, source_id, project_id, full_name, deleted_at, observed_at) VALUES
    (1, '{a}', NULL, 'acme/one', '2027-01-01T00:00:00.000000Z', '2027-01-01T00:00:00.000000Z'),
    (2, '{b}', 1, 'acme/one', NULL, '2027-01-01T00:00:00.000000Z'),
    (3, '{c}', 1, 'acme/two', NULL, '2027-01-01T00:00:00.000000Z');
INSERT INTO bitbucket_users (id, source_id, name, observed_at) VALUES
    (7, '{u}', 'Ada', '2027-01-01T00:00:00.000000Z');
INSERT INTO bitbucket_pipelines (id, source_id, repository_id, build_number, user_id, state, result, created_at, ref_name,
        selector_type, selector_pattern, rerun, observed_at) VALUES
    (11, '{1}', 2, 1, 7, 'COMPLETED', 'SUCCESSFUL', '2027-01-01T00:00:00.000000Z', 'main', 'branches', 'main', FALSE, '2027-01-01T00:00:00.000000Z'),
    (12, '{2}', 2, 2, NULL, 'COMPLETED', 'FAILED', '2027-01-02T00:00:00.000000Z', 'main', NULL, NULL, TRUE, '2027-01-01T00:00:00.000000Z'),
    (13, '{3}', 3, 1, NULL, 'IN_PROGRESS', NULL, '2027-01-02T00:00:00.000000Z', 'topic', NULL, NULL, NULL, '2027-01-01T00:00:00.000000Z'),
    (14, '{4}', 3, 2, NULL, 'COMPLETED', 'STOPPED', '2027-01-03T00:00:00.000000Z', 'main', NULL, NULL, NULL, '2027-01-01T00:00:00.000000Z'),
    (15, '{5}', 3, 3, NULL, 'PENDING', NULL, NULL, 'main', NULL, NULL, NULL, '2027-01-01T00:00:00.000000Z');
INSERT INTO bitbucket_pulls (id, repository_id, number, user_id, title, state, created_at, created_on, updated_at, merged_at, observed_at) VALUES
    (21, 2, 1, 7, 'first', 'MERGED', '2027-01-01T00:00:00.000000Z', '2027-01-01', '2027-01-01T01:00:00.000000Z', '2027-01-01T01:00:00.000000Z', '2027-01-01T00:00:00.000000Z'),
    (22, 2, 2, 7, 'second', 'MERGED', '2027-01-01T00:00:00.000000Z', '2027-01-01', '2027-01-01T02:00:00.000000Z', '2027-01-01T02:00:00.000000Z', '2027-01-01T00:00:00.000000Z'),
    (23, 2, 3, NULL, NULL, 'OPEN', '2027-01-02T00:00:00.000000Z', '2027-01-02', '2027-01-02T00:00:00.000000Z', NULL, '2027-01-01T00:00:00.000000Z');
INSERT INTO deployment_measures (id, source, source_table_id, repository_id, environment, environment_type, service, deployed_at,
        success, counted, failed, pull_count, user_id, observed_at) VALUES
    (-31, 'bitbucket', 1, 2, 'live', 'Production', 'shop', '2027-01-03T00:00:00.000000Z', TRUE, TRUE, FALSE, 3, 7, '2027-01-01T00:00:00.000000Z'),
    (32, 'rule', 2, 3, 'test', 'Test', 'other', '2027-01-04T00:00:00.000000Z', FALSE, NULL, NULL, NULL, NULL, '2027-01-01T00:00:00.000000Z'),
    (33, 'rule', 3, 3, 'test', 'Test', 'other', NULL, NULL, NULL, NULL, NULL, NULL, '2027-01-01T00:00:00.000000Z');
INSERT INTO deployment_pulls (id, deployment_id, pull_id, repository_id, attributed_by, merge_to_deploy, observed_at) VALUES
    (41, -31, 21, 2, 'commit', 60, '2027-01-01T00:00:00.000000Z'),
    (42, -31, 22, 2, 'time', 30, '2027-01-01T00:00:00.000000Z'),
    (43, -31, 23, 2, 'time', NULL, '2027-01-01T00:00:00.000000Z');
";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn everything() -> Slice {
    Slice {
        repositories: None,
        from: at("2027-01-01T00:00:00Z"),
        until: at("2027-02-01T00:00:00Z"),
        after: None,
        limit: 100,
    }
}

async fn runs(db: &Db, slice: &Slice, branches: &[&str], results: &[&str]) -> Vec<i64> {
    let owned =
        |words: &[&str]| -> Vec<String> { words.iter().map(|word| (*word).to_owned()).collect() };
    let found = db
        .listed_runs(slice, &owned(branches), &owned(results))
        .await;
    found.unwrap().iter().map(|run| run.id).collect()
}

both_engines! {
    async fn runs_are_listed_from_the_newest_on_and_page_by_page(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        let all = everything();
        assert_eq!(runs(db, &all, &[], &[]).await, [14, 13, 12, 11]);
        assert_eq!(runs(db, &all, &["main"], &[]).await, [14, 12, 11]);
        assert_eq!(runs(db, &all, &["main", "topic"], &["FAILED", "IN_PROGRESS"]).await, [13, 12]);
        let of = |ids: &[i64]| Slice { repositories: Some(ids.to_vec()), ..everything() };
        assert_eq!(runs(db, &of(&[2]), &[], &[]).await, [12, 11]);
        assert_eq!(runs(db, &of(&[2, 3]), &["main"], &[]).await, [14, 12, 11]);
        assert_eq!(runs(db, &of(&[]), &[], &[]).await, [0; 0]);
        let until = Slice { until: at("2027-01-02T00:00:00Z"), ..everything() };
        assert_eq!(runs(db, &until, &[], &[]).await, [11], "the end is not in it");
        let from = Slice { from: at("2027-01-02T00:00:00Z"), ..everything() };
        assert_eq!(runs(db, &from, &[], &[]).await, [14, 13, 12]);
        // Page by page nothing is left out, and nothing comes twice.
        for repositories in [None, Some(vec![2, 3])] {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let slice = Slice { limit: 1, after, repositories: repositories.clone(), ..everything() };
                let found = db.listed_runs(&slice, &[], &[]).await.unwrap();
                let Some(last) = found.last() else { break };
                after = Some(last.place());
                seen.push(last.id);
            }
            assert_eq!(seen, [14, 13, 12, 11]);
        }
        let found = db.listed_runs(&all, &[], &[]).await.unwrap();
        let first = found.last().unwrap();
        assert_eq!(first.name, "branches: main");
        assert_eq!(first.repository.as_deref(), Some("acme/one"));
        assert_eq!(first.person.as_deref(), Some("Ada"));
        assert_eq!(found[1].name, "default");
        assert!(!found[1].rerun && found[2].rerun);
    }

    async fn deployments_are_listed_with_what_they_carried(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        let all = everything();
        let found = db.listed_deployments(&all, &[], &[]).await.unwrap();
        let ids: Vec<i64> = found.iter().map(|one| one.id).collect();
        assert_eq!(ids, [32, -31], "one that is not over is not listed");
        assert!(!found[0].counted && !found[0].failed && found[0].pull_count == 0);
        let after = Slice { after: Some(found[0].place()), ..everything() };
        assert_eq!(db.listed_deployments(&after, &[], &[]).await.unwrap()[0].id, -31);
        for (environments, services, repositories, wanted) in [
            (vec!["live".to_owned()], vec![], None, vec![-31]),
            (vec![], vec!["other".to_owned()], Some(vec![2, 3]), vec![32]),
            (vec!["live".to_owned()], vec!["other".to_owned()], None, vec![]),
            (vec![], vec![], Some(vec![3]), vec![32]),
        ] {
            let slice = Slice { repositories, ..everything() };
            let found = db.listed_deployments(&slice, &environments, &services).await.unwrap();
            let ids: Vec<i64> = found.iter().map(|one| one.id).collect();
            assert_eq!(ids, wanted, "{environments:?} {services:?}");
        }
        let carried = db.carried_pulls(&[-31, 32], 0, 2).await.unwrap();
        let ids: Vec<i64> = carried[&-31].iter().map(|pull| pull.id).collect();
        assert_eq!((ids.len(), carried.contains_key(&32)), (2, false));
        let rest = db.carried_pulls(&[-31], 2, 2).await.unwrap();
        let mut all: Vec<i64> = rest[&-31].iter().map(|pull| pull.id).chain(ids).collect();
        all.sort_unstable();
        assert_eq!(all, [21, 22, 23]);
        let one = db.listed_deployment(Id(-31)).await.unwrap().unwrap();
        assert_eq!((one.pull_count, one.person.as_deref()), (3, Some("Ada")));
        assert!(db.listed_deployment(Id(33)).await.unwrap().is_none());
        assert_eq!(db.deployed_environments().await.unwrap(), ["live", "test"]);
    }

    async fn a_repository_is_found_by_its_name_and_has_its_pull_requests(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        let one = db.listed_repository("acme/one").await.unwrap().unwrap();
        assert_eq!((one.id, one.project.as_deref()), (2, Some("Engines")));
        assert!(db.listed_repository("acme/none").await.unwrap().is_none());
        assert_eq!(db.projects().await.unwrap(), [("ENG".to_owned(), "Engines".to_owned())]);
        let pulls = db.recent_pulls_of_repository(Id(2), 2).await.unwrap();
        let ids: Vec<i64> = pulls.iter().map(|pull| pull.id).collect();
        assert_eq!(ids, [23, 22]);
        let pulls = db.recent_pulls_of_accounts(&[7], "2027-01-01", "2027-01-01", 10).await.unwrap();
        let ids: Vec<i64> = pulls.iter().map(|pull| pull.id).collect();
        assert_eq!(ids, [22, 21]);
        assert!(db.recent_pulls_of_accounts(&[7], "2027-01-02", "2027-01-09", 10).await.unwrap().is_empty());
    }
}
