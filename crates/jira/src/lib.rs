//! Jira Cloud's REST API 3, read only, and of it only who is who: one page of accounts in, one
//! [`model::rows::Batch`] out.
//!
//! Bitbucket tells no addresses. Jira does, for the same Atlassian account ids, where their owners
//! or the organisation let it. A [`JiraClient`] asks for two addresses and nothing else, waits when
//! it is told to, tries again what may pass, and sets aside a record that cannot be read.

mod answer;
mod client;
mod config;
mod decode;
mod error;
mod gate;
mod http;
mod retry;
mod site;
mod transport;
mod verify;

pub use client::{JiraClient, UsersPage};
pub use config::JiraConfig;
pub use error::JiraError;
pub use site::Site;
