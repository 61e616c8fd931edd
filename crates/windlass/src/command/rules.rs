//! `windlass rules`: every rule can be seen at work before it is kept.

use std::io::{self, Write};

use model::{Id, Instant};
use serde::Serialize;
use store::{DeploymentRule, NewRule};
use sync::deploying::{self, Rule, Trial};

use crate::cli::{
    Global, ListArguments, RuleAddArguments, RuleArguments, RuleRemoveArguments, RuleTestArguments,
    RulesCommand,
};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::nearest::no_such;
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::session::Session;

pub(super) async fn run(global: &Global, command: &RulesCommand) -> anyhow::Result<()> {
    match command {
        RulesCommand::List(arguments) => list(global, arguments).await,
        RulesCommand::Add(arguments) => add(global, arguments).await,
        RulesCommand::Test(arguments) => test(global, arguments).await,
        RulesCommand::Remove(arguments) => remove(global, arguments).await,
    }
}

/// A rule, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    id: Id,
    name: &'a str,
    repository: Option<&'a str>,
    pipeline: Option<&'a str>,
    step: Option<&'a str>,
    branch: Option<&'a str>,
    deployed_to: Option<&'a str>,
    environment: Option<&'a str>,
    environment_type: Option<&'a str>,
    service: Option<&'a str>,
    created_at: Instant,
}

impl<'a> From<&'a DeploymentRule> for Shown<'a> {
    fn from(stored: &'a DeploymentRule) -> Self {
        let rule = &stored.rule;
        Self {
            id: stored.id,
            name: &rule.name,
            repository: rule.repository_pattern.as_deref(),
            pipeline: rule.pipeline_pattern.as_deref(),
            step: rule.step_pattern.as_deref(),
            branch: rule.branch_pattern.as_deref(),
            deployed_to: rule.environment_pattern.as_deref(),
            environment: rule.environment.as_deref(),
            environment_type: rule.environment_type.as_deref(),
            service: rule.service.as_deref(),
            created_at: stored.created_at,
        }
    }
}

async fn list(global: &Global, arguments: &ListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let rules = session.db.deployment_rules().await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        let shown: Vec<Shown<'_>> = rules.iter().map(Shown::from).collect();
        return json::write(&shown, out);
    }
    if rules.is_empty() {
        writeln!(
            out,
            "No rule is kept: only Bitbucket's own deployments count, and those that are told. `windlass rules test --pipeline deploy` tries one"
        )?;
        return Ok(());
    }
    let rows = rules.iter().map(|stored| {
        let rule = &stored.rule;
        vec![
            rule.name.clone(),
            patterns(rule),
            rule.environment.clone().unwrap_or_default(),
            rule.environment_type.clone().unwrap_or_default(),
            rule.service.clone().unwrap_or_default(),
        ]
    });
    let header = ["name", "fits", "environment", "type", "service"];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    Ok(())
}

/// The patterns of a rule in one line.
pub(super) fn patterns(rule: &NewRule) -> String {
    [
        ("repository", &rule.repository_pattern),
        ("pipeline", &rule.pipeline_pattern),
        ("step", &rule.step_pattern),
        ("branch", &rule.branch_pattern),
        ("deployed to", &rule.environment_pattern),
    ]
    .into_iter()
    .filter_map(|(name, pattern)| pattern.as_ref().map(|pattern| format!("{name} {pattern}")))
    .collect::<Vec<_>>()
    .join(", ")
}

/// The rule that the command line describes, and the same ready for use.
fn described(name: &str, arguments: &RuleArguments) -> Result<(NewRule, Rule), Failure> {
    let rule = NewRule {
        name: name.to_owned(),
        repository_pattern: arguments.repository.clone(),
        pipeline_pattern: arguments.pipeline.clone(),
        step_pattern: arguments.step.clone(),
        branch_pattern: arguments.branch.clone(),
        environment_pattern: arguments.deployed_to.clone(),
        environment: arguments.environment.clone(),
        environment_type: arguments
            .environment_type
            .map(|kind| deploying::EnvironmentType::from(kind).as_str().to_owned()),
        service: arguments.service.clone(),
    };
    if patterns(&rule).is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "a rule without a pattern would fit every run: give --pipeline, --branch, --step, --repository or --deployed-to",
        ));
    }
    let ready = checked(&rule)?;
    Ok((rule, ready))
}

/// A rule ready for use.
pub(super) fn checked(rule: &NewRule) -> Result<Rule, Failure> {
    deploying::check(rule).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}

/// Keeps a rule, with its entry in the log. What it touches stays marked.
pub(super) async fn keep(session: &Session, rule: &NewRule) -> anyhow::Result<()> {
    let entry = session.entry(
        "rules.add",
        format!("rule {}", rule.name),
        Some(patterns(rule)),
    );
    let mut tx = session.db.write().await?;
    if tx.add_deployment_rule(rule, session.now()).await?.is_none() {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "there is a rule `{0}` already: take it away with `windlass rules remove {0}`, or choose another name",
                rule.name
            ),
        )
        .into());
    }
    tx.audit(&entry).await?;
    Ok(tx.commit().await?)
}

/// Takes the rule of a name away, with its entry in the log. What it touched stays marked.
pub(super) async fn take_away(session: &Session, name: &str) -> anyhow::Result<DeploymentRule> {
    let rules = session.db.deployment_rules().await?;
    let Some(stored) = rules.iter().find(|stored| stored.rule.name == name) else {
        let names = rules.iter().map(|stored| stored.rule.name.as_str());
        return Err(no_such("rule", name, names, "windlass rules list", "there is none").into());
    };
    let entry = session.entry(
        "rules.remove",
        format!("rule {}", stored.rule.name),
        Some(patterns(&stored.rule)),
    );
    let mut tx = session.db.write().await?;
    tx.remove_deployment_rule(&stored.rule).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(stored.clone())
}

async fn add(global: &Global, arguments: &RuleAddArguments) -> anyhow::Result<()> {
    let (rule, ready) = described(&arguments.name, &arguments.rule)?;
    let session = Session::open(global).await?;
    let trial = deploying::try_rule(&session.db, &ready, 0).await?;
    keep(&session, &rule).await?;
    warn(&trial);
    settle(&session).await?;
    let stored = session.db.deployment_rules().await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        let shown = stored
            .iter()
            .find(|stored| stored.rule.name == rule.name)
            .map(Shown::from);
        return json::write(&shown, out);
    }
    writeln!(out, "The rule {} is kept: {}", rule.name, counted(&trial))?;
    Ok(())
}

async fn test(global: &Global, arguments: &RuleTestArguments) -> anyhow::Result<()> {
    let (_, ready) = described("", &arguments.rule)?;
    let session = Session::open(global).await?;
    let samples = usize::try_from(arguments.samples).unwrap_or(usize::MAX);
    let trial = deploying::try_rule(&session.db, &ready, samples).await?;
    warn(&trial);
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&trial, out);
    }
    writeln!(out, "{}", counted(&trial))?;
    if trial.known_to_bitbucket > 0 {
        writeln!(
            out,
            "{} of them have a deployment of Bitbucket to an environment of the same name: that one counts, for the rule's service",
            trial.known_to_bitbucket
        )?;
    }
    if !trial.targets.is_empty() {
        let rows = trial.targets.iter().map(|target| {
            vec![
                target.environment.clone(),
                target.environment_type.clone(),
                target.service.clone(),
                target.deployments.to_string(),
            ]
        });
        let header = ["environment", "type", "service", "deployments"];
        let align = [Align::Left, Align::Left, Align::Left, Align::Right];
        writeln!(out, "\n{}", plain(&header, &align, rows))?;
    }
    if !trial.samples.is_empty() {
        let rows = trial.samples.iter().map(|sample| {
            vec![
                moment::shown_or(sample.deployed_at, ""),
                sample.repository.clone(),
                sample.pipeline.clone().unwrap_or_default(),
                sample.branch.clone().unwrap_or_default(),
                sample.step.clone().unwrap_or_default(),
                format!("{} of {}", sample.environment, sample.service),
            ]
        });
        let header = [
            "when",
            "repository",
            "pipeline",
            "branch",
            "step",
            "is a deployment to",
        ];
        writeln!(out, "\n{}", plain(&header, &[Align::Left], rows))?;
    }
    Ok(())
}

/// What a rule fits, in a sentence.
pub(super) fn counted(trial: &Trial) -> String {
    format!(
        "it fits {} of {} runs and deployments in {} repositories",
        trial.fits, trial.tried, trial.repositories
    )
}

fn warn(trial: &Trial) {
    for pattern in &trial.idle_patterns {
        say(&format!(
            "warning: the pattern of --{pattern} fits nothing that is stored"
        ));
    }
    if trial.fits == 0 && trial.idle_patterns.is_empty() {
        say("warning: each pattern fits something, but nothing fits all of them");
    }
}

async fn remove(global: &Global, arguments: &RuleRemoveArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let stored = take_away(&session, &arguments.name).await?;
    settle(&session).await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&Shown::from(&stored), out);
    }
    writeln!(out, "The rule {} is taken away", stored.rule.name)?;
    Ok(())
}

/// Measures what a change touched. What is left when this is stopped, the next import measures.
pub(super) async fn settle(session: &Session) -> anyhow::Result<()> {
    Ok(deploying::settle(&session.db, session.clock.as_ref()).await?)
}
