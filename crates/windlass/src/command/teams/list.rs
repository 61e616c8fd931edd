//! `windlass teams list` and `show`.

use std::io::{self, Write};

use model::Instant;
use serde::Serialize;
use store::{Team, TeamMember};

use super::team;
use crate::cli::{Global, TeamArguments, TeamsListArguments};
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// A team, for programs.
#[derive(Serialize)]
struct Listed {
    id: i64,
    name: String,
    parent: Option<String>,
    /// How many teams are above it.
    depth: usize,
    /// How many are in it today, without the teams that are part of it.
    members: usize,
    archived_at: Option<Instant>,
}

/// A team with everybody who was ever in it, for programs.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    team: Listed,
    people: Vec<ShownMember>,
}

#[derive(Serialize)]
struct ShownMember {
    person: i64,
    name: Option<String>,
    email: Option<String>,
    from_on: Option<String>,
    to_on: Option<String>,
    is_in_today: bool,
}

fn listed(teams: &[Team], members: &[TeamMember], today: &str) -> Vec<Listed> {
    Team::in_order(teams)
        .into_iter()
        .map(|(team, depth)| Listed {
            id: team.id,
            name: team.name.clone(),
            parent: teams
                .iter()
                .find(|one| Some(one.id) == team.parent)
                .map(|parent| parent.name.clone()),
            depth,
            members: members
                .iter()
                .filter(|one| one.team_id == team.id && one.is_in(today))
                .count(),
            archived_at: team.archived_at,
        })
        .collect()
}

pub(super) async fn list(global: &Global, arguments: &TeamsListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let (teams, members) = session.db.teams().await?;
    let mut listed = listed(&teams, &members, &session.today().await?.to_string());
    listed.retain(|team| arguments.archived || team.archived_at.is_none());
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&listed, out);
    }
    let rows = listed.into_iter().map(|team| {
        vec![
            format!("{}{}", "· ".repeat(team.depth), team.name),
            team.members.to_string(),
            team.archived_at
                .map_or_else(String::new, |at| format!("given up {}", moment::shown(at))),
        ]
    });
    let align = [Align::Left, Align::Right, Align::Left];
    writeln!(out, "{}", plain(&["team", "people", ""], &align, rows))?;
    Ok(())
}

pub(super) async fn show(global: &Global, arguments: &TeamArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let (teams, members) = session.db.teams().await?;
    let today = session.today().await?.to_string();
    let id = team(&teams, &arguments.team)?.id;
    let people = session.db.evidence().await?.people;
    let mut all = listed(&teams, &members, &today);
    all.retain(|one| one.id == id);
    let Some(team) = all.pop() else {
        anyhow::bail!("the team `{}` is part of itself", arguments.team);
    };
    let shown = Shown {
        team,
        people: members
            .iter()
            .filter(|one| one.team_id == id)
            .map(|one| {
                let person = people.iter().find(|person| person.id == one.user_id);
                ShownMember {
                    person: one.user_id,
                    name: person.and_then(|person| person.name.clone()),
                    email: person.and_then(|person| person.email.clone()),
                    from_on: one.from_on.clone(),
                    to_on: one.to_on.clone(),
                    is_in_today: one.is_in(&today),
                }
            })
            .collect(),
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    let part_of = shown.team.parent.as_ref();
    writeln!(
        out,
        "{}{}, {} in it today",
        shown.team.name,
        part_of.map_or_else(String::new, |parent| format!(", part of {parent}")),
        shown.team.members
    )?;
    let rows = shown.people.into_iter().map(|one| {
        vec![
            one.person.to_string(),
            one.name.unwrap_or_default(),
            one.email.unwrap_or_default(),
            one.from_on.unwrap_or_default(),
            one.to_on.unwrap_or_default(),
        ]
    });
    let align = [Align::Right, Align::Left];
    let header = ["person", "name", "address", "from", "to"];
    writeln!(out, "\n{}", plain(&header, &align, rows))?;
    Ok(())
}
