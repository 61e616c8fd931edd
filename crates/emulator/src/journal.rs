//! What was asked for: calls are the currency.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A request and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedRequest {
    /// GET, mostly.
    pub method: String,
    /// The path, as it was on the wire.
    pub path: String,
    /// The query, as it was on the wire.
    pub query: String,
    /// The path with its variable parts named, `unknown` if it is none of ours.
    pub endpoint: String,
    /// The status of the answer; 0 if it was never answered.
    pub status: u16,
    /// The access token, or the owner of the API token; None if none was recognised.
    pub credential: Option<String>,
    /// The label of the credential, a dead one too; None if none was recognised.
    pub label: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Vec<ServedRequest>);

impl Journal {
    pub(crate) fn note(&mut self, request: ServedRequest) {
        self.0.push(request);
    }

    pub(crate) fn all(&self) -> Vec<ServedRequest> {
        self.0.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn by_endpoint(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for request in &self.0 {
            *counts.entry(request.endpoint.clone()).or_default() += 1;
        }
        counts
    }

    /// How many requests of a credential there were, with these statuses.
    pub(crate) fn count(&self, label: Option<&str>, statuses: RangeInclusive<u16>) -> u64 {
        let of_label = |request: &&ServedRequest| {
            label.is_none_or(|label| request.label.as_deref() == Some(label))
        };
        let found = self.0.iter().filter(of_label);
        let found = found.filter(|request| statuses.contains(&request.status));
        u64::try_from(found.count()).unwrap_or(u64::MAX)
    }
}
