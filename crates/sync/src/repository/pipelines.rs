//! Pipeline runs, newest first, down to what was seen before.
//!
//! A run that has not ended changes without a new one appearing. Those on the first page, the
//! newest hundred, are seen each time at no cost; older ones (paused before a manual step, mostly)
//! are looked for once a day.

use bitbucket::Listing;
use model::Instant;
use serde::{Deserialize, Serialize};
use store::Stream;

use super::{OVERLAP_SECONDS, Repository, is_old, read_stream};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::run::{Run, Stop};
use crate::walk::{Restarts, fraction, goes_on, read_cursor, write_cursor};

/// Where the walk is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Whether it is to read everything again.
    full: bool,
    /// The next page's number.
    next: Option<String>,
    /// The newest run that the walk began with: the watermark, once it has come to its end.
    head: Option<Instant>,
    /// Runs older than this are known; nothing when none is.
    floor: Option<Instant>,
    /// How many records came so far, for progress.
    read: u64,
}

const NAME: StreamName = StreamName::Pipelines;

/// A run that has not ended after this long never will.
const FORGOTTEN_SECONDS: i64 = 30 * 24 * 3600;

pub(super) async fn walk(run: &Run, repository: &Repository) -> Result<(), Stop> {
    read_stream(run, NAME, repository, async |stream| {
        pages(run, repository, stream).await
    })
    .await
}

async fn pages(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let stored = read_cursor(stream.cursor.as_deref())
        .filter(|walk: &Walk| goes_on(walk.full, run.options.full));
    let mut walk = match stored {
        Some(walk) => walk,
        None => begin(run, repository, stream).await?,
    };
    let mut restarts = Restarts::default();
    loop {
        let listing = Listing::Pipelines {
            repository: repository.reference.clone(),
        };
        let (page, _under_way) = match run
            .page_of_stream(stream, &listing, walk.next.as_deref())
            .await
        {
            Ok(page) => page,
            Err(error) => {
                restarts.after(error)?;
                walk = Walk {
                    full: walk.full,
                    floor: walk.floor,
                    ..Walk::default()
                };
                continue;
            }
        };
        let dates = || {
            page.batch
                .pipelines
                .iter()
                .filter_map(|row| row.created_at.as_value())
                .copied()
        };
        if walk.next.is_none() {
            walk.head = dates().max();
        }
        walk.read += u64::try_from(page.values).unwrap_or(0);
        let all = page.size.unwrap_or(walk.read);
        run.tracker.page(
            NAME,
            repository.name(),
            page.values,
            fraction(walk.read, all),
        );
        let reached =
            matches!((dates().min(), walk.floor), (Some(oldest), Some(floor)) if oldest < floor);
        let ends = reached || page.next.is_none();
        walk.next = page.next.map(|next| next.to_string());
        let update = if ends {
            completed(stream, stream.watermark.max(walk.head), run.clock.now())
        } else {
            under_way(stream, stream.watermark, write_cursor(&walk))
        };
        let mut commit = Commit::of(repository.id(), &page.batch);
        commit.upstream = page.size;
        run.commit(stream, update, commit).await?;
        if ends {
            return Ok(());
        }
    }
}

/// A new walk, with its floor: what was seen before, or once a day the oldest run that has not
/// ended.
async fn begin(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<Walk, Stop> {
    let mut floor = stream
        .watermark
        .filter(|_| !run.options.full)
        .map(|watermark| watermark.plus_seconds(-OVERLAP_SECONDS))
        .max(run.not_before(NAME));
    if is_old(run, stream) {
        stream.opened_at = Some(run.clock.now());
        let (_, oldest) = run.db.unfinished_pipelines(repository.id()).await?;
        let earliest = run.clock.now().plus_seconds(-FORGOTTEN_SECONDS);
        if let (Some(old), Some(oldest)) = (floor, oldest.filter(|oldest| *oldest >= earliest)) {
            floor = Some(old.min(oldest));
        }
    }
    Ok(Walk {
        full: run.options.full,
        floor,
        ..Walk::default()
    })
}
