//! How far an import is, for people who watch it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::StreamName;

/// How far one stream is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StreamProgress {
    /// Which.
    pub stream: StreamName,
    /// The part that is done, from 0 to 1.
    pub fraction: f64,
    /// Requests that brought a page of it.
    pub requests: u64,
    /// Records that came.
    pub records: u64,
    /// Whether it has ended.
    pub ended: bool,
}

/// Told how far an import is. Called between pages: it must return soon.
pub trait Progress: Send + Sync {
    /// A stream has come further.
    fn advanced(&self, _progress: &StreamProgress) {}

    /// Something worth a line.
    fn note(&self, _text: &str) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {}

#[derive(Default)]
struct Tally {
    /// How many repositories (or 1) the stream is read for.
    scopes: u64,
    ended: u64,
    /// The parts that are done of those under way.
    partial: BTreeMap<String, f64>,
    requests: u64,
    records: u64,
}

impl Tally {
    fn progress(&self, stream: StreamName) -> StreamProgress {
        let scopes = self.scopes.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a fraction for the eye")]
        let fraction = (self.ended as f64 + self.partial.values().sum::<f64>()) / scopes as f64;
        StreamProgress {
            stream,
            fraction: fraction.clamp(0.0, 1.0),
            requests: self.requests,
            records: self.records,
            ended: self.ended >= self.scopes,
        }
    }
}

/// Adds the repositories of a stream up to one figure.
pub(crate) struct Tracker {
    watcher: Arc<dyn Progress>,
    tallies: Mutex<BTreeMap<StreamName, Tally>>,
}

impl Tracker {
    pub(crate) fn new(watcher: Arc<dyn Progress>) -> Self {
        Self {
            watcher,
            tallies: Mutex::default(),
        }
    }

    /// A stream is going to be read for this many repositories.
    pub(crate) fn plan(&self, stream: StreamName, scopes: u64) {
        self.change(stream, |tally| tally.scopes = scopes);
    }

    /// A page came.
    pub(crate) fn page(&self, stream: StreamName, scope: &str, records: usize, fraction: f64) {
        self.change(stream, |tally| {
            tally.requests += 1;
            tally.records += u64::try_from(records).unwrap_or(0);
            tally
                .partial
                .insert(scope.to_owned(), fraction.clamp(0.0, 1.0));
        });
    }

    /// A repository's part of a stream has ended.
    pub(crate) fn end(&self, stream: StreamName, scope: &str) {
        self.change(stream, |tally| {
            tally.partial.remove(scope);
            tally.ended += 1;
        });
    }

    /// Every stream's progress, as a JSON array.
    pub(crate) fn as_json(&self) -> String {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let progress: Vec<StreamProgress> = tallies
            .iter()
            .map(|(stream, tally)| tally.progress(*stream))
            .collect();
        // Numbers and names alone: there is nothing that could not be written.
        serde_json::to_string(&progress).unwrap_or_default()
    }

    pub(crate) fn note(&self, text: &str) {
        self.watcher.note(text);
    }

    fn change(&self, stream: StreamName, change: impl FnOnce(&mut Tally)) {
        let progress = {
            let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
            let tally = tallies.entry(stream).or_default();
            change(tally);
            tally.progress(stream)
        };
        self.watcher.advanced(&progress);
    }
}
