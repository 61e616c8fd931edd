//! Deployment rules, for the pages.

use store::NewRule;
use sync::deploying::{Trial, try_rule};
use web::{Doing, RuleActions, RulePreview, RuleSample};

use super::{PageActions, doing};
use crate::command::rules;
use crate::failure::{Exit, Failure};

/// How many that a rule fits are shown.
const SAMPLES: usize = 8;

/// A rule must have a pattern.
fn require_pattern(rule: &NewRule) -> Result<(), Failure> {
    if rules::patterns(rule).is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "A rule without a pattern would fit every run: write at least one.",
        ));
    }
    Ok(())
}

fn preview(trial: Trial) -> RulePreview {
    let mut warnings: Vec<String> = trial
        .idle_patterns
        .iter()
        .map(|pattern| format!("The pattern for the {pattern} fits nothing that is stored."))
        .collect();
    if trial.fits == 0 && warnings.is_empty() {
        warnings.push("Each pattern fits something, but nothing fits all of them.".to_owned());
    }
    if trial.known_to_bitbucket > 0 {
        warnings.push(format!(
            "Of {} Bitbucket knows a deployment to an environment of the same name: that one counts, for the rule's service.",
            trial.known_to_bitbucket
        ));
    }
    let summary = rules::counted(&trial);
    let mut characters = summary.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    RulePreview {
        summary: first.into_iter().flatten().chain(characters).collect(),
        warnings,
        targets: trial
            .targets
            .into_iter()
            .map(|target| {
                (
                    target.environment,
                    target.environment_type,
                    target.service,
                    target.deployments,
                )
            })
            .collect(),
        samples: trial
            .samples
            .into_iter()
            .map(|sample| RuleSample {
                repository: sample.repository,
                pipeline: sample.pipeline,
                branch: sample.branch,
                step: sample.step,
                deployed_at: sample.deployed_at,
                environment: sample.environment,
                service: sample.service,
            })
            .collect(),
    }
}

impl RuleActions for PageActions {
    fn test_rule(&self, rule: NewRule) -> Doing<'_, RulePreview> {
        doing(async move {
            require_pattern(&rule)?;
            let ready = rules::checked(&rule)?;
            Ok(preview(try_rule(&self.session.db, &ready, SAMPLES).await?))
        })
    }

    fn add_rule(&self, rule: NewRule, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            require_pattern(&rule)?;
            rules::checked(&rule)?;
            rules::keep(&session, &rule).await?;
            rules::settle(&session).await
        })
    }

    fn remove_rule(&self, name: String, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            rules::take_away(&session, &name).await?;
            rules::settle(&session).await
        })
    }
}
