//! `windlass connection`.

mod add;
mod change;
mod described;
mod list;
mod set;
mod verify;

pub(super) use add::Candidate;
pub(super) use described::{Described, state};
pub(super) use verify::{all as try_all, note};

use crate::cli::{AddCommand, ConnectionCommand, Global};

pub(super) async fn run(global: &Global, command: &ConnectionCommand) -> anyhow::Result<()> {
    match command {
        ConnectionCommand::Add(AddCommand::BitbucketCloud(arguments)) => {
            add::bitbucket(global, arguments).await
        }
        ConnectionCommand::Add(AddCommand::JiraCloud(arguments)) => {
            add::jira(global, arguments).await
        }
        ConnectionCommand::List(arguments) => list::list(global, arguments).await,
        ConnectionCommand::Show(arguments) => list::show(global, arguments).await,
        ConnectionCommand::Verify(arguments) => verify::run(global, arguments).await,
        ConnectionCommand::Set(arguments) => set::run(global, arguments).await,
        ConnectionCommand::Pause(arguments) => change::pause(global, arguments).await,
        ConnectionCommand::Resume(arguments) => change::resume(global, arguments).await,
        ConnectionCommand::Sync(arguments) => change::sync(global, arguments).await,
        ConnectionCommand::Remove(arguments) => change::remove(global, arguments).await,
    }
}
