//! `windlass deployment`: what is deployed outside Bitbucket, and the list of all.

use std::io::{self, Write};

use model::{Id, Instant};
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use store::{DeploymentListed, NewDeployment};
use sync::deploying::EnvironmentType;

use super::rules::settle;
use crate::cli::{DeploymentCommand, DeploymentListArguments, Global, RecordArguments};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::nearest::nearest;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

pub(super) async fn run(global: &Global, command: &DeploymentCommand) -> anyhow::Result<()> {
    match command {
        DeploymentCommand::Record(arguments) => record(global, arguments).await,
        DeploymentCommand::List(arguments) => list(global, arguments).await,
    }
}

/// A name that nothing else has.
pub(super) fn random_reference() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// What was recorded, for programs.
#[derive(Serialize)]
struct Recorded<'a> {
    id: String,
    reference: &'a str,
    service: &'a str,
    environment: &'a str,
    environment_type: &'a str,
    repository: Option<&'a str>,
    success: bool,
    deployed_at: Instant,
}

async fn record(global: &Global, arguments: &RecordArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let repository = match &arguments.repository {
        Some(name) => Some(repository_of(&session, name).await?),
        None => None,
    };
    let reference_id = match &arguments.reference {
        Some(reference) => reference.clone(),
        None => random_reference()?,
    };
    let kind = arguments.environment_type.map_or_else(
        || EnvironmentType::of_name(&arguments.environment),
        EnvironmentType::from,
    );
    let deployment = NewDeployment {
        reference_id,
        service: arguments.service.clone(),
        environment: arguments.environment.clone(),
        environment_type: kind.as_str().to_owned(),
        repository_id: repository,
        commit_sha: arguments.commit_sha.clone(),
        merge_commit_shas: arguments.merge_commit_shas.clone(),
        success: !arguments.failed,
        deployed_at: arguments.deployed_at.unwrap_or_else(|| session.now()),
        source_url: arguments.url.clone(),
    };
    let entry = session.entry(
        "deployment.record",
        format!("deployment {}", deployment.reference_id),
        Some(format!(
            "{} to {}",
            deployment.service, deployment.environment
        )),
    );
    let mut tx = session.db.write().await?;
    tx.record_deployment(&deployment, session.now()).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    settle(&session).await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        let recorded = Recorded {
            id: deployment.id().to_string(),
            reference: &deployment.reference_id,
            service: &deployment.service,
            environment: &deployment.environment,
            environment_type: &deployment.environment_type,
            repository: arguments.repository.as_deref(),
            success: deployment.success,
            deployed_at: deployment.deployed_at,
        };
        return json::write(&recorded, out);
    }
    writeln!(
        out,
        "Recorded as {}: {} to {}",
        deployment.reference_id, deployment.service, deployment.environment
    )?;
    Ok(())
}

async fn repository_of(session: &Session, name: &str) -> anyhow::Result<Id> {
    let repositories = session.db.named_repositories().await?;
    if let Some((id, _)) = repositories.iter().find(|(_, known)| known == name) {
        return Ok(*id);
    }
    let names = repositories.iter().map(|(_, known)| known.as_str());
    let advice = match nearest(name, names) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "nothing is imported yet".to_owned(),
    };
    let message = format!("no repository `{name}` is imported: {advice}");
    Err(Failure::new(Exit::Usage, message).into())
}

/// A deployment, for programs.
#[derive(Serialize)]
struct Shown {
    id: String,
    source: String,
    source_name: Option<String>,
    repository: Option<String>,
    environment: Option<String>,
    environment_type: Option<String>,
    service: Option<String>,
    commit_sha: Option<String>,
    deployed_at: Instant,
    success: Option<bool>,
    failed: bool,
    rolled_back: bool,
    time_to_restore: Option<i64>,
    pull_count: i64,
}

impl From<DeploymentListed> for Shown {
    fn from(listed: DeploymentListed) -> Self {
        Self {
            id: listed.id.to_string(),
            source: listed.source,
            source_name: listed.source_name,
            repository: listed.repository,
            environment: listed.environment,
            environment_type: listed.environment_type,
            service: listed.service,
            commit_sha: listed.commit_sha,
            deployed_at: listed.deployed_at,
            success: listed.success,
            failed: listed.failed.unwrap_or(false),
            rolled_back: listed.rolled_back.unwrap_or(false),
            time_to_restore: listed.time_to_restore,
            pull_count: listed.pull_count.unwrap_or(0),
        }
    }
}

impl Shown {
    fn outcome(&self) -> String {
        let word = match (self.success, self.rolled_back, self.failed) {
            (Some(true), true, _) => "rolled back",
            (Some(true), false, true) => "brought an incident",
            (Some(true), ..) => "succeeded",
            (_, _, true) => "failed",
            _ => "did not take place",
        };
        match self.time_to_restore {
            Some(seconds) => format!("{word}, mended after {}", crate::progress::span(seconds)),
            None => word.to_owned(),
        }
    }
}

async fn list(global: &Global, arguments: &DeploymentListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let listed = session
        .db
        .newest_deployments(
            arguments.service.as_deref(),
            arguments.environment.as_deref(),
            arguments.limit,
        )
        .await?;
    let shown: Vec<Shown> = listed.into_iter().map(Shown::from).collect();
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    if shown.is_empty() {
        writeln!(
            out,
            "No deployment is known. Bitbucket's own come with an import, `windlass rules test` looks for runs that deploy, and `windlass deployment record` tells of others"
        )?;
        return Ok(());
    }
    let rows = shown.iter().map(|one| {
        let commit = one.commit_sha.as_deref().unwrap_or_default();
        vec![
            moment::shown(one.deployed_at),
            one.service.clone().unwrap_or_default(),
            one.environment.clone().unwrap_or_default(),
            one.source.clone(),
            commit.get(..12).unwrap_or(commit).to_owned(),
            one.outcome(),
            one.pull_count.to_string(),
            one.id.clone(),
        ]
    });
    let header = [
        "when",
        "service",
        "environment",
        "source",
        "commit",
        "outcome",
        "pull requests",
        "id",
    ];
    let align = [
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Left,
        Align::Right,
        Align::Right,
    ];
    writeln!(out, "{}", plain(&header, &align, rows))?;
    Ok(())
}
