//! The addresses of listings: page sizes, orders and filters.

mod fields;

use model::Instant;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::endpoint::{Endpoint, Gate};
use crate::{ClientError, Cursor, Listing, PullOrder};

/// Everything but what is plain in both paths and queries.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// In queries a comma parts the names of a projection.
const QUERY: &AsciiSet = &PLAIN.remove(b',');

/// The address of a listing's page.
///
/// # Errors
/// [`ClientError::ForeignNext`] when the cursor is none of this listing's.
pub(crate) fn of_listing(
    gate: &Gate,
    listing: &Listing,
    cursor: Option<&Cursor>,
    store_text: bool,
) -> Result<Url, ClientError> {
    match (listing, cursor) {
        (Listing::Pipelines { .. }, cursor) => {
            first(gate, listing, store_text, page_number(cursor)?)
        }
        (_, Some(cursor)) => followed(gate, listing, cursor),
        (_, None) => first(gate, listing, store_text, 1),
    }
}

/// The page that a cursor of pipelines stands for.
pub(crate) fn page_number(cursor: Option<&Cursor>) -> Result<u64, ClientError> {
    let Some(cursor) = cursor else { return Ok(1) };
    match cursor.as_str().parse() {
        Ok(page) if page > 0 => Ok(page),
        _ => Err(ClientError::ForeignNext {
            endpoint: Endpoint::Pipelines.template(),
            reason: "the cursor is no number of a page",
        }),
    }
}

/// The address of the workspace itself.
pub(crate) fn of_workspace(gate: &Gate) -> Result<Url, ClientError> {
    build(gate, Endpoint::Workspace, None, &[])
}

/// Turns Bitbucket's `next` into a cursor, if it leads on within the same listing.
pub(crate) fn cursor_of(
    gate: &Gate,
    listing: &Listing,
    next: &str,
    current: &Url,
) -> Result<Cursor, ClientError> {
    let scope = listing.scope();
    let foreign = |reason| ClientError::ForeignNext {
        endpoint: scope.endpoint.template(),
        reason,
    };
    let url = Url::parse(next).map_err(|_| foreign("it is no address"))?;
    if let Some(reason) = gate.differs(&url, &scope) {
        return Err(foreign(reason));
    }
    if url == *current {
        return Err(foreign("it is the same page again"));
    }
    gate.behind_base(&url)
        .map(Cursor::from)
        .ok_or_else(|| foreign("it leads to another part of the host"))
}

fn followed(gate: &Gate, listing: &Listing, cursor: &Cursor) -> Result<Url, ClientError> {
    let scope = listing.scope();
    let foreign = |reason| ClientError::ForeignNext {
        endpoint: scope.endpoint.template(),
        reason,
    };
    if !cursor.as_str().starts_with('/') {
        return Err(foreign("the cursor is no path"));
    }
    let url = Url::parse(&format!("{}{cursor}", gate.base()))
        .map_err(|_| foreign("the cursor is no path"))?;
    match gate.differs(&url, &scope) {
        Some(reason) => Err(foreign(reason)),
        None => Ok(url),
    }
}

fn first(gate: &Gate, listing: &Listing, store_text: bool, page: u64) -> Result<Url, ClientError> {
    let mut query: Vec<(&str, String)> = Vec::new();
    match listing {
        Listing::Repositories => {
            query.push(("pagelen", "100".into()));
            query.push(("sort", "created_on".into()));
        }
        Listing::Members => query.push(("pagelen", "100".into())),
        Listing::PullRequests { since, order, .. } => {
            // Without a state only open ones are listed; each state is a parameter of its own.
            for state in ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"] {
                query.push(("state", state.into()));
            }
            query.push(("pagelen", "50".into()));
            match order {
                PullOrder::Created => query.push(("sort", "created_on".into())),
                PullOrder::Updated => query.push(("sort", "updated_on".into())),
                PullOrder::Unsorted => {}
            }
            query.extend(since.map(|since| ("q", updated_since(since))));
            query.push(("fields", fields::of_pull_request(store_text)));
        }
        Listing::RepositoryActivity { .. } | Listing::PullActivity { .. } => {
            query.push(("pagelen", "50".into()));
            query.push(("fields", fields::of_activity(store_text)));
        }
        Listing::PullComments { since, .. } => {
            query.push(("pagelen", "100".into()));
            query.push(("sort", "created_on".into()));
            query.extend(since.map(|since| ("q", updated_since(since))));
            query.push(("fields", fields::of_comment(store_text)));
        }
        // Listed oldest first unless asked, and `next` forgets what was asked: so by page number.
        Listing::Pipelines { .. } => {
            query.push(("pagelen", "100".into()));
            query.push(("sort", "-created_on".into()));
            query.push(("page", page.to_string()));
        }
    }
    build(gate, listing.scope().endpoint, Some(listing), &query)
}

fn build(
    gate: &Gate,
    endpoint: Endpoint,
    listing: Option<&Listing>,
    query: &[(&str, String)],
) -> Result<Url, ClientError> {
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let repository = listing.and_then(Listing::repository);
    let mut text = gate.base().to_owned();
    for part in endpoint.template().split('/').skip(1) {
        text.push('/');
        match part {
            "{workspace}" => text.push_str(&encoded(gate.workspace())),
            "{repo}" => text.push_str(&encoded(repository.map_or("", |r| r.slug()))),
            "{id}" => text.push_str(&listing.and_then(Listing::number).unwrap_or(0).to_string()),
            literal => text.push_str(literal),
        }
    }
    for (index, (name, value)) in query.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.extend(utf8_percent_encode(value, QUERY));
    }
    Url::parse(&text).map_err(|_| ClientError::NotAllowed {
        endpoint: endpoint.template(),
        reason: "its address cannot be written",
    })
}

/// The same address without `pagelen`, for a server that takes no such length.
pub(crate) fn without_page_length(url: &Url) -> Option<Url> {
    let query = url.query()?;
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("pagelen="))
        .collect();
    let kept = kept.join("&");
    if kept == query {
        return None;
    }
    let mut url = url.clone();
    url.set_query((!kept.is_empty()).then_some(kept.as_str()));
    Some(url)
}

/// The filter for what changed since an instant.
fn updated_since(since: Instant) -> String {
    let since = since.to_chrono().format("%Y-%m-%dT%H:%M:%S%.6f+00:00");
    format!("updated_on>={since}")
}
