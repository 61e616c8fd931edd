//! Pipeline runs.

use model::rows::PipelineRow;
use model::{Field, Id};
use serde_json::Value;

use super::account::user_id;
use super::{Rows, missing_is_none};
use crate::RepositoryRef;
use crate::wire::pipeline::{Pipeline, Target};
use crate::wire::within;

pub(crate) fn pipeline(pipeline: Pipeline, repository: &RepositoryRef, rows: &mut Rows) {
    let mut row = PipelineRow::new(Id::pipeline(&pipeline.uuid), rows.observed_at);
    row.source_id = Field::Value(pipeline.uuid.as_str().to_owned());
    row.repository_id = Field::Value(repository.id());
    row.user_id = user_id(pipeline.creator, rows);
    row.created_at = Field::Value(pipeline.created_on);
    row.completed_at = pipeline.completed_on;
    row.duration = pipeline.duration_in_seconds;
    if let Field::Value(state) = pipeline.state {
        // A state is told as a whole. A re-run keeps the UUID: it takes the result and the end of
        // the run before it away again.
        row.stage = missing_is_none(within(state.stage, |stage| stage.name));
        row.result = missing_is_none(within(state.result, |result| result.name));
        if matches!(&state.name, Field::Value(name) if name != "COMPLETED") {
            row.completed_at = missing_is_none(row.completed_at);
            row.duration = missing_is_none(row.duration);
        }
        row.state = state.name;
    }
    row.build_number = pipeline.build_number;
    row.run_number = pipeline.run_number;
    row.build_seconds_used = pipeline.build_seconds_used;
    row.trigger_type = within(pipeline.trigger, |trigger| trigger.r#type);
    if let Field::Value(told) = pipeline.target {
        target(told, repository, &mut row);
    }
    // Its own links lead to hosts inside Bitbucket.
    row.source_url = row.build_number.map(|number| {
        format!(
            "https://bitbucket.org/{}/pipelines/results/{number}",
            repository.full_name
        )
    });
    rows.batch.pipelines.push(row);
}

fn target(target: Target, repository: &RepositoryRef, row: &mut PipelineRow) {
    row.target_type = target.r#type;
    row.ref_type = target.ref_type;
    row.ref_name = match (target.ref_name, target.source) {
        (Field::Absent | Field::Null, Field::Value(source)) => branch(&source).into(),
        (told, _) => told,
    };
    row.commit_sha = within(target.commit, |commit| commit.hash);
    match target.selector {
        Field::Value(selector) => {
            row.selector_type = selector.r#type;
            // `default` has none.
            row.selector_pattern = missing_is_none(selector.pattern);
        }
        Field::Null => {
            row.selector_type = Field::Null;
            row.selector_pattern = Field::Null;
        }
        Field::Absent => {}
    }
    // Only the target of a pull request names one.
    row.pull_id = missing_is_none(target.pullrequest)
        .and_then(|pull| pull.id.map(|number| Id::pull(&repository.uuid, number)));
}

/// The source of a pull request's run: the name of a branch, or an object that holds it.
fn branch(source: &Value) -> Option<String> {
    source
        .as_str()
        .or_else(|| source.pointer("/branch/name").and_then(Value::as_str))
        .map(str::to_owned)
}
