//! Pipeline steps, environments and deployments.

use model::{Field, Instant, Uuid};
use serde::Deserialize;

use super::account::Account;
use super::pipeline::Typed;
use super::{Commit, Named, uuid_if_any, whole};

/// `GET …/pipelines/{uuid}/steps/`. Its commands may hold secrets; they have no place here.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) uuid: Uuid,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) pipeline: Field<Known>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) run_number: Field<i64>,
    #[serde(default)]
    pub(crate) state: Field<StepState>,
    #[serde(default)]
    pub(crate) started_on: Field<Instant>,
    #[serde(default)]
    pub(crate) completed_on: Field<Instant>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) duration_in_seconds: Field<i64>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) build_seconds_used: Field<i64>,
    /// In minutes, and really spelled like this.
    #[serde(default, rename = "maxTime", deserialize_with = "whole")]
    pub(crate) max_time: Field<i64>,
    #[serde(default)]
    pub(crate) trigger: Field<Typed>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct StepState {
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) result: Field<Named>,
}

/// Something of which only the UUID is read.
#[derive(Debug, Deserialize)]
pub(crate) struct Known {
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
}

/// `GET …/environments/`.
#[derive(Debug, Deserialize)]
pub(crate) struct Environment {
    pub(crate) uuid: Uuid,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) slug: Field<String>,
    #[serde(default)]
    pub(crate) environment_type: Field<EnvironmentType>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) rank: Field<i64>,
    #[serde(default)]
    pub(crate) hidden: Field<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct EnvironmentType {
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default, deserialize_with = "whole")]
    pub(crate) rank: Field<i64>,
}

/// `GET …/deployments/`.
#[derive(Debug, Deserialize)]
pub(crate) struct Deployment {
    pub(crate) uuid: Uuid,
    #[serde(default)]
    pub(crate) step: Field<Known>,
    #[serde(default)]
    pub(crate) environment: Field<DeployedTo>,
    #[serde(default)]
    pub(crate) release: Field<Release>,
    #[serde(default)]
    pub(crate) state: Field<DeploymentState>,
    #[serde(default)]
    pub(crate) deployer: Field<Account>,
    #[serde(default)]
    pub(crate) last_update_time: Field<Instant>,
}

/// An environment as a deployment tells of it: mostly the UUID, the name where it was asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct DeployedTo {
    #[serde(default, deserialize_with = "uuid_if_any")]
    pub(crate) uuid: Option<Uuid>,
    #[serde(default)]
    pub(crate) name: Field<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Release {
    #[serde(default)]
    pub(crate) pipeline: Field<Known>,
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) url: Field<String>,
    #[serde(default)]
    pub(crate) commit: Field<Commit>,
    #[serde(default)]
    pub(crate) created_on: Field<Instant>,
}

/// Answers have `started_on` and `completed_on`, the documentation has `start_date` and
/// `completion_date`, and the deployer here.
#[derive(Debug, Deserialize)]
pub(crate) struct DeploymentState {
    #[serde(default)]
    pub(crate) name: Field<String>,
    #[serde(default)]
    pub(crate) url: Field<String>,
    #[serde(default)]
    pub(crate) status: Field<Named>,
    #[serde(default)]
    pub(crate) started_on: Field<Instant>,
    #[serde(default)]
    pub(crate) start_date: Field<Instant>,
    #[serde(default)]
    pub(crate) completed_on: Field<Instant>,
    #[serde(default)]
    pub(crate) completion_date: Field<Instant>,
    #[serde(default)]
    pub(crate) deployer: Field<Account>,
}
