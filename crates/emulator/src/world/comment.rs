//! Comments of pull requests.

use std::sync::Arc;

use model::Instant;

use super::account::AccountId;

/// One comment as it stands now.
#[derive(Debug, Clone)]
pub(crate) struct Comment {
    /// Unique in the whole service.
    pub(crate) id: i64,
    /// Its count among the comments of the workspace, from 1.
    pub(crate) ordinal: u64,
    pub(crate) user: Option<AccountId>,
    pub(crate) created_on: Instant,
    pub(crate) updated_on: Instant,
    /// Index of the comment that it answers, in the same pull request.
    pub(crate) parent: Option<u32>,
    pub(crate) anchor: Option<Box<Anchor>>,
    pub(crate) text: Arc<str>,
    pub(crate) deleted: bool,
    pub(crate) resolved: Option<(Instant, Option<AccountId>)>,
}

/// Where in the changed files a comment stands. Both lines missing means the file as a whole.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The file.
    pub path: String,
    /// The line in its old version.
    pub from: Option<u64>,
    /// The line in its new version.
    pub to: Option<u64>,
}
