//! The commands.

mod audit;
mod completions;
mod connection;
mod credential;
mod data;
mod database;
mod demo;
mod deployment;
mod doctor;
mod filter;
mod import;
mod incident;
mod login;
mod people;
mod query;
mod report;
mod rules;
mod runs;
mod schema;
mod secret_key;
mod serve;
mod settings;
mod status;
mod teams;
mod webhook;

pub(crate) use query::require_file;

use crate::cli::{Cli, Command};

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<()> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(arguments) => demo::run(global, &arguments).await,
        Command::Connection(command) => connection::run(global, &command).await,
        Command::Credential(command) => credential::run(global, &command).await,
        Command::Filter(command) => filter::run(global, &command).await,
        Command::Import(arguments) => import::run(global, &arguments).await,
        Command::Serve(arguments) => serve::run(global, &arguments).await,
        Command::Webhook(command) => webhook::run(global, &command).await,
        Command::People(command) => people::run(global, &command).await,
        Command::Teams(command) => teams::run(global, &command).await,
        Command::Login(command) => login::run(global, &command).await,
        Command::Status(arguments) => status::run(global, &arguments).await,
        Command::Runs(arguments) => runs::run(global, &arguments).await,
        Command::Report(arguments) => report::run(global, &arguments).await,
        Command::Query(arguments) => query::run(global, &arguments).await,
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Settings(command) => settings::run(global, &command).await,
        Command::Rules(command) => rules::run(global, &command).await,
        Command::Deployment(command) => deployment::run(global, &command).await,
        Command::Incident(command) => incident::run(global, &command).await,
        Command::Data(command) => data::run(global, &command).await,
        Command::Database(command) => database::run(global, &command).await,
        Command::Doctor(arguments) => doctor::run(global, &arguments).await,
        Command::Audit(arguments) => audit::run(global, &arguments).await,
        Command::SecretKey(command) => secret_key::run(global, &command).await,
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
