//! Who may use the page: logins, links that work once, sessions, and tokens of programs.
//!
//! Whatever somebody shows to be let in is kept as a digest alone; making digests is up to the
//! caller, as are passwords' hashes.

mod logins;
mod sessions;
mod tokens;

pub use logins::{Login, Role};
pub use sessions::{LoginSession, SessionTimes};
pub use tokens::{ApiToken, NewApiToken};
