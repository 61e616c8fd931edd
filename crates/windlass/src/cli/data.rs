//! `windlass filter` and `windlass data`.

use clap::{Args, Subcommand, ValueEnum};
use store::FilterMode;

use super::NamedArguments;

/// What can be done with a connection's filter.
#[derive(Debug, Subcommand)]
pub(crate) enum FilterCommand {
    /// Show the filter, and what it takes in and leaves out
    Show(NamedArguments),
    /// Set whether all repositories are imported, or those of the list, or those that are not on it
    Set(FilterSetArguments),
    /// Add lines to the list
    Add(FilterLinesArguments),
    /// Take lines off the list
    Remove(FilterLinesArguments),
}

#[derive(Args, Debug)]
pub(crate) struct FilterSetArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// What the list means
    #[arg(value_enum)]
    pub(crate) mode: Mode,
    #[command(flatten)]
    pub(crate) how: FilterHow,
}

#[derive(Args, Debug)]
pub(crate) struct FilterLinesArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// A repository: its UUID, its name, or a pattern with * and ?; may be given several times
    #[arg(long = "repository", value_name = "PATTERN")]
    pub(crate) repositories: Vec<String>,
    /// A project: its UUID, its key, or a pattern; may be given several times
    #[arg(
        long = "project",
        value_name = "PATTERN",
        required_unless_present = "repositories"
    )]
    pub(crate) projects: Vec<String>,
    #[command(flatten)]
    pub(crate) how: FilterHow,
}

/// How a filter is changed.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct FilterHow {
    /// Show what would come of it, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the list of a filter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Nothing: all repositories are imported
    #[value(name = "allow_all")]
    AllowAll,
    /// Only what is on it is imported
    #[value(name = "allowlist")]
    Allowlist,
    /// All but what is on it is imported
    #[value(name = "denylist")]
    Denylist,
}

impl From<Mode> for FilterMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::AllowAll => Self::AllowAll,
            Mode::Allowlist => Self::Allowlist,
            Mode::Denylist => Self::Denylist,
        }
    }
}

/// What can be done with imported data.
#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Delete what was imported of some repositories
    Delete(DataDeleteArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DataDeleteArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// A repository: its UUID or its name; may be given several times
    #[arg(long = "repository", value_name = "NAME", conflicts_with = "excluded")]
    pub(crate) repositories: Vec<String>,
    /// Every repository that the connection's filter leaves out
    #[arg(long, required_unless_present = "repositories")]
    pub(crate) excluded: bool,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}
