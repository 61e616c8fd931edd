//! What is known of deployments, merges and incidents, as statements give it.

use model::{Id, Instant};
use serde::Deserialize;

use crate::flag::truth;

// The order of the members is that of the columns in the statements.

/// A deployment that Bitbucket tells of.
#[derive(Clone, Debug, Deserialize)]
pub struct BitbucketDeployment {
    /// Its row.
    pub id: Id,
    /// What Bitbucket calls it.
    pub source_id: String,
    /// The run.
    pub pipeline_id: Option<Id>,
    /// The step.
    pub step_id: Option<Id>,
    /// The environment's name.
    pub environment: Option<String>,
    /// The environment's type.
    pub environment_type: Option<String>,
    /// `bitbucket_deployments.state`.
    pub state: Option<String>,
    /// `bitbucket_deployments.result`.
    pub result: Option<String>,
    /// The release.
    pub release_name: Option<String>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// Who deployed.
    pub user_id: Option<Id>,
    /// Its page.
    pub source_url: Option<String>,
    /// When the release was made.
    pub began_at: Option<Instant>,
    /// When it ended.
    pub completed_at: Option<Instant>,
    /// The name of the run.
    pub pipeline: Option<String>,
    /// The branch of the run.
    pub branch: Option<String>,
    /// The name of the step.
    pub step: Option<String>,
    /// The date of the commit, if the default branch has it.
    pub commit_at: Option<Instant>,
}

/// A deployment that a rule makes of a run or a step.
#[derive(Clone, Debug, Deserialize)]
pub struct RuleDeployment {
    /// Its row.
    pub id: Id,
    /// The run.
    pub pipeline_id: Id,
    /// The step.
    pub step_id: Option<Id>,
    /// The environment's name.
    pub environment: String,
    /// The environment's type.
    pub environment_type: Option<String>,
    /// The service.
    pub service: String,
    /// The rule.
    pub rule_id: Id,
    /// The rule's name.
    pub rule: Option<String>,
    /// Whether it succeeded.
    #[serde(deserialize_with = "truth")]
    pub success: Option<bool>,
    /// Whether somebody stopped it.
    #[serde(deserialize_with = "truth")]
    pub stopped: Option<bool>,
    /// When the run was started.
    pub began_at: Option<Instant>,
    /// When it ended.
    pub deployed_at: Option<Instant>,
    /// What Bitbucket calls the run.
    pub source_id: String,
    /// The commit.
    pub commit_sha: Option<String>,
    /// Who started it.
    pub user_id: Option<Id>,
    /// Its page.
    pub source_url: Option<String>,
    /// The date of the commit, if the default branch has it.
    pub commit_at: Option<Instant>,
}

/// A deployment that was told from outside.
#[derive(Clone, Debug, Deserialize)]
pub struct PushedRecord {
    /// Its row.
    pub id: Id,
    /// What whoever told it calls it.
    pub reference_id: String,
    /// The service.
    pub service: String,
    /// The environment's name.
    pub environment: String,
    /// The environment's type.
    pub environment_type: String,
    /// The commit, 7 to 40 characters.
    pub commit_sha: Option<String>,
    /// The merge commits that it carried, as a JSON array.
    pub merge_commit_shas: Option<String>,
    /// Whether it succeeded.
    #[serde(deserialize_with = "truth")]
    pub success: Option<bool>,
    /// When it ended.
    pub deployed_at: Instant,
    /// Its page.
    pub source_url: Option<String>,
    /// The date of the commit, if the default branch has it and enough of its hash was told.
    pub commit_at: Option<Instant>,
}

/// Everything that a repository deployed.
#[derive(Clone, Debug)]
pub struct DeploymentRecords {
    /// What Bitbucket tells of.
    pub bitbucket: Vec<BitbucketDeployment>,
    /// What rules make of runs.
    pub rule: Vec<RuleDeployment>,
    /// What was told from outside.
    pub pushed: Vec<PushedRecord>,
    /// `workspace/repository`.
    pub repository: Option<String>,
}

/// A pull request that was merged into the default branch.
#[derive(Clone, Debug, Deserialize)]
pub struct MergeRecord {
    /// The pull request.
    pub id: Id,
    /// When it was opened.
    pub created_at: Instant,
    /// When it was merged.
    pub merged_at: Instant,
    /// Its first commit.
    pub first_commit_at: Option<Instant>,
    /// Whether `merged_at` is only the latest it can be.
    #[serde(deserialize_with = "truth")]
    pub estimated: Option<bool>,
    /// The first characters of its merge commit.
    pub commit_sha: Option<String>,
    /// The date of that commit, if the default branch has it.
    pub commit_at: Option<Instant>,
}

/// A measured deployment, as far as failures need it.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceDeployment {
    /// The deployment.
    pub id: Id,
    /// The repository.
    pub repository_id: Option<Id>,
    /// The environment's name.
    pub environment: Option<String>,
    /// Whether that is production.
    #[serde(deserialize_with = "truth")]
    pub production: Option<bool>,
    /// When it ended.
    pub deployed_at: Option<Instant>,
    /// Whether it succeeded.
    #[serde(deserialize_with = "truth")]
    pub success: Option<bool>,
    /// Whether it took place.
    #[serde(deserialize_with = "truth")]
    pub counted: Option<bool>,
    /// The commit.
    pub commit_sha: Option<String>,
    /// The date of the commit, if the default branch has it.
    pub commit_at: Option<Instant>,
}

/// An incident, as far as failures need it.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceIncident {
    /// Its number.
    pub id: Id,
    /// The environment.
    pub environment: Option<String>,
    /// The deployment that was named.
    pub named_deployment_id: Option<Id>,
    /// When it began.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
}

/// Everything that happened to a service.
#[derive(Clone, Debug)]
pub struct ServiceRecords {
    /// Its deployments.
    pub deployments: Vec<ServiceDeployment>,
    /// Its incidents.
    pub incidents: Vec<ServiceIncident>,
}
