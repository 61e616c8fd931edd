//! Which pull requests are in the list.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use store::{Clause, Parameter};

use super::{DayKind, PullState, PullsQuery};
use crate::AnalysisError;
use crate::names::Directory;
use crate::query::Bots;

/// The measures that can be asked to be known.
pub(super) const KNOWN: [&str; 14] = [
    "cycle_time",
    "coding_time",
    "pickup_time",
    "review_time",
    "merge_wait",
    "open_to_merge",
    "review_rounds",
    "comments",
    "size",
    "first_response",
    "first_approval",
    "lead_time",
    "lead_time_from_open",
    "lead_time_from_commit",
];

/// Whether the account was in one of these teams on the day: of several, the one joined last counts.
macro_rules! member_on {
    ($account:literal, $day:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM identities i JOIN team_members m ON m.user_id = i.user_id
             WHERE i.source = 'bitbucket' AND i.source_table_id = ",
            $account,
            " AND m.team_id IN {ids?} AND COALESCE(m.from_on, '') <= ",
            $day,
            " AND COALESCE(m.to_on, '9999') >= ",
            $day,
            " AND NOT EXISTS (SELECT 1 FROM team_members later WHERE later.user_id = m.user_id
               AND COALESCE(later.from_on, '') <= ",
            $day,
            " AND COALESCE(later.to_on, '9999') >= ",
            $day,
            " AND (COALESCE(later.from_on, '') > COALESCE(m.from_on, '')
                 OR COALESCE(later.from_on, '') = COALESCE(m.from_on, '') AND later.id > m.id)))"
        )
    };
}

/// What was asked for by name, as ids.
pub(super) struct Chosen {
    repositories: Option<Vec<i64>>,
    authors: Option<Vec<i64>>,
    reviewers: Option<Vec<i64>>,
    teams: Option<HashSet<i64>>,
    /// The accounts that are in these teams today.
    members: Vec<i64>,
    /// The accounts that ever were.
    ever: Vec<i64>,
    /// The accounts that are and were in them on every day.
    always: Vec<i64>,
    bots: Vec<i64>,
}

impl Chosen {
    pub(super) fn of(
        names: &Directory,
        query: &PullsQuery,
        today: NaiveDate,
    ) -> Result<Self, AnalysisError> {
        let asked = &query.asked;
        let mut teams = names.people.chosen_teams(&asked.teams)?;
        if !asked.teams_themselves.is_empty() {
            let themselves = names.people.teams_themselves(&asked.teams_themselves)?;
            teams = Some(match teams {
                None => themselves,
                Some(teams) => teams.intersection(&themselves).copied().collect(),
            });
        }
        let members = teams
            .as_ref()
            .map(|teams| names.people.members_on(teams, today));
        let ever = teams.as_ref().map(|teams| names.people.ever_in(teams));
        let always = teams.as_ref().map(|teams| names.people.always_in(teams));
        Ok(Self {
            ever: ever.unwrap_or_default(),
            always: always.unwrap_or_default(),
            repositories: names.places.chosen(&asked.projects, &asked.repositories)?,
            authors: names.people.chosen("author", &asked.authors)?,
            reviewers: names.people.chosen("reviewer", &asked.reviewers)?,
            members: members.unwrap_or_default(),
            teams,
            bots: if query.bots == Bots::Include {
                Vec::new()
            } else {
                names.people.bots()
            },
        })
    }

    pub(super) fn clauses(&self, query: &PullsQuery, today: NaiveDate) -> Vec<Clause> {
        let mut clauses: Vec<Clause> = query.state.map(of_state).into_iter().collect();
        if let Some(days) = query.older_than {
            let day = today.checked_sub_days(Days::new(days.unsigned_abs()));
            let day = text(day.unwrap_or(NaiveDate::MIN));
            clauses.push(Clause::new("p.created_on <= ?", vec![day]));
        }
        clauses.extend(ids("p.repository_id IN {ids?}", self.repositories.as_ref()));
        clauses.extend(ids("p.user_id IN {ids?}", self.authors.as_ref()));
        if !query.asked.branches.is_empty() {
            let branches = Parameter::Texts(query.asked.branches.clone());
            clauses.push(Clause::new("p.target_branch IN {texts?}", vec![branches]));
        }
        let is_reviewed = |kind: DayKind| kind == DayKind::Reviewed;
        let reviewed = query.days.iter().any(|(kind, ..)| is_reviewed(*kind));
        for (kind, from, to) in &query.days {
            clauses.extend(match kind {
                DayKind::Opened => between("p.created_on >= ?", "p.created_on <= ?", *from, *to),
                DayKind::Merged => between("p.merged_on >= ?", "p.merged_on <= ?", *from, *to),
                DayKind::Closed => between("p.closed_on >= ?", "p.closed_on <= ?", *from, *to),
                DayKind::FirstReview => between(
                    "p.first_review_on >= ?",
                    "p.first_review_on <= ?",
                    *from,
                    *to,
                ),
                DayKind::Reviewed => vec![self.reviewed(query, *from, *to)],
                DayKind::Deployed => vec![deployed(query, *from, *to)],
            });
        }
        if !reviewed {
            // Of a review, they are the reviewer's.
            clauses.extend(self.bots(query.bots, "p.user_id"));
            clauses.extend(self.team(query));
            clauses.extend(ids(
                "p.id IN (SELECT w.pull_id FROM bitbucket_pull_reviewers w WHERE w.user_id IN {ids?})",
                self.reviewers.as_ref(),
            ));
        }
        clauses.extend(query.with.and_then(known));
        clauses
    }

    fn bots(&self, bots: Bots, account: &'static str) -> Option<Clause> {
        let (include, exclude) = match account {
            "v.user_id" => (
                "v.user_id IN {ids?}",
                "(v.user_id IS NULL OR v.user_id NOT IN {ids?})",
            ),
            _ => (
                "p.user_id IN {ids?}",
                "(p.user_id IS NULL OR p.user_id NOT IN {ids?})",
            ),
        };
        let ids = vec![Parameter::Ids(self.bots.clone())];
        match bots {
            Bots::Include => None,
            Bots::Only => Some(Clause::new(include, ids)),
            Bots::Exclude => Some(Clause::new(exclude, ids)),
        }
    }

    /// The author was in the team on the day that counts.
    fn team(&self, query: &PullsQuery) -> Option<Clause> {
        let teams = self.teams.as_ref()?;
        if query.state.is_some_and(PullState::is_open) {
            let members = vec![Parameter::Ids(self.members.clone())];
            return Some(Clause::new("p.user_id IN {ids?}", members));
        }
        let day = query.days.first().map(|(kind, ..)| *kind);
        let text = match day {
            Some(DayKind::Merged) => member_on!("p.user_id", "p.merged_on"),
            Some(DayKind::Closed) => member_on!("p.user_id", "p.closed_on"),
            Some(DayKind::FirstReview) => member_on!("p.user_id", "p.first_review_on"),
            Some(DayKind::Deployed) => member_on!(
                "p.user_id",
                "(SELECT MAX(c.deployed_on) FROM deployment_pulls c
                  WHERE c.pull_id = p.id AND c.production AND c.last_of_pull)"
            ),
            _ => member_on!("p.user_id", "p.created_on"),
        };
        // Few people were ever in a team: that is what an index can find. Of most of them no day has
        // to be looked up.
        let ever = Clause::new(
            "p.user_id IN {ids?}",
            vec![Parameter::Ids(self.ever.clone())],
        );
        let sometimes = Clause::new(text, vec![all(teams)]);
        let whenever = Clause::either(
            Clause::new(
                "p.user_id IN {ids?}",
                vec![Parameter::Ids(self.always.clone())],
            ),
            sometimes,
        );
        Some(Clause::within("(1 = 1", vec![ever, whenever], ")"))
    }

    fn reviewed(
        &self,
        query: &PullsQuery,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Clause {
        let mut within = between("v.created_on >= ?", "v.created_on <= ?", from, to);
        within.extend(ids("v.user_id IN {ids?}", self.reviewers.as_ref()));
        within.extend(self.bots(query.bots, "v.user_id"));
        if let Some(teams) = &self.teams {
            let text = member_on!("v.user_id", "v.created_on");
            within.push(Clause::new(text, vec![all(teams)]));
        }
        Clause::within(
            "p.id IN (SELECT v.pull_id FROM bitbucket_reviews v WHERE v.created_on IS NOT NULL",
            within,
            ")",
        )
    }
}

fn of_state(state: PullState) -> Clause {
    let text = match state {
        PullState::Open => "p.state = 'OPEN' AND p.deleted_at IS NULL",
        PullState::Draft => "p.state = 'OPEN' AND p.deleted_at IS NULL AND p.draft",
        PullState::WaitingForReview => {
            "p.state = 'OPEN' AND p.deleted_at IS NULL AND NOT COALESCE(p.draft, FALSE)
             AND p.first_review_on IS NULL"
        }
        PullState::Merged => "p.state = 'MERGED'",
        PullState::Declined => "p.state = 'DECLINED'",
        PullState::Superseded => "p.state = 'SUPERSEDED'",
    };
    Clause::new(text, Vec::new())
}

fn deployed(query: &PullsQuery, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Clause {
    let mut within = between("c.deployed_on >= ?", "c.deployed_on <= ?", from, to);
    for (text, written) in [
        ("c.environment IN {texts?}", &query.asked.environments),
        ("c.service IN {texts?}", &query.asked.services),
    ] {
        if !written.is_empty() {
            within.push(Clause::new(text, vec![Parameter::Texts(written.clone())]));
        }
    }
    let known = match query.with {
        Some("lead_time") => Some("c.merge_to_deploy IS NOT NULL"),
        Some("lead_time_from_open") => Some("c.open_to_deploy IS NOT NULL"),
        Some("lead_time_from_commit") => Some("c.commit_to_deploy IS NOT NULL"),
        _ => None,
    };
    within.extend(known.map(|text| Clause::new(text, Vec::new())));
    Clause::within(
        "p.id IN (SELECT c.pull_id FROM deployment_pulls c
                  WHERE c.production AND c.last_of_pull AND c.deployed_on IS NOT NULL",
        within,
        ")",
    )
}

/// A measure is known. Those of deployments are asked for where deployments are.
fn known(measure: &'static str) -> Option<Clause> {
    let text = match measure {
        "cycle_time" => "p.cycle_time IS NOT NULL",
        "coding_time" => "p.coding_time IS NOT NULL",
        "pickup_time" | "first_response" => "p.pickup_time IS NOT NULL",
        "review_time" => "p.review_time IS NOT NULL",
        "merge_wait" => "p.merge_wait IS NOT NULL",
        "open_to_merge" => "p.ready_to_merge IS NOT NULL",
        "review_rounds" => "p.review_rounds IS NOT NULL",
        "comments" => "p.comment_count IS NOT NULL",
        "first_approval" => "p.ready_to_first_approval IS NOT NULL",
        "size" => "p.size IS NOT NULL",
        _ => return None,
    };
    Some(Clause::new(text, Vec::new()))
}

fn between(
    first: &'static str,
    last: &'static str,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Vec<Clause> {
    [(first, from), (last, to)]
        .into_iter()
        .filter_map(|(condition, day)| Some(Clause::new(condition, vec![text(day?)])))
        .collect()
}

/// A condition on a list of ids.
fn ids(condition: &'static str, ids: Option<&Vec<i64>>) -> Option<Clause> {
    Some(Clause::new(condition, vec![Parameter::Ids(ids?.clone())]))
}

fn all(teams: &HashSet<i64>) -> Parameter {
    Parameter::Ids(teams.iter().copied().collect())
}

fn text(day: NaiveDate) -> Parameter {
    Parameter::Text(day.to_string())
}
