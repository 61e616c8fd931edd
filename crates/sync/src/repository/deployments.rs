//! Environments and deployments: read when a pipeline run changed, since nothing else deploys.

use bitbucket::Listing;
use serde::{Deserialize, Serialize};
use store::Stream;

use super::{Repository, is_old, read_stream};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::run::{Run, Stop};
use crate::walk::{Restarts, fraction, read_cursor, write_cursor};

/// Where the walk is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Whether it is to read everything, whatever is known.
    whole: bool,
    /// The next page.
    next: Option<String>,
    /// How many records came so far, for progress.
    read: u64,
}

/// Reads environments and deployments, where they are among `due`.
pub(super) async fn walk(
    run: &Run,
    repository: &Repository,
    due: &[StreamName],
) -> Result<(), Stop> {
    for (name, listing) in [
        (
            StreamName::Environments,
            Listing::Environments {
                repository: repository.reference.clone(),
            },
        ),
        (
            StreamName::Deployments,
            Listing::Deployments {
                repository: repository.reference.clone(),
            },
        ),
    ] {
        if !due.contains(&name) {
            continue;
        }
        read_stream(run, name, repository, async |stream| {
            if is_due(run, repository, stream).await? {
                pages(run, repository, name, &listing, stream).await?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn is_due(run: &Run, repository: &Repository, stream: &Stream) -> Result<bool, Stop> {
    let opened = match stream.opened_at {
        Some(opened) if stream.completed_at.is_some() && stream.cursor.is_none() => opened,
        _ => return Ok(true),
    };
    Ok(run.options.full
        || is_old(run, stream)
        || run
            .db
            .pipelines_changed_since(repository.id(), opened)
            .await?)
}

/// Reads a listing that has no order to rely on and no filter. Once all of it was read, a walk
/// that meets a whole page without anything new, newest first, has seen all that is new; one that
/// lies deeper and ended late is found by the next whole walk, within a day.
async fn pages(
    run: &Run,
    repository: &Repository,
    name: StreamName,
    listing: &Listing,
    stream: &mut Stream,
) -> Result<(), Stop> {
    let begin = Walk {
        whole: run.options.full || stream.completed_at.is_none() || is_old(run, stream),
        ..Walk::default()
    };
    let mut walk = read_cursor(stream.cursor.as_deref()).unwrap_or(begin);
    let mut restarts = Restarts::default();
    loop {
        // A walk that goes on has seen nothing of what came after it began.
        if walk.next.is_none() {
            stream.opened_at = Some(run.clock.now());
        }
        let (page, _under_way) = match run
            .page_of_stream(stream, listing, walk.next.as_deref())
            .await
        {
            Ok(page) => page,
            Err(error) => {
                restarts.after(error)?;
                walk.next = None;
                continue;
            }
        };
        walk.read += u64::try_from(page.values).unwrap_or(0);
        let part = fraction(walk.read, page.size.unwrap_or(walk.read));
        run.tracker.page(name, repository.name(), page.values, part);
        let dates = || {
            page.batch
                .deployments
                .iter()
                .filter_map(|row| row.created_at.as_value())
        };
        let newest_first = dates().next() > dates().next_back();
        walk.next = page.next.map(|next| next.to_string());
        let update = match &walk.next {
            None => completed(stream, None, run.clock.now()),
            Some(_) => under_way(stream, None, write_cursor(&walk)),
        };
        let applied = run
            .commit(stream, update, Commit::of(repository.id(), &page.batch))
            .await?;
        if walk.next.is_none() {
            return Ok(());
        }
        if !walk.whole && newest_first && !applied.wrote_anything() {
            let update = completed(stream, None, run.clock.now());
            run.commit(
                stream,
                update,
                Commit::of(repository.id(), &Default::default()),
            )
            .await?;
            return Ok(());
        }
    }
}
