//! The emulator, asked over HTTP as a client would ask it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something missing has failed, also in what tests share"
)]

mod access;
mod commit;
mod delivery;
mod deployment;
mod fault;
mod feed;
mod filter;
mod hook;
mod jira;
mod member;
mod paging;
mod pipeline;
mod rate;
mod recording;
mod repository;
mod sending;
mod size;
mod spec;
mod stage;
mod status;
mod trouble;
mod truth;
mod verb;
