//! Bitbucket Cloud's REST API 2.0 on loopback, and beside it as much of Jira Cloud's as tells who
//! is who.
//!
//! A seeded [`World`] is served with the quirks of the real service, with faults on demand, with a
//! count of every request and with its own [truth](World::truth) to compare an import with. It can
//! also [replay recordings](Emulator::replay). It shares no wire type with the client: shared
//! shapes would hide shared mistakes.

mod access;
mod answer;
mod delivery;
mod disguise;
mod endpoint;
mod event;
mod faults;
mod fields;
mod filter;
mod jira;
mod journal;
mod paging;
mod quirks;
mod rate_limit;
mod recordings;
mod request;
mod server;
mod shape;
mod truth;
mod world;

pub use access::{Credential, CredentialError, CredentialKind};
pub use delivery::{Delivery, DeliveryFaults, DeliveryMode, Sent, SentAs};
pub use faults::{Fault, FaultKind, Matches, NextLink};
pub use journal::ServedRequest;
pub use quirks::Quirks;
pub use rate_limit::{RateLimit, RetryAfter};
pub use recordings::Recordings;
pub use server::{Emulator, Options};
pub use shape::STEP_SECRET;
pub use world::{
    Account, AccountKind, Anchor, Hook, JiraSite, JiraUser, JiraUserKind, PipelineResult,
    PullRequest, PullState, Repository, Shape, Shown, Shut, World, WorldError, WorldSpec,
};
