//! Deployments of every kind in one form, each real one once.

use std::collections::{BTreeSet, HashMap};

use measure::deployment::{EnvironmentType, Subject};
use model::{Id, Instant};
use store::{BitbucketDeployment, DeploymentRecords, PushedRecord, RuleDeployment};

use crate::apply::rules::{ReadyRule, is_stopped};

/// A deployment of any kind.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) id: Id,
    pub(super) source: &'static str,
    pub(super) reference_id: String,
    pub(super) pipeline_id: Option<Id>,
    pub(super) step_id: Option<Id>,
    pub(super) rule_id: Option<Id>,
    pub(super) environment: Option<String>,
    pub(super) environment_type: Option<String>,
    pub(super) service: String,
    pub(super) commit_sha: Option<String>,
    pub(super) commit_at: Option<Instant>,
    pub(super) user_id: Option<Id>,
    pub(super) source_name: Option<String>,
    pub(super) source_url: Option<String>,
    pub(super) began_at: Option<Instant>,
    pub(super) deployed_at: Option<Instant>,
    pub(super) success: Option<bool>,
    pub(super) stopped: bool,
    pub(super) named: Option<Vec<String>>,
}

impl Made {
    pub(super) fn is_production(&self) -> bool {
        self.environment_type.as_deref() == Some(EnvironmentType::Production.as_str())
    }

    /// Whether it took place: it is over, and nobody stopped it.
    pub(super) fn is_counted(&self) -> bool {
        self.deployed_at.is_some() && self.success.is_some() && !self.stopped
    }

    /// Whether it took place and succeeded.
    pub(super) fn is_good(&self) -> bool {
        self.is_counted() && self.success == Some(true)
    }
}

/// Every deployment of a repository. A run that a rule makes a deployment and that Bitbucket knows
/// one of to the same environment is there once, as Bitbucket's, for the rule's service.
pub(super) fn all(records: &DeploymentRecords, rules: &[ReadyRule]) -> Vec<Made> {
    let repository = records.repository.as_deref().unwrap_or_default();
    let mut twins: HashMap<(Id, String), Vec<&RuleDeployment>> = HashMap::new();
    for made in &records.rule {
        twins
            .entry((made.pipeline_id, made.environment.to_lowercase()))
            .or_default()
            .push(made);
    }
    let mut known: BTreeSet<Id> = BTreeSet::new();
    let mut all = Vec::new();
    for told in &records.bitbucket {
        let mut made = of_bitbucket(told, repository, rules);
        let environments = [&told.environment, &made.environment];
        let twin = environments
            .into_iter()
            .flatten()
            .filter_map(|name| twins.get(&(told.pipeline_id?, name.to_lowercase())))
            .flatten()
            // A step's deployment is one of that step.
            .filter(|twin| twin.step_id.is_none() || twin.step_id == told.step_id)
            .min_by_key(|twin| (twin.rule_id, twin.id));
        if let Some(twin) = twin {
            known.insert(twin.id);
            if made.rule_id.is_none() {
                made.rule_id = Some(twin.rule_id);
                made.service.clone_from(&twin.service);
            }
        }
        all.push(made);
    }
    all.extend(
        records
            .rule
            .iter()
            .filter(|made| !known.contains(&made.id))
            .map(of_rule),
    );
    all.extend(records.pushed.iter().map(of_push));
    all
}

fn of_bitbucket(told: &BitbucketDeployment, repository: &str, rules: &[ReadyRule]) -> Made {
    let subject = Subject {
        repository,
        pipeline: told.pipeline.as_deref(),
        step: told.step.as_deref(),
        branch: told.branch.as_deref(),
        environment: told.environment.as_deref(),
    };
    let ruled = rules
        .iter()
        .find_map(|ready| Some((ready.id, ready.rule.target(&subject)?)));
    let result = told.result.as_deref();
    let mut made = Made {
        id: told.id,
        source: "bitbucket",
        reference_id: told.source_id.clone(),
        pipeline_id: told.pipeline_id,
        step_id: told.step_id,
        rule_id: None,
        environment: told.environment.clone(),
        environment_type: told.environment_type.clone(),
        service: repository.to_owned(),
        commit_sha: told.commit_sha.clone(),
        commit_at: told.commit_at,
        user_id: told.user_id,
        source_name: told.release_name.clone(),
        source_url: told.source_url.clone(),
        began_at: told.began_at,
        deployed_at: told.completed_at,
        success: result.map(|result| result == "SUCCESSFUL"),
        stopped: result.is_some_and(is_stopped),
        named: None,
    };
    if let Some((rule, target)) = ruled {
        made.rule_id = Some(rule);
        made.environment = Some(target.environment);
        made.environment_type = Some(target.environment_type.as_str().to_owned());
        if let Some(service) = target.service {
            made.service = service;
        }
    }
    made
}

fn of_rule(made: &RuleDeployment) -> Made {
    Made {
        id: made.id,
        source: "rule",
        reference_id: made.source_id.clone(),
        pipeline_id: Some(made.pipeline_id),
        step_id: made.step_id,
        rule_id: Some(made.rule_id),
        environment: Some(made.environment.clone()),
        environment_type: made.environment_type.clone(),
        service: made.service.clone(),
        commit_sha: made.commit_sha.clone(),
        commit_at: made.commit_at,
        user_id: made.user_id,
        source_name: made.rule.clone(),
        source_url: made.source_url.clone(),
        began_at: made.began_at,
        deployed_at: made.deployed_at,
        success: made.success,
        stopped: made.stopped.unwrap_or(false),
        named: None,
    }
}

fn of_push(told: &PushedRecord) -> Made {
    let named = told
        .merge_commit_shas
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok());
    Made {
        id: told.id,
        source: "pushed",
        reference_id: told.reference_id.clone(),
        pipeline_id: None,
        step_id: None,
        rule_id: None,
        environment: Some(told.environment.clone()),
        environment_type: Some(told.environment_type.clone()),
        service: told.service.clone(),
        commit_sha: told.commit_sha.clone(),
        commit_at: told.commit_at,
        user_id: None,
        source_name: None,
        source_url: told.source_url.clone(),
        began_at: None,
        deployed_at: Some(told.deployed_at),
        success: told.success,
        stopped: false,
        named,
    }
}
