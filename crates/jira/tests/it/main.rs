//! The client against a server on this machine that says what a test wants it to say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects must fail"
)]

mod recordings;
mod secrets;
mod server;
mod users;
mod verification;
mod waits;
