//! From Bitbucket's words to ours: pure functions from wire shapes to rows.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod comment;
pub(crate) mod commit;
pub(crate) mod deployment;
pub(crate) mod pipeline;
pub(crate) mod pull_request;
pub(crate) mod repository;

use std::collections::HashMap;

use model::rows::{Batch, ProjectRow, UserRow, WorkspaceRow};
use model::{Field, Id, Instant};

use crate::EntryMark;
use commit::Sums;

/// What a page brought.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) batch: Batch,
    /// The marks of activity.
    pub(crate) entries: Vec<EntryMark>,
    /// What the files of a diffstat come to.
    pub(crate) sums: Sums,
}

/// Where the rows of a page come together. What is embedded in many records (accounts, projects,
/// workspaces) is kept once.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) batch: Batch,
    pub(crate) observed_at: Instant,
    pub(crate) store_text: bool,
    /// What the files of a diffstat come to, which is no row until all are there.
    pub(crate) sums: Sums,
    marks: Vec<EntryMark>,
    users: HashMap<Id, UserRow>,
    projects: HashMap<Id, ProjectRow>,
    workspaces: HashMap<Id, WorkspaceRow>,
}

impl Rows {
    pub(crate) fn new(observed_at: Instant, store_text: bool) -> Self {
        Self {
            batch: Batch::default(),
            observed_at,
            store_text,
            sums: Sums::default(),
            marks: Vec::new(),
            users: HashMap::new(),
            projects: HashMap::new(),
            workspaces: HashMap::new(),
        }
    }

    /// All that came together, embedded rows in the order of their ids.
    pub(crate) fn finish(mut self) -> Brought {
        self.batch.users.extend(self.users.into_values());
        self.batch.users.sort_by_key(|row| row.id);
        self.batch.projects.extend(self.projects.into_values());
        self.batch.projects.sort_by_key(|row| row.id);
        self.batch.workspaces.extend(self.workspaces.into_values());
        self.batch.workspaces.sort_by_key(|row| row.id);
        Brought {
            batch: self.batch,
            entries: self.marks,
            sums: self.sums,
        }
    }

    fn mark(&mut self, number: i64, pull_id: Id, at: Instant) {
        self.marks.push(EntryMark {
            number,
            pull_id,
            at,
        });
    }
}

/// Keeps what a later sight of the same thing does not say: one record embeds more than another.
macro_rules! fill {
    ($later:ident from $earlier:ident: $($column:ident),+) => {
        $(
            if $later.$column.is_absent() {
                $later.$column = $earlier.$column;
            }
        )+
    };
}
pub(crate) use fill;

/// A text; an empty one says that there is none.
fn text_or_none(text: Field<String>) -> Field<String> {
    text.and_then(|text| (!text.is_empty()).then_some(text))
}

/// Where Bitbucket leaves out what there is not, a missing member says so.
fn missing_is_none<T>(field: Field<T>) -> Field<T> {
    match field {
        Field::Absent => Field::Null,
        told => told,
    }
}
