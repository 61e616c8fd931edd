//! Environments, and what is deployed to them. Like steps, all but what a verb deployed follows
//! from the pipelines.

use model::Instant;

use super::World;
use super::account::AccountId;
use super::derived::Derived;
use super::pipeline::{Pipeline, PipelineResult};
use super::repository::Repository;
use super::step::Step;

pub(crate) struct EnvironmentKind {
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    /// Test, Staging or Production.
    pub(crate) kind: &'static str,
    pub(crate) rank: u64,
    pub(crate) hidden: bool,
    /// The step that deploys there.
    pub(crate) step: &'static str,
}

/// The environments that every repository with pipelines has.
pub(crate) const ENVIRONMENTS: [EnvironmentKind; 4] = [
    environment("Test", "test", "Test", 0, false, "Deploy to test"),
    environment(
        "Staging",
        "staging",
        "Staging",
        1,
        false,
        "Deploy to staging",
    ),
    environment(
        "Production",
        "production",
        "Production",
        2,
        false,
        "Go live",
    ),
    environment(
        "Old Bunker",
        "old-bunker",
        "Production",
        2,
        true,
        "Go underground",
    ),
];

const fn environment(
    name: &'static str,
    slug: &'static str,
    kind: &'static str,
    rank: u64,
    hidden: bool,
    step: &'static str,
) -> EnvironmentKind {
    EnvironmentKind {
        name,
        slug,
        kind,
        rank,
        hidden,
        step,
    }
}

/// A deployment that a verb made.
#[derive(Debug, Clone)]
pub(crate) struct Deployed {
    pub(crate) uuid: String,
    pub(crate) environment: usize,
    pub(crate) pipeline: String,
    pub(crate) user: AccountId,
    pub(crate) started_on: Instant,
    pub(crate) completed: Option<(Instant, PipelineResult)>,
}

/// A deployment as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Deployment<'a> {
    pub(crate) uuid: String,
    pub(crate) environment: usize,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) step: String,
    pub(crate) user: Option<AccountId>,
    /// UNDEPLOYED, IN_PROGRESS or COMPLETED.
    pub(crate) state: &'static str,
    /// SUCCESSFUL, FAILED or STOPPED.
    pub(crate) result: Option<&'static str>,
    pub(crate) started_on: Option<Instant>,
    pub(crate) completed_on: Option<Instant>,
    /// Its dates are called as the description calls them, not as they were recorded.
    pub(crate) as_described: bool,
    /// By which the list is ordered: a verb may deploy what was built long ago.
    created_on: Instant,
}

impl Deployment<'_> {
    /// Missing, as recorded, where nothing was deployed yet.
    pub(crate) fn updated_on(&self) -> Option<Instant> {
        self.completed_on.or(self.started_on)
    }
}

fn outcome(result: &str) -> &'static str {
    match result {
        "SUCCESSFUL" => "SUCCESSFUL",
        "STOPPED" | "EXPIRED" => "STOPPED",
        _ => "FAILED",
    }
}

impl Repository {
    /// Its environments, as places in [`ENVIRONMENTS`]: none where nothing was ever built.
    pub(crate) fn environments(&self) -> Vec<usize> {
        if self.pipelines.is_empty() {
            return Vec::new();
        }
        let bunker = self.id.0.is_multiple_of(3);
        (0..ENVIRONMENTS.len())
            .filter(|index| bunker || *index < 3)
            .collect()
    }

    pub(crate) fn environment_uuid(&self, index: usize) -> String {
        Derived::of(&self.uuid, "environment", index as u64).uuid()
    }
}

impl World {
    /// The deployments of a repository, newest first.
    pub(crate) fn deployments<'a>(&self, repository: &'a Repository) -> Vec<Deployment<'a>> {
        let mut found: Vec<Deployment<'a>> = Vec::new();
        for pipeline in &repository.pipelines {
            let by_pipeline = self
                .steps(repository, pipeline)
                .into_iter()
                .filter_map(|step| deployment(pipeline, step));
            found.extend(by_pipeline);
            for deployed in &repository.deployed {
                if deployed.pipeline == pipeline.uuid {
                    found.extend(self.deployed(repository, pipeline, deployed));
                }
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse((one.created_on, one.started_on)));
        found
    }

    fn deployed<'a>(
        &self,
        repository: &Repository,
        pipeline: &'a Pipeline,
        deployed: &Deployed,
    ) -> Option<Deployment<'a>> {
        let completed = deployed.completed;
        Some(Deployment {
            uuid: deployed.uuid.clone(),
            environment: deployed.environment,
            pipeline,
            step: self.steps(repository, pipeline).pop()?.uuid,
            user: Some(deployed.user),
            state: if completed.is_some() {
                "COMPLETED"
            } else {
                "IN_PROGRESS"
            },
            result: completed.map(|(_, result)| outcome(result.word())),
            started_on: Some(deployed.started_on),
            completed_on: completed.map(|(at, _)| at),
            as_described: false,
            created_on: deployed.started_on,
        })
    }
}

fn deployment(pipeline: &Pipeline, step: Step) -> Option<Deployment<'_>> {
    let mut derived = Derived::of(&step.uuid, "deployment", 0);
    let (state, result) = match (step.state, step.result) {
        ("IN_PROGRESS", _) => ("IN_PROGRESS", None),
        ("COMPLETED", Some(result)) if result != "NOT_RUN" => ("COMPLETED", Some(outcome(result))),
        _ => ("UNDEPLOYED", None),
    };
    let as_described = derived.below(7) == 0;
    Some(Deployment {
        uuid: derived.uuid(),
        environment: step.environment?,
        pipeline,
        step: step.uuid,
        // Recorded answers name nobody.
        user: pipeline
            .creator
            .filter(|_| as_described && state != "UNDEPLOYED"),
        state,
        result,
        started_on: step.started_on,
        completed_on: step.completed_on,
        as_described,
        created_on: pipeline.created_on,
    })
}
