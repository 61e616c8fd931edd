//! The streams of the workspace as a whole.

use bitbucket::{ClientError, Listing};
use model::{Id, Instant, Uuid};
use serde::{Deserialize, Serialize};

use crate::commit::{Commit, ListingStep, completed, under_way};
use crate::run::{Run, Stop};
use crate::walk::{Restarts, fraction, read_cursor, write_cursor};
use crate::{ImportError, StreamName};

/// Before the workspace is known its rows belong to nobody else either.
pub(crate) const NO_SCOPE: Id = Id(0);

/// Where a plain listing goes on.
#[derive(Serialize, Deserialize)]
struct ListingCursor {
    next: String,
    read: u64,
    began: Instant,
}

/// The workspace's own record.
pub(crate) async fn record(run: &Run) -> Result<(), Stop> {
    let name = StreamName::Workspace;
    run.tracker.plan(name, 1);
    let mut stream = run.claim(name, None).await?;
    if run.has_read(name, &stream) {
        run.tracker.end(name, "");
        return Ok(());
    }
    let outcome = async {
        let page = run.client.workspace().await?;
        run.tracker.page(name, "", page.values, 1.0);
        let update = completed(&stream, None, run.clock.now());
        run.commit(&mut stream, update, Commit::of(NO_SCOPE, &page.batch))
            .await?;
        Ok(())
    }
    .await;
    run.settle(name, None, NO_SCOPE, &mut stream, outcome)
        .await?;
    run.tracker.end(name, "");
    Ok(())
}

/// The repositories. Without them there is nothing to do, so that a refusal stops the import.
pub(crate) async fn repositories(run: &Run) -> Result<(), Stop> {
    let began = listing(run, StreamName::Repositories, &Listing::Repositories, None)
        .await
        .map_err(|stop| match stop {
            Stop::Stream(ClientError::NotFound { .. }) => {
                Stop::Import(ImportError::NoWorkspace(run.options.workspace.clone()))
            }
            Stop::Stream(error @ ClientError::Forbidden { .. }) => {
                Stop::Import(ImportError::InvalidPermissions(error))
            }
            Stop::Stream(error) => Stop::Import(ImportError::Client(error)),
            other => other,
        })?;
    let workspace = run.db.workspace(&run.options.workspace).await?;
    match (workspace, began) {
        (Some(workspace), Some(began)) => tombstones(run, workspace, began).await,
        _ => Ok(()),
    }
}

/// A connection whose last listing is older than this says nothing any more.
const LIVE_SECONDS: i64 = 7 * 24 * 3600;

/// Looks for repositories that are in no listing any more. One that answers 404 by itself too is
/// gone, or hidden from every credential, which cannot be told apart; nothing of it is dropped.
async fn tombstones(run: &Run, workspace: Id, began: Instant) -> Result<(), Stop> {
    let name = StreamName::Repositories;
    let stream = run.claim(name, None).await?;
    let live_since = run.clock.now().plus_seconds(-LIVE_SECONDS);
    let mut tx = run.db.write().await?;
    let unlisted = tx
        .unlisted_repositories(stream.id, workspace, began, live_since)
        .await?;
    tx.commit().await?;
    for repository in unlisted {
        let Some(uuid) = Uuid::parse(&repository.source_id) else {
            continue;
        };
        let found = match run.client.repository(&uuid).await {
            Ok(page) => page.batch,
            Err(ClientError::NotFound { .. }) => {
                let now = run.clock.now();
                let mut tx = run.db.write().await?;
                tx.mark_repository_deleted(repository.id, now).await?;
                tx.commit().await?;
                run.tracker
                    .note(&format!("{} is gone from Bitbucket", repository.full_name));
                continue;
            }
            Err(error) => match Stop::from(error) {
                // It is not known to be gone; the next import asks again.
                Stop::Stream(_) => continue,
                stop => return Err(stop),
            },
        };
        let mut stream = run.claim(name, None).await?;
        let update = completed(&stream, None, run.clock.now());
        run.commit(&mut stream, update, Commit::of(NO_SCOPE, &found))
            .await?;
    }
    Ok(())
}

/// The members of the workspace.
pub(crate) async fn members(run: &Run, workspace: Id) -> Result<(), Stop> {
    let name = StreamName::Members;
    let outcome = listing(run, name, &Listing::Members, Some(workspace))
        .await
        .map(|_| ());
    let mut stream = run.claim(name, None).await?;
    run.settle(name, None, NO_SCOPE, &mut stream, outcome).await
}

/// Reads a listing from its beginning, or from where a killed run left it. The result is when it
/// began; nothing where a killed run had read it to its end.
async fn listing(
    run: &Run,
    name: StreamName,
    listing: &Listing,
    members_of: Option<Id>,
) -> Result<Option<Instant>, Stop> {
    run.tracker.plan(name, 1);
    let mut stream = run.claim(name, None).await?;
    if run.has_read(name, &stream) {
        run.tracker.end(name, "");
        return Ok(None);
    }
    let mut cursor: Option<ListingCursor> = read_cursor(stream.cursor.as_deref());
    let mut began = cursor
        .as_ref()
        .map_or_else(|| run.clock.now(), |cursor| cursor.began);
    let mut restarts = Restarts::default();
    loop {
        let (page, _under_way) = match run
            .page(listing, cursor.as_ref().map(|cursor| cursor.next.as_str()))
            .await
        {
            Ok(page) => page,
            Err(error) => {
                restarts.after(error)?;
                cursor = None;
                began = run.clock.now();
                continue;
            }
        };
        let values = u64::try_from(page.values).unwrap_or(0);
        let read = cursor.map_or(0, |cursor| cursor.read) + values;
        run.tracker.page(
            name,
            "",
            page.values,
            fraction(read, page.size.unwrap_or(read)),
        );
        cursor = page.next.map(|next| ListingCursor {
            next: next.to_string(),
            read,
            began,
        });
        let update = match &cursor {
            None => completed(&stream, None, run.clock.now()),
            Some(cursor) => under_way(&stream, None, write_cursor(cursor)),
        };
        let step = ListingStep {
            began,
            ends: cursor.is_none(),
            members_of,
        };
        let mut commit = Commit::of(members_of.unwrap_or(NO_SCOPE), &page.batch);
        commit.listing = Some(step);
        run.commit(&mut stream, update, commit).await?;
        if cursor.is_none() {
            run.tracker.end(name, "");
            return Ok(Some(began));
        }
    }
}
