//! The worked example: a small world with every figure worked out beforehand.
//!
//! `worked_example/world.json` says what happened to some pull requests, what each measure of each
//! of them has to be, and why. The document is written from it; tests bring the world into a
//! database as an import would, and compare what is measured with what the file says.

mod document;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use model::{Id, Instant, Uuid};
use serde::Deserialize;

pub use document::document;

const WORLD: &str = include_str!("worked_example/world.json");

/// The world: what happened, and what each measure has to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkedExample {
    /// The settings of the account, by name.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Who takes part.
    pub people: Vec<Person>,
    /// The accounts of programs.
    pub programs: Vec<String>,
    /// What happened, and what has to be measured.
    pub pull_requests: Vec<PullRequest>,
}

/// Somebody with one account or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The time zone, where it is known.
    pub timezone: Option<String>,
    /// The accounts.
    pub accounts: Vec<String>,
}

/// A pull request with what has to be measured of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// What it is an example of.
    pub shows: String,
    /// The author's account; nothing where Bitbucket names none.
    pub author: Option<String>,
    /// The state in the end.
    pub state: String,
    /// Whether it is a draft in the end.
    pub draft: bool,
    /// Who was asked to review it, at the opening or later.
    pub reviewers: Vec<String>,
    /// The date of the merge commit.
    pub merge_commit_at: Option<Instant>,
    /// Its first commit, where its commits are imported.
    pub first_commit_at: Option<Instant>,
    /// What happened, in order.
    pub timeline: Vec<Act>,
    /// The measures that are instants, by column.
    pub moments: BTreeMap<String, Option<Instant>>,
    /// Whether nothing told when it was closed.
    pub closed_at_estimated: bool,
    /// The measures that are days, by column.
    pub days: BTreeMap<String, Option<String>>,
    /// The time zone of its business hours.
    pub timezone: String,
    /// The rounds of review.
    pub review_rounds: Option<i64>,
    /// The measures that are durations, by column.
    pub durations: BTreeMap<String, Figure>,
    /// Its reviews.
    pub reviews: Vec<Review>,
}

/// Something that somebody did.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// When.
    pub at: Instant,
    /// By which account; nothing where Bitbucket names none.
    pub by: Option<String>,
    /// What, in words.
    pub does: String,
}

/// A duration, and how it was worked out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Calendar time.
    pub seconds: Option<i64>,
    /// Business hours.
    pub business: Option<i64>,
    /// The arithmetic of calendar time, or why there is none.
    pub because: String,
    /// The arithmetic of business hours.
    pub business_because: Option<String>,
}

/// A review that has to come out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The account; nothing where Bitbucket names none.
    pub by: Option<String>,
    /// Its state.
    pub state: String,
    /// When it began.
    pub at: Instant,
    /// When its last comment was written.
    pub until: Instant,
    /// How many comments it stands for.
    pub comments: i64,
    /// The day on which it began.
    pub on: String,
    /// The time zone of its business hours.
    pub timezone: String,
    /// When its vote did not stand any more.
    pub dismissed_at: Option<Instant>,
    /// How long it was waited for.
    pub time_since_request: Figure,
}

impl WorkedExample {
    /// The world as the file has it.
    ///
    /// # Panics
    /// When the file is none: the test cannot go on.
    pub fn read() -> Self {
        match serde_json::from_str(WORLD) {
            Ok(world) => world,
            Err(error) => panic!("world.json: {error}"),
        }
    }

    /// The repository that everything happens in.
    pub fn repository() -> Uuid {
        uuid("repository")
    }

    /// The id of an account (`bitbucket_users.id`).
    pub fn account(name: &str) -> Id {
        Id::user(&uuid(name))
    }

    /// Whose an account is.
    pub fn person_of(&self, account: &str) -> Option<&Person> {
        let has = |person: &&Person| person.accounts.iter().any(|one| one == account);
        self.people.iter().find(has)
    }
}

impl PullRequest {
    /// Its id (`bitbucket_pulls.id`).
    pub fn id(&self) -> Id {
        Id::pull(&WorkedExample::repository(), self.number)
    }
}

/// A made-up UUID that says whose it is.
fn uuid(name: &str) -> Uuid {
    match Uuid::parse(&format!("{{worked-example-{name}}}")) {
        Some(uuid) => uuid,
        None => panic!("{name} makes no UUID"),
    }
}
