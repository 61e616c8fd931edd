//! From JSON to rows, record by record: one that cannot be read is set aside, the rest goes on.

pub(crate) mod reject;

use model::Instant;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::normalise::comment::Teller;
use crate::normalise::commit::Place;
use crate::normalise::{self, Brought, Rows};
use crate::{ClientError, Listing, RepositoryRef, wire};
use reject::Trouble;

/// What is known of a page beside its records.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) listing: &'a Listing,
    pub(crate) observed_at: Instant,
    pub(crate) store_text: bool,
}

/// What every listing is wrapped in. Only `values` is documented to be there, and even that is
/// missing from the empty object that ends pipelines.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) values: Vec<Value>,
    pub(crate) next: Option<String>,
    pub(crate) size: Option<u64>,
    pagelen: Option<u64>,
}

impl Envelope {
    /// Whether the page has fewer records than the listing says it must: a page that others follow
    /// is full, and one that stands alone has all there are. Only listings that tell their size
    /// are held to it.
    pub(crate) fn lacks_records(&self, first: bool, goes_on: bool) -> bool {
        let values = u64::try_from(self.values.len()).unwrap_or(u64::MAX);
        match (self.size, self.pagelen) {
            (Some(_), Some(pagelen)) if goes_on => values < pagelen,
            (Some(size), _) if first && !goes_on => values < size,
            _ => false,
        }
    }

    /// Whether a listing that is read by page number has another page after this one. An empty
    /// page ends it; a page whose size is not told may be followed by another. Of `short` listings
    /// one that is not full is the last: hardly any run has as many steps as a page, and asking
    /// again would cost each of them a request.
    pub(crate) fn goes_on_after(&self, page: u64, short: bool) -> bool {
        if self.values.is_empty() {
            return false;
        }
        match (self.size, self.pagelen) {
            (Some(size), Some(pagelen)) => page.saturating_mul(pagelen) < size,
            (None, Some(pagelen)) if short => {
                let told = self.next.as_ref().is_some_and(|next| !next.is_empty());
                told || u64::try_from(self.values.len()).is_ok_and(|values| values >= pagelen)
            }
            _ => true,
        }
    }
}

/// Unwraps a page.
///
/// # Errors
/// [`ClientError::Undecodable`] when it is no page at all.
pub(crate) fn envelope(json: Value, endpoint: &'static str) -> Result<Envelope, ClientError> {
    let undecodable = |json_path: &str, reason: &str| ClientError::Undecodable {
        endpoint,
        json_path: json_path.to_owned(),
        reason: reason.to_owned(),
    };
    let Value::Object(mut page) = json else {
        return Err(undecodable(".", "expected an object"));
    };
    let values = match page.remove("values") {
        Some(Value::Array(values)) => values,
        // An end may be told without a list; anything else that has none is no page. Taking it for
        // an end would lose what follows without a word.
        None if ends(&page) => Vec::new(),
        _ => return Err(undecodable("values", "expected a list")),
    };
    let next = match page.remove("next") {
        Some(Value::String(next)) => Some(next),
        None | Some(Value::Null) => None,
        Some(_) => return Err(undecodable("next", "expected an address")),
    };
    let number = |name: &str| page.get(name).and_then(Value::as_u64);
    Ok(Envelope {
        next,
        size: number("size"),
        pagelen: number("pagelen"),
        values,
    })
}

/// Whether an object without records says nothing but that there are none.
fn ends(page: &serde_json::Map<String, Value>) -> bool {
    let known = ["next", "previous", "size", "page", "pagelen"];
    page.keys().all(|name| known.contains(&name.as_str()))
        && page.get("size").is_none_or(|size| size.as_u64() == Some(0))
}

/// Reads the records of a page.
pub(crate) fn records(context: &Context<'_>, values: &[Value]) -> Brought {
    let mut rows = Rows::new(context.observed_at, context.store_text);
    for (index, value) in values.iter().enumerate() {
        if let Err(trouble) = record(context, value, &mut rows) {
            rows.batch.rejects.push(trouble.into_row(
                context.listing,
                value,
                index,
                context.observed_at,
            ));
        }
    }
    rows.finish()
}

/// Reads one record; nothing of it is kept when it cannot be read.
fn record(context: &Context<'_>, value: &Value, rows: &mut Rows) -> Result<(), Trouble> {
    match context.listing {
        Listing::Repositories => normalise::repository::repository(read(value)?, rows),
        Listing::Members => normalise::account::membership(read(value)?, rows),
        Listing::PullRequests { repository, .. } => {
            normalise::pull_request::pull_request(read(value)?, repository, rows);
        }
        Listing::RepositoryActivity { repository } => {
            normalise::activity::entry(read(value)?, repository, None, rows)
                .map_err(Trouble::missing)?;
        }
        Listing::PullActivity { repository, number } => {
            normalise::activity::entry(read(value)?, repository, Some(*number), rows)
                .map_err(Trouble::missing)?;
        }
        Listing::PullComments {
            repository, number, ..
        } => {
            let comment: wire::comment::Comment = read(value)?;
            normalise::comment::comment(comment, repository, *number, Teller::Comments, rows);
        }
        Listing::Pipelines { repository } => {
            normalise::pipeline::pipeline(read(value)?, repository, rows);
        }
        Listing::Commits { repository, .. } => {
            commit(value, repository, Place::DefaultBranch, rows)?;
        }
        Listing::PullCommits {
            repository,
            number,
            pull_updated_at,
        } => {
            let place = Place::Pull {
                number: *number,
                updated_at: *pull_updated_at,
            };
            commit(value, repository, place, rows)?;
        }
        Listing::PipelineSteps { pipeline, .. } => {
            normalise::deployment::step(read(value)?, pipeline, rows);
        }
        Listing::Environments { repository } => {
            normalise::deployment::environment(read(value)?, repository, rows);
        }
        Listing::Deployments { repository } => {
            normalise::deployment::deployment(read(value)?, repository, rows);
        }
        Listing::PullDiffstat { .. } => rows.sums.add(read(value)?),
    }
    Ok(())
}

fn commit(
    value: &Value,
    repository: &RepositoryRef,
    place: Place,
    rows: &mut Rows,
) -> Result<(), Trouble> {
    normalise::commit::commit(read(value)?, repository, place, rows)
        .map_err(|path| Trouble::at(path, "expected a hash of 40 characters"))
}

/// Reads one value as this shape.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Trouble> {
    // Serde would take a list for the members in their order.
    if value.is_array() {
        return Err(Trouble::at(".", "expected an object, found a list"));
    }
    // Keeping track of where one is costs more than reading: only a record that fails pays it.
    T::deserialize(value)
        .or_else(|_| serde_path_to_error::deserialize(value).map_err(Trouble::from))
}

/// Which record an answer is.
#[derive(Clone, Copy)]
pub(crate) enum Single<'a> {
    Workspace,
    Repository,
    PullRequest(&'a RepositoryRef),
    /// The commit whose hash begins so.
    Commit(&'a RepositoryRef, &'a str),
    Pipeline(&'a RepositoryRef),
}

/// Reads the answer that is one record.
///
/// # Errors
/// [`ClientError::Undecodable`] when it is none: there is no other record to go on with.
pub(crate) fn single(
    which: Single<'_>,
    value: &Value,
    mut rows: Rows,
    endpoint: &'static str,
) -> Result<Brought, ClientError> {
    alone(which, value, &mut rows).map_err(|trouble| trouble.into_error(endpoint))?;
    Ok(rows.finish())
}

fn alone(which: Single<'_>, value: &Value, rows: &mut Rows) -> Result<(), Trouble> {
    match which {
        Single::Workspace => {
            let workspace: wire::repository::Workspace = read(value)?;
            normalise::repository::workspace(workspace, rows)
                .ok_or_else(|| Trouble::missing("uuid"))?;
        }
        Single::Repository => normalise::repository::repository(read(value)?, rows),
        Single::PullRequest(repository) => {
            normalise::pull_request::pull_request(read(value)?, repository, rows);
        }
        Single::Commit(repository, prefix) => {
            commit(value, repository, Place::Alone, rows)?;
            let begins = |sha: &String| sha.starts_with(&prefix.to_ascii_lowercase());
            let mut commits = rows.batch.commits.iter();
            if !commits.any(|row| row.sha.as_value().is_some_and(begins)) {
                return Err(Trouble::at("hash", "it is of another commit"));
            }
        }
        Single::Pipeline(repository) => {
            normalise::pipeline::pipeline(read(value)?, repository, rows);
        }
    }
    Ok(())
}
