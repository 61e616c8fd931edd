//! Who is let in, and to what.

mod attempts;
mod client;
mod cookies;
mod gate;
mod password;
mod routes;
pub(crate) mod secret;
mod visitor;

pub(crate) use attempts::Attempts;
pub(crate) use client::client_address;
pub(crate) use cookies::Cookies;
pub(crate) use password::{Hasher, check as check_password};
pub(crate) use routes::Routes;
pub use routes::{Audience, RouteInfo, Scope};
pub(crate) use visitor::{Administrator, Program, Reader, Theme, Viewer};
