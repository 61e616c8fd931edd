//! `windlass status`.

use crate::cli::{Global, StatusArguments};

pub(super) async fn run(_: &Global, _: &StatusArguments) -> anyhow::Result<()> {
    Ok(())
}
