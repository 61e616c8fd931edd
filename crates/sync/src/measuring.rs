//! Measuring what walks have touched.
//!
//! The entries of one pull request lie on many pages of a repository's feed, so that measuring with
//! each page would measure everything several times. Instead a page is written with a mark on each
//! pull request that it touches, and marked ones are measured together: when the walks through the
//! repository are over, and now and then while they last. The marks are in the database, so that a
//! run which is killed leaves them to the next one.

use model::{Clock, Id, Instant};
use store::{Db, StoreError};

use crate::apply::{Applied, measure_marked};
use crate::commit::COMMIT_ATTEMPTS;
use crate::run::Run;

/// How long a walk goes on before what it has touched so far is measured. Whoever looks while a
/// long import goes on is to see numbers; a shorter time would only cost more.
const SECONDS: i64 = 10;

/// When a walk measured last.
pub(crate) struct Measuring {
    last: Instant,
}

impl Measuring {
    pub(crate) fn begin(run: &Run) -> Self {
        Self {
            last: run.clock.now(),
        }
    }

    /// Measures what was marked in a repository, if the last time is long enough ago.
    pub(crate) async fn now_and_then(
        &mut self,
        run: &Run,
        repository: Id,
    ) -> Result<(), StoreError> {
        if run.clock.now().seconds_since(self.last) < SECONDS {
            return Ok(());
        }
        marked(run, repository).await?;
        self.last = run.clock.now();
        Ok(())
    }
}

/// Measures every pull request of a repository that is marked.
pub(crate) async fn marked(run: &Run, repository: Id) -> Result<(), StoreError> {
    let applied = all_marked(&run.db, &*run.clock, repository).await?;
    run.add_applied(&applied);
    Ok(())
}

/// Measures everything that is marked: what somebody has decided changes numbers without any import.
///
/// # Errors
/// Whatever the database says.
pub async fn measure_due(db: &Db, clock: &dyn Clock) -> Result<(), StoreError> {
    for repository in db.unmeasured_repositories().await? {
        all_marked(db, clock, repository).await?;
    }
    Ok(())
}

async fn all_marked(db: &Db, clock: &dyn Clock, repository: Id) -> Result<Applied, StoreError> {
    let mut all = Applied::default();
    let mut attempt = 1;
    loop {
        match some(db, clock, repository).await {
            Ok((applied, true)) => {
                all.add(&applied);
                attempt = 1;
            }
            Ok((_, false)) => return Ok(all),
            Err(error) if error.is_conflict() && attempt < COMMIT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Measures what runs that were killed have left.
pub(crate) async fn left_over(run: &Run) -> Result<(), StoreError> {
    for repository in run.db.unmeasured_repositories().await? {
        marked(run, repository).await?;
    }
    Ok(())
}

async fn some(db: &Db, clock: &dyn Clock, repository: Id) -> Result<(Applied, bool), StoreError> {
    let mut tx = db.write().await?;
    tx.lock(repository).await?;
    let outcome = measure_marked(&mut tx, repository, clock.now()).await?;
    tx.commit().await?;
    Ok(outcome)
}
