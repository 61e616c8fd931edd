//! One schema on SQLite and PostgreSQL: migrations, bulk upsert, reads, leases and the read-only
//! SQL console.
//!
//! Every statement is one text for both engines; what differs between them is in `engine`. A test
//! prepares each statement of `statements` on both.

mod codec;
mod connections;
pub mod console;
mod due;
mod engine;
mod error;
mod histories;
mod migrate;
mod open;
mod runs;
mod sightings;
mod statements;
mod streams;
mod upsert;
mod usage;

pub use codec::At;
pub use connections::Connection;
pub use due::{DuePipeline, DuePull};
pub use engine::{Db, WriteTx};
pub use error::StoreError;
pub use histories::Proof;
pub use runs::{BegunRun, RunTotals};
pub use sightings::KnownRepository;
pub use statements::statements;
pub use streams::{Lease, Stream, StreamState, StreamUpdate};
pub use upsert::{Counts, Upserted};
pub use usage::UsageRow;
