//! `windlass people forget`.

use crate::cli::{ForgetArguments, Global};

pub(super) async fn run(_: &Global, _: &ForgetArguments) -> anyhow::Result<()> {
    Ok(())
}
