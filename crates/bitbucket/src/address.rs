//! The addresses of listings: page sizes, orders and filters.

mod fields;

use model::Instant;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::endpoint::{Gate, Scope};
use crate::{ClientError, Cursor, Listing, PullOrder};

/// Everything but what is plain in both paths and queries.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// In queries a comma parts the names of a projection.
const QUERY: &AsciiSet = &PLAIN.remove(b',');

/// The address of a listing's page, and what it must be among.
///
/// # Errors
/// [`ClientError::ForeignNext`] when the cursor is none of this listing's.
pub(crate) fn of_listing<'l>(
    gate: &Gate,
    listing: &'l Listing,
    cursor: Option<&Cursor>,
    store_text: bool,
) -> Result<(Url, Scope<'l>), ClientError> {
    let page = match cursor {
        Some(cursor) if !listing.is_by_number() => return followed(gate, listing, cursor),
        cursor => page_number(listing, cursor)?,
    };
    let url = first(gate, listing, store_text, page)?;
    let lengthless = cursor.is_some_and(|cursor| cursor.as_str().ends_with(LENGTHLESS));
    let url = match without_page_length(&url) {
        Some(shorter) if lengthless => shorter,
        _ => url,
    };
    Ok((url, listing.scope()))
}

/// Marks the number of a page whose length is Bitbucket's own: among pages of another length it
/// would be another place.
const LENGTHLESS: char = '~';

/// The cursor of a page by its number, that follows the one at this address.
pub(crate) fn numbered_cursor(page: u64, asked: &Url) -> Cursor {
    let mut cursor = page.to_string();
    if !asked.query_pairs().any(|(name, _)| name == "pagelen") {
        cursor.push(LENGTHLESS);
    }
    Cursor::from(cursor)
}

/// The page that a cursor stands for where pages have numbers.
pub(crate) fn page_number(listing: &Listing, cursor: Option<&Cursor>) -> Result<u64, ClientError> {
    let Some(cursor) = cursor else { return Ok(1) };
    match cursor.as_str().trim_end_matches(LENGTHLESS).parse() {
        Ok(page) if page > 0 => Ok(page),
        _ => Err(ClientError::ForeignNext {
            endpoint: listing.scope().endpoint.template(),
            reason: "the cursor is no number of a page",
        }),
    }
}

/// The address of a single record.
///
/// # Errors
/// [`ClientError::NotAllowed`] when it cannot be written.
pub(crate) fn of_record(
    gate: &Gate,
    scope: &Scope<'_>,
    fields: Option<String>,
) -> Result<Url, ClientError> {
    let fields = fields.map(|fields| ("fields", fields));
    build(gate, scope, fields.as_slice())
}

/// What is asked of a single pull request.
pub(crate) fn fields_of_pull_request(store_text: bool) -> String {
    fields::of_a_record(&fields::of_pull_request(store_text))
}

/// What is asked of a single commit.
pub(crate) fn fields_of_commit() -> String {
    fields::of_a_record(&fields::of_commit())
}

/// Which of a listing's addresses this is among.
fn scope_of<'l>(gate: &Gate, listing: &'l Listing, url: &Url) -> Result<Scope<'l>, &'static str> {
    let own = listing.scope();
    let Some(reason) = gate.differs(url, &own) else {
        return Ok(own);
    };
    listing
        .further_scope()
        .filter(|further| gate.differs(url, further).is_none())
        .ok_or(reason)
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
    scope_of(gate, listing, &url).map_err(foreign)?;
    if url == *current {
        return Err(foreign("it is the same page again"));
    }
    gate.behind_base(&url)
        .map(Cursor::from)
        .ok_or_else(|| foreign("it leads to another part of the host"))
}

fn followed<'l>(
    gate: &Gate,
    listing: &'l Listing,
    cursor: &Cursor,
) -> Result<(Url, Scope<'l>), ClientError> {
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
    let scope = scope_of(gate, listing, &url).map_err(foreign)?;
    Ok((url, scope))
}

fn first(gate: &Gate, listing: &Listing, store_text: bool, page: u64) -> Result<Url, ClientError> {
    build(gate, &listing.scope(), &query(listing, store_text, page))
}

/// What is asked of a listing.
fn query(listing: &Listing, store_text: bool, page: u64) -> Vec<(&'static str, String)> {
    let mut query: Vec<(&'static str, String)> = Vec::new();
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
        Listing::Commits { .. } | Listing::PullCommits { .. } => {
            query.push(("pagelen", "100".into()));
            if let Listing::Commits {
                exclude: Some(known),
                ..
            } = listing
            {
                query.push(("exclude", known.clone()));
            }
            query.push(("fields", fields::of_commit()));
        }
        Listing::PipelineSteps { .. } => {
            query.push(("pagelen", "100".into()));
            query.push(("fields", fields::of_step()));
            query.push(("page", page.to_string()));
        }
        Listing::Environments { .. } => {
            query.push(("pagelen", "100".into()));
            query.push(("page", page.to_string()));
        }
        // Any order that is asked for is refused.
        Listing::Deployments { .. } => {
            query.push(("pagelen", "100".into()));
            query.push(("fields", fields::of_deployment()));
            query.push(("page", page.to_string()));
        }
        // The page length is the longest by itself.
        Listing::PullDiffstat { .. } => query.push(("fields", fields::of_diffstat())),
    }
    query
}

/// The address that tells how many records a listing has, and none of them.
pub(crate) fn of_size(gate: &Gate, listing: &Listing) -> Result<Url, ClientError> {
    let mut query = query(listing, false, 1);
    query.retain(|(name, _)| !matches!(*name, "pagelen" | "fields" | "sort" | "page"));
    query.push(("pagelen", "1".into()));
    query.push(("fields", "size".into()));
    build(gate, &listing.scope(), &query)
}

/// The address of `scope` with this query.
///
/// # Errors
/// [`ClientError::NotAllowed`] when it cannot be written.
pub(crate) fn build(
    gate: &Gate,
    scope: &Scope<'_>,
    query: &[(&str, String)],
) -> Result<Url, ClientError> {
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let endpoint = scope.endpoint;
    let mut text = gate.base().to_owned();
    for part in endpoint.template().split('/').skip(1) {
        text.push('/');
        match part {
            "{workspace}" => text.push_str(&encoded(gate.workspace())),
            "{repo}" => text.push_str(&encoded(scope.repository.map_or("", |r| r.slug()))),
            "{id}" => text.push_str(&scope.number.unwrap_or(0).to_string()),
            "{sha}" | "{pipeline}" | "{hook}" => text.push_str(&encoded(scope.name.unwrap_or(""))),
            // Its slashes stay: Bitbucket takes all that follows for the name.
            "{revision}" => {
                let name = scope.name.unwrap_or("").split('/').map(encoded);
                text.push_str(&name.collect::<Vec<_>>().join("/"));
            }
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
