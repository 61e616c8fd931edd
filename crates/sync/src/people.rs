//! Who is who: which accounts and addresses are one person's.

pub mod address;
mod bots;
mod carriers;
mod clusters;
mod decide;
pub(crate) mod forget;
pub(crate) mod lookups;
mod membership;
mod persons;
mod plan;
mod roster;
mod settle;
mod suggestions;

pub use bots::BotNames;
pub use decide::{Decider, Subject};
pub use forget::{Forgotten, forget, forgotten_addresses};
pub use membership::{MembershipError, join_team, leave_team};
pub use plan::{Plan, plan};
pub use roster::{
    PeopleImported, PersonEntry, RosterError, TeamEntry, TeamsImported, import_people,
    import_teams, is_timezone, refuse_circles, user_of,
};
pub use settle::Settled;
pub use suggestions::{SuggestedBy, Suggestion};

use lookups::LookupError;
use model::Clock;
use store::{Db, StoreError, WriteTx};

use crate::commit::COMMIT_ATTEMPTS;
use crate::run::{Run, Stop};
use crate::{Pace, StreamName, measuring};

/// Finds out who is who, as far as what is stored tells, and writes it. What it changes of numbers is
/// measured by the next run, or by [`crate::measure_due`].
///
/// # Errors
/// Whatever the database says.
pub async fn match_people(
    db: &Db,
    bots: &BotNames,
    clock: &dyn Clock,
) -> Result<Settled, StoreError> {
    let mut attempt = 1;
    loop {
        let outcome = async {
            let mut tx = db.write().await?;
            tx.lock_people().await?;
            let settled = match_in(&mut tx, bots, clock).await?;
            tx.commit().await?;
            Ok(settled)
        };
        match outcome.await {
            Err(error) if StoreError::is_conflict(&error) && attempt < COMMIT_ATTEMPTS => {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// The same within a transaction that holds the lock already: what somebody has just decided is
/// written with what follows from it.
///
/// # Errors
/// Whatever the database says.
pub async fn match_in(
    tx: &mut WriteTx,
    bots: &BotNames,
    clock: &dyn Clock,
) -> Result<Settled, StoreError> {
    let evidence = tx.evidence().await?;
    let plan = plan(&evidence, bots);
    settle::settle(tx, &evidence, &plan, clock.now()).await
}

/// What a match depends on.
const TABLES: [&str; 4] = [
    "bitbucket_users",
    "bitbucket_workspace_members",
    "bitbucket_commits",
    "jira_users",
];

/// The end of an import: addresses that nothing else explains are asked for, everybody is matched,
/// and what that changes is measured.
pub(crate) async fn at_the_end_of(run: &Run) -> Result<(), Stop> {
    if matches!(run.options.pace, Pace::Due(_)) && !run.wrote_into(&TABLES) {
        return Ok(());
    }
    let workspace = run.db.workspace(&run.options.workspace).await?;
    if let Some(workspace) = workspace.filter(|_| run.wants(StreamName::Members)) {
        match lookups::look_up(&run.db, &run.client, &*run.clock, workspace).await {
            Ok(()) => {}
            Err(LookupError::Store(error)) => return Err(error.into()),
            // The next run asks again; nothing of this one is worse for it.
            Err(LookupError::Client(error)) => {
                tracing::warn!(%error, "Bitbucket could not be asked whose addresses are");
            }
        }
    }
    let settled = match_people(&run.db, &run.options.bots, &*run.clock).await?;
    run.note_settled(settled);
    Ok(measuring::left_over(run).await?)
}
