//! The rows of every imported table, and what each column is.
//!
//! A row is declared once by the `table!` macro of this module, which makes the Rust struct and
//! the catalogue entry from the same lines, so that the two cannot drift apart.

mod account;
mod batch;
pub mod calendar;
mod commit;
pub mod control;
pub mod deploying;
mod deployment;
mod jira_user;
pub mod people;
mod pipeline;
mod pull_request;
mod reject;
mod repository;
mod review;
pub mod unified;

pub use account::{AccountType, MemberRow, UserRow, UserType};
pub use batch::{Batch, CommitList, Participants, RowKey};
pub use calendar::CalendarDay;
pub use commit::{CommitRow, PullCommitRow, PullSizeRow};
pub use deploying::{DeploymentMeasureRow, DeploymentPullRow, RuleDeploymentRow};
pub use deployment::{DeploymentRow, EnvironmentRow, PipelineStepRow};
pub use jira_user::JiraUserRow;
pub use pipeline::PipelineRow;
pub use pull_request::{CommentRow, EventKind, EventRow, PullRow, PullState, ReviewerRow};
pub use reject::RejectRow;
pub use repository::{ProjectRow, RepositoryRow, WorkspaceRow};
pub use review::{ReviewRow, ReviewState};

use serde::Serialize;

use crate::table::Table;
use crate::{Id, Instant};

/// A row that a page or a delivery can bring.
pub trait Row: Serialize {
    /// The table that it belongs to.
    const TABLE: &'static Table;

    /// Its id.
    fn id(&self) -> Id;

    /// When it was seen: the start of the request, or the time of the event.
    fn observed_at(&self) -> Instant;

    /// One bit per column of the table, in order, set where the row says something. Rows of a
    /// batch that say the same columns are written by one statement.
    fn present(&self) -> u64;
}

/// A column's name without the mark that Rust wants before its own keywords (`r#type`).
const fn plain_name(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Declares a row and its table. Each line is
/// `role name: Type, "unit", "where it comes from", "what it means";`.
/// Columns under `derived` are in the table but not in the row.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $row:ident is $name:literal, newest $($rest:tt)+
    ) => {
        $crate::rows::table! { $(#[doc = $doc])+ $row is $name in Imported, newest $($rest)+ }
    };
    (
        $(#[doc = $doc:literal])+
        $row:ident is $name:literal in $group:ident, newest by $newest:ident, from $source:literal {
            $( $role:ident $column:ident : $type:ty, $unit:literal, $from:literal, $meaning:literal; )+
        }
        derived {
            $( $derived:ident : $derived_type:ty, $derived_unit:literal, $derived_from:literal, $derived_meaning:literal; )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $row {
            /// The id of the row.
            pub id: $crate::Id,
            $(
                #[doc = $meaning]
                #[serde(skip_serializing_if = "crate::Field::is_absent")]
                pub $column: $crate::Field<$type>,
            )+
            /// When it was seen: the start of the request, or the time of the event.
            pub observed_at: $crate::Instant,
        }

        impl $row {
            /// A row that says nothing yet.
            pub fn new(id: $crate::Id, observed_at: $crate::Instant) -> Self {
                Self { id, $( $column: $crate::Field::Absent, )+ observed_at }
            }

            /// The table of these rows.
            pub const TABLE: $crate::table::Table = $crate::table::Table {
                name: $name,
                group: $crate::table::Group::$group,
                source: $source,
                meaning: concat!($($doc, "\n"),+),
                newest: $crate::table::Newest::$newest,
                columns: &[
                    $crate::table::Column {
                        name: "id",
                        kind: $crate::table::Kind::Id,
                        role: $crate::table::Role::Id,
                        unit: "",
                        source: "computed from the key",
                        meaning: "The row's id: the same in every database and for every connection.",
                    },
                    $( $crate::table::Column {
                        name: $crate::rows::plain_name(stringify!($column)),
                        kind: <$type as $crate::table::ColumnType>::KIND,
                        role: $crate::table::Role::$role,
                        unit: $unit,
                        source: $from,
                        meaning: $meaning,
                    }, )+
                    $( $crate::table::Column {
                        name: $crate::rows::plain_name(stringify!($derived)),
                        kind: <$derived_type as $crate::table::ColumnType>::KIND,
                        role: $crate::table::Role::Derived,
                        unit: $derived_unit,
                        source: $derived_from,
                        meaning: $derived_meaning,
                    }, )*
                    $crate::table::Column {
                        name: "observed_at",
                        kind: $crate::table::Kind::DateTime,
                        role: $crate::table::Role::Observed,
                        unit: "",
                        source: "start of the request, or time of the event",
                        meaning: "When the row was last seen to differ from what was stored.",
                    },
                ],
            };
        }

        impl $crate::rows::Row for $row {
            const TABLE: &'static $crate::table::Table = &Self::TABLE;

            fn id(&self) -> $crate::Id {
                self.id
            }

            fn observed_at(&self) -> $crate::Instant {
                self.observed_at
            }

            fn present(&self) -> u64 {
                let mut bits = 0;
                let mut bit = 2; // the first bit is the id's
                $(
                    if !self.$column.is_absent() {
                        bits |= bit;
                    }
                    bit <<= 1;
                )+
                // The id and `observed_at` are always there, and the latter stands last.
                let _ = bit;
                bits | 1
            }
        }
    };
}
pub(crate) use table;

/// A catalogue entry for a table or view that no batch is written to.
macro_rules! describe {
    (
        $(#[doc = $doc:literal])+
        $const:ident is $name:literal in $group:ident, from $source:literal {
            $( $column:ident : $type:ty, $unit:literal, $from:literal, $meaning:literal; )+
        }
    ) => {
        $(#[doc = $doc])+
        pub const $const: $crate::table::Table = $crate::table::Table {
            name: $name,
            group: $crate::table::Group::$group,
            source: $source,
            meaning: concat!($($doc, "\n"),+),
            newest: $crate::table::Newest::LastWritten,
            columns: &[
                $( $crate::table::Column {
                    name: $crate::rows::plain_name(stringify!($column)),
                    kind: <$type as $crate::table::ColumnType>::KIND,
                    role: $crate::table::Role::Derived,
                    unit: $unit,
                    source: $from,
                    meaning: $meaning,
                }, )+
            ],
        };
    };
}
pub(crate) use describe;
