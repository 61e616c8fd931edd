//! `windlass teams import`.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use sync::people::{TeamEntry, TeamsImported, address, import_teams};

use super::super::people::{Change, Records};
use crate::cli::{Global, RosterArguments};
use crate::moment;
use crate::output::{json, say};
use crate::progress::count;

/// The columns of a list of teams; in JSON a team may have `members`, each with the last three.
pub(crate) const COLUMNS: [&str; 5] = ["team", "parent", "email", "from", "to"];

/// What came of a list, for programs.
#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    teams: TeamsImported,
    /// Whether it was written.
    applied: bool,
}

/// A line of a list.
pub(crate) fn entry(record: &BTreeMap<String, String>) -> Result<TeamEntry, String> {
    let text = |name: &str| record.get(name).cloned();
    let day = |name: &str| text(name).map(|day| moment::day(&day)).transpose();
    let email = match text("email") {
        None => None,
        Some(email) => Some(address::normal(&email).ok_or("the value of `email` is no address")?),
    };
    let (from_on, to_on) = (day("from")?, day("to")?);
    if email.is_none() && (from_on.is_some() || to_on.is_some()) {
        return Err("there are days, and nobody whose they are: the column `email`".to_owned());
    }
    if let (Some(from), Some(to)) = (&from_on, &to_on)
        && from > to
    {
        return Err(format!("the last day {to} is before the first, {from}"));
    }
    Ok(TeamEntry {
        team: text("team").ok_or("the team's name is missing: the column `team`")?,
        parent: text("parent"),
        email,
        from_on,
        to_on,
    })
}

/// What the log says of a list that was taken in.
pub(crate) fn noted(teams: &TeamsImported) -> String {
    format!(
        "{} new, {} moved, {} in them",
        teams.made.len(),
        teams.moved.len(),
        teams.members.len()
    )
}

pub(super) async fn run(global: &Global, arguments: &RosterArguments) -> anyhow::Result<()> {
    let entries = Records::read(&arguments.file, &COLUMNS, Some("members"))?.map(entry)?;
    let mut change = Change::begin(global).await?;
    let today = change.session.today().await?.to_string();
    let (tx, decider) = change.parts();
    let teams = import_teams(tx, &entries, &decider, &today).await?;
    if arguments.apply {
        change
            .commit("teams.import", "teams".to_owned(), Some(noted(&teams)))
            .await?;
    }
    let imported = Imported {
        teams,
        applied: arguments.apply,
    };
    if arguments.json {
        return json::write(&imported, &mut io::stdout().lock());
    }
    imported.tell();
    Ok(())
}

impl Imported {
    fn tell(&self) {
        let teams = &self.teams;
        for name in &teams.made {
            say(&format!("new team: {name}"));
        }
        for (team, parent) in &teams.moved {
            say(&format!("{team} is part of {parent}"));
        }
        for (team, email) in &teams.members {
            say(&format!("{email} in {team}"));
        }
        for email in &teams.unknown {
            say(&format!("unknown: {email}"));
        }
        let lines = count(teams.unchanged, "line");
        say(&format!("{lines} said what was known"));
        if !teams.unknown.is_empty() {
            say(
                "Nobody is known by the unknown addresses, and they are in no team: `windlass people import` or `windlass people link` says whose they are, and the same list again puts them in",
            );
        }
        if !self.applied {
            say("Nothing was written: add --apply");
        }
    }
}
