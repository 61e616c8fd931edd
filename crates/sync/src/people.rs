//! Who is who: which accounts and addresses are one person's.

mod address;
mod bots;
mod carriers;
mod clusters;
mod decide;
mod persons;
mod plan;
mod settle;
mod suggestions;

pub use bots::BotNames;
pub use decide::{Decider, Subject};
pub use plan::{Plan, plan};
pub use settle::Settled;
pub use suggestions::{SuggestedBy, Suggestion};

use model::Clock;
use store::{Db, StoreError, WriteTx};

use crate::commit::COMMIT_ATTEMPTS;

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
