//! Packing the months that reports read, with a bar where somebody watches.

use indicatif::{ProgressBar, ProgressStyle};
use store::Db;

use crate::failure::describe;
use crate::output::say;

/// Packs what changed. The result is how many months were packed.
pub(crate) async fn pack(db: &Db) -> anyhow::Result<usize> {
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{bar:16} {pos} of {len} months packed for reports {elapsed:>5}, {eta:>4} left",
    )?);
    let packed = analysis::pack(db, |packed, all| {
        bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        bar.set_position(u64::try_from(packed).unwrap_or(u64::MAX));
    })
    .await;
    bar.finish_and_clear();
    Ok(packed?)
}

/// The same after something that is done, whatever becomes of it: reports are right without it.
pub(crate) async fn pack_after(db: &Db) {
    if let Err(error) = pack(db).await {
        say(&format!(
            "problem: months were not packed, and reports take longer: {}",
            describe(&error)
        ));
    }
}
