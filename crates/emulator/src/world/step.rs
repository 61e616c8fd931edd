//! The steps of pipelines: they follow from the pipeline.

use model::Instant;

use super::World;
use super::deployment::ENVIRONMENTS;
use super::derived::Derived;
use super::pipeline::{Pipeline, PipelineState, Target};
use super::repository::Repository;
use super::spec::Shape;

#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) uuid: String,
    pub(crate) name: &'static str,
    /// PENDING, IN_PROGRESS or COMPLETED.
    pub(crate) state: &'static str,
    pub(crate) result: Option<&'static str>,
    pub(crate) started_on: Option<Instant>,
    pub(crate) completed_on: Option<Instant>,
    pub(crate) duration_in_seconds: Option<u64>,
    pub(crate) build_seconds_used: u64,
    /// Minutes.
    pub(crate) max_time: Option<u64>,
    pub(crate) manual: bool,
    /// Index of the environment that it deploys to.
    pub(crate) environment: Option<usize>,
}

impl World {
    /// The steps of a pipeline in their order.
    pub(crate) fn steps(&self, repository: &Repository, pipeline: &Pipeline) -> Vec<Step> {
        let mut derived = Derived::of(&pipeline.uuid, "steps", 0);
        let uniform = self.shape == Shape::Uniform;
        let count = if uniform { 2 } else { 1 + derived.below(3) };
        let mut plan: Vec<(&'static str, Option<usize>)> = ["Build", "Test", "Package"]
            .into_iter()
            .zip(1..=count)
            .map(|(name, _)| (name, None))
            .collect();
        let main = repository.main_branch.as_deref();
        let on_main = matches!(&pipeline.target, Target::Ref { ref_type: "branch", ref_name }
            if Some(ref_name.as_str()) == main);
        let generated = usize::try_from(pipeline.build_number)
            .is_ok_and(|number| number <= repository.generated_pipelines);
        if on_main && generated && pipeline.trigger == "PUSH" {
            for (index, environment) in ENVIRONMENTS.iter().enumerate() {
                let deploys = match index {
                    0 => !uniform && derived.below(2) == 0,
                    1 => uniform || derived.below(4) > 0,
                    2 => !uniform && derived.below(3) == 0,
                    _ => false,
                };
                if deploys {
                    plan.push((environment.step, Some(index)));
                }
            }
        }
        let steps = plan.len() as u64;
        // What is stopped or fails does so in this step; what succeeds gets to the end.
        // Drawn whatever becomes of it: a step keeps its UUID when its pipeline ends.
        let fatal = derived.below(steps);
        let last = match pipeline.state {
            PipelineState::Completed(result) if result.word() != "SUCCESSFUL" => fatal,
            _ => steps.saturating_sub(1),
        };
        (0..)
            .zip(plan)
            .map(|(index, (name, environment))| {
                let mut step = Step {
                    uuid: derived.uuid(),
                    name,
                    state: "PENDING",
                    result: None,
                    started_on: None,
                    completed_on: None,
                    duration_in_seconds: None,
                    build_seconds_used: 0,
                    max_time: (uniform || derived.below(9) > 0).then_some(120),
                    manual: environment == Some(2),
                    environment,
                };
                advance(&mut step, pipeline, index, last, steps);
                step
            })
            .collect()
    }
}

/// How far the step has got, by how far its pipeline has.
fn advance(step: &mut Step, pipeline: &Pipeline, index: u64, last: u64, steps: u64) {
    let from = pipeline.created_on;
    match pipeline.state {
        PipelineState::Pending => {}
        PipelineState::InProgress("RUNNING") if index == 0 => {
            step.state = "IN_PROGRESS";
            step.started_on = Some(from);
        }
        PipelineState::InProgress("RUNNING") => {}
        PipelineState::InProgress(_) if index == 0 && steps > 1 => {
            step.complete("SUCCESSFUL", from, from.plus_seconds(5));
        }
        PipelineState::InProgress(_) => step.manual = true,
        PipelineState::Completed(_) if index > last => {
            step.state = "COMPLETED";
            step.result = Some("NOT_RUN");
        }
        PipelineState::Completed(result) => {
            let until = pipeline.completed_on.unwrap_or(from);
            let span = until.micros() - from.micros();
            let at = |share: u64| {
                let share = i64::try_from(share).unwrap_or(0);
                let parts = i64::try_from(last + 1).unwrap_or(1);
                Instant::from_micros(from.micros() + span / parts * share)
            };
            let result = if index == last {
                result.word()
            } else {
                "SUCCESSFUL"
            };
            step.complete(result, at(index), at(index + 1));
        }
    }
}

impl Step {
    fn complete(&mut self, result: &'static str, from: Instant, until: Instant) {
        let seconds = u64::try_from(until.seconds_since(from)).unwrap_or(0);
        self.state = "COMPLETED";
        self.result = Some(result);
        self.started_on = Some(from);
        self.completed_on = Some(until);
        self.duration_in_seconds = Some(seconds);
        self.build_seconds_used = seconds;
    }
}
