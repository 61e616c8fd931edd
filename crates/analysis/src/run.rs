//! Making a report.

use chrono::NaiveDate;
use futures_util::future;
use measure::{Calendar, CalendarSettings};
use model::Instant;
use store::{Condition, Db, Key, StoreError};

use crate::AnalysisError;
use crate::ask::{Manner, Narrowing};
use crate::book::Book;
use crate::cells::Layout;
use crate::counting::{Counting, pieces};
use crate::facts::Facts;
use crate::freshness::Freshness;
use crate::grouping::Grouping;
use crate::names::{People, Places};
use crate::period::Period;
use crate::query::{Query, Range};
use crate::report::Report;

/// What a report needs to know of time.
#[derive(Debug)]
pub struct Today {
    /// Now.
    pub now: Instant,
    /// The account's calendar, which says what day it is.
    pub calendar: Calendar,
}

impl Today {
    /// Now, by the calendar that the account's settings make.
    ///
    /// # Errors
    /// Settings that the program would not have written, or a database that cannot be read.
    pub async fn load(db: &Db, now: Instant) -> Result<Self, AnalysisError> {
        let settings = CalendarSettings::of(&db.settings().await?)
            .map_err(|invalid| StoreError::Setting(invalid.to_string()))?;
        Ok(Self {
            now,
            calendar: Calendar::new(settings),
        })
    }

    /// The day that it is.
    pub fn date(&self) -> NaiveDate {
        self.calendar.date_of(self.now)
    }
}

/// Makes a report.
///
/// # Errors
/// A name in the question that nothing has, a way to narrow the report down that it does not know,
/// or a database that cannot be read.
pub async fn run(db: &Db, query: &Query, today: &Today) -> Result<Report, AnalysisError> {
    let (places, people, freshness) = future::try_join3(
        Places::load(db),
        People::load(db),
        Freshness::load(db, query.report),
    )
    .await?;
    let filters = &query.filters;
    let narrowing = Narrowing {
        repositories: places.chosen(&filters.projects, &filters.repositories)?,
        authors: people.chosen("author", &filters.authors)?,
        reviewers: people.chosen("reviewer", &filters.reviewers)?,
        branches: named(&filters.branches),
        environments: named(&filters.environments),
        services: named(&filters.services),
        teams: people.chosen_teams(&filters.teams)?,
        bots: filters.bots,
        bot_accounts: people.bots(),
    };
    let layout = layout(query, &narrowing)?;
    let (period, previous) = match query.range {
        Range::Days(period) => (period, period.previous().filter(|_| query.compared)),
        Range::UpTo(to) => (all_time(db, &layout, to).await?, None),
    };
    let by_team = narrowing.teams.is_some() || query.grouping == Some(Grouping::Team);
    let pieces = pieces(period, previous, by_team.then_some(&people));
    let counting = Counting {
        db,
        query,
        layout: &layout,
        narrowing: &narrowing,
        people: &people,
        places: &places,
        today,
        pieces,
    };
    let manner = Manner {
        granularity: query.granularity,
        grouping: query.grouping,
        today: today.date(),
    };
    // What each group had in each piece of the series is much more than both apart.
    let apart =
        !query.series_of_groups && manner.granularity.is_some() && manner.grouping.is_some();
    let (whole, grouped) = if apart {
        let of_series = Manner {
            grouping: None,
            ..manner
        };
        let of_groups = Manner {
            granularity: None,
            ..manner
        };
        let [whole, grouped] = counting.count([of_series, of_groups]).await?;
        (whole, Some(grouped))
    } else {
        let [whole] = counting.count([manner]).await?;
        (whole, None)
    };
    let book = Book {
        query,
        layout: &layout,
        people: &people,
        places: &places,
        teams: narrowing.teams.as_ref(),
        grouped: grouped.as_ref().unwrap_or(&whole),
        whole: &whole.cells,
        period,
        previous,
    };
    Ok(book.report(freshness))
}

/// Words that were named; none where there are none.
fn named(words: &[String]) -> Option<Vec<String>> {
    (!words.is_empty()).then(|| words.to_vec())
}

/// What is counted, given what the report is narrowed down to.
fn layout(query: &Query, narrowing: &Narrowing) -> Result<Layout, AnalysisError> {
    let mut kept: Vec<&'static Facts> = Vec::new();
    let mut obstacle = None;
    for counted in query.report.plan().facts {
        if counted.only_by.is_some() && counted.only_by != query.grouping {
            continue;
        }
        let known = |facts: &Facts| {
            let grouped = query
                .grouping
                .is_none_or(|one| facts.columns(one).is_some());
            grouped && narrowing.obstacle(facts).is_none()
        };
        let facts = match counted.wider {
            Some(wider) if !known(counted.facts) => wider,
            _ => counted.facts,
        };
        match narrowing.obstacle(facts) {
            None if !query.counts(facts) => {}
            None => kept.push(facts),
            Some(filter) => obstacle = Some(filter),
        }
    }
    match obstacle {
        Some(filter) if kept.is_empty() => Err(AnalysisError::NotFilterable {
            report: query.report.as_str(),
            filter,
        }),
        _ => Ok(Layout::new(kept)),
    }
}

/// From the first day of which there is anything.
async fn all_time(db: &Db, layout: &Layout, to: NaiveDate) -> Result<Period, AnalysisError> {
    let mut from = to;
    for facts in &layout.facts {
        from = first_day(db, facts).await?.unwrap_or(to).min(from);
    }
    Ok(Period { from, to })
}

/// The first day of which there are such rows.
pub(crate) async fn first_day(db: &Db, facts: &Facts) -> Result<Option<NaiveDate>, AnalysisError> {
    let Some(day) = facts.day else {
        return Ok(None);
    };
    let earliest = format!("MIN({day})");
    // Said so, it is the first entry of an index, and no walk through the whole of it.
    let known = vec![Condition::Known(day)];
    let parts = db.groups(&[&earliest], facts.from, known).await?;
    let day = parts.first().and_then(|part| part.keys.first());
    Ok(match day {
        Some(Key::Text(text)) => text.parse().ok(),
        _ => None,
    })
}
