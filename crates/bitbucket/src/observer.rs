//! Who is told what the client is doing.

use model::Instant;

/// Told what the client is doing, to show it to people. Called from within requests: it must
/// return soon.
pub trait Observer: Send + Sync {
    /// A request waits.
    fn waiting(&self, _until: Instant, _why: Waiting) {}

    /// A wait is over.
    fn resumed(&self) {}

    /// A request is sent, a repeated one included; `endpoint` is its address with names left out.
    fn request(&self, _endpoint: &'static str) {}
}

/// Why a request waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The window's requests are used up by our own count.
    Budget,
    /// Bitbucket said 429, however much is left by our count.
    RateLimited,
    /// An attempt failed in a way that may pass.
    Retry {
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// What happened, without anything from the answer's body.
        reason: String,
    },
}

/// An observer that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}
