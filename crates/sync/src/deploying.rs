//! Measuring what is marked of runs, deployments and services.
//!
//! A page is written with marks on the repositories whose deployments it touches, and a rule, a
//! deployment or an incident that somebody tells with marks on what it touches. Whoever comes to it
//! measures: an import at its end, whoever applies deliveries, or the command that made the change.
//! The marks are in the database, so that one that is killed leaves them to the next.

use model::{Clock, Id};
use store::{Db, NewRule, StoreError, WriteTx};

use crate::apply::{deployments, failures, rules, runs};
use crate::commit::COMMIT_ATTEMPTS;

pub use measure::deployment::{EnvironmentType, PatternError, Rule};

pub use crate::trial::{Trial, TrialMatch, TrialTarget, try_rule};

/// How many runs are measured in one transaction.
const RUNS_AT_ONCE: i64 = 500;

/// Something that is marked.
#[derive(Clone, Copy)]
enum Marked<'a> {
    /// The runs of a repository.
    Runs(Id),
    /// The deployments of a repository.
    Deployments(Id),
    /// The failures and incidents of a service.
    Service(&'a str),
}

/// Measures everything that is marked. Others may do the same meanwhile; it may be dropped at any
/// time.
///
/// # Errors
/// Whatever the database says. What was not measured stays marked.
pub async fn settle(db: &Db, clock: &dyn Clock) -> Result<(), StoreError> {
    for repository in db.repositories_with_unmeasured_runs().await? {
        measure(db, clock, Marked::Runs(repository)).await?;
    }
    for repository in db.repositories_with_unmeasured_deployments().await? {
        measure(db, clock, Marked::Deployments(repository)).await?;
    }
    for service in db.unmeasured_services().await? {
        measure(db, clock, Marked::Service(&service)).await?;
    }
    Ok(())
}

/// Measures what is marked of one repository, but no service: services have several.
pub(crate) async fn settle_repository(
    db: &Db,
    clock: &dyn Clock,
    repository: Id,
) -> Result<(), StoreError> {
    measure(db, clock, Marked::Runs(repository)).await?;
    measure(db, clock, Marked::Deployments(repository)).await
}

/// Measures until nothing is left, and tries again where somebody else was in the way.
async fn measure(db: &Db, clock: &dyn Clock, marked: Marked<'_>) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        match measure_some(db, clock, marked).await {
            Ok(true) => attempt = 1,
            Ok(false) => return Ok(()),
            Err(error) if error.is_conflict() && attempt < COMMIT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// One transaction of it; the result is whether anything may be left.
async fn measure_some(db: &Db, clock: &dyn Clock, marked: Marked<'_>) -> Result<bool, StoreError> {
    let mut tx = db.write().await?;
    let mut left = false;
    match marked {
        Marked::Runs(repository) => {
            tx.lock(repository).await?;
            let taken = tx.take_unmeasured_runs(repository, RUNS_AT_ONCE).await?;
            let taken = taken.unwrap_or_default();
            left = !taken.is_empty();
            runs::measure(&mut tx, &taken, clock.now()).await?;
        }
        Marked::Deployments(repository) => {
            tx.lock(repository).await?;
            if tx.take_unmeasured_deployments(repository).await? {
                deployments::measure(&mut tx, repository, clock.now()).await?;
            }
        }
        Marked::Service(service) => {
            tx.lock(Id::of("services", &[service])).await?;
            if tx.take_unmeasured_service(service).await? {
                failures::measure(&mut tx, service).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(left)
}

/// Notes that everything of runs and deployments has to be measured: what days are, or who works
/// when, has changed.
///
/// # Errors
/// Whatever the database says.
pub async fn mark_all(tx: &mut WriteTx) -> Result<(), StoreError> {
    tx.mark_all_runs_unmeasured().await?;
    tx.mark_all_deployments_unmeasured().await
}

/// Whether the patterns of a rule are regular expressions.
///
/// # Errors
/// The first one that is none, and where it goes wrong.
pub fn check(rule: &NewRule) -> Result<Rule, PatternError> {
    rules::ready(rule)
}
