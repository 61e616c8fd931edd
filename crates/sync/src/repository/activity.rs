//! The repository's feed: everything that happened to its pull requests, newest first, down to
//! what was seen before.

use bitbucket::{ClientError, Listing, Page};
use model::Instant;
use serde::{Deserialize, Serialize};
use store::Stream;

use super::{OVERLAP_SECONDS, Repository, is_there};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::measuring::Measuring;
use crate::proof::Evidence;
use crate::run::{Run, Stop};
use crate::walk::{Restarts, goes_on, read_cursor, time_fraction, write_cursor};

/// Where the walk is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Whether it is to read everything again.
    full: bool,
    /// The next page.
    next: Option<String>,
    /// The newest entry that the walk began with: the watermark, once it has come to its end.
    head: Option<Instant>,
    /// The oldest entry so far.
    oldest: Option<Instant>,
    /// Entries older than this were seen by an earlier walk; nothing when none was.
    floor: Option<Instant>,
}

const NAME: StreamName = StreamName::Activity;

/// Walks the feed; the result says what can be concluded from it: nothing, when it could not be
/// read.
pub(super) async fn walk(run: &Run, repository: &Repository) -> Result<Option<Evidence>, Stop> {
    let mut stream = run.claim(NAME, Some(repository.id())).await?;
    let (evidence, outcome) = match pages(run, repository, &mut stream).await {
        Ok(seen_since) => (
            Some(Evidence {
                feed: true,
                seen_since,
            }),
            Ok(()),
        ),
        Err(Stop::Stream(error)) => without_a_feed(run, repository, error).await,
        Err(stop) => (None, Err(stop)),
    };
    run.settle(
        NAME,
        Some(repository.name()),
        repository.id(),
        &mut stream,
        outcome,
    )
    .await?;
    run.tracker.end(NAME, repository.name());
    Ok(evidence)
}

/// What can be concluded where the feed could not be read: that the repository has none, as long as
/// the repository itself is there.
async fn without_a_feed(
    run: &Run,
    repository: &Repository,
    error: ClientError,
) -> (Option<Evidence>, Result<(), Stop>) {
    let has_none = match error {
        ClientError::Gone { .. } => Ok(true),
        ClientError::NotFound { .. } => is_there(run, repository).await,
        _ => Ok(false),
    };
    let evidence = Evidence {
        feed: false,
        seen_since: None,
    };
    match has_none {
        Ok(has_none) => (has_none.then_some(evidence), Err(Stop::Stream(error))),
        Err(stop) => (None, Err(stop)),
    }
}

/// Reads pages until one lies wholly behind the floor. The result is since when every entry was
/// seen: the beginning of time when the walk came to the end of the feed.
async fn pages(
    run: &Run,
    repository: &Repository,
    stream: &mut Stream,
) -> Result<Option<Instant>, Stop> {
    let begin = Walk {
        full: run.options.full,
        floor: stream
            .watermark
            .filter(|_| !run.options.full)
            .map(|watermark| watermark.plus_seconds(-OVERLAP_SECONDS))
            .max(run.not_before(NAME)),
        ..Walk::default()
    };
    let mut walk = read_cursor(stream.cursor.as_deref())
        .filter(|walk: &Walk| goes_on(walk.full, run.options.full))
        .unwrap_or(begin);
    let mut restarts = Restarts::default();
    let mut measuring = Measuring::begin(run);
    loop {
        // A walk that goes on has seen nothing of what came after it began.
        if walk.next.is_none() {
            stream.opened_at = Some(run.clock.now());
        }
        let listing = Listing::RepositoryActivity {
            repository: repository.reference.clone(),
        };
        let (page, _under_way) = match run
            .page_of_stream(stream, &listing, walk.next.as_deref())
            .await
        {
            Ok(page) => page,
            Err(error) => {
                restarts.after(error)?;
                // A stale cursor says nothing about what follows it: once more from the top.
                walk = Walk {
                    full: walk.full,
                    floor: walk.floor,
                    ..Walk::default()
                };
                continue;
            }
        };
        if walk.next.is_none() {
            walk.head = page.entries.iter().map(|entry| entry.at).max();
        }
        let oldest = page.entries.iter().map(|entry| entry.at).min();
        walk.oldest = match (walk.oldest, oldest) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        report(run, repository, &walk, &page);
        let at_the_end = page.next.is_none();
        let ends = at_the_end || lies_behind(&page, walk.floor);
        walk.next = page.next.map(|next| next.to_string());
        let update = if ends {
            completed(stream, stream.watermark.max(walk.head), run.clock.now())
        } else {
            under_way(stream, stream.watermark, write_cursor(&walk))
        };
        run.commit(
            stream,
            update,
            Commit::of_walk(repository.id(), &page.batch),
        )
        .await?;
        measuring.now_and_then(run, repository.id()).await?;
        if at_the_end {
            return Ok(Some(Instant::EARLIEST));
        }
        if ends {
            return Ok(walk.oldest);
        }
    }
}

/// Whether a whole page is older than what was seen before. A page without a readable entry proves
/// nothing.
fn lies_behind(page: &Page, floor: Option<Instant>) -> bool {
    let newest = page.entries.iter().map(|entry| entry.at).max();
    matches!((newest, floor), (Some(newest), Some(floor)) if newest < floor)
}

fn report(run: &Run, repository: &Repository, walk: &Walk, page: &Page) {
    let end = walk.floor.or(repository.created_at);
    let fraction = match (walk.head, end, walk.oldest) {
        (Some(head), Some(end), Some(oldest)) => time_fraction(head, end, oldest),
        _ => 0.0,
    };
    run.tracker
        .page(NAME, repository.name(), page.values, fraction);
}
