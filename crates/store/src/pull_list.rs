//! The list of pull requests: a page of it at a time, in one of a few orders.
//!
//! Each order has an index, and a page goes on from the place of the last row before it, so that no
//! page costs more than another. What no index can find (words of a title) is looked for among the
//! next so many rows of the order; the page says up to where it has looked.

mod sql;

use std::collections::HashMap;

use model::{Id, Instant};

use crate::engine::{Db, on_pool};
use crate::fold::Parameter;
use crate::pull_list::sql::Bound;
use crate::statements::pages::{ASKED_REVIEWERS, OPEN_STANDINGS};
use crate::{At, StoreError};

/// Among how many rows a page looks for words.
const LOOKED_THROUGH: i64 = 20_000;

/// An order of the list. `id` decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullOrder {
    /// Changed last, first.
    #[default]
    Updated,
    /// Opened last, first.
    Opened,
    /// Opened first, first.
    Oldest,
    /// Closed last, first. Those that are open are not in it.
    Closed,
    /// The longest cycle time first. Those that have none are not in it.
    CycleTime,
    /// The largest first. Those whose size is not known are not in it.
    Size,
}

/// A place in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullPlace {
    /// What the order goes by: microseconds of an instant, seconds or lines.
    pub key: i64,
    /// The row.
    pub id: i64,
}

/// A word that is looked for: in titles, and in what else may be meant by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullWord {
    /// The word itself.
    pub text: String,
    /// Accounts whose names have it.
    pub accounts: Vec<i64>,
    /// Repositories whose names have it.
    pub repositories: Vec<i64>,
    /// The number, if it is one.
    pub number: Option<i64>,
}

/// A condition, made of the program's own text alone: what others wrote comes as parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    text: String,
    parameters: Vec<Parameter>,
}

impl Clause {
    /// A condition: each `?` of the text is the place of the next parameter, `{ids?}` and `{texts?}`
    /// that of a list.
    pub fn new(text: &'static str, parameters: Vec<Parameter>) -> Self {
        Self {
            text: text.to_owned(),
            parameters,
        }
    }

    /// One condition or another.
    pub fn either(one: Self, other: Self) -> Self {
        let mut parameters = one.parameters;
        parameters.extend(other.parameters);
        Self {
            text: format!("({} OR {})", one.text, other.text),
            parameters,
        }
    }

    /// Conditions within another one: `before AND one AND other after`.
    pub fn within(before: &'static str, clauses: Vec<Self>, after: &'static str) -> Self {
        let mut whole = Self::new(before, Vec::new());
        for clause in clauses {
            whole.text.push_str(" AND ");
            whole.text.push_str(&clause.text);
            whole.parameters.extend(clause.parameters);
        }
        whole.text.push_str(after);
        whole
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullSearch {
    /// What must hold of `bitbucket_pulls p`.
    pub clauses: Vec<Clause>,
    /// Bounds that hold already by a condition on days, for the index of the order: from, and
    /// before.
    pub within: Option<(PullOrder, Instant, Instant)>,
    /// Words, all of which must be found.
    pub words: Vec<PullWord>,
    /// The order.
    pub order: PullOrder,
    /// Only what comes after this place.
    pub after: Option<PullPlace>,
    /// How many rows at most.
    pub limit: i64,
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct PullsFound {
    /// The rows.
    pub lines: Vec<PullLine>,
    /// Where the next page begins; nothing where there is none.
    pub next: Option<PullPlace>,
    /// Whether the page ended because it had looked through as many rows as it may.
    pub gave_up: bool,
}

/// A pull request in the list.
#[derive(Clone, Debug)]
pub struct PullLine {
    /// The row.
    pub id: Id,
    /// The repository's `workspace/slug`.
    pub repository: Option<String>,
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: Option<String>,
    /// `OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`.
    pub state: Option<String>,
    /// Whether it is a draft now.
    pub draft: bool,
    /// The author's account.
    pub user_id: Option<i64>,
    /// When it was opened.
    pub created_at: Instant,
    /// When anything about it last changed.
    pub updated_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// The first review by another person.
    pub first_review_at: Option<Instant>,
    /// Comments.
    pub comment_count: Option<i64>,
    /// Lines added and removed.
    pub size: Option<i64>,
    /// Seconds to the merge.
    pub cycle_time: Option<i64>,
    /// Whether it is gone.
    pub deleted: bool,
}

/// A reviewer of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedReviewer {
    /// The account.
    pub user_id: i64,
    /// Whether they were asked; others took part by themselves.
    pub asked: bool,
    /// `approved`, `changes_requested`, or neither.
    pub state: Option<String>,
}

/// How an open pull request stands, as far as that is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The last act of review by anybody else.
    pub reviewed_at: Option<Instant>,
    /// The last push.
    pub pushed_at: Option<Instant>,
    /// The state of the newest run on its newest commit.
    pub run_state: Option<String>,
    /// The result of that run.
    pub run_result: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Record {
    id: i64,
    repository: Option<String>,
    number: i64,
    title: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    user_id: Option<i64>,
    created_at: Option<At>,
    updated_at: Option<At>,
    closed_at: Option<At>,
    first_review_at: Option<At>,
    comment_count: Option<i64>,
    size: Option<i64>,
    cycle_time: Option<i64>,
    deleted: bool,
}

impl From<Record> for PullLine {
    fn from(record: Record) -> Self {
        let never = Instant::from_micros(0);
        Self {
            id: Id(record.id),
            repository: record.repository,
            number: record.number,
            title: record.title,
            state: record.state,
            draft: record.draft.unwrap_or(false),
            user_id: record.user_id,
            created_at: record.created_at.map_or(never, |at| at.0),
            updated_at: record.updated_at.map_or(never, |at| at.0),
            closed_at: record.closed_at.map(|at| at.0),
            first_review_at: record.first_review_at.map(|at| at.0),
            comment_count: record.comment_count,
            size: record.size,
            cycle_time: record.cycle_time,
            deleted: record.deleted,
        }
    }
}

/// Binds what a text is to have.
macro_rules! bound {
    ($query:expr, $bounds:expr) => {{
        let mut query = $query;
        for bound in $bounds {
            query = match bound {
                Bound::Text(text) => query.bind(text),
                Bound::At(at) => query.bind(At(*at)),
                Bound::Integer(number) => query.bind(number),
            };
        }
        query
    }};
}

impl Db {
    /// A page of the list.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn search_pulls(&self, search: &PullSearch) -> Result<PullsFound, StoreError> {
        let text = search.page()?;
        let sql = self.engine().sql(&text.sql);
        let records: Vec<Record> = on_pool!(self, |pool| bound!(sqlx::query_as(sql), &text.bounds)
            .fetch_all(pool)
            .await?);
        let mut lines: Vec<PullLine> = records.into_iter().map(PullLine::from).collect();
        let size = usize::try_from(search.limit).unwrap_or(0);
        if lines.len() > size {
            lines.truncate(size);
            let next = lines.last().map(|line| PullPlace {
                key: search.order.key_of(line),
                id: line.id.0,
            });
            return Ok(PullsFound {
                lines,
                next,
                gave_up: false,
            });
        }
        let next = if search.words.is_empty() {
            None
        } else {
            self.end_of(search).await?
        };
        Ok(PullsFound {
            lines,
            gave_up: next.is_some(),
            next,
        })
    }

    async fn end_of(&self, search: &PullSearch) -> Result<Option<PullPlace>, StoreError> {
        let text = search.end()?;
        let sql = self.engine().sql(&text.sql);
        let place = |(key, id): (i64, i64)| PullPlace { key, id };
        if search.order.is_time() {
            let found: Option<(At, i64)> =
                on_pool!(self, |pool| bound!(sqlx::query_as(sql), &text.bounds)
                    .fetch_optional(pool)
                    .await?);
            return Ok(found.map(|(at, id)| place((at.0.micros(), id))));
        }
        let found: Option<(i64, i64)> =
            on_pool!(self, |pool| bound!(sqlx::query_as(sql), &text.bounds)
                .fetch_optional(pool)
                .await?);
        Ok(found.map(place))
    }

    /// How many rows the list has without its words, `at_most` of them: counting on would take
    /// longer than the number is worth.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn count_pulls(&self, search: &PullSearch, at_most: i64) -> Result<i64, StoreError> {
        let text = search.count(at_most)?;
        let sql = self.engine().sql(&text.sql);
        let (count,): (i64,) = on_pool!(self, |pool| bound!(sqlx::query_as(sql), &text.bounds)
            .fetch_one(pool)
            .await?);
        Ok(count)
    }

    /// Reviewers of these pull requests who are still there, those who were asked first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn reviewers_of(
        &self,
        pulls: &[Id],
    ) -> Result<HashMap<i64, Vec<AskedReviewer>>, StoreError> {
        let ids = Parameter::Ids(pulls.iter().map(|id| id.0).collect()).bound()?;
        let sql = self.engine().sql(ASKED_REVIEWERS);
        let found: Vec<(i64, i64, Option<String>, Option<String>)> =
            on_pool!(self, |pool| sqlx::query_as(sql)
                .bind(&ids)
                .fetch_all(pool)
                .await?);
        let mut reviewers: HashMap<i64, Vec<AskedReviewer>> = HashMap::new();
        for (pull, user_id, role, state) in found {
            reviewers.entry(pull).or_default().push(AskedReviewer {
                user_id,
                asked: role.as_deref() == Some("REVIEWER"),
                state,
            });
        }
        Ok(reviewers)
    }

    /// How these pull requests stand.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn standings_of(&self, pulls: &[Id]) -> Result<HashMap<i64, Standing>, StoreError> {
        type Record = (i64, Option<At>, Option<At>, Option<String>, Option<String>);
        let ids = Parameter::Ids(pulls.iter().map(|id| id.0).collect()).bound()?;
        let sql = self.engine().sql(OPEN_STANDINGS);
        let found: Vec<Record> = on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(&ids)
            .fetch_all(pool)
            .await?);
        Ok(found
            .into_iter()
            .map(|(pull, reviewed_at, pushed_at, run_state, run_result)| {
                let standing = Standing {
                    reviewed_at: reviewed_at.map(|at| at.0),
                    pushed_at: pushed_at.map(|at| at.0),
                    run_state,
                    run_result,
                };
                (pull, standing)
            })
            .collect())
    }
}
