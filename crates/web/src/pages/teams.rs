//! Teams: the tree, and who was in each from when to when.

mod import;

use std::collections::HashMap;

use analysis::{Asked, ReportName};
use askama::Template;
use axum::extract::{Path, State};
use store::{Team, TeamMember};

pub(super) use import::{import, show as import_form};

use super::selection::{AccountDays, Selection, address};
use crate::access::Viewer;
use crate::figures::FigureList;
use crate::filters::FilterForm;
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;

const FIGURES: [&str; 8] = [
    "opened",
    "merged",
    "merged_per_developer",
    "cycle_time",
    "pickup_time",
    "reviews",
    "review_turnaround",
    "open_now",
];

struct TreeLine {
    team: Team,
    depth: usize,
    members: i64,
    /// With the teams that are part of it, each person once.
    below: i64,
}

impl TreeLine {
    /// How far it stands in, as a class; nobody sees a difference below the sixth.
    fn indent(&self) -> usize {
        self.depth.min(6)
    }
}

#[derive(Template)]
#[template(path = "teams.html")]
struct TeamsPage {
    frame: Frame,
    lines: Vec<TreeLine>,
    archived: usize,
    shows_archived: bool,
    without: i64,
    may_change: bool,
    done: Option<&'static str>,
}

fn size(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A team and all that are part of it.
fn with_parts(teams: &[Team], id: i64) -> Vec<i64> {
    let mut all = vec![id];
    let mut at = 0;
    // A team that is part of itself is met once.
    while let Some(one) = all.get(at).copied() {
        for team in teams.iter().filter(|team| team.parent == Some(one)) {
            if !all.contains(&team.id) {
                all.push(team.id);
            }
        }
        at += 1;
    }
    all
}

/// How many people were in any of these teams on a day.
fn people_in(members: &[TeamMember], teams: &[i64], day: &str) -> usize {
    let mut people: Vec<i64> = members
        .iter()
        .filter(|member| teams.contains(&member.team_id) && member.is_in(day))
        .map(|member| member.user_id)
        .collect();
    people.sort_unstable();
    people.dedup();
    people.len()
}

pub(super) async fn show(State(app): State<App>, viewer: Viewer, selection: Selection) -> Page {
    let (teams, members) = app.db.teams().await?;
    let today = AccountDays::load(&app).await?.today().to_string();
    let shows_archived = !selection.value("archived").is_empty();
    let lines = Team::in_order(&teams)
        .into_iter()
        .filter(|(team, _)| shows_archived || team.archived_at.is_none())
        .map(|(team, depth)| TreeLine {
            team: team.clone(),
            depth,
            members: size(people_in(&members, &[team.id], &today)),
            below: size(people_in(&members, &with_parts(&teams, team.id), &today)),
        });
    let lines: Vec<TreeLine> = lines.collect();
    let evidence = app.db.known_people().await?;
    let all: Vec<i64> = teams.iter().map(|team| team.id).collect();
    let active = evidence.people.iter().filter(|person| person.active);
    let with_team = active.clone().filter(|person| {
        let mut of_person = members.iter().filter(|member| member.user_id == person.id);
        of_person.any(|member| all.contains(&member.team_id) && member.is_in(&today))
    });
    page(&TeamsPage {
        frame: Frame::new(&viewer.reader, Some(Section::Teams), "Teams"),
        archived: teams
            .iter()
            .filter(|team| team.archived_at.is_some())
            .count(),
        shows_archived,
        without: size(active.clone().count() - with_team.count()),
        lines,
        may_change: viewer.visitor.is_administrator(),
        done: (selection.value("done") == "imported").then_some("The list is taken in."),
    })
}

struct MemberLine {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    from: Option<String>,
    to: Option<String>,
    is_in: bool,
}

#[derive(Template)]
#[template(path = "team.html")]
struct TeamPage {
    frame: Frame,
    team: Team,
    parent: Option<Team>,
    parts: Vec<Team>,
    members: Vec<MemberLine>,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    all_pulls: String,
}

impl TeamPage {
    fn now(&self) -> String {
        let now = self.members.iter().filter(|member| member.is_in);
        counted(size(now.count()), "person")
    }
}

pub(super) async fn show_one(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    selection: Selection,
) -> Page {
    let (teams, members) = app.db.teams().await?;
    let team = teams.iter().find(|team| team.id.to_string() == id);
    let team = team
        .cloned()
        .ok_or_else(|| Problem::no_such("There is no such team.", "/teams", "Teams"))?;
    let days = AccountDays::load(&app).await?;
    let today = days.today().to_string();
    let asked = Asked {
        from: selection.asked().from,
        to: selection.asked().to,
        teams: vec![team.name.clone()],
        group_by: Some("none".to_owned()),
        ..Asked::default()
    };
    let made = days.report(&app, ReportName::People, &asked).await?;
    let report = made.as_ref().ok();
    let evidence = app.db.known_people().await?;
    let people: HashMap<i64, &store::Person> =
        evidence.people.iter().map(|one| (one.id, one)).collect();
    let mut lines: Vec<MemberLine> = members
        .into_iter()
        .filter(|member| member.team_id == team.id)
        .map(|member| {
            let person = people.get(&member.user_id);
            MemberLine {
                id: member.user_id,
                name: person.and_then(|person| person.name.clone()),
                email: person.and_then(|person| person.email.clone()),
                is_in: member.is_in(&today),
                from: member.from_on,
                to: member.to_on,
            }
        })
        .collect();
    lines.sort_by(|one, other| {
        (!one.is_in, &one.name, one.id).cmp(&(!other.is_in, &other.name, other.id))
    });
    let period = report.map(|report| report.period);
    let parent = team.parent;
    page(&TeamPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::Teams),
            Name::of(&team.name).plain(),
        ),
        parent: teams.iter().find(|one| Some(one.id) == parent).cloned(),
        parts: teams
            .iter()
            .filter(|one| one.parent == Some(team.id) && one.archived_at.is_none())
            .cloned()
            .collect(),
        members: lines,
        form: FilterForm {
            action: format!("/teams/{}", team.id),
            fields: selection.day_fields(period),
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| FigureList::of(report, &FIGURES)),
        all_pulls: address("/pull-requests", [("team", team.name.as_str())]),
        team,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(id: i64, parent: Option<i64>) -> Team {
        Team {
            id,
            name: format!("team {id}"),
            parent,
            archived_at: None,
        }
    }

    #[test]
    fn a_team_has_everybody_of_its_parts_once() {
        let teams = [
            team(1, None),
            team(2, Some(1)),
            team(3, Some(2)),
            team(4, None),
        ];
        assert_eq!(with_parts(&teams, 1), [1, 2, 3]);
        let member = |id, team_id, user_id, to: Option<&str>| TeamMember {
            id,
            team_id,
            user_id,
            from_on: None,
            to_on: to.map(str::to_owned),
        };
        let members = [
            member(1, 1, 7, None),
            member(2, 3, 7, None),
            member(3, 2, 8, Some("2027-01-31")),
            member(4, 4, 9, None),
        ];
        let all = with_parts(&teams, 1);
        assert_eq!(people_in(&members, &all, "2027-01-31"), 2);
        assert_eq!(people_in(&members, &all, "2027-02-01"), 1);
        // Circles are refused where teams are made; one that is there does no harm.
        let circle = [team(1, Some(2)), team(2, Some(1))];
        assert_eq!(with_parts(&circle, 1), [1, 2]);
    }
}
