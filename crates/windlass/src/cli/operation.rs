//! `windlass serve`, `status`, `runs`, `audit` and `secret-key`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Where to listen: 127.0.0.1:8080 for this machine alone, 0.0.0.0:8080 for all
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where to listen for Prometheus, apart from everything else [default: nowhere]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
}

#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Only this connection
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: Option<String>,
    /// Print it for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RunsArguments {
    /// Only those of this connection
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: Option<String>,
    /// How many, the latest first
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    pub(crate) limit: i64,
    /// Print them for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    /// How many entries, the latest first
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    pub(crate) limit: i64,
    /// Print them for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be done with the key under which secrets are kept.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretKeyCommand {
    /// Show where the key is, and by which name messages call it; never the key itself
    Show(KeyShowArguments),
    /// Seal all stored secrets under a new key
    Rotate(KeyRotateArguments),
}

#[derive(Args, Debug)]
pub(crate) struct KeyShowArguments {
    /// Print it for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct KeyRotateArguments {
    /// The file that holds the new key, - for standard input; without it one is made up, unless
    /// the key is in WINDLASS_SECRET_KEY
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key_file: Option<PathBuf>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}
