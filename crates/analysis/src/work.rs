//! How much work hangs on each account.

use model::Id;

use crate::StoreError;
use crate::engine::{Db, on_pool};
use crate::statements::people::*;

/// What an account did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Pull requests that it opened.
    pub pull_requests: i64,
    /// Reviews that it made.
    pub reviews: i64,
    /// Commits beside which it stands.
    pub commits: i64,
}

impl Work {
    /// All of it.
    pub fn all(self) -> i64 {
        self.pull_requests + self.reviews + self.commits
    }
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.pull_requests += other.pull_requests;
        self.reviews += other.reviews;
        self.commits += other.commits;
    }
}

impl Db {
    /// What each account of Bitbucket did; that of which no account is known is `None`'s.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn work_of_accounts(&self) -> Result<Vec<(Option<Id>, Work)>, StoreError> {
        let records: Vec<(Option<i64>, i64, i64, i64)> =
            on_pool!(self, |pool| sqlx::query_as(WORK_OF_ACCOUNTS)
                .fetch_all(pool)
                .await?);
        Ok(records
            .into_iter()
            .map(|(account, pull_requests, reviews, commits)| {
                let work = Work {
                    pull_requests,
                    reviews,
                    commits,
                };
                (account.map(Id), work)
            })
            .collect())
    }
}
