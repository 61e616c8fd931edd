//! The log, on standard error.

use tracing_subscriber::EnvFilter;

/// Which records to show instead of those that `-v` asks for, in the syntax of
/// `tracing_subscriber`'s `EnvFilter`.
pub(crate) const VARIABLE: &str = "WINDLASS_LOG";

/// Begins to log. Each `-v` adds a level for the program's own crates; what libraries log, they
/// log about connections, and it stays out.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let ours = ["windlass", "bitbucket", "store", "sync"]
        .map(|name| format!("{name}={level}"))
        .join(",");
    let filter = std::env::var(VARIABLE)
        .ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| format!("warn,{ours}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .finish();
    // Only the first subscriber of a process is taken, and this is the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
