//! `windlass serve`.

use crate::cli::{Global, ServeArguments};

pub(super) async fn run(_: &Global, _: &ServeArguments) -> anyhow::Result<()> {
    Ok(())
}
