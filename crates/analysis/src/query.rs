//! What somebody asks for, read from words in one place: the command line and whatever else has
//! questions use the same names and get the same errors.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::AnalysisError;
use crate::cells::Layout;
use crate::facts::Facts;
use crate::grouping::Grouping;
use crate::measures::Measure;
use crate::nearest::nearest;
use crate::period::{Granularity, Period};
use crate::reports::ReportName;

/// How many days a report covers unless it is told.
const USUAL_DAYS: u64 = 30;

/// A question in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Asked {
    /// The first day, as `2027-01-31`.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
    /// Everything that there is, up to today.
    pub all_time: bool,
    /// `day`, `week` or `month`: a series as well.
    pub granularity: Option<String>,
    /// What to group by; `none` for nothing where a report is usually grouped.
    pub group_by: Option<String>,
    /// Only of these projects: key or name.
    pub projects: Vec<String>,
    /// Only of these repositories: `workspace/repository` or its last part.
    pub repositories: Vec<String>,
    /// Only of these teams and the teams below them.
    pub teams: Vec<String>,
    /// Only with these authors: name, address or number.
    pub authors: Vec<String>,
    /// Only with these reviewers.
    pub reviewers: Vec<String>,
    /// Only with these branches.
    pub branches: Vec<String>,
    /// Only to these environments.
    pub environments: Vec<String>,
    /// Only of these services.
    pub services: Vec<String>,
    /// `exclude`, `include` or `only`.
    pub bots: Option<String>,
    /// Durations in business hours.
    pub business_hours: bool,
    /// Only these measures.
    pub measures: Vec<String>,
}

/// What is done with the work of bots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bots {
    /// It is left out.
    Exclude,
    /// It counts.
    Include,
    /// Only it counts.
    Only,
}

/// Which days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// These.
    Days(Period),
    /// All up to this one.
    UpTo(NaiveDate),
}

/// A question that makes sense, but for the names of things in it, which only the database knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The report.
    pub report: ReportName,
    /// Which days.
    pub range: Range,
    /// How long the pieces of the series are, if there is to be one.
    pub granularity: Option<Granularity>,
    /// What the groups are, if there are to be any.
    pub grouping: Option<Grouping>,
    /// What is left.
    pub filters: Filters,
    /// Whether durations are in business hours, where they are known in them.
    pub business_hours: bool,
    /// What is shown, of all that the report knows; all of it where nothing is named.
    pub measures: Vec<&'static str>,
    /// Whether the same of the days before stands beside it, which is as much to count again.
    pub compared: bool,
    /// Whether each group has a series too, and not only the whole.
    pub series_of_groups: bool,
}

/// What a report is narrowed down to. Words of one list are alternatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Filters {
    /// Projects.
    pub projects: Vec<String>,
    /// Repositories.
    pub repositories: Vec<String>,
    /// Teams.
    pub teams: Vec<String>,
    /// Authors.
    pub authors: Vec<String>,
    /// Reviewers.
    pub reviewers: Vec<String>,
    /// Branches.
    pub branches: Vec<String>,
    /// Environments.
    pub environments: Vec<String>,
    /// Services.
    pub services: Vec<String>,
    /// Bots.
    pub bots: Bots,
}

impl Asked {
    /// Reads names and values, as an address has them: the names are those of the command line's
    /// options. Empty values and unknown names are none.
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let value = value.to_owned();
            match name {
                "from" => asked.from = Some(value),
                "to" => asked.to = Some(value),
                "all-time" => asked.all_time = true,
                "granularity" => asked.granularity = Some(value),
                "group-by" => asked.group_by = Some(value),
                "project" => asked.projects.push(value),
                "repository" => asked.repositories.push(value),
                "team" => asked.teams.push(value),
                "author" => asked.authors.push(value),
                "reviewer" => asked.reviewers.push(value),
                "target-branch" | "branch" => asked.branches.push(value),
                "environment" => asked.environments.push(value),
                "service" => asked.services.push(value),
                "bots" => asked.bots = Some(value),
                "business-hours" => asked.business_hours = true,
                "measure" => asked.measures.push(value),
                _ => {}
            }
        }
        asked
    }
}

impl ReportName {
    /// Reads the name of a report.
    ///
    /// # Errors
    /// There is no such report.
    pub fn parse(text: &str) -> Result<Self, AnalysisError> {
        named("report", text, &Self::ALL, Self::as_str)
    }
}

impl Query {
    /// Reads a question about this report, asked on the day `today`.
    ///
    /// # Errors
    /// A word that is none of those that can be said, or a range without days.
    pub fn parse(
        report: ReportName,
        asked: &Asked,
        today: NaiveDate,
    ) -> Result<Self, AnalysisError> {
        let granularity = asked
            .granularity
            .as_deref()
            .map(|text| named("granularity", text, &Granularity::ALL, Granularity::as_str))
            .transpose()?;
        let grouping = match asked.group_by.as_deref() {
            None => report.plan().usual_grouping,
            Some("none") => None,
            Some(text) => Some(grouping(report, text)?),
        };
        let bots = match asked.bots.as_deref() {
            None => Bots::Exclude,
            Some(text) => named(
                "way with bots",
                text,
                &[Bots::Exclude, Bots::Include, Bots::Only],
                Bots::as_str,
            )?,
        };
        Ok(Self {
            report,
            range: range(asked, today)?,
            granularity,
            grouping,
            filters: Filters {
                projects: asked.projects.clone(),
                repositories: asked.repositories.clone(),
                teams: asked.teams.clone(),
                authors: asked.authors.clone(),
                reviewers: asked.reviewers.clone(),
                branches: asked.branches.clone(),
                environments: asked.environments.clone(),
                services: asked.services.clone(),
                bots,
            },
            business_hours: asked.business_hours,
            measures: asked
                .measures
                .iter()
                .map(|text| measure(report, text))
                .collect::<Result<_, _>>()?,
            compared: true,
            series_of_groups: true,
        })
    }
}

impl Query {
    /// Whether a measure was asked for.
    pub(crate) fn shows(&self, measure: &Measure) -> bool {
        self.measures.is_empty() || self.measures.contains(&measure.name)
    }

    /// Whether anything that was asked for needs to know how many of these rows each person has.
    pub(crate) fn counts_people_of(&self, facts: &Facts) -> bool {
        let mut shown = self.report.measures().filter(|one| self.shows(one));
        facts.person.is_some() && shown.any(|one| one.kind.people_of() == Some(facts.rows))
    }

    /// Whether anything that was asked for is made of these facts.
    pub(crate) fn counts(&self, facts: &'static Facts) -> bool {
        let layout = Layout::new(vec![facts]);
        let mut needed = self.needed().into_iter();
        needed.any(|name| layout.place(name).is_some())
    }

    /// The names of all that the figures are made of that were asked for.
    pub(crate) fn needed(&self) -> HashSet<&'static str> {
        let shown = self.report.measures().filter(|one| self.shows(one));
        shown.flat_map(|measure| measure.kind.names()).collect()
    }
}

impl Bots {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exclude => "exclude",
            Self::Include => "include",
            Self::Only => "only",
        }
    }
}

fn range(asked: &Asked, today: NaiveDate) -> Result<Range, AnalysisError> {
    let from = asked.from.as_deref().map(day).transpose()?;
    let to = asked.to.as_deref().map(day).transpose()?;
    if asked.all_time {
        return match from {
            None => Ok(Range::UpTo(to.unwrap_or(today))),
            Some(_) => Err(AnalysisError::Range(
                "all time has no first day: leave out either of them".to_owned(),
            )),
        };
    }
    // Today is not over: it would make every comparison look like a slump.
    let yesterday = today.pred_opt().unwrap_or(today);
    let period = match (from, to) {
        (Some(from), to) => {
            let to = to.unwrap_or_else(|| yesterday.max(from));
            Period::new(from, to).ok_or_else(|| {
                AnalysisError::Range(format!("there is no day from {from} to {to}: swap them"))
            })?
        }
        (None, to) => Period::ending(to.unwrap_or(yesterday), USUAL_DAYS),
    };
    Ok(Range::Days(period))
}

pub(crate) fn day(text: &str) -> Result<NaiveDate, AnalysisError> {
    let plain = text.len() == 10 && text.is_ascii();
    let parsed = if plain { text.parse().ok() } else { None };
    parsed
        .ok_or_else(|| AnalysisError::Range(format!("`{text}` is no day: write it as 2027-01-31")))
}

fn grouping(report: ReportName, text: &str) -> Result<Grouping, AnalysisError> {
    let text = if text == "target-branch" {
        "branch"
    } else {
        text
    };
    let all = report.groupings();
    if let Some(found) = all.iter().find(|grouping| grouping.as_str() == text) {
        return Ok(*found);
    }
    Err(AnalysisError::NotGroupable {
        report: report.as_str(),
        written: text.to_owned(),
        groupings: words(all.iter().map(|grouping| grouping.as_str())),
    })
}

fn measure(report: ReportName, text: &str) -> Result<&'static str, AnalysisError> {
    let names: Vec<&'static str> = report.measures().map(|measure| measure.name).collect();
    named("measure in this report", text, &names, |name| name)
}

/// Reads one of a few words.
pub(crate) fn named<T: Copy>(
    noun: &'static str,
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, AnalysisError> {
    if let Some(found) = all.iter().find(|one| word(**one) == text) {
        return Ok(*found);
    }
    let names = || all.iter().map(|one| word(*one));
    Err(AnalysisError::Unknown {
        noun,
        written: text.to_owned(),
        advice: match nearest(text, names()) {
            Some(nearest) => format!("did you mean {nearest}? There are {}", words(names())),
            None => format!("there are {}", words(names())),
        },
    })
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2027-03-31".parse().unwrap()
    }

    fn parse(asked: &Asked) -> Result<Query, AnalysisError> {
        Query::parse(ReportName::PullRequests, asked, today())
    }

    #[test]
    fn the_usual_range_is_thirty_days_up_to_yesterday() {
        let query = parse(&Asked::default()).unwrap();
        let Range::Days(period) = query.range else {
            panic!("{query:?}")
        };
        assert_eq!(period.to.to_string(), "2027-03-30");
        assert_eq!(period.from.to_string(), "2027-03-01");
        assert_eq!(query.filters.bots, Bots::Exclude);
        let people = Query::parse(ReportName::People, &Asked::default(), today()).unwrap();
        assert_eq!(people.grouping, Some(Grouping::Person));
    }

    #[test]
    fn what_cannot_be_meant_is_said_with_what_could_be() {
        let says = |asked: Asked| parse(&asked).unwrap_err().to_string();
        let text = |text: &str| Some(text.to_owned());
        let backwards = says(Asked {
            from: text("2027-02-01"),
            to: text("2027-01-01"),
            ..Asked::default()
        });
        assert!(backwards.contains("swap them"), "{backwards}");
        let no_day = says(Asked {
            from: text("1.2.2027"),
            ..Asked::default()
        });
        assert!(no_day.contains("2027-01-31"), "{no_day}");
        let unit = says(Asked {
            granularity: text("weak"),
            ..Asked::default()
        });
        assert!(unit.contains("did you mean week?"), "{unit}");
        let grouping = says(Asked {
            group_by: text("reviewer"),
            ..Asked::default()
        });
        assert!(grouping.contains("repository, project, team"), "{grouping}");
        let report = ReportName::parse("pull-request").unwrap_err().to_string();
        assert!(report.contains("did you mean pull-requests?"), "{report}");
    }
}
