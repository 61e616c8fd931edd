//! The program as a person or a script meets it: the built binary against an emulated Bitbucket.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod browser;
mod connections;
mod credentials;
mod deletion;
mod demo;
mod deployments;
mod documents;
mod door;
mod estimate;
mod filters;
mod flow;
mod help;
mod import;
mod killed;
mod pages;
mod people;
mod places;
mod program;
mod query;
mod refusals;
mod report;
mod secret_key;
mod secrets;
mod serve;
mod settings;
mod sql;
mod status;
mod stored_import;
mod together;
mod verification;
mod webhooks;
