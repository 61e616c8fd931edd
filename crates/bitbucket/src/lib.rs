//! Bitbucket Cloud's REST API 2.0: one page in, one [`model::rows::Batch`] out.
//!
//! A [`Client`] knows a workspace and the credentials that may ask about it. It asks only for what
//! stands on one short list of endpoints, none of which returns source code; it keeps count of its
//! requests, so that it waits before Bitbucket makes it wait; it tries again what may pass, and
//! with another credential what one of them may not do; and it turns every record into rows by
//! itself, so that a record that cannot be read is set aside and the rest goes on.
//!
//! What Bitbucket sends of itself, a delivery of a [`webhook`], becomes the same rows. To have it
//! send them, [`hooks`] are made: nothing else is ever changed at Bitbucket.

mod address;
mod budget;
mod client;
mod config;
mod credential;
mod decode;
mod endpoint;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod holder;
pub mod hooks;
mod listing;
mod normalise;
mod observer;
mod retry;
mod transport;
pub mod verify;
pub mod webhook;
mod wire;

pub use budget::{Budget, GroupUsage, MinuteCount, SharedBudget};
pub use client::{Client, MOST_ADDRESSES};
pub use config::ClientConfig;
pub use credential::Credential;
pub use error::ClientError;
pub use holder::{Holder, HolderState, Priority, Standing};
pub use listing::{Cursor, EntryMark, Listing, Page, PullOrder, RepositoryRef};
pub use observer::{Observer, Silent, Waiting};
