//! Steps, environments and deployments.

use serde_json::{Map, Value, json};

use super::{SITE, Scene, date, encoded, site};
use crate::world::{Deployment, ENVIRONMENTS, Pipeline, Repository, Step};

/// What the commands of every step hold: no import may ever keep it.
pub const STEP_SECRET: &str = "hunter2-of-the-launch-pad";

impl Scene<'_> {
    pub(crate) fn step(&self, pipeline: &Pipeline, step: &Step) -> Value {
        let kind = |part: &str| format!("pipeline_step_state_{}", part.to_lowercase());
        let mut state = json!({ "type": kind(step.state), "name": step.state });
        if let (Value::Object(state), Some(result)) = (&mut state, step.result) {
            let kind = kind(&format!("completed_{result}"));
            state.insert("result".to_owned(), json!({ "type": kind, "name": result }));
        }
        let trigger = if step.manual { "manual" } else { "automatic" };
        let command =
            |text: String| json!({ "commandType": "user", "name": text, "command": text });
        let token = format!("export LAUNCH_TOKEN={STEP_SECRET}");
        let clone = format!("git clone https://x-token-auth:{STEP_SECRET}@git.example.net/it.git");
        let mut value = json!({
            "type": "pipeline_step",
            "uuid": step.uuid,
            "name": step.name,
            "pipeline": { "type": "pipeline", "uuid": pipeline.uuid },
            "run_number": pipeline.run_number,
            "image": { "name": "example/builder:3" },
            "build_seconds_used": step.build_seconds_used,
            "state": state,
            "trigger": { "type": format!("pipeline_step_trigger_{trigger}") },
            "setup_commands": [command("umask 000".to_owned()), command(clone)],
            "script_commands": [command(token), command("./make everything".to_owned())],
            "teardown_commands": [command(format!("./logout {STEP_SECRET}"))],
        });
        let more = [
            ("maxTime", step.max_time.map(Value::from)),
            (
                "started_on",
                step.started_on.map(|at| date::pipeline(at).into()),
            ),
            (
                "completed_on",
                step.completed_on.map(|at| date::pipeline(at).into()),
            ),
            (
                "duration_in_seconds",
                step.duration_in_seconds.map(Value::from),
            ),
        ];
        add(&mut value, more);
        value
    }

    pub(crate) fn environment(&self, repository: &Repository, index: usize) -> Value {
        let Some(kind) = ENVIRONMENTS.get(index) else {
            return Value::Null;
        };
        json!({
            "type": "deployment_environment",
            "uuid": repository.environment_uuid(index),
            "name": kind.name,
            "slug": kind.slug,
            "rank": index,
            "hidden": kind.hidden,
            "category": { "name": kind.kind },
            "environment_type": {
                "type": "deployment_environment_type",
                "name": kind.kind,
                "rank": kind.rank,
            },
            "lock": { "type": "deployment_environment_lock_open", "name": "OPEN" },
            "restrictions": { "type": "deployment_restrictions_configuration", "admin_only": false },
            "environment_lock_enabled": true,
            "deployment_gate_enabled": false,
        })
    }

    /// Of the environment only the UUID is shown unless more is asked for.
    pub(crate) fn deployment(&self, repository: &Repository, deployment: &Deployment<'_>) -> Value {
        let pipeline = deployment.pipeline;
        let page = format!(
            "{SITE}/{}/addon/pipelines/home#!/results/{}",
            self.world.full_name(repository),
            pipeline.build_number
        );
        let name = deployment.state;
        let mut state = json!({
            "type": format!("deployment_state_{}", name.to_lowercase()),
            "name": name,
        });
        let (started, completed) = if deployment.as_described {
            ("start_date", "completion_date")
        } else {
            ("started_on", "completed_on")
        };
        let begun = deployment.started_on.is_some();
        let deployer = self
            .world
            .account(deployment.user)
            .map(|user| self.known_account(user));
        let url = format!("{page}/steps/{}", encoded(&deployment.step));
        let status = deployment.result.map(|result| {
            let kind = format!(
                "deployment_state_completed_status_{}",
                result.to_lowercase()
            );
            json!({ "type": kind, "name": result })
        });
        let more = [
            ("url", begun.then(|| url.into())),
            (
                started,
                deployment.started_on.map(|at| date::pipeline(at).into()),
            ),
            (
                completed,
                deployment.completed_on.map(|at| date::pipeline(at).into()),
            ),
            ("status", status),
            ("deployer", deployer),
        ];
        add(&mut state, more);
        let full_name = self.world.full_name(repository);
        let hash = &pipeline.commit;
        let mut value = json!({
            "type": "deployment",
            "uuid": deployment.uuid,
            "step": { "uuid": deployment.step },
            "environment": self.environment(repository, deployment.environment),
            "release": {
                "type": "deployment_release",
                "pipeline": { "type": "pipeline", "uuid": pipeline.uuid },
                "key": format!("pipelines-{}", pipeline.uuid),
                "name": format!("#{}", pipeline.build_number),
                "url": page,
                "commit": {
                    "type": "commit",
                    "hash": hash,
                    "links": { "html": site(&format!("{full_name}/commits/{hash}")) },
                },
                "created_on": date::pipeline(pipeline.created_on),
            },
            "state": state,
        });
        let updated = deployment.updated_on().map(|at| date::pipeline(at).into());
        add(&mut value, [("last_update_time", updated)]);
        value
    }
}

/// Adds the members that there are.
fn add<const N: usize>(value: &mut Value, more: [(&str, Option<Value>); N]) {
    if let Value::Object(members) = value {
        let more: Map<String, Value> = more
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        members.extend(more);
    }
}
