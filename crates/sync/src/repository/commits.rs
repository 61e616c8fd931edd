//! Commits of the default branch: whatever the newest one reaches and the newest of the last walk
//! did not. Bitbucket tells that apart itself, so that a merge of old commits hides none of them.

use bitbucket::{ClientError, Listing, Page};
use model::Instant;
use model::rows::RejectRow;
use serde::{Deserialize, Serialize};
use store::Stream;

use super::{Repository, is_old, read_stream};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::run::{Run, Stop};
use crate::walk::{Restarts, goes_on, read_cursor, write_cursor};

/// Where the walk is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Walk {
    /// Whether it is to read everything again.
    full: bool,
    /// The next page.
    next: Option<String>,
    /// The newest commit that the walk began with.
    head: Option<String>,
    /// What this commit reaches is known.
    known: Option<String>,
}

const NAME: StreamName = StreamName::Commits;

pub(super) async fn walk(run: &Run, repository: &Repository) -> Result<(), Stop> {
    read_stream(run, NAME, repository, async |stream| {
        if is_due(run, repository, stream) {
            pages(run, repository, stream).await?;
        }
        Ok(())
    })
    .await
}

/// Whether the repository's record moved since the last walk, or a push was told of; an empty
/// repository has no commits.
fn is_due(run: &Run, repository: &Repository, stream: &Stream) -> bool {
    repository.default_branch.is_some()
        && (run.options.full
            || stream.completed_at.is_none()
            || stream.cursor.is_some()
            || stream.requested_at > stream.completed_at
            || repository.updated_at > stream.watermark
            || is_old(run, stream))
}

async fn pages(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let begin = Walk {
        full: run.options.full,
        known: stream.head.clone().filter(|_| !run.options.full),
        ..Walk::default()
    };
    let mut walk = read_cursor(stream.cursor.as_deref())
        .filter(|walk: &Walk| goes_on(walk.full, run.options.full))
        .unwrap_or(begin);
    let mut restarts = Restarts::default();
    loop {
        // A walk that goes on has seen nothing of what came after it began.
        if walk.next.is_none() {
            stream.opened_at = Some(run.clock.now());
        }
        let listing = Listing::Commits {
            repository: repository.reference.clone(),
            revision: repository.default_branch.clone().unwrap_or_default(),
            exclude: walk.known.clone(),
        };
        let (page, _under_way) = match run
            .page_of_stream(stream, &listing, walk.next.as_deref())
            .await
        {
            Ok(page) => page,
            // The commit that was the newest is gone: the branch was rewritten. Everything, then.
            Err(ClientError::NotFound { .. } | ClientError::BadRequest { .. })
                if walk.known.is_some() =>
            {
                walk = Walk {
                    full: walk.full,
                    ..Walk::default()
                };
                continue;
            }
            Err(error) => {
                restarts.after(error)?;
                walk = Walk {
                    next: None,
                    head: None,
                    ..walk
                };
                continue;
            }
        };
        if walk.next.is_none() {
            walk.head = page
                .batch
                .commits
                .first()
                .and_then(|row| row.sha.as_value().cloned());
        }
        // How many there are nobody says; a walk that goes on is taken to be half done.
        run.tracker.page(NAME, repository.name(), page.values, 0.5);
        let oldest = (page.batch.commits.iter())
            .filter_map(|row| row.committed_at.as_value().copied())
            .min();
        let too_old =
            matches!((oldest, run.not_before(NAME)), (Some(oldest), Some(bound)) if oldest < bound);
        walk.next = page.next.map(|next| next.to_string()).filter(|_| !too_old);
        let ends = walk.next.is_none();
        let update = if ends {
            let mut update = completed(stream, seen(repository, stream), run.clock.now());
            update.head = walk.head.clone().or_else(|| stream.head.clone());
            update
        } else {
            under_way(stream, stream.watermark, write_cursor(&walk))
        };
        run.commit(stream, update, Commit::of(repository.id(), &page.batch))
            .await?;
        if ends {
            return merge_commits(run, repository, stream).await;
        }
    }
}

/// The version of the repository's record for which the commits were read.
fn seen(repository: &Repository, stream: &Stream) -> Option<Instant> {
    repository.updated_at.max(stream.watermark)
}

/// Pull requests name commits by twelve characters. A merge commit that the default branch does
/// not have (it went into another branch) is asked for by itself, once.
async fn merge_commits(
    run: &Run,
    repository: &Repository,
    stream: &mut Stream,
) -> Result<(), Stop> {
    if !run.wants(StreamName::PullRequests) {
        return Ok(());
    }
    for sha in run.db.unknown_merge_commits(repository.id()).await? {
        let page = match run.client.commit(&repository.reference, &sha).await {
            Ok(page) => page,
            // It was rewritten away: there is nothing to know.
            Err(ClientError::NotFound { .. }) => continue,
            // One record that cannot be read is set aside, as it is in a listing.
            Err(ClientError::Undecodable {
                json_path, reason, ..
            }) => {
                let mut page = Page::empty(run.clock.now());
                page.batch.rejects.push(RejectRow::of(
                    NAME.as_str(),
                    Some(repository.id()),
                    &sha,
                    &json_path,
                    &reason,
                    page.observed_at,
                ));
                page
            }
            Err(error) => return Err(error.into()),
        };
        run.tracker.page(NAME, repository.name(), page.values, 0.9);
        let update = completed(stream, stream.watermark, run.clock.now());
        run.commit(stream, update, Commit::of(repository.id(), &page.batch))
            .await?;
    }
    Ok(())
}
