//! Deliveries of Bitbucket's webhooks: who sent one, what it is about, and the rows that it brings.
//!
//! [`signature`] says whether a body comes from Bitbucket. A [`Delivery`] is what the headers say
//! with the body as it came; [`read`] makes of it a [`model::rows::Batch`] like that of a page, so
//! that both are applied by one path. A payload is partial: what it does not say stays absent, and
//! what it only hints at is told as [`Due`], to be asked for. [`redact`] takes people's texts out of
//! a body that is kept, and [`workspace_of`] says of which workspace one speaks.
//!
//! Rows that a payload and the API both tell have the same ids. Of an act of which the two may tell
//! different dates (opened, edited, merged, declined) no row is made here: its date is part of its
//! id, and the repository's feed has the lasting one.

mod delivery;
mod event;
mod origin;
mod pull;
mod push;
mod reading;
mod redaction;
mod repository;
pub mod signature;
mod told;

pub use delivery::{Delivery, DeliveryError};
pub use event::EventKey;
pub use origin::{NotAnObject, workspace_of};
pub use reading::read;
pub use redaction::redact;
pub use told::{Due, RefChange, RefKind, Renamed, RepositoryMark, Told, WorkspaceMark};
