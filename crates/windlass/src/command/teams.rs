//! `windlass teams`.

mod change;
mod import;
mod list;

pub(super) use change::{join, leave, yesterday};
pub(super) use import::{COLUMNS, entry, noted};

use store::Team;

use crate::cli::{Global, TeamsCommand};
use crate::failure::Failure;
use crate::nearest::no_such;

pub(super) async fn run(global: &Global, command: &TeamsCommand) -> anyhow::Result<()> {
    match command {
        TeamsCommand::List(arguments) => list::list(global, arguments).await,
        TeamsCommand::Show(arguments) => list::show(global, arguments).await,
        TeamsCommand::Import(arguments) => import::run(global, arguments).await,
        TeamsCommand::Add(arguments) => change::add(global, arguments).await,
        TeamsCommand::Remove(arguments) => change::remove(global, arguments).await,
    }
}

/// The team of a name.
fn team<'a>(teams: &'a [Team], written: &str) -> Result<&'a Team, Failure> {
    if let Some(team) = teams.iter().find(|team| team.name == written.trim()) {
        return Ok(team);
    }
    let names = teams.iter().map(|team| team.name.as_str());
    let empty = "there is none yet. `windlass teams add` makes one";
    let refused = no_such("team", written, names, "windlass teams list", empty);
    Err(refused)
}
