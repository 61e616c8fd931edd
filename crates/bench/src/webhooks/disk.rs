//! What the disk can do.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long it is tried.
const TRIAL: Duration = Duration::from_secs(2);

/// How often a second a page of 4 KiB can be written to the end of a file and be told to be on the
/// disk, one after the other. No more commits than that are possible where each waits for its own.
pub(crate) fn syncs_a_second(folder: &Path) -> anyhow::Result<f64> {
    let mut file = File::create(folder.join("syncs"))?;
    let page = [7_u8; 4096];
    let began = Instant::now();
    let mut syncs = 0_u32;
    while began.elapsed() < TRIAL {
        // As a log does: over and over the same megabytes, so that the file does not grow.
        if syncs.is_multiple_of(1024) {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&page)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / began.elapsed().as_secs_f64())
}
