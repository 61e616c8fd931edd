//! Pipelines.

use serde_json::{Map, Value, json};

use super::{Scene, date, encoded};
use crate::world::{Pipeline, Repository, Target, short};

/// Links of pipelines name a host that only the service itself can reach.
const INTERNAL: &str = "http://pipelines.internal.example.net//rest/1.0";

impl Scene<'_> {
    pub(crate) fn pipeline(&self, repository: &Repository, pipeline: &Pipeline) -> Value {
        let own = format!(
            "{INTERNAL}/accounts/{}/repositories/{}/pipelines/{}",
            encoded(&self.world.workspace.uuid),
            encoded(&repository.uuid),
            encoded(&pipeline.uuid),
        );
        let trigger = pipeline.trigger.to_lowercase();
        let mut value = json!({
            "type": "pipeline",
            "uuid": pipeline.uuid,
            "build_number": pipeline.build_number,
            "run_number": pipeline.run_number,
            "creator": self.account(pipeline.creator),
            "repository": self.repository_in_short(repository),
            "created_on": date::pipeline(pipeline.created_on),
            "duration_in_seconds": pipeline.duration_in_seconds,
            "build_seconds_used": pipeline.build_seconds_used,
            "first_successful": false,
            "expired": false,
            "has_variables": false,
            "state": state(pipeline),
            "target": self.target(repository, pipeline),
            "trigger": { "type": format!("pipeline_trigger_{trigger}"), "name": pipeline.trigger },
            "links": { "self": { "href": own }, "steps": { "href": format!("{own}/steps") } },
        });
        if let (Value::Object(members), Some(at)) = (&mut value, pipeline.completed_on) {
            members.insert("completed_on".to_owned(), date::pipeline(at).into());
        }
        value
    }

    fn target(&self, repository: &Repository, pipeline: &Pipeline) -> Value {
        let mut target = Map::new();
        target.insert("type".to_owned(), pipeline.target.word().into());
        if let Some(selector) = &pipeline.selector {
            let mut chosen = Map::from_iter([("type".to_owned(), json!(selector.kind))]);
            if let Some(pattern) = &selector.pattern {
                chosen.insert("pattern".to_owned(), json!(pattern));
            }
            target.insert("selector".to_owned(), Value::Object(chosen));
        }
        target.insert(
            "commit".to_owned(),
            self.commit(repository, &pipeline.commit),
        );
        match &pipeline.target {
            Target::Commit => {}
            Target::Ref { ref_type, ref_name } => {
                target.insert("ref_type".to_owned(), json!(ref_type));
                target.insert("ref_name".to_owned(), json!(ref_name));
            }
            Target::PullRequest(number) => {
                if let Some(pull) = repository.pull_request(*number) {
                    let opened = &pull.opened;
                    let commit = opened.destination.commit.as_deref().map(short);
                    target.insert("source".to_owned(), json!(opened.source.branch.as_deref()));
                    target.insert(
                        "destination".to_owned(),
                        json!(opened.destination.branch.as_deref()),
                    );
                    target.insert(
                        "destination_commit".to_owned(),
                        commit.map(|hash| self.commit(repository, hash)).into(),
                    );
                    target.insert(
                        "pullrequest".to_owned(),
                        self.pull_request_in_short(repository, pull),
                    );
                }
            }
        }
        Value::Object(target)
    }
}

fn state(pipeline: &Pipeline) -> Value {
    let name = pipeline.state.word();
    let kind = format!("pipeline_state_{}", name.to_lowercase());
    let mut state = Map::from_iter([
        ("type".to_owned(), json!(kind)),
        ("name".to_owned(), json!(name)),
    ]);
    let inner = [
        ("stage", pipeline.state.stage()),
        ("result", pipeline.state.result()),
    ];
    for (key, word) in inner {
        if let Some(word) = word {
            let kind = format!("{kind}_{}", word.to_lowercase());
            state.insert(key.to_owned(), json!({ "type": kind, "name": word }));
        }
    }
    Value::Object(state)
}
