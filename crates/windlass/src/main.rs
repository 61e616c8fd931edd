//! The program: command line, configuration and wiring. Everything it can do is elsewhere.

mod actor;
mod cli;
mod clock;
mod command;
mod config;
mod confirm;
mod credential;
mod failure;
mod interrupt;
mod jira_site;
mod memory;
mod moment;
mod nearest;
mod output;
mod packing;
mod progress;
mod report;
mod run_import;
mod secret_key;
mod session;
mod stored;
mod telemetry;
mod verification;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    telemetry::start(arguments.global.verbose);
    let outcome = runtime(&arguments.command)
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(command::run(arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough, as `windlass query … | head` has.
        Err(error) if failure::reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(&format!("error: {}", failure::describe(&error)));
            failure::exit_of(&error).into()
        }
    }
}

/// An import is one task: it hands its work to the database's own threads and waits for them and
/// for the network. More threads would only hand it to and fro between each other, which costs a
/// seventh of the processor's time.
fn runtime(command: &cli::Command) -> std::io::Result<Runtime> {
    match command {
        cli::Command::Import(_) => Builder::new_current_thread().enable_all().build(),
        _ => Runtime::new(),
    }
}
