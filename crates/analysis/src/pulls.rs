//! The list of pull requests: what somebody asks for in words, and the page of it.
//!
//! It can say what any point of a report counts, so that whoever sees a figure can see the pull
//! requests behind it: [`crate::Behind`] writes such questions.

mod clauses;
mod kinds;

pub use kinds::{DayKind, PullState};

use chrono::NaiveDate;
use model::Instant;
use store::{Db, PullLine, PullOrder, PullPlace, PullSearch, PullWord};

use crate::AnalysisError;
use crate::names::Directory;
use crate::query::{Bots, day, named};
use crate::run::Today;
use clauses::Chosen;

/// How many pull requests a page of the list has.
const LINES: i64 = 50;

/// Up to where they are counted: beyond that, the number would take longer than it is worth.
const COUNTED: i64 = 10_000;

/// More words than that are not looked for.
const WORDS: usize = 8;

/// A word is no longer than that.
const LONGEST_WORD: usize = 200;

const ORDERS: [(&str, PullOrder); 6] = [
    ("updated", PullOrder::Updated),
    ("opened", PullOrder::Opened),
    ("oldest", PullOrder::Oldest),
    ("closed", PullOrder::Closed),
    ("cycle-time", PullOrder::CycleTime),
    ("size", PullOrder::Size),
];

/// A question about pull requests in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullsAsked {
    /// What must have happened, from when to when.
    pub days: Vec<(DayKind, Option<String>, Option<String>)>,
    /// How they stand: a word of [`PullState`].
    pub state: Option<String>,
    /// Open for at least so many days.
    pub older_than: Option<String>,
    /// Words of the title, a number, names of authors or repositories.
    pub search: Option<String>,
    /// Only of these projects.
    pub projects: Vec<String>,
    /// Only of these repositories.
    pub repositories: Vec<String>,
    /// Only by people who were in these teams or in those below.
    pub teams: Vec<String>,
    /// Only by people who counted for these very teams.
    pub teams_themselves: Vec<String>,
    /// Only with these authors.
    pub authors: Vec<String>,
    /// Only with these reviewers.
    pub reviewers: Vec<String>,
    /// Only with these target branches.
    pub branches: Vec<String>,
    /// Only what was deployed to these environments.
    pub environments: Vec<String>,
    /// Only what was deployed with these services.
    pub services: Vec<String>,
    /// `include`, `exclude` or `only`.
    pub bots: Option<String>,
    /// Only those of which this measure is known.
    pub with: Option<String>,
    /// The order: `updated`, `opened`, `oldest`, `closed`, `cycle-time` or `size`.
    pub sort: Option<String>,
    /// Where the page begins.
    pub after: Option<String>,
}

impl PullsAsked {
    /// Reads names and values, as an address has them. Empty values and unknown names are none.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let value = value.to_owned();
            match name {
                "state" => asked.state = Some(value),
                "older-than" => asked.older_than = Some(value),
                "q" => asked.search = Some(value),
                "project" => asked.projects.push(value),
                "repository" => asked.repositories.push(value),
                "team" => asked.teams.push(value),
                "team-itself" => asked.teams_themselves.push(value),
                "author" => asked.authors.push(value),
                "reviewer" => asked.reviewers.push(value),
                "target-branch" | "branch" => asked.branches.push(value),
                "environment" => asked.environments.push(value),
                "service" => asked.services.push(value),
                "bots" => asked.bots = Some(value),
                "with" => asked.with = Some(value),
                "sort" => asked.sort = Some(value),
                "after" => asked.after = Some(value),
                _ => asked.read_day(name, value),
            }
        }
        asked
    }

    fn read_day(&mut self, name: &str, value: String) {
        for kind in DayKind::ALL {
            let is_first = name == kind.from_name();
            if !is_first && name != kind.to_name() {
                continue;
            }
            let place = self.days.iter().position(|(one, ..)| *one == kind);
            let place = place.unwrap_or_else(|| {
                self.days.push((kind, None, None));
                self.days.len() - 1
            });
            if let Some((_, from, to)) = self.days.get_mut(place) {
                *(if is_first { from } else { to }) = Some(value);
            }
            return;
        }
    }
}

/// What must have happened, from when to when, both included.
type Days = (DayKind, Option<NaiveDate>, Option<NaiveDate>);

/// A question about pull requests that makes sense, but for the names of things in it.
#[derive(Clone, Debug)]
pub struct PullsQuery {
    asked: PullsAsked,
    days: Vec<Days>,
    state: Option<PullState>,
    older_than: Option<i64>,
    bots: Bots,
    with: Option<&'static str>,
    order: PullOrder,
    after: Option<PullPlace>,
}

/// A page of the list.
#[derive(Debug)]
pub struct PullList {
    /// The pull requests.
    pub lines: Vec<PullLine>,
    /// How many there are in all; nothing where words are looked for, which would take too long.
    pub count: Option<i64>,
    /// Whether there are more than were counted.
    pub more_than_counted: bool,
    /// What `after` is on the next page.
    pub next: Option<String>,
    /// Whether the page looked through as many as it may, and goes on where it stopped.
    pub gave_up: bool,
    /// Names of everybody and everything.
    pub names: Directory,
}

impl PullsQuery {
    /// Reads a question.
    ///
    /// # Errors
    /// A word that is none of those that can be said.
    pub fn parse(asked: &PullsAsked) -> Result<Self, AnalysisError> {
        let mut days = Vec::new();
        for (kind, from, to) in &asked.days {
            let from = from.as_deref().map(day).transpose()?;
            let to = to.as_deref().map(day).transpose()?;
            if let (Some(from), Some(to)) = (from, to)
                && from > to
            {
                return Err(AnalysisError::Range(format!(
                    "there is no day from {from} to {to}: swap them"
                )));
            }
            days.push((*kind, from, to));
        }
        let word = |text: &Option<String>| text.clone().unwrap_or_default();
        let state = match asked.state.as_deref() {
            None => None,
            Some(text) => Some(named("state", text, &PullState::ALL, PullState::as_str)?),
        };
        let bots = match asked.bots.as_deref() {
            None => Bots::Include,
            Some(text) => named(
                "way with bots",
                text,
                &[Bots::Exclude, Bots::Include, Bots::Only],
                Bots::as_str,
            )?,
        };
        let with = match asked.with.as_deref() {
            None => None,
            Some(text) => Some(named("measure here", text, &clauses::KNOWN, |name| name)?),
        };
        let usual = usual_order(state, &days);
        let order = match asked.sort.as_deref() {
            None => usual,
            Some(text) => named("order", text, &ORDERS, |(name, _)| name)?.1,
        };
        let older_than = asked.older_than.as_deref().map(|text| {
            text.parse::<i64>()
                .ok()
                .filter(|days| (0..100_000).contains(days))
                .ok_or_else(|| {
                    AnalysisError::Range(format!("`{text}` is no number of days: write it as 7"))
                })
        });
        Ok(Self {
            asked: asked.clone(),
            days,
            state,
            older_than: older_than.transpose()?,
            bots,
            with,
            order,
            after: place(&word(&asked.after)),
        })
    }

    /// The word of the order that it is in.
    pub fn order(&self) -> &'static str {
        let found = ORDERS.iter().find(|(_, order)| *order == self.order);
        found.map_or("updated", |(name, _)| name)
    }

    /// The words of all orders.
    pub fn orders() -> impl Iterator<Item = &'static str> {
        ORDERS.iter().map(|(name, _)| *name)
    }

    /// The state that is asked for.
    pub fn state(&self) -> Option<PullState> {
        self.state
    }
}

/// Those that wait are listed from the oldest on, those that were closed from the last one on.
fn usual_order(state: Option<PullState>, days: &[Days]) -> PullOrder {
    match (state, days.first()) {
        (Some(state), _) if state.is_open() => PullOrder::Oldest,
        (_, Some((DayKind::Merged | DayKind::Closed, ..))) | (Some(_), None) => PullOrder::Closed,
        (_, Some((DayKind::Opened, ..))) => PullOrder::Opened,
        _ => PullOrder::Updated,
    }
}

/// A place as an address has it: `KEY~ID`. What cannot be read is none: the page is the first one.
fn place(text: &str) -> Option<PullPlace> {
    let (key, id) = text.split_once('~')?;
    Some(PullPlace {
        key: key.parse().ok()?,
        id: id.parse().ok()?,
    })
}

/// Lists pull requests.
///
/// # Errors
/// A name that nothing has, or a database that cannot be read.
pub async fn list_pulls(
    db: &Db,
    query: &PullsQuery,
    today: &Today,
) -> Result<PullList, AnalysisError> {
    let names = Directory::load(db).await?;
    let chosen = Chosen::of(&names, query, today.date())?;
    let words = query.asked.search.as_deref().unwrap_or_default();
    let search = PullSearch {
        clauses: chosen.clauses(query, today.date()),
        within: within(&query.days),
        words: words
            .split_whitespace()
            .take(WORDS)
            .map(|word| meant(word, &names))
            .collect(),
        order: query.order,
        after: query.after,
        limit: LINES,
    };
    let found = db.search_pulls(&search).await?;
    let count = if search.words.is_empty() {
        Some(db.count_pulls(&search, COUNTED + 1).await?)
    } else {
        None
    };
    Ok(PullList {
        lines: found.lines,
        more_than_counted: count.is_some_and(|count| count > COUNTED),
        count: count.map(|count| count.min(COUNTED)),
        next: found
            .next
            .map(|place| format!("{}~{}", place.key, place.id)),
        gave_up: found.gave_up,
        names,
    })
}

/// What a word may mean.
fn meant(word: &str, names: &Directory) -> PullWord {
    let text: String = word.chars().take(LONGEST_WORD).collect();
    PullWord {
        accounts: names.people.like(&text),
        repositories: names.places.like(&text),
        number: text.strip_prefix('#').unwrap_or(&text).parse().ok(),
        text,
    }
}

/// The instants between which days that were asked for lie, wherever the account may be: the index
/// of an order is made of instants.
fn within(days: &[Days]) -> Option<(PullOrder, Instant, Instant)> {
    let (order, from, to) = days.iter().find_map(|(kind, from, to)| match kind {
        DayKind::Opened => Some((PullOrder::Opened, *from, *to)),
        DayKind::Merged | DayKind::Closed => Some((PullOrder::Closed, *from, *to)),
        _ => None,
    })?;
    let at = |day: NaiveDate, more: i64| {
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        Instant::from(midnight).plus_seconds(more * 86_400)
    };
    let (first, last) = (
        Instant::from_seconds(0),
        Instant::from_seconds(253_370_764_800),
    );
    Some((
        order,
        from.map_or(first, |day| at(day, -1)),
        to.map_or(last, |day| at(day, 2)),
    ))
}
