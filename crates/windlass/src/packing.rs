//! Packing the months that reports read, with a bar where somebody watches.

use indicatif::{ProgressBar, ProgressStyle};
use store::Db;

/// Packs what changed. The result is how many months were packed.
pub(crate) async fn pack(db: &Db) -> anyhow::Result<usize> {
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{bar:16} {pos} of {len} months packed for reports {elapsed:>5}, {eta:>4} left  {msg}",
    )?);
    let packed = analysis::pack(db, |table, month, left| {
        if bar.length() == Some(0) {
            bar.set_length(u64::try_from(left).unwrap_or(u64::MAX));
        } else {
            bar.inc(1);
        }
        bar.set_message(format!("{table} {month}"));
    })
    .await;
    bar.finish_and_clear();
    Ok(packed?)
}
