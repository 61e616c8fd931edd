//! How much work hangs on each account.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use model::{Id, Instant};
use store::{Days, Db, GroupBy, Key, Part, Question};

use crate::AnalysisError;
use crate::facts::{Facts, OPENED, REVIEWS_COUNTED};
use crate::run::{Today, first_day};

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

/// What each account of Bitbucket did up to today; that of which no account is known is `None`'s.
/// Pull requests and reviews count from when they are measured, as in every report.
///
/// # Errors
/// The database cannot be read.
pub async fn work_of_accounts(
    db: &Db,
    now: Instant,
) -> Result<Vec<(Option<Id>, Work)>, AnalysisError> {
    let today = Today::load(db, now).await?.date();
    let mut work: BTreeMap<Option<Id>, Work> = BTreeMap::new();
    let mut add = |parts: Vec<Part>, amount: fn(&mut Work) -> &mut i64| {
        for part in parts {
            let account = match part.keys.first() {
                Some(Key::Integer(account)) => Some(Id(*account)),
                _ => None,
            };
            let work = work.entry(account).or_default();
            *amount(work) += i64::try_from(part.rows).unwrap_or(i64::MAX);
        }
    };
    let pull_requests = rows_of_accounts(db, &OPENED, today).await?;
    add(pull_requests, |work| &mut work.pull_requests);
    let reviews = rows_of_accounts(db, &REVIEWS_COUNTED, today).await?;
    add(reviews, |work| &mut work.reviews);
    let commits = db.groups(&["c.user_id"], "bitbucket_commits c", Vec::new());
    add(commits.await?, |work| &mut work.commits);
    Ok(work.into_iter().collect())
}

async fn rows_of_accounts(
    db: &Db,
    facts: &Facts,
    today: NaiveDate,
) -> Result<Vec<Part>, AnalysisError> {
    let first = first_day(db, facts).await?;
    let (Some(column), Some(from), Some(person)) = (facts.day, first, facts.person) else {
        return Ok(Vec::new());
    };
    let question = Question {
        group_by: vec![GroupBy {
            keys: vec![person.to_owned()],
            measured: false,
        }],
        from: facts.from,
        days: Some(Days {
            column,
            from,
            to: today,
        }),
        ..Question::default()
    };
    let folded = db.fold(&question).await?.into_iter();
    Ok(folded.flat_map(|folded| folded.parts).collect())
}
