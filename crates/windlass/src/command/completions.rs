//! `windlass completions`.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArguments};

pub(super) fn run(arguments: &CompletionsArguments) -> anyhow::Result<()> {
    let mut command = Cli::command();
    // Not straight to standard output: the generator panics when its reader leaves.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "windlass", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}
