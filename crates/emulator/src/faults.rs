//! Failures on demand.
//!
//! A [`Fault`] says which requests it meets and what it does to them.

mod kind;

use crate::request::Request;

pub use kind::{FaultKind, NextLink};

/// One failure and the requests that it meets.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The requests.
    pub matches: Matches,
    /// The failure.
    pub kind: FaultKind,
}

/// Which requests a fault meets.
#[derive(Debug, Clone)]
pub struct Matches {
    /// A part of path and query, as they are on the wire. Everything contains an empty text.
    pub part: String,
    /// The first of the matching requests that fails, counted from 1.
    pub first: u64,
    /// How many fail from there on.
    pub times: u64,
}

impl Fault {
    /// A fault on the first request whose path and query contain `part`.
    pub fn on(part: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            matches: Matches {
                part: part.into(),
                first: 1,
                times: 1,
            },
            kind,
        }
    }

    /// On the nth matching request instead, counted from 1.
    #[must_use]
    pub fn nth(mut self, first: u64) -> Self {
        self.matches.first = first;
        self
    }

    /// On this many matching requests in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.matches.times = times;
        self
    }

    /// On every matching request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }
}

/// All faults with how often each was matched.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this request.
    pub(crate) fn meeting(&mut self, request: &Request) -> Vec<FaultKind> {
        let target = request.target();
        let mut met = Vec::new();
        for (fault, matched) in &mut self.0 {
            if !target.contains(&fault.matches.part) {
                continue;
            }
            *matched += 1;
            let last = fault.matches.first.saturating_add(fault.matches.times);
            if (fault.matches.first..last).contains(matched) {
                met.push(fault.kind.clone());
            }
        }
        met
    }
}
