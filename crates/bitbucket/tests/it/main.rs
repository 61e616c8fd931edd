//! The client against a server on this machine that says what a test wants it to say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects must fail"
)]

mod access;
mod deliveries;
mod emulated;
mod emulated_more;
mod errors;
mod estimates;
mod holders;
mod hooks;
mod network;
mod normalisation;
mod pooled;
mod recorded_deliveries;
mod recordings;
mod rejects;
mod server;
mod singles;
mod sizes;
mod streams;
mod verification;
mod waits;
mod walks;
