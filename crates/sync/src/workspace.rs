//! The streams of the workspace as a whole.

use bitbucket::{ClientError, Listing};
use model::{Id, Instant, Uuid};
use serde::{Deserialize, Serialize};
use store::StreamKey;

use crate::apply::apply;
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

/// The repositories, as each credential lists them where it is due: one may see what another does
/// not. Without any listing there is nothing to do, so that a refusal of all stops the import.
pub(crate) async fn repositories(run: &Run) -> Result<(), Stop> {
    let name = StreamName::Repositories;
    if !run.wants(name) {
        return Ok(());
    }
    let readers = run.readers();
    if readers.is_empty() {
        // Each was refused or has expired: the client says which.
        let asked = run.client.page(&Listing::Repositories, None).await;
        return asked
            .map(|_| ())
            .map_err(|error| Stop::Import(refusal(run, error)));
    }
    run.tracker
        .plan(name, u64::try_from(readers.len()).unwrap_or(1));
    let mut failed = Vec::new();
    let mut began: Option<Instant> = None;
    let mut listed = 0;
    for reader in &readers {
        // A credential that was given for this run alone has no number of its own.
        let credential = (*reader > 0).then_some(*reader);
        if run.due([name], None, credential).is_empty() {
            listed += 1;
            continue;
        }
        let key = StreamKey {
            stream: name.as_str(),
            repository: None,
            credential,
        };
        if !run.takes(&[key]).await? {
            continue;
        }
        match listing(run, name, key, Some(*reader), &Listing::Repositories, None).await {
            Ok(read) => {
                listed += 1;
                began = read.into_iter().chain(began).min();
                let mut tx = run.db.write().await?;
                tx.restore_repositories(key.id(run.connection)).await?;
                tx.commit().await?;
            }
            Err(Stop::Stream(error)) => failed.push(error),
            Err(Stop::Import(ImportError::InvalidCredentials(error))) => failed.push(error),
            Err(stop) => return Err(stop),
        }
        run.leaves(&[key]).await?;
    }
    if listed == 0
        && let Some(error) = failed.into_iter().next()
    {
        return Err(Stop::Import(refusal(run, error)));
    }
    let workspace = run.db.workspace(&run.options.workspace).await?;
    match (workspace, began) {
        (Some(workspace), Some(began)) => tombstones(run, workspace, began).await,
        _ => Ok(()),
    }
}

/// What it means for the whole import that the repositories cannot be listed.
fn refusal(run: &Run, error: ClientError) -> ImportError {
    match error {
        ClientError::NotFound { .. } => ImportError::NoWorkspace(run.options.workspace.clone()),
        ClientError::Unauthorized { .. } => ImportError::InvalidCredentials(error),
        ClientError::Forbidden { .. } => ImportError::InvalidPermissions(error),
        error => ImportError::Client(error),
    }
}

/// A listing that is older than this says nothing any more.
const LIVE_SECONDS: i64 = 7 * 24 * 3600;

/// Looks for repositories that are in no listing any more. One that answers 404 by itself too is
/// gone, or hidden from every credential, which cannot be told apart; nothing of it is dropped.
async fn tombstones(run: &Run, workspace: Id, began: Instant) -> Result<(), Stop> {
    let live_since = run.clock.now().plus_seconds(-LIVE_SECONDS);
    let mut tx = run.db.write().await?;
    let unlisted = tx
        .unlisted_repositories(workspace, began, live_since)
        .await?;
    tx.commit().await?;
    for repository in unlisted {
        let Some(uuid) = Uuid::parse(&repository.source_id) else {
            continue;
        };
        match run.client.repository(&uuid).await {
            Ok(page) => {
                let mut tx = run.db.write().await?;
                tx.lock(NO_SCOPE).await?;
                apply(&mut tx, &page.batch, run.clock.now()).await?;
                tx.commit().await?;
            }
            Err(ClientError::NotFound { .. }) => {
                let now = run.clock.now();
                let mut tx = run.db.write().await?;
                tx.mark_repository_deleted(repository.id, now).await?;
                tx.commit().await?;
                run.tracker
                    .note(&format!("{} is gone from Bitbucket", repository.full_name));
            }
            Err(error) => match Stop::from(error) {
                // It is not known to be gone; the next import asks again.
                Stop::Stream(_) => {}
                stop => return Err(stop),
            },
        }
    }
    Ok(())
}

/// The members of the workspace.
pub(crate) async fn members(run: &Run, workspace: Id) -> Result<(), Stop> {
    let name = StreamName::Members;
    let key = StreamKey::new(name.as_str(), None);
    run.tracker.plan(name, 1);
    let outcome = listing(run, name, key, None, &Listing::Members, Some(workspace))
        .await
        .map(|_| ());
    let mut stream = run.claim(name, None).await?;
    run.settle(name, None, NO_SCOPE, &mut stream, outcome).await
}

/// Reads a listing from its beginning, or from where a killed run left it, by `reader` alone where
/// one is named. The result is when it began; nothing where a killed run had read it to its end.
async fn listing(
    run: &Run,
    name: StreamName,
    key: StreamKey<'_>,
    reader: Option<i64>,
    listing: &Listing,
    members_of: Option<Id>,
) -> Result<Option<Instant>, Stop> {
    let mut stream = run.claim_key(key).await?;
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
        let next = cursor.as_ref().map(|cursor| cursor.next.as_str());
        let asked = match reader {
            Some(reader) => run.page_as(reader, listing, next).await,
            None => run.page(listing, next).await,
        };
        let (page, _under_way) = match asked {
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
