//! A made-up workspace, in memory and in a database.

use chrono::{Days, NaiveDate};
use sqlx::AssertSqlSafe;
use store::Db;

/// A pull request.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) id: i64,
    pub(crate) repository: i64,
    pub(crate) author: Option<i64>,
    pub(crate) branch: &'static str,
    pub(crate) state: &'static str,
    pub(crate) draft: bool,
    pub(crate) created: NaiveDate,
    pub(crate) merged: Option<NaiveDate>,
    pub(crate) closed: Option<NaiveDate>,
    pub(crate) first_review: Option<NaiveDate>,
    pub(crate) cycle_time: Option<i64>,
    pub(crate) cycle_time_business: Option<i64>,
    pub(crate) pickup_time: Option<i64>,
    pub(crate) ready_to_merge: Option<i64>,
    pub(crate) size: Option<i64>,
}

/// An act of review.
#[derive(Clone, Debug)]
pub(crate) struct Review {
    pub(crate) repository: i64,
    pub(crate) author: Option<i64>,
    pub(crate) reviewer: Option<i64>,
    pub(crate) state: &'static str,
    pub(crate) day: NaiveDate,
    pub(crate) turnaround: i64,
}

/// A run of a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) repository: i64,
    pub(crate) result: Option<&'static str>,
    pub(crate) day: NaiveDate,
    pub(crate) duration: i64,
    pub(crate) rerun: bool,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) bot: bool,
    pub(crate) person: Option<i64>,
}

/// From when to when somebody was in a team.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) person: i64,
    pub(crate) team: i64,
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) pulls: Vec<Pull>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) runs: Vec<Run>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) memberships: Vec<Membership>,
}

pub(crate) const BRANCHES: [&str; 2] = ["main", "release"];
pub(crate) const REPOSITORIES: i64 = 6;

/// The project of a repository: two have several, one has none.
pub(crate) fn project_of(repository: i64) -> Option<i64> {
    match repository {
        1..=3 => Some(11),
        4..=5 => Some(12),
        _ => None,
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The day on which every story is told.
pub(crate) fn today() -> NaiveDate {
    day("2027-07-01")
}

/// Chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % sides
    }

    fn chance(&mut self, percent: i64) -> bool {
        self.roll(100) < percent
    }
}

impl World {
    pub(crate) fn generate(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut world = Self::default();
        for id in 1..=10 {
            world.accounts.push(Account {
                id,
                name: format!("Person {id}"),
                bot: id > 8,
                // The first two accounts are one person's; the bots and the eighth are nobody's.
                person: (id < 8).then_some(if id == 2 { 101 } else { 100 + id }),
            });
        }
        for (person, team, from, to) in [
            (101, 1, None, Some("2027-03-31")),
            (101, 2, Some("2027-04-01"), None),
            (103, 1, None, None),
            (104, 2, Some("2027-05-10"), Some("2027-06-10")),
            // In two teams at once: the one joined last counts.
            (105, 1, Some("2027-01-01"), None),
            (105, 3, Some("2027-06-15"), None),
        ] {
            world.memberships.push(Membership {
                person,
                team,
                from: from.map(day),
                to: to.map(day),
            });
        }
        let first = day("2027-01-01");
        for id in 1..=600 {
            let created = first + Days::new(dice.roll(181).unsigned_abs());
            let later = |dice: &mut Dice| {
                let day = created + Days::new(dice.roll(12).unsigned_abs());
                (day < today()).then_some(day)
            };
            let end = later(&mut dice);
            let state = match (end, dice.roll(10)) {
                (Some(_), 0..=6) => "MERGED",
                (Some(_), 7) => "DECLINED",
                (Some(_), 8) => "SUPERSEDED",
                _ => "OPEN",
            };
            let merged = end.filter(|_| state == "MERGED");
            let first_review = if dice.chance(70) {
                later(&mut dice)
            } else {
                None
            };
            let some = |dice: &mut Dice, is: bool, most: i64| is.then(|| dice.roll(most));
            let author = dice.roll(11);
            world.pulls.push(Pull {
                id,
                repository: 1 + dice.roll(REPOSITORIES),
                author: (author > 0).then_some(author),
                branch: BRANCHES[usize::from(dice.chance(20))],
                state,
                draft: state == "OPEN" && dice.chance(30),
                created,
                merged,
                closed: end.filter(|_| state != "OPEN"),
                first_review,
                cycle_time: some(&mut dice, merged.is_some(), 500),
                cycle_time_business: some(&mut dice, merged.is_some(), 200),
                pickup_time: some(&mut dice, first_review.is_some(), 400),
                ready_to_merge: some(&mut dice, merged.is_some(), 400),
                size: if dice.chance(80) {
                    Some(dice.roll(900))
                } else {
                    None
                },
            });
        }
        for _ in 0..1_500 {
            let pull = dice.roll(600);
            let pull = &world.pulls[usize::try_from(pull).unwrap()];
            let reviewer = dice.roll(11);
            world.reviews.push(Review {
                repository: pull.repository,
                author: pull.author,
                reviewer: (reviewer > 0).then_some(reviewer),
                state: ["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]
                    [usize::try_from(dice.roll(3)).unwrap()],
                day: first + Days::new(dice.roll(181).unsigned_abs()),
                turnaround: dice.roll(100_000),
            });
        }
        for _ in 0..400 {
            let results = [
                Some("SUCCESSFUL"),
                Some("SUCCESSFUL"),
                Some("FAILED"),
                Some("ERROR"),
                Some("STOPPED"),
                None,
            ];
            world.runs.push(Run {
                repository: 1 + dice.roll(REPOSITORIES),
                result: results[usize::try_from(dice.roll(6)).unwrap()],
                day: first + Days::new(dice.roll(181).unsigned_abs()),
                duration: dice.roll(3_000),
                rerun: dice.chance(10),
            });
        }
        world
    }

    /// Writes everything into an empty database.
    pub(crate) async fn store(&self, db: &Db) {
        let mut script = String::new();
        let at = "'2027-01-01T00:00:00.000000Z'";
        let mut row = |table: &str, columns: &str, values: &[String]| {
            script.push_str(&format!(
                "INSERT INTO {table} ({columns}) VALUES ({});\n",
                values.join(", ")
            ));
        };
        for (id, key) in [(11, "ONE"), (12, "TWO")] {
            row(
                "bitbucket_projects",
                "id, source_id, key, name, observed_at",
                &[
                    id.to_string(),
                    text(key),
                    text(key),
                    text(&format!("Project {key}")),
                    at.into(),
                ],
            );
        }
        for id in 1..=REPOSITORIES {
            row(
                "bitbucket_repositories",
                "id, source_id, project_id, full_name, observed_at",
                &[
                    id.to_string(),
                    text(&id.to_string()),
                    number(project_of(id)),
                    text(&format!("acme/repo-{id}")),
                    at.into(),
                ],
            );
        }
        for one in &self.accounts {
            row(
                "bitbucket_users",
                "id, source_id, name, type, bot, observed_at",
                &[
                    one.id.to_string(),
                    text(&one.id.to_string()),
                    text(&one.name),
                    text(if one.bot { "bot" } else { "human" }),
                    one.bot.to_string(),
                    at.into(),
                ],
            );
            let Some(person) = one.person else { continue };
            row(
                "identities",
                "source, source_table_id, source_account, user_id, matched_by, confidence, matched_at",
                &[
                    text("bitbucket"),
                    one.id.to_string(),
                    text(&one.id.to_string()),
                    person.to_string(),
                    text("account"),
                    text("sure"),
                    at.into(),
                ],
            );
        }
        for person in [101, 103, 104, 105, 106, 107] {
            // The last one is no developer.
            row(
                "users",
                "id, name, developer, created_at",
                &[
                    person.to_string(),
                    text(&format!("Human {person}")),
                    (person != 107).to_string(),
                    at.into(),
                ],
            );
        }
        for (id, name, parent) in [(1, "Tide", None), (2, "Reef", None), (3, "Cove", Some(1))] {
            row(
                "teams",
                "id, name, parent_id, created_at",
                &[id.to_string(), text(name), number(parent), at.into()],
            );
        }
        for one in &self.memberships {
            row(
                "team_members",
                "team_id, user_id, from_on, to_on",
                &[
                    one.team.to_string(),
                    one.person.to_string(),
                    date(one.from),
                    date(one.to),
                ],
            );
        }
        for one in &self.pulls {
            row(
                "bitbucket_pulls",
                "id, repository_id, number, user_id, target_branch, state, draft, created_on, merged_on, closed_on,
                 first_review_on, cycle_time, cycle_time_business_hours, pickup_time, ready_to_merge, size, created_at,
                 updated_at, closed_at, first_review_at, title, observed_at",
                &[
                    one.id.to_string(),
                    one.repository.to_string(),
                    one.id.to_string(),
                    number(one.author),
                    text(one.branch),
                    text(one.state),
                    one.draft.to_string(),
                    date(Some(one.created)),
                    date(one.merged),
                    date(one.closed),
                    date(one.first_review),
                    number(one.cycle_time),
                    number(one.cycle_time_business),
                    number(one.pickup_time),
                    number(one.ready_to_merge),
                    number(one.size),
                    noon(Some(one.created)),
                    noon(one.closed.or(Some(one.created))),
                    noon(one.closed),
                    noon(one.first_review),
                    text(&format!("Change {} of the tide", one.id)),
                    at.into(),
                ],
            );
        }
        for (id, one) in self.reviews.iter().enumerate() {
            row(
                "bitbucket_reviews",
                "id, pull_id, source_id, repository_id, author_user_id, user_id, state, created_on, comment_count,
                 time_since_request, observed_at",
                &[
                    id.to_string(),
                    "1".into(),
                    text(&id.to_string()),
                    one.repository.to_string(),
                    number(one.author),
                    number(one.reviewer),
                    text(one.state),
                    date(Some(one.day)),
                    "1".into(),
                    one.turnaround.to_string(),
                    at.into(),
                ],
            );
        }
        for (id, one) in self.runs.iter().enumerate() {
            row(
                "bitbucket_pipelines",
                "id, source_id, repository_id, result, created_on, duration, rerun, build_seconds_used, observed_at",
                &[
                    id.to_string(),
                    text(&id.to_string()),
                    one.repository.to_string(),
                    one.result.map_or("NULL".into(), text),
                    date(Some(one.day)),
                    one.duration.to_string(),
                    one.rerun.to_string(),
                    "60".into(),
                    at.into(),
                ],
            );
        }
        execute(db, &script).await;
    }
}

/// Runs a script.
pub(crate) async fn execute(db: &Db, script: &str) {
    let script = AssertSqlSafe(format!("BEGIN;\n{script}\nCOMMIT;"));
    match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(script).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(script).execute(pool).await.map(|_| ()),
    }
    .unwrap();
}

/// The middle of a day.
fn noon(day: Option<NaiveDate>) -> String {
    day.map_or("NULL".into(), |day| format!("'{day}T12:00:00.000000Z'"))
}

fn text(text: &str) -> String {
    format!("'{text}'")
}

fn number(number: Option<i64>) -> String {
    number.map_or("NULL".into(), |number| number.to_string())
}

fn date(day: Option<NaiveDate>) -> String {
    day.map_or("NULL".into(), |day| format!("'{day}'"))
}
