//! `windlass teams`.

mod change;
mod import;
mod list;

pub(super) use import::{COLUMNS, entry, noted};

use store::Team;

use crate::cli::{Global, TeamsCommand};
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;

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
    let advice = match nearest(written, teams.iter().map(|team| team.name.as_str())) {
        Some(nearest) => format!("did you mean {nearest}? `windlass teams list` lists all"),
        None => "there is none yet. `windlass teams add` makes one".to_owned(),
    };
    Err(Failure::new(
        Exit::Usage,
        format!("there is no team `{written}`: {advice}"),
    ))
}

/// Whether a day is within two others, both included.
fn is_within(day: &str, from: Option<&str>, to: Option<&str>) -> bool {
    from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
}

#[cfg(test)]
mod tests {
    use super::is_within;

    #[test]
    fn both_days_are_within() {
        let (from, to) = (Some("2026-03-01"), Some("2026-03-31"));
        for (day, is) in [
            ("2026-02-28", false),
            ("2026-03-01", true),
            ("2026-03-31", true),
            ("2026-04-01", false),
        ] {
            assert_eq!(is_within(day, from, to), is, "{day}");
            assert!(is_within(day, None, None));
        }
    }
}
