//! Reading alone, without asking: what the fuzz targets call, which are a workspace of their own.

use model::Instant;
use url::Url;

use crate::decode::{self, Context};
use crate::endpoint::Gate;
use crate::error::answer::Complaint;
use crate::normalise::{Brought, Rows};
use crate::{ClientError, Credential, Cursor, Listing, Page, RepositoryRef, address};

/// A record that is an answer by itself.
#[derive(Clone, Copy, Debug)]
pub enum Single<'a> {
    /// The workspace.
    Workspace,
    /// A repository.
    Repository,
    /// A pull request of this repository.
    PullRequest(&'a RepositoryRef),
    /// The commit of this repository whose hash begins so.
    Commit(&'a RepositoryRef, &'a str),
    /// A run of this repository's pipeline.
    Pipeline(&'a RepositoryRef),
}

/// Reads the body of an answer as a page of this listing; `None` when it is no JSON.
///
/// # Errors
/// [`ClientError::Undecodable`] when it is no page.
pub fn page(listing: &Listing, body: &[u8], store_text: bool) -> Option<Result<Page, ClientError>> {
    let json = serde_json::from_slice(body).ok()?;
    let observed_at = Instant::from_seconds(1_700_000_000);
    Some(decode::envelope(json, "an endpoint").map(|envelope| {
        let context = Context {
            listing,
            observed_at,
            store_text,
        };
        let goes_on = envelope.goes_on_after(1, true) || envelope.goes_on_after(u64::MAX, false);
        let brought = decode::records(&context, &envelope.values);
        Page {
            next: goes_on.then(|| Cursor::from("2".to_owned())),
            size: envelope.size,
            values: envelope.values.len(),
            ..page_of(brought, observed_at)
        }
    }))
}

/// Reads the body of an answer as this record; `None` when it is no JSON.
///
/// # Errors
/// [`ClientError::Undecodable`] when it is none.
pub fn single(
    which: Single<'_>,
    body: &[u8],
    store_text: bool,
) -> Option<Result<Page, ClientError>> {
    let json = serde_json::from_slice(body).ok()?;
    let observed_at = Instant::from_seconds(1_700_000_000);
    let which = match which {
        Single::Workspace => decode::Single::Workspace,
        Single::Repository => decode::Single::Repository,
        Single::PullRequest(repository) => decode::Single::PullRequest(repository),
        Single::Commit(repository, prefix) => decode::Single::Commit(repository, prefix),
        Single::Pipeline(repository) => decode::Single::Pipeline(repository),
    };
    let rows = Rows::new(observed_at, store_text);
    let brought = decode::single(which, &json, rows, "an endpoint");
    Some(brought.map(|brought| page_of(brought, observed_at)))
}

fn page_of(brought: Brought, observed_at: Instant) -> Page {
    Page {
        batch: brought.batch,
        entries: brought.entries,
        ..Page::empty(observed_at)
    }
}

/// Reads a refusal.
pub fn refusal(status: u16, body: &[u8], credential: &Credential) -> ClientError {
    Complaint::read(body, credential).into_error("an endpoint", status)
}

/// The cursor of a `next`, as far as it may be followed, and the address that it leads to.
///
/// # Errors
/// [`ClientError::ForeignNext`] when it must not be followed.
pub fn next(
    base: &Url,
    workspace: &str,
    listing: &Listing,
    next: &str,
) -> Result<(Cursor, Url), ClientError> {
    let gate = Gate::new(base, workspace);
    let cursor = address::cursor_of(&gate, listing, next, base)?;
    let (url, scope) = address::of_listing(&gate, listing, Some(&cursor), false)?;
    gate.admit(&url, &scope)?;
    Ok((cursor, url))
}
