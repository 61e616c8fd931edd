//! `windlass teams add` and `remove`.

use std::io;

use serde::Serialize;
use store::Team;
use sync::people::refuse_circles;

use super::super::people::{Change, person};
use super::{is_within, team};
use crate::cli::{Global, TeamAddArguments, TeamRemoveArguments};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::output::{json, say};

/// What was changed, for programs.
#[derive(Serialize)]
struct Changed {
    team: String,
    /// The person (`users.id`), where it is about one.
    person: Option<i64>,
    from_on: Option<String>,
    to_on: Option<String>,
}

fn tell(changed: &Changed, text: &str, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return json::write(changed, &mut io::stdout().lock());
    }
    say(text);
    Ok(())
}

fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

pub(super) async fn add(global: &Global, arguments: &TeamAddArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let now = change.session.now();
    let (mut teams, members) = change.tx.teams().await?;
    let name = arguments.team.trim().to_owned();
    if name.is_empty() {
        return Err(usage("a team has a name".to_owned()).into());
    }
    if let (Some(from), Some(to)) = (&arguments.from, &arguments.to)
        && from > to
    {
        return Err(usage(format!("the last day {to} is before the first, {from}")).into());
    }
    let id = change.tx.make_team(&name, now).await?;
    if !teams.iter().any(|team| team.id == id) {
        teams.push(Team {
            id,
            name: name.clone(),
            parent: None,
            archived_at: None,
        });
    }
    let mut done = vec![format!("The team {name} is there")];
    if let Some(written) = &arguments.parent {
        let parent = team(&teams, written)?.id;
        change.tx.set_team_parent(id, Some(parent)).await?;
        if let Some(team) = teams.iter_mut().find(|team| team.id == id) {
            team.parent = Some(parent);
        }
        refuse_circles(&teams).map_err(|error| usage(error.to_string()))?;
        done.push(format!("it is part of {written}"));
    }
    let mut who = None;
    if let Some(written) = &arguments.member {
        let user = person(&change.evidence, written)?.id;
        let (from, to) = (arguments.from.as_deref(), arguments.to.as_deref());
        let overlaps = members.iter().any(|one| {
            let (first, last) = (one.from_on.as_deref(), one.to_on.as_deref());
            let begins_within = from.is_none_or(|from| is_within(from, None, last));
            let ends_within = to.is_none_or(|to| is_within(to, first, None));
            one.team_id == id && one.user_id == user && begins_within && ends_within
        });
        if overlaps {
            return Err(usage(format!(
                "{written} is in {name} at that time already: `windlass teams show` says from when to when, and `windlass teams remove` sets an end"
            ))
            .into());
        }
        change.tx.add_team_member(id, user, from, to).await?;
        who = Some(user);
        done.push(format!("{written} is in it"));
    }
    let detail = who.map(|user| format!("person {user}"));
    change
        .commit("teams.add", format!("team {name}"), detail)
        .await?;
    let changed = Changed {
        team: name,
        person: who,
        from_on: arguments.from.clone(),
        to_on: arguments.to.clone(),
    };
    tell(&changed, &done.join("; "), arguments.json)
}

pub(super) async fn remove(global: &Global, arguments: &TeamRemoveArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let now = change.session.now();
    let (teams, members) = change.tx.teams().await?;
    let team = team(&teams, &arguments.team)?;
    let yesterday = moment::day_of(now.plus_seconds(-86_400));
    let last = arguments.on.clone().unwrap_or(yesterday);
    let mut who = None;
    let text = if let Some(written) = &arguments.member {
        let user = person(&change.evidence, written)?.id;
        let current: Vec<_> = members
            .iter()
            .filter(|one| one.team_id == team.id && one.user_id == user)
            .filter(|one| one.to_on.as_deref().is_none_or(|to| to > last.as_str()))
            .collect();
        if current.is_empty() {
            return Err(usage(format!(
                "{written} is not in {} after {last}: `windlass teams show` says from when to when",
                team.name
            ))
            .into());
        }
        for member in current {
            // Somebody who was to come later never comes.
            if member
                .from_on
                .as_deref()
                .is_some_and(|from| from > last.as_str())
            {
                change.tx.remove_team_member(member.id).await?;
            } else {
                change.tx.end_team_member(member.id, &last).await?;
            }
        }
        who = Some(user);
        format!("{written} was in {} until {last}", team.name)
    } else {
        let above = teams
            .iter()
            .find(|one| one.parent == Some(team.id) && one.archived_at.is_none());
        if let Some(above) = above {
            return Err(usage(format!(
                "{} is part of {}: move or remove it first",
                above.name, team.name
            ))
            .into());
        }
        change.tx.archive_team(team.id, &last, now).await?;
        format!(
            "The team {} is given up; who was in it stays known",
            team.name
        )
    };
    let detail = who.map(|user| format!("person {user}"));
    let name = team.name.clone();
    change
        .commit("teams.remove", format!("team {name}"), detail)
        .await?;
    let changed = Changed {
        team: name,
        person: who,
        from_on: None,
        to_on: Some(last),
    };
    tell(&changed, &text, arguments.json)
}
