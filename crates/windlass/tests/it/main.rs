//! The program as a person or a script meets it: the built binary against an emulated Bitbucket.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod demo;
mod documents;
mod help;
mod import;
mod killed;
mod program;
mod query;
mod refusals;
mod secrets;
