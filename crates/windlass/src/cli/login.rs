//! `windlass login`.

use clap::{Args, Subcommand, ValueEnum};
use store::Role;

/// What can be done with logins.
#[derive(Debug, Subcommand)]
pub(crate) enum LoginCommand {
    /// List who may use the pages
    List(LoginListArguments),
    /// Make a login, and print the link by which its owner chooses a password
    Add(LoginAddArguments),
    /// Print a link by which somebody chooses a new password; without a name, the first
    /// administrator
    Link(LoginLinkArguments),
    /// Take a login away, with its sessions and tokens
    Remove(LoginRemoveArguments),
}

#[derive(Args, Debug)]
pub(crate) struct LoginListArguments {
    /// Print it for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LoginAddArguments {
    /// The name to sign in with
    pub(crate) name: String,
    /// What it may do
    #[arg(long, value_enum, default_value_t = LoginRole::Viewer)]
    pub(crate) role: LoginRole,
    /// Print the link for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LoginLinkArguments {
    /// Whose password it is
    pub(crate) name: Option<String>,
    /// Print the link for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LoginRemoveArguments {
    /// The login
    pub(crate) name: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What a login may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoginRole {
    /// Everything
    Administrator,
    /// Looking at everything but settings
    Viewer,
}

impl From<LoginRole> for Role {
    fn from(role: LoginRole) -> Self {
        match role {
            LoginRole::Administrator => Self::Administrator,
            LoginRole::Viewer => Self::Viewer,
        }
    }
}
