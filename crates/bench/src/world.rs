//! The made-up workspace whose import is measured.

use std::sync::Arc;

use anyhow::Context;
use emulator::{Credential, Emulator, Options, RateLimit, World, WorldSpec};
use model::{Instant, ManualClock};

/// Whoever finds it can read a made-up workspace, for as long as the measurement runs.
pub(crate) const TOKEN: &str = "windlass-bench-token";

/// More than any import asks for: the rate limit is not what is measured.
pub(crate) const REQUESTS_AN_HOUR: usize = 10_000_000;

/// Always the same, so that two measurements fetch the same bytes.
const ENDS_AT: &str = "2026-01-01T00:00:00Z";

/// Serves a workspace whose pull requests are all alike: six entries of activity each, two of them
/// comments.
pub(crate) async fn start(repositories: usize, pulls_each: usize) -> anyhow::Result<Emulator> {
    let ends_at: Instant = ENDS_AT.parse().context("the end of the made-up history")?;
    let spec = WorldSpec::uniform(repositories, pulls_each, ends_at);
    let world = World::generate(&spec, Arc::new(ManualClock::starting_at(ends_at)));
    let options = Options {
        rate_limit: RateLimit {
            limit: REQUESTS_AN_HOUR,
            ..RateLimit::default()
        },
        ..Options::with_credentials([Credential::workspace_access_token(TOKEN)])
    };
    Emulator::start(world, options)
        .await
        .context("the made-up workspace cannot listen on 127.0.0.1")
}

/// The workspace's name, which the size does not change.
pub(crate) fn workspace() -> anyhow::Result<String> {
    let ends_at: Instant = ENDS_AT.parse().context("the end of the made-up history")?;
    Ok(WorldSpec::uniform(1, 1, ends_at).workspace)
}
