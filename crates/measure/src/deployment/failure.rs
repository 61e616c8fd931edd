//! Which deployments failed, and when that was mended.

use std::collections::{BTreeMap, HashMap};

use model::{Id, Instant};

use super::is_same_commit;

/// A deployment of a service that is over and that nobody stopped.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The deployment.
    pub id: Id,
    /// Its repository; failures are mended by deployments of the same one.
    pub repository: Option<Id>,
    /// Its environment; failures are mended by deployments to the same one.
    pub environment: String,
    /// Whether that is production.
    pub production: bool,
    /// When it ended.
    pub deployed_at: Instant,
    /// Whether it succeeded.
    pub success: bool,
    /// The commit that was deployed.
    pub commit_sha: Option<String>,
    /// The date of that commit, its place in the default branch.
    pub commit_at: Option<Instant>,
}

/// An incident of the same service.
#[derive(Clone, Debug)]
pub struct Incident {
    /// Its number.
    pub id: Id,
    /// The environment that suffered; nothing for any that is production.
    pub environment: Option<String>,
    /// The deployment that is said to have brought it.
    pub named: Option<Id>,
    /// When it began.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
}

/// What became of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The deployment.
    pub id: Id,
    /// Whether it failed, was rolled back, or brought an incident.
    pub failed: bool,
    /// Whether the next successful one went back to what was there before.
    pub rolled_back: bool,
    /// The first incident that it brought.
    pub incident: Option<Id>,
    /// When it was mended.
    pub restored_at: Option<Instant>,
    /// Seconds from the failure until then.
    pub time_to_restore: Option<i64>,
}

/// What became of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentOutcome {
    /// The incident.
    pub id: Id,
    /// The deployment that brought it.
    pub deployment: Option<Id>,
    /// When it was over.
    pub restored_at: Option<Instant>,
    /// Seconds from its beginning until then.
    pub time_to_restore: Option<i64>,
}

/// What became of all deployments and incidents of one service, whatever order they are given in.
pub fn failures(
    deployments: &[Outcome],
    incidents: &[Incident],
) -> (Vec<Failure>, Vec<IncidentOutcome>) {
    let mut ordered: Vec<&Outcome> = deployments.iter().collect();
    ordered.sort_unstable_by_key(|deployment| (deployment.deployed_at, deployment.id));
    let mut streams: BTreeMap<(Option<Id>, &str), Vec<&Outcome>> = BTreeMap::new();
    for deployment in &ordered {
        streams
            .entry((deployment.repository, &deployment.environment))
            .or_default()
            .push(deployment);
    }
    let mut brought: HashMap<Id, Vec<&Incident>> = HashMap::new();
    let mut causes: Vec<(&Incident, Option<&Outcome>)> = Vec::new();
    for incident in incidents {
        let cause = cause(&ordered, incident);
        if let Some(cause) = cause {
            brought.entry(cause.id).or_default().push(incident);
        }
        causes.push((incident, cause));
    }
    for incidents in brought.values_mut() {
        incidents.sort_unstable_by_key(|incident| (incident.opened_at, incident.id));
    }

    let mut all = Vec::with_capacity(deployments.len());
    let mut good_of: HashMap<(Option<Id>, &str), Vec<Instant>> = HashMap::new();
    for (stream, deployments) in &streams {
        let failures = stream_failures(deployments, &brought);
        let good = deployments
            .iter()
            .zip(&failures)
            .filter(|(_, failure)| !failure.failed)
            .map(|(deployment, _)| deployment.deployed_at)
            .collect();
        good_of.insert(*stream, good);
        all.extend(failures);
    }
    let outcomes = causes
        .into_iter()
        .map(|(incident, cause)| {
            let mended = good_of
                .iter()
                .filter(|((repository, environment), _)| match cause {
                    Some(cause) => {
                        *repository == cause.repository && *environment == cause.environment
                    }
                    None => streams
                        .get(&(*repository, *environment))
                        .and_then(|stream| stream.first())
                        .is_some_and(|first| suffers(first, incident)),
                })
                .filter_map(|(_, good)| first_after(good, incident.opened_at))
                .min();
            let restored_at = earliest(incident.closed_at, mended);
            IncidentOutcome {
                id: incident.id,
                deployment: cause.map(|cause| cause.id),
                restored_at,
                time_to_restore: seconds(incident.opened_at, restored_at),
            }
        })
        .collect();
    (all, outcomes)
}

/// The deployment that brought an incident: the one that is named, else the last successful one
/// before it.
fn cause<'a>(ordered: &[&'a Outcome], incident: &Incident) -> Option<&'a Outcome> {
    let named = incident
        .named
        .and_then(|id| ordered.iter().find(|deployment| deployment.id == id));
    named
        .or_else(|| {
            let until =
                ordered.partition_point(|deployment| deployment.deployed_at <= incident.opened_at);
            ordered
                .iter()
                .take(until)
                .rev()
                .find(|deployment| deployment.success && suffers(deployment, incident))
        })
        .copied()
}

/// Whether the incident is one of the environment that this deployment went to.
fn suffers(deployment: &Outcome, incident: &Incident) -> bool {
    match &incident.environment {
        Some(environment) => environment.to_lowercase() == deployment.environment.to_lowercase(),
        None => deployment.production,
    }
}

/// The failures among the deployments of one stream, in their order.
fn stream_failures(
    deployments: &[&Outcome],
    brought: &HashMap<Id, Vec<&Incident>>,
) -> Vec<Failure> {
    let rolled_back = rolled_back(deployments);
    let mut failures: Vec<Failure> = deployments
        .iter()
        .map(|deployment| {
            let rolled_back = rolled_back.contains(&deployment.id);
            let incident = brought
                .get(&deployment.id)
                .and_then(|incidents| incidents.first());
            Failure {
                id: deployment.id,
                failed: !deployment.success || rolled_back || incident.is_some(),
                rolled_back,
                incident: incident.map(|incident| incident.id),
                restored_at: None,
                time_to_restore: None,
            }
        })
        .collect();
    // From the newest to the oldest: the next good one is then known.
    let mut good: Vec<Instant> = Vec::new();
    for (deployment, failure) in deployments.iter().zip(&mut failures).rev() {
        if !failure.failed {
            good.push(deployment.deployed_at);
            continue;
        }
        let incident = brought
            .get(&deployment.id)
            .and_then(|incidents| incidents.first())
            .filter(|_| deployment.success);
        let (from, closed) = match incident {
            Some(incident) => (incident.opened_at, incident.closed_at),
            None => (deployment.deployed_at, None),
        };
        let next = match incident {
            Some(_) => good.iter().rev().find(|at| **at > from).copied(),
            None => good.last().copied(),
        };
        failure.restored_at = earliest(closed, next);
        failure.time_to_restore = seconds(from, failure.restored_at);
    }
    failures
}

/// The successful deployments after which the next successful one went back: to a commit before
/// theirs in the default branch, or, where a place there is not known, to the one that was there
/// before them.
fn rolled_back(deployments: &[&Outcome]) -> Vec<Id> {
    let good: Vec<&&Outcome> = deployments
        .iter()
        .filter(|deployment| deployment.success)
        .collect();
    let mut rolled_back = Vec::new();
    for (index, pair) in good.windows(2).enumerate() {
        let [one, next] = pair else { continue };
        let (Some(commit), Some(next_commit)) = (&one.commit_sha, &next.commit_sha) else {
            continue;
        };
        if is_same_commit(commit, next_commit) {
            continue;
        }
        let goes_back = match one.commit_at.zip(next.commit_at) {
            Some((place, next_place)) => next_place < place,
            // Going forth again after a rollback returns as well, and undoes nothing.
            None => index
                .checked_sub(1)
                .and_then(|before| good.get(before))
                .filter(|before| rolled_back.last() != Some(&before.id))
                .and_then(|before| before.commit_sha.as_deref())
                .is_some_and(|before| is_same_commit(before, next_commit)),
        };
        if goes_back {
            rolled_back.push(one.id);
        }
    }
    rolled_back
}

fn first_after(ordered: &[Instant], at: Instant) -> Option<Instant> {
    let index = ordered.partition_point(|good| *good <= at);
    ordered.get(index).copied()
}

fn earliest(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

fn seconds(from: Instant, to: Option<Instant>) -> Option<i64> {
    to.map(|to| to.seconds_since(from).max(0))
}

#[cfg(test)]
mod tests;
