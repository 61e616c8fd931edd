//! `windlass settings`.

use clap::{Args, Subcommand};

/// What can be done with the settings of the account.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show every setting, and what it says
    Show(SettingsShowArguments),
    /// Set one, and measure everything again that goes by it
    Set(SettingsSetArguments),
    /// Make one as usual again, and measure everything again that goes by it
    Unset(SettingsUnsetArguments),
}

#[derive(Args, Debug)]
pub(crate) struct SettingsShowArguments {
    /// The setting; all of them without it
    pub(crate) name: Option<String>,
    /// Print them for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SettingsSetArguments {
    /// The setting
    pub(crate) name: String,
    /// Its value; of a list each part by itself. - reads the parts from standard input, one a line
    #[arg(required = true, value_name = "VALUE")]
    pub(crate) values: Vec<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SettingsUnsetArguments {
    /// The setting
    pub(crate) name: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}
