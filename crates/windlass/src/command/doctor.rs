//! `windlass doctor`.

use crate::cli::{DoctorArguments, Global};

pub(super) async fn run(_global: &Global, _arguments: &DoctorArguments) -> anyhow::Result<()> {
    Ok(())
}
