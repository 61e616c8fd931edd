//! What is imported is the truth that the emulator wrote.

use std::collections::BTreeMap;

use emulator::WorldSpec;
use model::catalogue::Table;
use model::rows::{
    CommentRow, EventKind, EventRow, PipelineRow, ProjectRow, PullRow, RepositoryRow, ReviewerRow,
    UserRow, WorkspaceRow,
};
use model::{Id, Instant, Uuid};
use serde_json::{Map, Value, json};
use store::Db;
use testkit::both_engines;

use crate::measures::assert_measures;
use crate::story::{EMAIL, Story, TOKEN, all_tables, assert_same};

fn uuid(value: &Value) -> Option<Uuid> {
    value.as_str().and_then(Uuid::parse)
}

fn user(value: &Value) -> Value {
    json!(uuid(value).map(|uuid| Id::user(&uuid)))
}

pub(crate) fn pull_of(row: &Map<String, Value>) -> Id {
    Id::pull(
        &uuid(&row["repository"]).unwrap(),
        row["number"].as_i64().unwrap(),
    )
}

fn commit_of(row: &Map<String, Value>) -> Id {
    Id::commit(
        &uuid(&row["repository"]).unwrap(),
        row["sha"].as_str().unwrap(),
    )
}

/// Whether a table's rows belong to a pull request each.
fn of_a_pull(table: &str) -> bool {
    table.starts_with("bitbucket_pull_")
}

fn instant(value: &Value) -> Instant {
    value.as_str().unwrap().parse().unwrap()
}

/// The truth's row as this database holds it: its id, and its columns with natural keys replaced
/// by ids.
fn expected(table: &str, truth: &Map<String, Value>) -> (Id, Map<String, Value>) {
    let mut row = Map::new();
    for (name, value) in truth {
        let (name, value) = match (table, name.as_str()) {
            // What belongs to a pull request is told by repository and number.
            (table, "repository") if of_a_pull(table) => ("pull_id", json!(pull_of(truth))),
            (table, "number") if of_a_pull(table) => continue,
            (_, "repository") => (
                "repository_id",
                json!(Id::repository(&uuid(value).unwrap())),
            ),
            ("bitbucket_deployments", "environment") => (
                "environment_id",
                json!(uuid(value).map(|uuid| Id::environment(&uuid))),
            ),
            (_, "pipeline") => (
                "pipeline_id",
                json!(uuid(value).map(|uuid| Id::pipeline(&uuid))),
            ),
            (_, "step") => (
                "step_id",
                json!(uuid(value).map(|uuid| Id::pipeline_step(&uuid))),
            ),
            (_, "workspace") => ("workspace_id", json!(Id::workspace(&uuid(value).unwrap()))),
            (_, "project") => (
                "project_id",
                json!(uuid(value).map(|uuid| Id::project(&uuid))),
            ),
            (_, "user") => ("user_id", user(value)),
            (_, "closed_by") => ("closed_by_user_id", user(value)),
            (_, "resolved_by") => ("resolved_by_user_id", user(value)),
            (_, "source_repository") => (
                "source_repository_id",
                json!(uuid(value).map(|uuid| Id::repository(&uuid))),
            ),
            ("bitbucket_repositories", "parent") => ("parent_source_id", value.clone()),
            ("bitbucket_pull_comments", "parent") => {
                let parent = value.as_str().map(|id| Id::comment(id.parse().unwrap()));
                ("parent_id", json!(parent))
            }
            ("bitbucket_pull_comments", "source_id") => (
                "source_id",
                json!(value.as_str().unwrap().parse::<i64>().unwrap()),
            ),
            (_, "pull_number") => {
                let repository = uuid(&truth["repository"]).unwrap();
                (
                    "pull_id",
                    json!(value.as_i64().map(|number| Id::pull(&repository, number))),
                )
            }
            // Bitbucket says "" where its owner chose no language.
            (_, "language") => (
                "language",
                if value == "" {
                    Value::Null
                } else {
                    value.clone()
                },
            ),
            // Measured, and held against a plain routine in `measures`.
            (_, "ready_at") => continue,
            (_, name) => (name, value.clone()),
        };
        row.insert(name.to_owned(), value);
    }
    let source = || uuid(&truth["source_id"]).unwrap();
    let id = match table {
        "bitbucket_workspaces" => Id::workspace(&source()),
        "bitbucket_projects" => Id::project(&source()),
        "bitbucket_repositories" => Id::repository(&source()),
        "bitbucket_users" => Id::user(&source()),
        "bitbucket_pulls" => pull_of(truth),
        "bitbucket_pull_reviewers" => {
            Id::reviewer(pull_of(truth), Id::user(&uuid(&truth["user"]).unwrap()))
        }
        "bitbucket_pull_comments" => {
            Id::comment(truth["source_id"].as_str().unwrap().parse().unwrap())
        }
        "bitbucket_pull_events" => {
            let kind = EventKind::parse(truth["kind"].as_str().unwrap()).unwrap();
            let who = uuid(&truth["user"]).map(|uuid| Id::user(&uuid));
            let at = instant(&truth["occurred_at"]);
            EventRow::of(pull_of(truth), kind, who, at, at).id
        }
        "bitbucket_pipelines" => Id::pipeline(&source()),
        "bitbucket_pipeline_steps" => Id::pipeline_step(&source()),
        "bitbucket_environments" => Id::environment(&source()),
        "bitbucket_deployments" => Id::deployment(&source()),
        "bitbucket_pull_sizes" => Id::pull_size(pull_of(truth)),
        "bitbucket_commits" => commit_of(truth),
        "bitbucket_pull_commits" => Id::pull_commit(pull_of(truth), commit_of(truth)),
        other => panic!("the truth has a table {other} that this test does not know"),
    };
    (id, row)
}

/// Every row of the truth is there with every column that the truth tells, and no other row is.
pub(crate) async fn assert_truth(db: &Db, truth: &Value) {
    assert_truth_but_for_the_forgotten(db, truth).await;
    assert_table(db, truth, &UserRow::TABLE).await;
}

/// The same, where people may be known who have left and whom nothing names any more: a reviewer
/// who was taken off before doing anything, say.
pub(crate) async fn assert_truth_but_for_the_forgotten(db: &Db, truth: &Value) {
    let others = assert_rows(db, truth, &UserRow::TABLE).await;
    assert!(
        others.values().all(|user| user["active"] == false),
        "{others:?}"
    );
    let tables = [
        WorkspaceRow::TABLE,
        ProjectRow::TABLE,
        RepositoryRow::TABLE,
        PullRow::TABLE,
        ReviewerRow::TABLE,
        EventRow::TABLE,
        CommentRow::TABLE,
        PipelineRow::TABLE,
    ];
    assert_eq!(truth.as_object().unwrap().len(), tables.len() + 1);
    for table in tables {
        assert_table(db, truth, &table).await;
    }
}

/// One table of the truth.
pub(crate) async fn assert_table(db: &Db, truth: &Value, table: &Table) {
    let others = assert_rows(db, truth, table).await;
    assert!(others.is_empty(), "{} has {others:?}", table.name);
}

/// Every row of one table of the truth is there; the result is what is there besides.
pub(crate) async fn assert_rows(
    db: &Db,
    truth: &Value,
    table: &Table,
) -> BTreeMap<i64, Map<String, Value>> {
    let mut held = testkit::dump(db, table).await;
    // Who or what has left stays, marked.
    held.retain(|_, row| row.get("removed_at").is_none_or(Value::is_null));
    let told = truth[table.name].as_array().unwrap();
    let wanted: BTreeMap<Id, Map<String, Value>> = told
        .iter()
        .map(|row| expected(table.name, row.as_object().unwrap()))
        .collect();
    assert_eq!(
        wanted.len(),
        told.len(),
        "two rows of {} have one key",
        table.name
    );
    for (id, row) in &wanted {
        let Some(found) = held.get(&id.0) else {
            panic!("{} lacks {row:?}", table.name)
        };
        for (column, value) in row {
            assert_eq!(
                &found[column], value,
                "{}.{column} of {found:?}",
                table.name
            );
        }
    }
    held.retain(|id, _| !wanted.contains_key(&Id(*id)));
    held
}

both_engines! {
    async fn a_first_import_is_the_truth_and_a_second_changes_nothing(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let first = story.import().await;
        assert_eq!((first.rejects, first.warnings.len()), (0, 0), "{first:?}");
        let truth = story.truth();
        assert_truth(story.db(), &truth).await;
        assert_measures(story.db(), &truth).await;
        let before = all_tables(story.db()).await;
        let second = story.import().await;
        let rows = second.all_rows();
        assert_eq!((rows.added, rows.changed), (0, 0), "{:?}", second.rows);
        assert_same(&before, &all_tables(story.db()).await);
    }

    async fn everything_read_again_changes_nothing(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let before = all_tables(story.db()).await;
        story.options.full = true;
        let again = story.import().await;
        let rows = again.all_rows();
        assert_eq!((rows.added, rows.changed), (0, 0), "{:?}", again.rows);
        assert_same(&before, &all_tables(story.db()).await);
    }

    async fn an_api_token_with_the_documented_scopes_is_enough(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.credential = bitbucket::Credential::ApiToken {
            label: "test".to_owned(),
            email: EMAIL.to_owned(),
            token: TOKEN.into(),
        };
        story.import().await;
        let truth = story.truth();
        assert_truth(story.db(), &truth).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_hold_the_same_rows_of_the_demo() {
    let sqlite = Story::of(testkit::sqlite().await, WorldSpec::demo, |_| {}).await;
    let summary = sqlite.import().await;
    println!(
        "the demo costs {} requests: {:#?}",
        summary.requests, summary.requests_by_endpoint
    );
    let postgres = Story::of(testkit::postgres().await, WorldSpec::demo, |_| {}).await;
    postgres.import().await;
    let truth = sqlite.truth();
    assert_eq!(truth, postgres.truth());
    let held = all_tables(sqlite.db()).await;
    assert_same(&held, &all_tables(postgres.db()).await);
    assert_eq!(held["bitbucket_pulls"].len(), 2_500);
    assert_truth(sqlite.db(), &truth).await;
    assert_measures(sqlite.db(), &truth).await;
    assert_truth(postgres.db(), &truth).await;
}
