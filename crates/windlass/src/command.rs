//! The commands.

mod completions;
mod demo;
mod doctor;
mod import;
mod query;
mod schema;

use crate::cli::{Cli, Command};

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(arguments) => demo::run(global, &arguments).await,
        Command::Import(arguments) => import::run(global, &arguments).await,
        Command::Query(arguments) => query::run(global, &arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Doctor(arguments) => doctor::run(global, &arguments).await,
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
