//! Measuring what became of a service's deployments and incidents.

use measure::deployment::{Failure, Incident, Outcome, failures};
use model::rows::DeploymentMeasureRow;
use model::rows::deploying::INCIDENTS;
use serde_json::{Value, json};
use store::{ServiceDeployment, StoreError, WriteTx};

/// The columns of `deployment_measures` that are measured here.
const FAILURE: &[&str] = &[
    "failed",
    "rolled_back",
    "incident_id",
    "restored_at",
    "time_to_restore",
];

/// The columns of `incidents` that are measured here.
const OUTCOME: &[&str] = &["deployment_id", "restored_at", "time_to_restore"];

/// Measures the failures and incidents of a service.
pub(crate) async fn measure(tx: &mut WriteTx, service: &str) -> Result<(), StoreError> {
    let records = tx.service_records(service).await?;
    let outcomes: Vec<Outcome> = records.deployments.iter().filter_map(outcome_of).collect();
    let incidents: Vec<Incident> = records
        .incidents
        .into_iter()
        .map(|incident| Incident {
            id: incident.id,
            environment: incident.environment,
            named: incident.named_deployment_id,
            opened_at: incident.opened_at,
            closed_at: incident.closed_at,
        })
        .collect();
    let (failed, ended) = failures(&outcomes, &incidents);
    let mut rows: Vec<Value> = failed.iter().map(failure).collect();
    // What never took place cannot fail.
    rows.extend(
        records
            .deployments
            .iter()
            .filter(|deployment| outcome_of(deployment).is_none())
            .map(|deployment| {
                failure(&Failure {
                    id: deployment.id,
                    failed: false,
                    rolled_back: false,
                    incident: None,
                    restored_at: None,
                    time_to_restore: None,
                })
            }),
    );
    tx.set_derived(&DeploymentMeasureRow::TABLE, FAILURE, &rows)
        .await?;
    let rows: Vec<Value> = ended
        .iter()
        .map(|incident| {
            json!({
                "id": incident.id,
                "deployment_id": incident.deployment,
                "restored_at": incident.restored_at,
                "time_to_restore": incident.time_to_restore,
            })
        })
        .collect();
    tx.set_derived(&INCIDENTS, OUTCOME, &rows).await?;
    Ok(())
}

fn outcome_of(deployment: &ServiceDeployment) -> Option<Outcome> {
    Some(Outcome {
        id: deployment.id,
        repository: deployment.repository_id,
        environment: deployment
            .environment
            .as_deref()
            .unwrap_or_default()
            .to_lowercase(),
        production: deployment.production.unwrap_or(false),
        deployed_at: deployment
            .deployed_at
            .filter(|_| deployment.counted == Some(true))?,
        success: deployment.success?,
        commit_sha: deployment.commit_sha.clone(),
        commit_at: deployment.commit_at,
    })
}

fn failure(failure: &Failure) -> Value {
    json!({
        "id": failure.id,
        "failed": failure.failed,
        "rolled_back": failure.rolled_back,
        "incident_id": failure.incident,
        "restored_at": failure.restored_at,
        "time_to_restore": failure.time_to_restore,
    })
}
