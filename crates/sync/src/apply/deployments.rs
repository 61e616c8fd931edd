//! Measuring what a repository deployed: all of it, from what is held.

mod made;

use std::collections::{BTreeMap, HashMap};

use measure::deployment::{Carried, CarryingDeployment, Merge, carried, lead_time};
use model::rows::{DeploymentMeasureRow, DeploymentPullRow};
use model::{Field, Id, Instant};
use store::{DeploymentRecords, MergeRecord, StoreError, WriteTx};

use super::days::Days;
use super::rules::{self, ReadyRule};
use made::Made;

/// Measures the deployments of a repository (0: those that name none), and marks the services whose
/// failures that may change.
pub(crate) async fn measure(
    tx: &mut WriteTx,
    repository: Id,
    now: Instant,
) -> Result<(), StoreError> {
    let mut records = tx.deployment_records(repository).await?;
    place_short_hashes(tx, repository, &mut records).await?;
    let before = tx.measured_services(repository).await?;
    let stored = tx.deployment_rules().await?;
    let rules: Vec<ReadyRule> = rules::all_ready(&stored)
        .into_iter()
        .filter(|ready| ready.rule.is_of_environments())
        .collect();
    let made = made::all(&records, &rules);
    // Without a repository nobody knows which pull requests to look among.
    let merges = if made.is_empty() || repository == Id(0) {
        Vec::new()
    } else {
        tx.merges(repository).await?
    };
    let repository_id = Some(repository).filter(|id| *id != Id(0));
    let context = Context {
        repository: repository_id,
        days: Days::load(tx).await?,
        now,
    };
    let (rows, pulls) = rows(&context, &made, &merges);
    if tx.replace_deployments(repository, &rows, &pulls).await? {
        let mut services = before;
        services.extend(made.iter().map(|one| one.service.clone()));
        services.sort_unstable();
        services.dedup();
        for service in services {
            tx.mark_service_unmeasured(&service).await?;
        }
    }
    Ok(())
}

/// Twelve characters are what commits are found by; fewer have to be looked for.
async fn place_short_hashes(
    tx: &mut WriteTx,
    repository: Id,
    records: &mut DeploymentRecords,
) -> Result<(), StoreError> {
    for pushed in &mut records.pushed {
        match &pushed.commit_sha {
            Some(sha) if (7..12).contains(&sha.len()) => {
                pushed.commit_at = tx.commit_beginning(repository, sha).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// An environment and a service of the repository: each has its own line of deployments.
type Stream<'a> = (String, &'a str);

fn stream_of(made: &Made) -> Stream<'_> {
    let environment = made.environment.as_deref().unwrap_or_default();
    (environment.to_lowercase(), &made.service)
}

/// What all rows of a repository have in common.
struct Context {
    repository: Option<Id>,
    days: Days,
    now: Instant,
}

fn rows(
    context: &Context,
    made: &[Made],
    merges: &[MergeRecord],
) -> (Vec<DeploymentMeasureRow>, Vec<DeploymentPullRow>) {
    let mut streams: BTreeMap<Stream<'_>, Vec<CarryingDeployment>> = BTreeMap::new();
    for one in made.iter().filter(|one| one.is_good()) {
        if let Some(deployed_at) = one.deployed_at {
            streams
                .entry(stream_of(one))
                .or_default()
                .push(CarryingDeployment {
                    id: one.id,
                    began_at: one.began_at.unwrap_or(deployed_at).min(deployed_at),
                    deployed_at,
                    commit_sha: one.commit_sha.clone(),
                    commit_at: one.commit_at,
                    named: one.named.clone(),
                });
        }
    }
    let merged: Vec<Merge> = merges.iter().map(merge_of).collect();
    let mut carried_by: HashMap<Id, Vec<Carried>> = HashMap::new();
    for deployments in streams.values_mut() {
        deployments.sort_unstable_by_key(|one| (one.deployed_at, one.id));
        for one in carried(deployments, &merged) {
            carried_by.entry(one.deployment).or_default().push(one);
        }
    }
    let merges: HashMap<Id, &MergeRecord> = merges.iter().map(|merge| (merge.id, merge)).collect();
    let mut rows = Vec::with_capacity(made.len());
    let mut pulls = Vec::new();
    for one in made {
        let mut of_deployment: Vec<(&MergeRecord, Carried)> = carried_by
            .remove(&one.id)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|carried| Some((*merges.get(&carried.pull)?, carried)))
            .collect();
        of_deployment.sort_unstable_by_key(|(merge, _)| (merge.merged_at, merge.id));
        let first = of_deployment.first().map(|(merge, _)| *merge);
        let previous = previous_good(one, &streams);
        rows.push(measured(context, one, previous, &of_deployment));
        if let Some(deployed_at) = one.deployed_at {
            pulls.extend(of_deployment.iter().map(|(merge, carried)| {
                let is_first = first.is_some_and(|first| first.id == merge.id);
                pull_row(context, one, deployed_at, (merge, *carried), is_first)
            }));
        }
    }
    mark_last(&mut pulls);
    (rows, pulls)
}

/// The good deployment before this one, which may be none itself.
fn previous_good(
    made: &Made,
    streams: &BTreeMap<Stream<'_>, Vec<CarryingDeployment>>,
) -> Option<Id> {
    let place = (made.deployed_at?, made.id);
    let good = streams.get(&stream_of(made))?;
    let before = good.partition_point(|one| (one.deployed_at, one.id) < place);
    good.get(before.checked_sub(1)?).map(|one| one.id)
}

fn merge_of(merge: &MergeRecord) -> Merge {
    Merge {
        pull: merge.id,
        merged_at: merge.merged_at,
        commit_sha: merge.commit_sha.clone(),
        commit_at: merge.commit_at,
        estimated: merge.estimated.unwrap_or(false),
    }
}

fn measured(
    context: &Context,
    made: &Made,
    previous: Option<Id>,
    carried: &[(&MergeRecord, Carried)],
) -> DeploymentMeasureRow {
    let first = carried.first().map(|(merge, _)| *merge);
    let lead = |from: Option<Instant>| made.deployed_at.and_then(|at| lead_time(from, at));
    DeploymentMeasureRow {
        id: made.id,
        source: Field::Value(made.source.to_owned()),
        source_table_id: Field::Value(made.id),
        reference_id: Field::Value(made.reference_id.clone()),
        repository_id: context.repository.into(),
        pipeline_id: made.pipeline_id.into(),
        step_id: made.step_id.into(),
        rule_id: made.rule_id.into(),
        environment: made.environment.clone().into(),
        environment_type: made.environment_type.clone().into(),
        production: Field::Value(made.is_production()),
        service: Field::Value(made.service.clone()),
        commit_sha: made.commit_sha.clone().into(),
        commit_at: made.commit_at.into(),
        user_id: made.user_id.into(),
        source_name: made.source_name.clone().into(),
        source_url: made.source_url.clone().into(),
        began_at: made.began_at.or(made.deployed_at).into(),
        deployed_at: made.deployed_at.into(),
        deployed_on: made.deployed_at.map(|at| context.days.day_of(at)).into(),
        success: made.success.into(),
        counted: Field::Value(made.is_counted()),
        previous_id: previous.into(),
        pull_count: Field::Value(i64::try_from(carried.len()).unwrap_or(i64::MAX)),
        first_pull_id: first.map(|merge| merge.id).into(),
        open_to_deploy: lead(first.map(|merge| merge.created_at)).into(),
        merge_to_deploy: lead(first.map(|merge| merge.merged_at)).into(),
        commit_to_deploy: lead(first.and_then(|merge| merge.first_commit_at)).into(),
        observed_at: context.now,
    }
}

fn pull_row(
    context: &Context,
    made: &Made,
    deployed_at: Instant,
    (merge, carried): (&MergeRecord, Carried),
    is_first: bool,
) -> DeploymentPullRow {
    let id = Id::of(
        DeploymentPullRow::TABLE.name,
        &[&made.id.to_string(), &merge.id.to_string()],
    );
    DeploymentPullRow {
        id,
        deployment_id: Field::Value(made.id),
        pull_id: Field::Value(merge.id),
        repository_id: context.repository.into(),
        environment: made.environment.clone().into(),
        production: Field::Value(made.is_production()),
        service: Field::Value(made.service.clone()),
        deployed_at: Field::Value(deployed_at),
        deployed_on: Field::Value(context.days.day_of(deployed_at)),
        attributed_by: Field::Value(carried.by.as_str().to_owned()),
        first_of_deployment: Field::Value(is_first),
        last_of_pull: Field::Value(false),
        open_to_deploy: lead_time(Some(merge.created_at), deployed_at).into(),
        merge_to_deploy: lead_time(Some(merge.merged_at), deployed_at).into(),
        commit_to_deploy: lead_time(merge.first_commit_at, deployed_at).into(),
        observed_at: context.now,
    }
}

/// Marks, for each pull request, the last deployment to production that carried it.
fn mark_last(pulls: &mut [DeploymentPullRow]) {
    let mut last: HashMap<Id, (Instant, Id, usize)> = HashMap::new();
    for (index, row) in pulls.iter().enumerate() {
        if let (Some(pull), Some(deployment), Some(at), Some(true)) = (
            row.pull_id.as_value(),
            row.deployment_id.as_value(),
            row.deployed_at.as_value(),
            row.production.as_value(),
        ) {
            let place = (*at, *deployment, index);
            let kept = last.entry(*pull).or_insert(place);
            *kept = place.max(*kept);
        }
    }
    for (.., index) in last.into_values() {
        if let Some(row) = pulls.get_mut(index) {
            row.last_of_pull = Field::Value(true);
        }
    }
}
