//! What an address asks for: the filters of reports, by the names that `windlass report` has for
//! them, and which part of a list.

use analysis::{AnalysisError, Asked, Period, Query, Report, ReportName, Today};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::NaiveDate;
use model::Instant;
use store::{Place, Slice};

use crate::address::Asking;
use crate::filters::Field;
use crate::problem::Problem;
use crate::site::App;

/// How many lines of a list a page has.
pub(super) const LINES: i64 = 50;

/// What is read of an address: enough for whatever a page of ours asks.
const PAIRS: usize = 60;
const LONGEST: usize = 500;

/// The words in an address, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection(Asking);

impl Selection {
    pub(super) fn parse(query: Option<&str>) -> Self {
        let asking = Asking::read(query);
        let pairs = asking.pairs().map(|(name, value)| (name, value.trim()));
        let kept = pairs.filter(|(_, value)| !value.is_empty() && value.len() <= LONGEST);
        Self(Asking::of(kept.take(PAIRS)))
    }

    /// The first value of this name; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let mut pairs = self.0.pairs();
        pairs
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value)
    }

    /// Every value of this name.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let pairs = self.0.pairs().filter(|(known, _)| *known == name);
        pairs.map(|(_, value)| value.to_owned()).collect()
    }

    /// A number, where the value of this name is one.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.value(name).parse().ok()
    }

    /// The question of a report that these filters make.
    pub(super) fn asked(&self) -> Asked {
        let day = |name: &str| Some(self.value(name).to_owned()).filter(|day| !day.is_empty());
        let mut branches = self.values("branch");
        branches.extend(self.values("target-branch"));
        Asked {
            from: day("from"),
            to: day("to"),
            projects: self.values("project"),
            repositories: self.values("repository"),
            teams: self.values("team"),
            authors: self.values("author"),
            branches,
            environments: self.values("environment"),
            services: self.values("service"),
            ..Asked::default()
        }
    }

    /// The fields for days: those of the report, or what was written where there is none.
    pub(super) fn day_fields(&self, period: Option<Period>) -> Vec<Field> {
        let written = |name: &str| self.value(name).to_owned();
        let (from, to) = match period {
            Some(period) => (period.from.to_string(), period.to.to_string()),
            None => (written("from"), written("to")),
        };
        vec![Field::day("from", "From", from), Field::day("to", "To", to)]
    }

    /// The address of `path` with the same filters but for `name`, which is set anew or left out.
    pub(super) fn address(&self, path: &str, name: &str, value: Option<&str>) -> String {
        let asking = self.0.with(name, value.unwrap_or_default());
        asking.address(path)
    }

    /// What was shown last of a list.
    pub(super) fn after(&self) -> Option<Place> {
        let (at, id) = self.value("before").split_once('_')?;
        Some(Place {
            at: at.parse().ok()?,
            id: id.parse().ok()?,
        })
    }

    /// Where a list goes on after these lines, if it may.
    pub(super) fn next<T: store::Placed>(&self, path: &str, lines: &[T]) -> Option<String> {
        let is_full = i64::try_from(lines.len()).unwrap_or(0) >= LINES;
        let last = lines.last().filter(|_| is_full)?.place();
        let place = format!("{}_{}", last.at, last.id);
        Some(self.address(path, "before", Some(&place)))
    }

    /// The part of a list that a report's days and repositories make.
    pub(super) async fn slice(
        &self,
        app: &App,
        days: &AccountDays,
        period: Period,
    ) -> Result<Slice, Problem> {
        let asked = self.asked();
        let chosen =
            analysis::chosen_repositories(&app.db, &asked.projects, &asked.repositories).await;
        let repositories = match chosen {
            Ok(repositories) => repositories,
            Err(AnalysisError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(Problem::Refused(sentence(&error.to_string()))),
        };
        Ok(Slice {
            repositories,
            from: days.begins(period.from),
            until: days.begins(period.to.succ_opt().unwrap_or(period.to)),
            after: self.after(),
            limit: LINES,
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Selection {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(parts.uri.query()))
    }
}

/// The days of the account.
#[derive(Debug)]
pub(super) struct AccountDays(Today);

impl AccountDays {
    pub(super) async fn load(app: &App) -> Result<Self, Problem> {
        match Today::load(&app.db, app.now()).await {
            Ok(today) => Ok(Self(today)),
            Err(AnalysisError::Store(error)) => Err(error.into()),
            Err(error) => Err(Problem::Refused(sentence(&error.to_string()))),
        }
    }

    pub(super) fn today(&self) -> NaiveDate {
        self.0.date()
    }

    /// When a day begins.
    pub(super) fn begins(&self, day: NaiveDate) -> Instant {
        self.0.calendar.begins(day)
    }

    /// Makes a report; the sentence says what in the question cannot be meant.
    pub(super) async fn report(
        &self,
        app: &App,
        name: ReportName,
        asked: &Asked,
    ) -> Result<Result<Report, String>, Problem> {
        let made = match Query::parse(name, asked, self.today()) {
            Ok(query) => analysis::run(&app.db, &query, &self.0).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(report) => Ok(Ok(report)),
            Err(AnalysisError::Store(error)) => Err(error.into()),
            Err(error) => Ok(Err(sentence(&error.to_string()))),
        }
    }
}

/// A message as a sentence of its own.
pub(super) fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    let text: String = first.into_iter().flatten().chain(characters).collect();
    match text.ends_with(['.', '?', '!']) {
        true => text,
        false => format!("{text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_the_same_when_it_is_written_again() {
        let selection = Selection::parse(Some(
            "from=2027-01-01&to=&repository=a%2Fb&repository=c&branch=x+y&before=2027-01-31T00:00:00.000000Z_-7",
        ));
        let asked = selection.asked();
        assert_eq!(asked.from.as_deref(), Some("2027-01-01"));
        assert_eq!((asked.to, asked.repositories.len()), (None, 2));
        assert_eq!(asked.branches, ["x y"]);
        assert_eq!(selection.after().map(|place| place.id), Some(-7));
        assert_eq!(
            selection.address("/pipelines", "before", None),
            "/pipelines?from=2027-01-01&repository=a%2Fb&repository=c&branch=x+y"
        );
        assert_eq!(Selection::default().address("/x", "a", None), "/x");
    }
}
