//! `windlass teams add` and `remove`.

use std::io;

use serde::Serialize;
use store::Team;
use sync::people::{MembershipError, join_team, leave_team, refuse_circles};

use super::super::people::{Change, person};
use super::team;
use crate::cli::{Global, TeamAddArguments, TeamRemoveArguments};
use crate::failure::{Exit, Failure};
use crate::output::{json, say};
use crate::session::Session;

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

/// What is said of somebody who cannot come into a team, or go. The advice is where to look.
fn refused(error: MembershipError, written: &str, team: &str, advice: &str) -> anyhow::Error {
    match error {
        MembershipError::Store(error) => error.into(),
        MembershipError::Backwards { .. } => usage(error.to_string()).into(),
        MembershipError::InIt => usage(format!(
            "{written} is in {team} at that time already: {advice}"
        ))
        .into(),
        MembershipError::NotInIt(last) => {
            usage(format!("{written} is not in {team} after {last}: {advice}")).into()
        }
    }
}

/// Puts somebody into a team, by its number and its name, from one day to another; the result is the
/// person's number.
pub(crate) async fn join(
    change: &mut Change,
    (team, name): (i64, &str),
    written: &str,
    (from, to): (Option<&str>, Option<&str>),
    advice: &str,
) -> anyhow::Result<i64> {
    let person = person(&change.evidence, written)?.id;
    let joined = join_team(&mut change.tx, team, person, from, to).await;
    joined.map_err(|error| refused(error, written, name, advice))?;
    Ok(person)
}

/// Takes somebody out of a team, by its number and its name, after a last day; the result is the
/// person's number.
pub(crate) async fn leave(
    change: &mut Change,
    (team, name): (i64, &str),
    written: &str,
    last: &str,
    advice: &str,
) -> anyhow::Result<i64> {
    let person = person(&change.evidence, written)?.id;
    let left = leave_team(&mut change.tx, team, person, last).await;
    left.map_err(|error| refused(error, written, name, advice))?;
    Ok(person)
}

/// The last day of whoever leaves, where none is named.
pub(crate) async fn yesterday(session: &Session) -> anyhow::Result<String> {
    let today = session.today().await?;
    Ok(today.pred_opt().unwrap_or(today).to_string())
}

pub(super) async fn add(global: &Global, arguments: &TeamAddArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let now = change.session.now();
    let (mut teams, _) = change.tx.teams().await?;
    let name = arguments.team.trim().to_owned();
    if name.is_empty() {
        return Err(usage("a team has a name".to_owned()).into());
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
        let days = (arguments.from.as_deref(), arguments.to.as_deref());
        let advice =
            "`windlass teams show` says from when to when, and `windlass teams remove` sets an end";
        let user = join(&mut change, (id, &name), written, days, advice).await?;
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
    let (teams, _) = change.tx.teams().await?;
    let team = team(&teams, &arguments.team)?;
    let last = match &arguments.on {
        Some(day) => day.clone(),
        None => yesterday(&change.session).await?,
    };
    let mut who = None;
    let text = if let Some(written) = &arguments.member {
        let advice = "`windlass teams show` says from when to when";
        let of = (team.id, team.name.as_str());
        let user = leave(&mut change, of, written, &last, advice).await?;
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
