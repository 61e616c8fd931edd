//! Making a report of what was counted.

use std::collections::HashSet;

use crate::cells::{Cells, Layout, Slice, View};
use crate::collector::GroupId;
use crate::counting::Counted;
use crate::distribution::Distribution;
use crate::facts::Facts;
use crate::figure::{Figure, Setting};
use crate::freshness::Freshness;
use crate::grouping::Grouping;
use crate::measures::Measure;
use crate::names::{People, Places};
use crate::period::{Granularity, Period};
use crate::query::{Bots, Query};
use crate::report::{Group, Piece, Report};
use crate::words::Words;

/// What was counted, and all that is needed to make figures of it.
pub(crate) struct Book<'a> {
    pub(crate) query: &'a Query,
    pub(crate) layout: &'a Layout,
    pub(crate) people: &'a People,
    pub(crate) places: &'a Places,
    pub(crate) teams: Option<&'a HashSet<i64>>,
    /// Of the whole, and of the pieces of its series.
    pub(crate) whole: &'a Cells,
    /// Of the groups.
    pub(crate) grouped: &'a Counted,
    pub(crate) period: Period,
    pub(crate) previous: Option<Period>,
}

/// Two things that are made side by side; one after the other where there can be no second thread.
fn beside<A, B: Send>(one: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    std::thread::scope(|scope| {
        let begun = std::thread::Builder::new().spawn_scoped(scope, &other);
        let one = one();
        let other = match begun {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|payload| std::panic::resume_unwind(payload)),
            Err(_) => other(),
        };
        (one, other)
    })
}

impl Book<'_> {
    pub(crate) fn report(&self, freshness: Freshness) -> Report {
        let query = self.query;
        let measures: Vec<&'static Measure> = query
            .report
            .measures()
            .filter(|measure| query.shows(measure))
            .filter(|measure| self.made_of(measure, |_| true))
            .collect();
        let of_groups: Vec<&'static Measure> = match query.grouping {
            None => Vec::new(),
            Some(grouping) => measures
                .iter()
                .filter(|measure| self.made_of(measure, |facts| facts.columns(grouping).is_some()))
                .copied()
                .collect(),
        };
        let all = self.whole.all();
        let ((total, distributions), (series, groups)) = beside(
            || self.whole(&all, &measures),
            || {
                let series = || match query.granularity {
                    Some(granularity) => self.series(&all, granularity, &measures, self.teams),
                    None => Vec::new(),
                };
                beside(series, || self.groups(&of_groups))
            },
        );
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

    /// The figures of everything together, and how their values are spread.
    fn whole(
        &self,
        all: &Slice<'_>,
        measures: &[&'static Measure],
    ) -> (Vec<Figure>, Vec<Distribution>) {
        let everything = all.view(|one| !one.previous);
        let setting = self.setting(self.period, self.teams);
        let distributions = measures
            .iter()
            .filter_map(|measure| setting.distribution(measure, &everything))
            .collect();
        (self.figures(all, measures, self.teams), distributions)
    }

    /// The groups, by their names.
    fn groups(&self, measures: &[&'static Measure]) -> Vec<Group> {
        let words = Words::of(self.places, self.people, self.query.grouping);
        let by_group = self.grouped.cells.by_group();
        let groups = self.grouped.groups.iter().enumerate();
        let mut groups: Vec<Group> = groups
            .filter_map(|(number, group)| {
                Some(Group {
                    words: words.find(group),
                    ..self.group(by_group.get(&number)?, group, measures)
                })
            })
            .collect();
        groups.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        groups
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
