//! Trying a rule on what is stored, before it is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use measure::deployment::{EnvironmentType, Rule, Subject};
use model::{Id, Instant};
use serde::Serialize;
use store::{Db, RuleRun, RuleStep, StoreError};

use crate::apply::rules::deployments_of;

/// How many runs are read at once.
const RUNS_AT_ONCE: i64 = 1_000;

/// What a rule would make of everything that is stored.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trial {
    /// How many repositories it was tried on: those that its pattern fits.
    pub repositories: u64,
    /// How many runs, or deployments of Bitbucket for a rule of environments, it was tried on.
    pub tried: u64,
    /// How many of them, or of their steps, it fits.
    pub fits: u64,
    /// How many of those succeeded; nothing for a rule of environments.
    pub successful: u64,
    /// How many of those Bitbucket knows a deployment of to the same environment, which is the one
    /// that counts.
    pub known_to_bitbucket: u64,
    /// What they would be deployments of.
    pub targets: Vec<TrialTarget>,
    /// The newest of them in each repository, a few.
    pub samples: Vec<TrialMatch>,
    /// The patterns that fit nothing, each by itself.
    pub idle_patterns: Vec<&'static str>,
}

/// An environment and service, and how many deployments of it there would be.
#[derive(Clone, Debug, Serialize)]
pub struct TrialTarget {
    /// The environment.
    pub environment: String,
    /// Its type.
    pub environment_type: String,
    /// The service.
    pub service: String,
    /// How many.
    pub deployments: u64,
}

/// A run, a step or a deployment that the rule fits.
#[derive(Clone, Debug, Serialize)]
pub struct TrialMatch {
    /// `workspace/repository`.
    pub repository: String,
    /// The name of the run.
    pub pipeline: Option<String>,
    /// The branch or tag.
    pub branch: Option<String>,
    /// The name of the step.
    pub step: Option<String>,
    /// When it ended.
    pub deployed_at: Option<Instant>,
    /// The environment that it would be deployed to.
    pub environment: String,
    /// The service.
    pub service: String,
}

/// Tries a rule on everything that is stored. `samples` says how many matches are shown.
///
/// # Errors
/// Whatever the database says.
pub async fn try_rule(db: &Db, rule: &Rule, samples: usize) -> Result<Trial, StoreError> {
    let mut trying = Trying {
        rule,
        samples,
        trial: Trial::default(),
        targets: BTreeMap::new(),
        idle: rule
            .fitting(&Subject::default())
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
    };
    for (id, name) in db.named_repositories().await? {
        if trying.enters(&name) {
            if rule.is_of_environments() {
                trying.deployments(db, id).await?;
            } else {
                trying.runs(db, id).await?;
            }
        }
    }
    let mut trial = trying.trial;
    trial.idle_patterns = trying.idle.into_iter().collect();
    trial.targets = trying
        .targets
        .into_iter()
        .map(|((environment, kind, service), deployments)| TrialTarget {
            environment,
            environment_type: kind.as_str().to_owned(),
            service,
            deployments,
        })
        .collect();
    Ok(trial)
}

struct Trying<'a> {
    rule: &'a Rule,
    samples: usize,
    trial: Trial,
    targets: BTreeMap<(String, EnvironmentType, String), u64>,
    idle: BTreeSet<&'static str>,
}

impl Trying<'_> {
    /// Whether the rule is one for this repository.
    fn enters(&mut self, repository: &str) -> bool {
        let subject = Subject {
            repository,
            ..Subject::default()
        };
        let fits = self
            .rule
            .fitting(&subject)
            .into_iter()
            .all(|(name, fits)| name != "repository" || fits);
        self.trial.repositories += u64::from(fits);
        if fits {
            self.idle.remove("repository");
        }
        fits
    }

    fn see(&mut self, subject: &Subject<'_>) {
        for (name, fits) in self.rule.fitting(subject) {
            if fits {
                self.idle.remove(name);
            }
        }
    }

    fn note(&mut self, found: TrialMatch, kind: EnvironmentType) {
        self.trial.fits += 1;
        let target = (found.environment.clone(), kind, found.service.clone());
        *self.targets.entry(target).or_default() += 1;
        if self.trial.samples.len() < self.samples {
            self.trial.samples.push(found);
        }
    }

    async fn deployments(&mut self, db: &Db, repository: Id) -> Result<(), StoreError> {
        for deployment in db.deployments_to_try(repository).await? {
            self.trial.tried += 1;
            let subject = Subject {
                repository: deployment.repository.as_deref().unwrap_or_default(),
                pipeline: deployment.pipeline.as_deref(),
                step: deployment.step.as_deref(),
                branch: deployment.branch.as_deref(),
                environment: deployment.environment.as_deref(),
            };
            self.see(&subject);
            if let Some(target) = self.rule.target(&subject) {
                let repository = deployment.repository.unwrap_or_default();
                let found = TrialMatch {
                    service: target.service.unwrap_or_else(|| repository.clone()),
                    repository,
                    pipeline: deployment.pipeline,
                    branch: deployment.branch,
                    step: deployment.step,
                    deployed_at: deployment.completed_at,
                    environment: target.environment,
                };
                self.note(found, target.environment_type);
            }
        }
        Ok(())
    }

    async fn runs(&mut self, db: &Db, repository: Id) -> Result<(), StoreError> {
        let known: BTreeSet<(Id, String)> = db
            .deployments_to_try(repository)
            .await?
            .into_iter()
            .filter_map(|one| Some((one.pipeline_id?, one.environment?.to_lowercase())))
            .collect();
        let mut before = None;
        loop {
            let (mut runs, steps, next) = db.runs_to_try(repository, before, RUNS_AT_ONCE).await?;
            if next.is_none() {
                return Ok(());
            }
            before = next;
            runs.sort_by_key(|run| std::cmp::Reverse((run.created_at, run.id)));
            let mut steps_of: HashMap<Id, Vec<&RuleStep>> = HashMap::new();
            for step in &steps {
                steps_of.entry(step.pipeline_id).or_default().push(step);
            }
            for run in &runs {
                let steps = steps_of.remove(&run.id).unwrap_or_default();
                self.run(run, &steps, &known);
            }
        }
    }

    fn run(&mut self, run: &RuleRun, steps: &[&RuleStep], known: &BTreeSet<(Id, String)>) {
        self.trial.tried += 1;
        let repository = run.repository.clone().unwrap_or_default();
        let subject = Subject {
            repository: &repository,
            pipeline: Some(&run.name),
            branch: run.branch.as_deref(),
            ..Subject::default()
        };
        self.see(&subject);
        for step in steps {
            let step = step.name.as_deref();
            self.see(&Subject { step, ..subject });
        }
        for found in deployments_of(self.rule, run, steps) {
            self.trial.successful += u64::from(found.result == "SUCCESSFUL");
            let name = found.target.environment.to_lowercase();
            self.trial.known_to_bitbucket += u64::from(known.contains(&(run.id, name)));
            let step = steps.iter().find(|step| Some(step.id) == found.step);
            let sample = TrialMatch {
                repository: repository.clone(),
                pipeline: Some(run.name.clone()),
                branch: run.branch.clone(),
                step: step.and_then(|step| step.name.clone()),
                deployed_at: Some(found.deployed_at),
                environment: found.target.environment,
                service: found.target.service.unwrap_or_else(|| repository.clone()),
            };
            self.note(sample, found.target.environment_type);
        }
    }
}
