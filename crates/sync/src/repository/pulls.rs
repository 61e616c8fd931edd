//! Pull requests: from the last date that was seen onwards.
//!
//! The walk asks for what changed since the last `updated_on` it saw, in that order, and after each
//! page asks anew from the last date of the page. A pull request that changes meanwhile moves to
//! the end of that order and is seen again; none can slip from one page to another unseen, as it
//! can between numbered pages. The same walk serves the first import and every later one.

use bitbucket::{ClientError, Listing, Page, PullOrder};
use model::Instant;
use serde::{Deserialize, Serialize};

use super::{OVERLAP_SECONDS, Repository, read_stream};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::measuring::Measuring;
use crate::run::{Run, Stop};
use crate::walk::{Restarts, fraction, goes_on, read_cursor, write_cursor};

/// Where the walk is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Whether it is to read everything again.
    full: bool,
    /// Everything before this was seen; nothing for the beginning of time.
    since: Option<Instant>,
    /// The next page of the same request: only when a whole page has one date, or without order.
    next: Option<String>,
    /// Bitbucket fails on the ordered listing of some large repositories for ever: then the walk
    /// takes any order, and this is the instant at which it began.
    unsorted_from: Option<Instant>,
    /// Bitbucket fails on the ordered listing.
    unsorted: bool,
    /// How many records came so far, and how many there are, for progress.
    read: u64,
    size: u64,
}

const NAME: StreamName = StreamName::PullRequests;

pub(super) async fn walk(run: &Run, repository: &Repository) -> Result<(), Stop> {
    read_stream(run, NAME, repository, async |stream| {
        pages(run, repository, stream).await
    })
    .await
}

async fn pages(run: &Run, repository: &Repository, stream: &mut store::Stream) -> Result<(), Stop> {
    let begin = Walk {
        full: run.options.full,
        since: stream
            .watermark
            .filter(|_| !run.options.full)
            .map(|watermark| watermark.plus_seconds(-OVERLAP_SECONDS))
            .max(run.not_before(NAME)),
        ..Walk::default()
    };
    let mut walk = read_cursor(stream.cursor.as_deref())
        .filter(|walk: &Walk| goes_on(walk.full, run.options.full))
        .unwrap_or(begin);
    let mut watermark = stream.watermark;
    let mut restarts = Restarts::default();
    let mut measuring = Measuring::begin(run);
    loop {
        let listing = Listing::PullRequests {
            repository: repository.reference.clone(),
            since: walk.since,
            order: if walk.unsorted {
                PullOrder::Unsorted
            } else {
                PullOrder::Updated
            },
        };
        let (page, _under_way) = match run
            .page_of_stream(stream, &listing, walk.next.as_deref())
            .await
        {
            Ok(page) => page,
            Err(ClientError::Unavailable { sorted: true, .. }) if !walk.unsorted => {
                walk = Walk {
                    unsorted: true,
                    next: None,
                    ..walk
                };
                continue;
            }
            Err(error) => {
                restarts.after(error)?;
                walk.next = None;
                continue;
            }
        };
        // Only a walk from the beginning asks for all there are.
        let all = page
            .size
            .filter(|_| walk.since.is_none() && walk.next.is_none());
        report(run, repository, &mut walk, &page);
        let newest = page
            .batch
            .pulls
            .iter()
            .filter_map(|row| row.source_updated_at.as_value())
            .max();
        let ends = page.next.is_none();
        if walk.unsorted {
            // Whatever moves while the walk goes on has a later date than its beginning.
            let from = *walk.unsorted_from.get_or_insert(
                page.server_time
                    .map_or(page.observed_at, |time| time.min(page.observed_at)),
            );
            walk.next = page.next.map(|next| next.to_string());
            if ends {
                watermark = watermark.max(Some(from));
            }
        } else {
            watermark = watermark.max(newest.copied());
            let moved_on = newest.copied() > walk.since;
            walk.next = page.next.filter(|_| !moved_on).map(|next| next.to_string());
            walk.since = walk.since.max(newest.copied());
        }
        let update = if ends {
            completed(stream, watermark, run.clock.now())
        } else {
            under_way(stream, stream.watermark, write_cursor(&walk))
        };
        let mut commit = Commit::of_walk(repository.id(), &page.batch);
        commit.upstream = all;
        run.commit(stream, update, commit).await?;
        measuring.now_and_then(run, repository.id()).await?;
        if ends {
            return Ok(());
        }
    }
}

fn report(run: &Run, repository: &Repository, walk: &mut Walk, page: &Page) {
    if walk.read == 0 {
        walk.size = page.size.unwrap_or(0);
    }
    walk.read += u64::try_from(page.values).unwrap_or(0);
    run.tracker.page(
        NAME,
        repository.name(),
        page.values,
        fraction(walk.read, walk.size),
    );
}
