//! `windlass people`.

mod change;
mod chosen;
mod file;
mod forget;
mod import;
mod list;
mod show;
mod suggest;
mod unmatched;

pub(super) use change::{Change, logged};
pub(super) use chosen::{Chosen, account, is_of_a_team, person};
pub(super) use file::Records;
pub(super) use list::work_of_people;
pub(super) use suggest::suggested;
pub(super) use unmatched::{Share, Unmatched};

use crate::cli::{Global, PeopleCommand};

pub(super) async fn run(global: &Global, command: &PeopleCommand) -> anyhow::Result<()> {
    match command {
        PeopleCommand::List(arguments) => list::run(global, arguments).await,
        PeopleCommand::Show(arguments) => show::run(global, arguments).await,
        PeopleCommand::Unmatched(arguments) => unmatched::run(global, arguments).await,
        PeopleCommand::Link(arguments) => change::link(global, arguments).await,
        PeopleCommand::Unlink(arguments) => change::unlink(global, arguments).await,
        PeopleCommand::Merge(arguments) => change::merge(global, arguments).await,
        PeopleCommand::Suggest(arguments) => suggest::run(global, arguments).await,
        PeopleCommand::Import(arguments) => import::run(global, arguments).await,
        PeopleCommand::Mark(arguments) => change::mark(global, arguments).await,
        PeopleCommand::Forget(arguments) => forget::run(global, arguments).await,
    }
}
