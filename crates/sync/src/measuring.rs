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
    self::repository(&run.db, run.clock.as_ref(), repository, |applied, _| {
        run.add_applied(applied);
    })
    .await
}

/// The same outside of a run. `told` hears of each transaction what it applied, and to how many
/// pull requests.
pub(crate) async fn repository(
    db: &Db,
    clock: &dyn Clock,
    repository: Id,
    mut told: impl FnMut(&Applied, u64),
) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        match some(db, clock, repository).await {
            Ok((_, 0)) => return Ok(()),
            Ok((applied, pulls)) => {
                told(&applied, pulls);
                attempt = 1;
            }
            Err(error) if error.is_conflict() && attempt < COMMIT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Measures everything that is marked, whoever marked it, some hundred pull requests at a time: what
/// somebody has decided or set changes numbers without any import. `told` hears of each lot how many
/// it had. It may be dropped at any time: what is marked stays marked.
///
/// # Errors
/// Whatever the database says.
pub async fn measure_due(
    db: &Db,
    clock: &dyn Clock,
    mut told: impl FnMut(u64),
) -> Result<(), StoreError> {
    for marked in db.unmeasured_repositories().await? {
        repository(db, clock, marked, |_, pulls| told(pulls)).await?;
    }
    Ok(())
}

/// Measures what runs that were killed have left.
pub(crate) async fn left_over(run: &Run) -> Result<(), StoreError> {
    for repository in run.db.unmeasured_repositories().await? {
        marked(run, repository).await?;
    }
    Ok(())
}

async fn some(db: &Db, clock: &dyn Clock, repository: Id) -> Result<(Applied, u64), StoreError> {
    let mut tx = db.write().await?;
    tx.lock(repository).await?;
    let outcome = measure_marked(&mut tx, repository, clock.now()).await?;
    tx.commit().await?;
    Ok(outcome)
}
