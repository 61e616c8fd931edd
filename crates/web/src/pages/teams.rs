//! Teams: the tree, and who was in each from when to when.

mod import;
mod one;

use askama::Template;
use axum::extract::State;
use store::{Team, TeamMember};

pub(super) use import::{import, show as import_form};
pub(super) use one::{add_member, remove_member, show as show_one};

use super::selection::{AccountDays, Selection};
use crate::access::Viewer;
use crate::layout::{Frame, Page, Section, page};
use crate::show::Name;
use crate::site::App;

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
