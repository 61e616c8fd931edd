//! Making a report.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;

use chrono::NaiveDate;
use futures_util::{StreamExt, TryStreamExt, future, stream};
use measure::{Calendar, CalendarSettings};
use model::Instant;
use store::{Condition, Db, Key, Question, StoreError};

use crate::AnalysisError;
use crate::ask::{Collector, GroupId, Manner, Narrowing, Purpose, Task, by_person};
use crate::cells::{Cells, Layout, Slice, View};
use crate::facts::Facts;
use crate::figure::{Figure, Setting};
use crate::freshness::Freshness;
use crate::grouping::Grouping;
use crate::measures::Measure;
use crate::names::{People, Places};
use crate::period::{Granularity, Period};
use crate::query::{Bots, Query, Range};
use crate::report::{Group, Piece, Report};
use crate::words::Words;

/// A range of fewer days than that is asked for at once: beginning costs more than it gains.
const WORTH_DIVIDING: i64 = 120;

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
    let manner = Manner {
        granularity: query.granularity,
        grouping: query.grouping,
        business_hours: query.business_hours,
        today: today.date(),
    };
    let (period, previous) = match query.range {
        Range::Days(period) => (period, period.previous().filter(|_| query.compared)),
        Range::UpTo(to) => (all_time(db, &layout, to).await?, None),
    };
    let by_team = narrowing.teams.is_some() || query.grouping == Some(Grouping::Team);
    let pieces = pieces(period, previous, by_team.then_some(&people));
    let mut tasks = Vec::new();
    for (number, facts) in layout.facts.iter().copied().enumerate() {
        let apart = !by_person(manner, &narrowing) && query.counts_people_of(facts);
        let purposes = [Some(Purpose::Figures), apart.then_some(Purpose::People)];
        for purpose in purposes.into_iter().flatten() {
            let mut ask = |days| {
                let facts = (number, facts);
                tasks.push(Task::new(purpose, facts, days, manner, &narrowing));
            };
            if facts.day.is_none() {
                ask((None, false));
                continue;
            }
            for (days, previous) in &pieces {
                ask((Some(*days), *previous));
            }
        }
    }
    let mut collector = Collector {
        manner,
        narrowing: &narrowing,
        people: &people,
        places: &places,
        calendar: &today.calendar,
        groups: Vec::new(),
        numbers: HashMap::new(),
        cells: Cells::default(),
    };
    let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut answers = stream::iter(tasks)
        .map(|task| async move {
            let folded = db.fold(&task.question).await?;
            Ok::<_, AnalysisError>((task, folded))
        })
        .buffer_unordered(at_once.clamp(1, 8));
    while let Some((task, folded)) = answers.try_next().await? {
        collector.take(&task, folded);
    }
    drop(answers);
    let Collector { groups, cells, .. } = collector;
    let book = Book {
        query,
        layout: &layout,
        people: &people,
        places: &places,
        teams: narrowing.teams.as_ref(),
        cells,
        period,
        previous,
    };
    Ok(book.report(groups, freshness))
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
    let mut first = to;
    for facts in &layout.facts {
        let Some(day) = facts.day else { continue };
        // Said so, it is the first entry of an index, and no walk through the whole of it.
        let question = Question {
            keys: vec![format!("MIN({day})")],
            from: facts.from,
            conditions: vec![Condition::Known(day)],
            ..Question::default()
        };
        for part in db.fold(&question).await?.parts {
            if let Some(Key::Text(text)) = part.keys.first()
                && let Ok(day) = text.parse::<NaiveDate>()
            {
                first = first.min(day);
            }
        }
    }
    Ok(Period { from: first, to })
}

/// Both periods, cut where somebody's team changes, and into as many pieces as can be read side by
/// side.
fn pieces(
    period: Period,
    previous: Option<Period>,
    people: Option<&People>,
) -> Vec<(Period, bool)> {
    let changes = people.map(People::changes).unwrap_or_default();
    let mut pieces = Vec::new();
    for (period, previous) in [(Some(period), false), (previous, true)] {
        let Some(period) = period else { continue };
        let mut cuts = changes.clone();
        if period.days() >= WORTH_DIVIDING {
            let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
            let parts = i64::try_from(at_once.clamp(1, 8)).unwrap_or(1);
            cuts.extend(period.even_cuts(parts));
        }
        pieces.extend(period.cut(cuts).into_iter().map(|piece| (piece, previous)));
    }
    pieces
}

/// What was counted, and all that is needed to make figures of it.
struct Book<'a> {
    query: &'a Query,
    layout: &'a Layout,
    people: &'a People,
    places: &'a Places,
    teams: Option<&'a HashSet<i64>>,
    cells: Cells,
    period: Period,
    previous: Option<Period>,
}

impl Book<'_> {
    fn report(&self, groups: Vec<GroupId>, freshness: Freshness) -> Report {
        let query = self.query;
        let measures: Vec<&'static Measure> = query
            .report
            .measures()
            .filter(|measure| query.shows(measure))
            .filter(|measure| self.made_of(measure, |_| true))
            .collect();
        let all = self.cells.all();
        let by_group = self.cells.by_group();
        let total = self.figures(&all, &measures, self.teams);
        let everything = all.view(|one| !one.previous);
        let setting = self.setting(self.period, self.teams);
        let distributions = measures
            .iter()
            .filter_map(|measure| setting.distribution(measure, &everything))
            .collect();
        let words = Words::of(self.places, self.people, query.grouping);
        let series = match query.granularity {
            Some(granularity) => self.series(&all, granularity, &measures, self.teams),
            None => Vec::new(),
        };
        let of_groups: Vec<&'static Measure> = match query.grouping {
            None => Vec::new(),
            Some(grouping) => measures
                .iter()
                .filter(|measure| self.made_of(measure, |facts| facts.columns(grouping).is_some()))
                .copied()
                .collect(),
        };
        let mut groups: Vec<Group> = groups
            .into_iter()
            .enumerate()
            .filter_map(|(number, group)| {
                Some(Group {
                    words: words.find(&group),
                    ..self.group(by_group.get(&number)?, &group, &of_groups)
                })
            })
            .collect();
        groups.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        Report {
            report: query.report,
            period: self.period,
            previous: self.previous,
            granularity: query.granularity,
            grouping: query.grouping,
            filters: query.filters.clone(),
            business_hours: query.business_hours,
            notes: self.notes(&measures, &of_groups, &freshness),
            measures,
            total,
            distributions,
            series,
            groups,
            freshness,
        }
    }

    /// Whether all that a measure is made of is counted, in facts that are so.
    fn made_of(&self, measure: &Measure, so: impl Fn(&Facts) -> bool) -> bool {
        measure.kind.names().into_iter().all(|name| {
            let place = self.layout.place(name);
            place.is_some_and(|(facts, _)| {
                self.layout.facts.get(facts).is_some_and(|facts| so(facts))
            })
        })
    }

    fn group(&self, mine: &Slice<'_>, group: &GroupId, measures: &[&'static Measure]) -> Group {
        let (id, name) = self.name(group);
        let own = match group {
            GroupId::Team(Some(team)) => Some(HashSet::from([*team])),
            _ => None,
        };
        let teams = own.as_ref().or(self.teams);
        let wanted = |_: &Granularity| self.query.series_of_groups;
        Group {
            id,
            name,
            words: Vec::new(),
            figures: self.figures(mine, measures, teams),
            series: match self.query.granularity.filter(wanted) {
                Some(granularity) => self.series(mine, granularity, measures, teams),
                None => Vec::new(),
            },
        }
    }

    fn figures(
        &self,
        cells: &Slice<'_>,
        measures: &[&'static Measure],
        teams: Option<&HashSet<i64>>,
    ) -> Vec<Figure> {
        let now = cells.view(|one| !one.previous);
        let before = cells.view(|one| one.previous);
        measures
            .iter()
            .filter_map(|measure| {
                let dated = self.made_of(measure, |facts| facts.day.is_some());
                let previous = self.previous.filter(|_| dated);
                Some(Figure {
                    measure: measure.name,
                    unit: measure.unit,
                    now: self.setting(self.period, teams).number(measure, &now)?,
                    previous: previous
                        .and_then(|period| self.setting(period, teams).number(measure, &before)),
                })
            })
            .collect()
    }

    fn series(
        &self,
        cells: &Slice<'_>,
        granularity: Granularity,
        measures: &[&'static Measure],
        teams: Option<&HashSet<i64>>,
    ) -> Vec<Piece> {
        let dated: Vec<&&Measure> = measures
            .iter()
            .filter(|measure| self.made_of(measure, |facts| facts.day.is_some()))
            .collect();
        let by_piece = cells.by_piece();
        let nothing = View::default();
        let pieces = granularity.pieces(self.period).into_iter();
        pieces
            .map(|period| {
                let start = granularity.start_of(period.from);
                let view = by_piece.get(&start).unwrap_or(&nothing);
                let setting = self.setting(period, teams);
                let figures = dated.iter().filter_map(|measure| {
                    Some(Figure {
                        measure: measure.name,
                        unit: measure.unit,
                        now: setting.number(measure, view)?,
                        previous: None,
                    })
                });
                Piece {
                    period,
                    figures: figures.collect(),
                }
            })
            .collect()
    }

    fn setting<'a>(&'a self, period: Period, teams: Option<&'a HashSet<i64>>) -> Setting<'a> {
        Setting {
            layout: self.layout,
            people: self.people,
            period,
            teams,
        }
    }

    fn name(&self, group: &GroupId) -> (Option<String>, String) {
        let none = |what: &str| (None, format!("(no {what})"));
        match group {
            GroupId::Repository(Some(id)) => {
                (Some(id.to_string()), self.places.repository_name(*id))
            }
            GroupId::Project(Some(id)) => (Some(id.to_string()), self.places.project_name(*id)),
            GroupId::Team(Some(id)) => (Some(id.to_string()), self.people.team_name(*id)),
            GroupId::Repository(None) => none("repository"),
            GroupId::Project(None) => none("project"),
            GroupId::Team(None) => none("team"),
            GroupId::Who(who) => (who.id(), self.people.name(*who)),
            GroupId::Pair(reviewer, author) => {
                let ids = reviewer.id().zip(author.id());
                let names = (self.people.name(*reviewer), self.people.name(*author));
                (
                    ids.map(|(reviewer, author)| format!("{reviewer} {author}")),
                    format!("{} → {}", names.0, names.1),
                )
            }
            GroupId::Text(Some(text)) => (Some(text.clone()), text.clone()),
            GroupId::Text(None) => none(self.query.grouping.map_or("name", Grouping::as_str)),
        }
    }

    fn notes(
        &self,
        measures: &[&'static Measure],
        of_groups: &[&'static Measure],
        freshness: &Freshness,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        let listed = |missing: Vec<&str>| missing.join(", ");
        let plan = self.query.report.plan();
        let asked = plan
            .facts
            .iter()
            .filter(|counted| counted.only_by.is_none());
        if self.layout.facts.len() < asked.count() {
            let missing = self.query.report.measures();
            let missing = missing.filter(|one| self.query.shows(one));
            let missing = missing.filter(|one| !measures.iter().any(|kept| kept.name == one.name));
            let missing: Vec<&str> = missing.map(|one| one.name).collect();
            // Facts that nobody asked for are missing too.
            if !missing.is_empty() {
                notes.push(format!(
                    "left out, since their rows cannot be narrowed down like that: {}",
                    listed(missing)
                ));
            }
        }
        if let Some(grouping) = self.query.grouping {
            let missing = measures.iter();
            let missing: Vec<&str> = missing
                .filter(|one| !of_groups.iter().any(|kept| kept.name == one.name))
                .map(|one| one.name)
                .collect();
            if !missing.is_empty() {
                notes.push(format!(
                    "of everything only, since their rows have no {}: {}",
                    grouping.as_str(),
                    listed(missing)
                ));
            }
        }
        if self.query.filters.bots != Bots::Include
            && self.layout.facts.iter().any(|facts| facts.person.is_none())
            && self.layout.facts.iter().any(|facts| facts.person.is_some())
        {
            notes.push("pipelines and deployments count whoever set them off".to_owned());
        }
        if freshness.unmeasured > 0 {
            notes.push(format!(
                "{} pull requests are read but not measured yet: the next import does that",
                freshness.unmeasured
            ));
        }
        notes
    }
}
