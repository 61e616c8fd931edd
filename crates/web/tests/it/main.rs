//! What is served, as those who ask for it meet it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod access;
mod actions;
mod flow;
mod hostile;
mod house;
mod pages;
mod places;
mod recorded;
mod refusals;
mod secrets;
mod sql;
mod taken;
mod visitor;
