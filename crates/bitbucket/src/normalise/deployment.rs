//! Pipeline steps, environments and deployments.

use model::rows::{DeploymentRow, EnvironmentRow, PipelineStepRow};
use model::{Field, Id, Uuid};

use super::account::user_id;
use super::{Rows, missing_is_none};
use crate::RepositoryRef;
use crate::wire::deployment::{Deployment, DeploymentState, Environment, Known, Step};
use crate::wire::{Links, within};

/// Takes in a step of the run that was asked for.
pub(crate) fn step(step: Step, pipeline: &Uuid, rows: &mut Rows) {
    let mut row = PipelineStepRow::new(Id::pipeline_step(&step.uuid), rows.observed_at);
    row.source_id = Field::Value(step.uuid.as_str().to_owned());
    let told = step.pipeline.value().and_then(|run| run.uuid);
    row.pipeline_id = Field::Value(Id::pipeline(told.as_ref().unwrap_or(pipeline)));
    row.name = step.name;
    row.run_number = step.run_number;
    // A step that waits has no dates yet, and one that runs again has lost them.
    row.started_at = missing_is_none(step.started_on);
    row.completed_at = missing_is_none(step.completed_on);
    row.duration = missing_is_none(step.duration_in_seconds);
    row.build_seconds_used = step.build_seconds_used;
    row.max_time = step.max_time;
    row.trigger_type = within(step.trigger, |trigger| trigger.r#type);
    if let Field::Value(state) = step.state {
        row.result = missing_is_none(within(state.result, |result| result.name));
        row.state = state.name;
    }
    rows.batch.steps.push(row);
}

pub(crate) fn environment(environment: Environment, repository: &RepositoryRef, rows: &mut Rows) {
    let id = Id::environment(&environment.uuid);
    let mut row = EnvironmentRow::new(id, rows.observed_at);
    row.source_id = Field::Value(environment.uuid.as_str().to_owned());
    row.repository_id = Field::Value(repository.id());
    row.name = environment.name;
    row.slug = environment.slug;
    // The place on the way to production is the type's; the other orders those of one type.
    row.rank = environment.rank;
    if let Field::Value(told) = environment.environment_type {
        row.environment_type = told.name;
        if let Field::Value(rank) = told.rank {
            row.rank = Field::Value(rank);
        }
    }
    row.hidden = environment.hidden;
    rows.batch.environments.push(row);
}

pub(crate) fn deployment(deployment: Deployment, repository: &RepositoryRef, rows: &mut Rows) {
    let id = Id::deployment(&deployment.uuid);
    let mut row = DeploymentRow::new(id, rows.observed_at);
    row.source_id = Field::Value(deployment.uuid.as_str().to_owned());
    row.repository_id = Field::Value(repository.id());
    row.step_id = id_of(deployment.step, Id::pipeline_step);
    if let Field::Value(environment) = deployment.environment {
        // One that is told by its name alone stays what it was.
        if let Some(uuid) = environment.uuid {
            row.environment_id = Field::Value(Id::environment(&uuid));
        }
        row.environment_name = environment.name;
    }
    let mut release_page = Field::Absent;
    if let Field::Value(release) = deployment.release {
        row.pipeline_id = id_of(release.pipeline, Id::pipeline);
        row.release_name = release.name;
        row.commit_sha = within(release.commit, |commit| commit.hash);
        row.created_at = release.created_on;
        release_page = release.url;
    }
    let mut page = Field::Absent;
    let mut deployer = deployment.deployer;
    if let Field::Value(told) = deployment.state {
        let (url, by) = state(told, &mut row);
        page = url;
        if deployer.as_value().is_none() {
            deployer = by;
        }
    }
    row.user_id = missing_is_none(user_id(deployer, rows));
    row.source_url = match Links::address(page) {
        Field::Value(page) => Field::Value(page),
        _ => Links::address(release_page),
    };
    row.updated_at = deployment.last_update_time;
    // Without a date of its last change, the last date that it tells orders its versions.
    let dates = [
        row.updated_at,
        row.completed_at,
        row.started_at,
        row.created_at,
    ];
    let newest = dates.into_iter().find_map(Field::value);
    row.source_updated_at = Field::Value(newest.unwrap_or(rows.observed_at));
    rows.batch.deployments.push(row);
}

/// A state is told as a whole. Gives its page and who deployed.
fn state(
    state: DeploymentState,
    row: &mut DeploymentRow,
) -> (Field<String>, Field<crate::wire::account::Account>) {
    row.state = state.name;
    row.result = missing_is_none(within(state.status, |status| status.name));
    row.started_at = missing_is_none(told(state.started_on, state.start_date));
    row.completed_at = missing_is_none(told(state.completed_on, state.completion_date));
    (state.url, state.deployer)
}

/// The one of two spellings that was used.
fn told<T>(one: Field<T>, other: Field<T>) -> Field<T> {
    match one {
        Field::Value(value) => Field::Value(value),
        Field::Null if other.is_absent() => Field::Null,
        Field::Absent | Field::Null => other,
    }
}

fn id_of(known: Field<Known>, id: impl Fn(&Uuid) -> Id) -> Field<Id> {
    known.and_then(|known| known.uuid.as_ref().map(id))
}
