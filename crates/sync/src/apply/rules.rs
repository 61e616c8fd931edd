//! Holding runs against the deployment rules.

use std::collections::{BTreeMap, HashMap};

use measure::deployment::{EnvironmentType, PatternError, Rule, RuleText, Subject, Target};
use model::rows::RuleDeploymentRow;
use model::{Field, Id, Instant};
use store::{DeploymentRule, NewRule, RuleRun, RuleStep, StoreError, WriteTx};

/// A stored rule, ready for use.
pub(crate) struct ReadyRule {
    pub(crate) id: Id,
    pub(crate) rule: Rule,
}

/// The text of a stored rule.
pub(crate) fn text_of(rule: &NewRule) -> RuleText {
    RuleText {
        repository: rule.repository_pattern.clone(),
        pipeline: rule.pipeline_pattern.clone(),
        step: rule.step_pattern.clone(),
        branch: rule.branch_pattern.clone(),
        deployed_to: rule.environment_pattern.clone(),
        environment: rule.environment.clone(),
        environment_type: rule
            .environment_type
            .as_deref()
            .and_then(EnvironmentType::parse),
        service: rule.service.clone(),
    }
}

/// Makes a rule ready.
pub(crate) fn ready(rule: &NewRule) -> Result<Rule, PatternError> {
    Rule::new(text_of(rule))
}

/// Makes the stored rules ready. One that somebody else has spoilt fits nothing, and is told of.
pub(crate) fn all_ready(rules: &[DeploymentRule]) -> Vec<ReadyRule> {
    rules
        .iter()
        .filter_map(|stored| match ready(&stored.rule) {
            Ok(rule) => Some(ReadyRule {
                id: stored.id,
                rule,
            }),
            Err(error) => {
                let name = &stored.rule.name;
                tracing::warn!("the deployment rule {name} is passed over: {error}");
                None
            }
        })
        .collect()
}

/// Makes deployments of these runs, where a rule says so, and marks what that changes.
pub(super) async fn apply(tx: &mut WriteTx, runs: &[Id], now: Instant) -> Result<(), StoreError> {
    let stored = tx.deployment_rules().await?;
    let rules: Vec<ReadyRule> = all_ready(&stored)
        .into_iter()
        .filter(|ready| !ready.rule.is_of_environments())
        .collect();
    let mut rows = Vec::new();
    if !rules.is_empty() {
        let found = tx.runs_for_rules(runs).await?;
        let steps = if rules.iter().any(|ready| ready.rule.is_of_steps()) {
            tx.steps_for_rules(runs).await?
        } else {
            Vec::new()
        };
        rows = matches(&rules, &found, &steps, now);
    }
    // Also of those that deployed before and do so no more.
    let mut touched = tx.repositories_of_deploying_runs(runs).await?;
    tx.replace_rule_deployments(runs, &rows).await?;
    touched.extend(tx.repositories_of_deploying_runs(runs).await?);
    touched.sort_unstable();
    touched.dedup();
    tx.mark_deployments_unmeasured(&touched).await
}

/// What rules make of runs. Of two rules that make the same of a run, the first one counts.
fn matches(
    rules: &[ReadyRule],
    runs: &[RuleRun],
    steps: &[RuleStep],
    now: Instant,
) -> Vec<RuleDeploymentRow> {
    let mut steps_of: HashMap<Id, Vec<&RuleStep>> = HashMap::new();
    for step in steps {
        steps_of.entry(step.pipeline_id).or_default().push(step);
    }
    let mut rows = Vec::new();
    for run in runs {
        let mut seen: BTreeMap<(Option<Id>, String, String), RuleDeploymentRow> = BTreeMap::new();
        for ready in rules {
            let none = Vec::new();
            let steps = steps_of.get(&run.id).unwrap_or(&none);
            for deployment in deployments_of(&ready.rule, run, steps) {
                let service = deployment.target.service.clone();
                let Some(service) = service.or_else(|| run.repository.clone()) else {
                    continue;
                };
                let key = (
                    deployment.step,
                    deployment.target.environment.to_lowercase(),
                    service.clone(),
                );
                seen.entry(key)
                    .or_insert_with(|| row(ready.id, run, &deployment, service, now));
            }
        }
        rows.extend(seen.into_values());
    }
    rows
}

/// A run or a step that a rule makes a deployment.
pub(crate) struct Match {
    pub(crate) step: Option<Id>,
    pub(crate) target: Target,
    pub(crate) result: String,
    pub(crate) deployed_at: Instant,
}

/// What a rule makes of a run that has ended, or of its steps that have.
pub(crate) fn deployments_of(rule: &Rule, run: &RuleRun, steps: &[&RuleStep]) -> Vec<Match> {
    let subject = Subject {
        repository: run.repository.as_deref().unwrap_or_default(),
        pipeline: Some(&run.name),
        branch: run.branch.as_deref(),
        ..Subject::default()
    };
    let ended = |state: Option<&str>, result: Option<&String>, at: Option<Instant>| match (
        state, result, at,
    ) {
        // A step that never ran deployed nothing.
        (Some("COMPLETED"), Some(result), Some(at)) if result != "NOT_RUN" => {
            Some((result.clone(), at))
        }
        _ => None,
    };
    if !rule.is_of_steps() {
        return ended(run.state.as_deref(), run.result.as_ref(), run.completed_at)
            .and_then(|(result, deployed_at)| {
                Some(Match {
                    step: None,
                    target: rule.target(&subject)?,
                    result,
                    deployed_at,
                })
            })
            .into_iter()
            .collect();
    }
    steps
        .iter()
        .filter_map(|step| {
            let (result, deployed_at) = ended(
                step.state.as_deref(),
                step.result.as_ref(),
                step.completed_at,
            )?;
            let target = rule.target(&Subject {
                step: step.name.as_deref(),
                ..subject
            })?;
            Some(Match {
                step: Some(step.id),
                target,
                result,
                deployed_at,
            })
        })
        .collect()
}

fn row(
    rule: Id,
    run: &RuleRun,
    deployment: &Match,
    service: String,
    now: Instant,
) -> RuleDeploymentRow {
    let target = &deployment.target;
    let step = deployment.step.map(|id| id.to_string()).unwrap_or_default();
    let id = Id::of(
        RuleDeploymentRow::TABLE.name,
        &[&run.id.to_string(), &step, &target.environment, &service],
    );
    let result = deployment.result.as_str();
    RuleDeploymentRow {
        id,
        pipeline_id: Field::Value(run.id),
        step_id: deployment.step.into(),
        environment: Field::Value(target.environment.clone()),
        service: Field::Value(service),
        rule_id: Field::Value(rule),
        repository_id: Field::Value(run.repository_id),
        environment_type: Field::Value(target.environment_type.as_str().to_owned()),
        success: Field::Value(result == "SUCCESSFUL"),
        stopped: Field::Value(is_stopped(result)),
        began_at: run.created_at.into(),
        deployed_at: Field::Value(deployment.deployed_at),
        observed_at: now,
    }
}

/// Whether a result says that somebody stopped it, or nobody went on with it.
pub(super) fn is_stopped(result: &str) -> bool {
    matches!(result, "STOPPED" | "EXPIRED")
}
