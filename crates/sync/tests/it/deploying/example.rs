//! The world of the worked example, piece by piece.

use std::collections::BTreeMap;

use model::rows::{
    Batch, CommitList, CommitRow, DeploymentRow, EnvironmentRow, PipelineRow, PipelineStepRow,
    PullCommitRow, PullRow, RepositoryRow,
};
use model::{Field, Id, Instant, ManualClock, Uuid};
use store::{Db, NewDeployment, NewIncident, NewRule};
use sync::apply::apply;

/// When everything is over.
pub(super) const NOW: &str = "2026-03-07T00:00:00Z";

/// Something that happens to the database.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Rows(Box<Batch>),
    Rule(NewRule),
    Deployment(NewDeployment),
    Opened(NewIncident),
}

/// The whole world.
pub(super) struct Example {
    pub(super) pieces: Vec<Piece>,
}

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A time of the first week of March 2026: Monday is the 2nd.
fn time(text: &str) -> Instant {
    let (day, clock) = text.split_once(' ').unwrap();
    let day = ["Mon", "Tue", "Wed", "Thu", "Fri"]
        .iter()
        .position(|name| *name == day)
        .unwrap()
        + 2;
    at(&format!("2026-03-{day:02}T{clock}:00Z"))
}

fn uuid(name: &str) -> Uuid {
    Uuid::parse(&format!("{{{name}}}")).unwrap()
}

fn shop() -> Id {
    Id::repository(&uuid("shop"))
}

/// The hash of a commit of this name.
fn sha(name: &str) -> String {
    name.bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .repeat(10)
}

fn pull_id(number: i64) -> Id {
    Id::pull(&uuid("shop"), number)
}

const RUNS: i64 = 10;
const PULLS: i64 = 6;
const DEPLOYMENTS: [&str; 11] = [
    "S1", "S2", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9",
];

/// What the example calls things, by their ids.
pub(super) fn names() -> BTreeMap<i64, String> {
    let mut names = BTreeMap::new();
    for number in 1..=RUNS {
        let name = format!("R{number}");
        names.insert(Id::pipeline(&uuid(&name)).0, name);
    }
    for number in 1..=PULLS {
        names.insert(pull_id(number).0, format!("P{number}"));
    }
    for name in DEPLOYMENTS {
        names.insert(Id::deployment(&uuid(name)).0, name.to_owned());
    }
    for name in ["A1", "A2", "B1", "B2"] {
        names.insert(Id::of("pushed_deployments", &[name]).0, name.to_owned());
    }
    names
}

fn commit(name: &str, when: &str, default_branch: bool) -> CommitRow {
    let hash = sha(name);
    let mut row = CommitRow::new(Id::commit(&uuid("shop"), &hash), at(NOW));
    row.repository_id = Field::Value(shop());
    row.sha12 = Field::Value(hash[..12].to_owned());
    row.sha = Field::Value(hash);
    row.committed_at = Field::Value(time(when));
    row.default_branch = Field::Value(default_branch);
    row
}

fn pull(number: i64, target: &str, opened: &str, merged: &str, commit: &str) -> PullRow {
    let mut row = PullRow::new(pull_id(number), at(NOW));
    row.repository_id = Field::Value(shop());
    row.number = Field::Value(number);
    row.state = Field::Value("MERGED".to_owned());
    row.target_branch = Field::Value(target.to_owned());
    row.merge_commit_sha = Field::Value(sha(commit)[..12].to_owned());
    row.merge_commit_at = Field::Value(time(merged));
    row.created_at = Field::Value(time(opened));
    row.updated_at = Field::Value(time(merged));
    row.source_updated_at = Field::Value(time(merged));
    row
}

fn run(
    number: i64,
    branch: &str,
    selector: (&str, &str),
    commit: &str,
    times: (&str, &str),
    result: &str,
) -> PipelineRow {
    let uuid = uuid(&format!("R{number}"));
    let mut row = PipelineRow::new(Id::pipeline(&uuid), at(NOW));
    row.source_id = Field::Value(uuid.as_str().to_owned());
    row.repository_id = Field::Value(shop());
    row.build_number = Field::Value(number);
    row.run_number = Field::Value(1);
    row.created_at = Field::Value(time(times.0));
    row.ref_name = Field::Value(branch.to_owned());
    row.selector_type = Field::Value(selector.0.to_owned());
    row.selector_pattern = Field::Value(selector.1.to_owned());
    row.commit_sha = Field::Value(sha(commit));
    if result.is_empty() {
        row.state = Field::Value("IN_PROGRESS".to_owned());
    } else {
        row.state = Field::Value("COMPLETED".to_owned());
        row.result = Field::Value(result.to_owned());
        row.completed_at = Field::Value(time(times.1));
    }
    row
}

fn environment(name: &str, kind: &str) -> EnvironmentRow {
    let mut row = EnvironmentRow::new(Id::environment(&uuid(name)), at(NOW));
    row.source_id = Field::Value(uuid(name).as_str().to_owned());
    row.repository_id = Field::Value(shop());
    row.name = Field::Value(name.to_owned());
    row.environment_type = Field::Value(kind.to_owned());
    row
}

fn deployment(
    name: &str,
    environment: &str,
    run: Option<i64>,
    commit: &str,
    times: (&str, &str),
    result: &str,
) -> DeploymentRow {
    let mut row = DeploymentRow::new(Id::deployment(&uuid(name)), at(NOW));
    row.source_id = Field::Value(uuid(name).as_str().to_owned());
    row.repository_id = Field::Value(shop());
    row.environment_id = Field::Value(Id::environment(&uuid(environment)));
    row.pipeline_id = run
        .map(|number| Id::pipeline(&uuid(&format!("R{number}"))))
        .into();
    row.commit_sha = Field::Value(sha(commit));
    row.created_at = Field::Value(time(times.0));
    row.source_updated_at = Field::Value(time(times.0));
    if result.is_empty() {
        row.state = Field::Value("IN_PROGRESS".to_owned());
    } else {
        row.state = Field::Value("COMPLETED".to_owned());
        row.result = Field::Value(result.to_owned());
        row.completed_at = Field::Value(time(times.1));
    }
    row
}

fn told(name: &str, service: &str, when: &str) -> NewDeployment {
    NewDeployment {
        reference_id: name.to_owned(),
        service: service.to_owned(),
        environment: "production".to_owned(),
        environment_type: "Production".to_owned(),
        repository_id: None,
        commit_sha: None,
        merge_commit_shas: Vec::new(),
        success: true,
        deployed_at: time(when),
        source_url: None,
    }
}

fn step(run: i64, began: &str) -> PipelineStepRow {
    let uuid = uuid(&format!("step of R{run}, {began}"));
    let mut row = PipelineStepRow::new(Id::pipeline_step(&uuid), at(NOW));
    row.source_id = Field::Value(uuid.as_str().to_owned());
    row.pipeline_id = Field::Value(Id::pipeline(&self::uuid(&format!("R{run}"))));
    row.name = Field::Value("build".to_owned());
    row.state = Field::Value("COMPLETED".to_owned());
    row.result = Field::Value("SUCCESSFUL".to_owned());
    row.started_at = Field::Value(time(began));
    row
}

/// The rule of the example.
pub(super) fn worker_rule() -> NewRule {
    NewRule {
        name: "worker".to_owned(),
        pipeline_pattern: Some("^custom: deploy-(?<service>worker)$".to_owned()),
        branch_pattern: Some("^main$".to_owned()),
        environment: Some("production".to_owned()),
        ..NewRule::default()
    }
}

/// One batch per row.
fn each<R>(rows: Vec<R>, put: impl Fn(&mut Batch, R)) -> Vec<Piece> {
    rows.into_iter()
        .map(|row| {
            let mut batch = Batch::default();
            put(&mut batch, row);
            Piece::Rows(Box::new(batch))
        })
        .collect()
}

impl Example {
    pub(super) fn new() -> Self {
        let mut repository = RepositoryRow::new(shop(), at(NOW));
        repository.source_id = Field::Value(uuid("shop").as_str().to_owned());
        repository.full_name = Field::Value("acme/shop".to_owned());
        repository.default_branch = Field::Value("main".to_owned());
        let commits = vec![
            commit("m1", "Mon 10:00", true),
            commit("m2", "Mon 13:00", true),
            commit("m3", "Tue 15:00", true),
            commit("m4", "Wed 09:00", true),
            commit("m6", "Wed 20:00", true),
            commit("x1", "Wed 11:00", false),
        ];
        let pulls = vec![
            pull(1, "main", "Mon 09:00", "Mon 10:00", "m1"),
            pull(2, "main", "Mon 11:00", "Mon 13:00", "m2"),
            pull(3, "main", "Tue 09:00", "Tue 15:00", "m3"),
            pull(4, "main", "Tue 10:00", "Wed 09:00", "m4"),
            pull(5, "main", "Wed 10:00", "Wed 11:00", "m5"),
            pull(6, "release", "Mon 09:00", "Wed 11:00", "x1"),
        ];
        let main = ("branches", "main");
        let worker = ("custom", "deploy-worker");
        let runs = vec![
            run(
                1,
                "main",
                main,
                "m1",
                ("Mon 10:05", "Mon 10:15"),
                "SUCCESSFUL",
            ),
            run(2, "main", main, "m2", ("Mon 13:05", "Mon 13:12"), "FAILED"),
            run(3, "main", main, "m2", ("Mon 13:20", "Mon 13:30"), "ERROR"),
            run(
                4,
                "main",
                main,
                "m2",
                ("Mon 14:00", "Mon 14:10"),
                "SUCCESSFUL",
            ),
            run(
                5,
                "main",
                main,
                "m3",
                ("Tue 15:05", "Tue 15:20"),
                "SUCCESSFUL",
            ),
            run(6, "main", main, "m4", ("Wed 09:05", "Wed 09:15"), "STOPPED"),
            run(
                7,
                "main",
                main,
                "m4",
                ("Wed 09:20", "Wed 09:30"),
                "SUCCESSFUL",
            ),
            run(
                8,
                "main",
                worker,
                "m4",
                ("Wed 12:00", "Wed 12:10"),
                "SUCCESSFUL",
            ),
            run(9, "feature", main, "m5", ("Wed 09:20", ""), ""),
            run(
                10,
                "main",
                worker,
                "m4",
                ("Thu 12:00", "Thu 12:10"),
                "SUCCESSFUL",
            ),
        ];
        let deployments = vec![
            deployment(
                "S1",
                "staging",
                Some(1),
                "m1",
                ("Mon 10:05", "Mon 10:10"),
                "SUCCESSFUL",
            ),
            deployment(
                "S2",
                "staging",
                Some(4),
                "m2",
                ("Mon 13:50", "Mon 14:00"),
                "SUCCESSFUL",
            ),
            deployment(
                "D1",
                "production",
                Some(1),
                "m1",
                ("Mon 10:05", "Mon 10:20"),
                "SUCCESSFUL",
            ),
            deployment(
                "D2",
                "production",
                Some(4),
                "m2",
                ("Mon 14:00", "Mon 14:15"),
                "SUCCESSFUL",
            ),
            deployment(
                "D3",
                "production",
                Some(5),
                "m3",
                ("Tue 15:05", "Tue 15:25"),
                "FAILED",
            ),
            deployment(
                "D7",
                "production",
                Some(6),
                "m4",
                ("Wed 09:05", "Wed 09:15"),
                "STOPPED",
            ),
            deployment(
                "D4",
                "production",
                Some(7),
                "m4",
                ("Wed 09:20", "Wed 09:35"),
                "SUCCESSFUL",
            ),
            deployment(
                "D5",
                "production",
                None,
                "m2",
                ("Wed 09:50", "Wed 10:00"),
                "SUCCESSFUL",
            ),
            deployment(
                "D6",
                "production",
                None,
                "m4",
                ("Wed 12:20", "Wed 12:30"),
                "SUCCESSFUL",
            ),
            deployment(
                "D8",
                "production",
                None,
                "m6",
                ("Thu 07:50", "Thu 08:00"),
                "SUCCESSFUL",
            ),
            deployment("D9", "production", None, "m6", ("Fri 12:00", ""), ""),
        ];

        let mut pieces = each(vec![repository], |batch, row| batch.repositories.push(row));
        pieces.extend(each(commits, |batch, row| batch.commits.push(row)));
        pieces.extend(each(pulls, |batch, row| batch.pulls.push(row)));
        pieces.push(Piece::Rows(Box::new(first_commit())));
        pieces.extend(each(runs, |batch, row| batch.pipelines.push(row)));
        let steps = vec![step(1, "Mon 10:06"), step(1, "Mon 10:08")];
        pieces.extend(each(steps, |batch, row| batch.steps.push(row)));
        let environments = vec![
            environment("production", "Production"),
            environment("staging", "Staging"),
        ];
        pieces.extend(each(environments, |batch, row| {
            batch.environments.push(row)
        }));
        pieces.extend(each(deployments, |batch, row| batch.deployments.push(row)));
        pieces.push(Piece::Rule(worker_rule()));
        pieces.extend(outside());
        Self { pieces }
    }

    /// Everything, in its order.
    pub(super) async fn write(&self, db: &Db) {
        for piece in &self.pieces {
            piece.write(db).await;
        }
        settle(db).await;
    }
}

pub(super) async fn settle(db: &Db) {
    let clock = ManualClock::starting_at(at(NOW));
    sync::deploying::settle(db, &clock).await.unwrap();
}

/// The commit with which the second pull request began: Monday, 8 o'clock.
fn first_commit() -> Batch {
    let row = commit("k2", "Mon 08:00", false);
    let mut link = PullCommitRow::new(Id::pull_commit(pull_id(2), row.id), at(NOW));
    link.pull_id = Field::Value(pull_id(2));
    link.commit_id = Field::Value(row.id);
    Batch {
        commits: vec![row],
        pull_commits: vec![link],
        pull_commit_lists: vec![CommitList {
            pull_id: pull_id(2),
            source_updated_at: time("Mon 13:00"),
        }],
        ..Batch::default()
    }
}

/// What Bitbucket does not know.
fn outside() -> Vec<Piece> {
    vec![
        Piece::Deployment(NewDeployment {
            repository_id: Some(shop()),
            commit_sha: Some(sha("m3")[..7].to_owned()),
            ..told("A1", "app", "Thu 09:00")
        }),
        Piece::Deployment(NewDeployment {
            repository_id: Some(shop()),
            merge_commit_shas: vec![sha("m4")],
            ..told("A2", "app", "Fri 09:00")
        }),
        Piece::Deployment(NewDeployment {
            success: false,
            ..told("B1", "billing", "Thu 10:00")
        }),
        Piece::Deployment(told("B2", "billing", "Thu 12:00")),
        Piece::Opened(NewIncident {
            reference_id: "checkout is slow".to_owned(),
            service: "acme/shop".to_owned(),
            environment: None,
            title: None,
            deployment_id: None,
            opened_at: time("Wed 13:00"),
            source_url: None,
        }),
    ]
}

impl Piece {
    pub(super) async fn write(&self, db: &Db) {
        let mut tx = db.write().await.unwrap();
        let now = at(NOW);
        match self {
            Self::Rows(batch) => {
                apply(&mut tx, batch, now).await.unwrap();
            }
            Self::Rule(rule) => {
                tx.add_deployment_rule(rule, now).await.unwrap().unwrap();
            }
            Self::Deployment(deployment) => {
                tx.record_deployment(deployment, now).await.unwrap();
            }
            Self::Opened(incident) => {
                tx.open_incident(incident).await.unwrap().unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
}
