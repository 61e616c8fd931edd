//! A pull request: how it was opened, what was done to it, and how it stands.

use std::sync::Arc;

use model::Instant;

use super::account::AccountId;
use super::act::{Act, Deed};
use super::comment::Comment;
use super::repository::{Moment, RepositoryId};
use super::standing::{PullState, Standing};

/// A pull request with its whole history.
#[derive(Debug, Clone)]
pub struct PullRequest {
    /// Counted from 1 in its repository.
    pub number: u64,
    pub(crate) opened: Opening,
    pub(crate) acts: Vec<Act>,
    pub(crate) comments: Vec<Comment>,
    /// How all acts leave it.
    pub(crate) standing: Standing,
}

/// What a pull request was when it was opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) title: Arc<str>,
    pub(crate) description: Arc<str>,
    pub(crate) author: Option<AccountId>,
    pub(crate) created_on: Instant,
    pub(crate) draft: bool,
    pub(crate) reviewers: Vec<AccountId>,
    pub(crate) source: Side,
    pub(crate) destination: Side,
    pub(crate) close_source_branch: bool,
    pub(crate) task_count: u64,
}

/// One side of a pull request. A deleted fork leaves nothing but the branch's name.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    pub(crate) repository: Option<RepositoryId>,
    pub(crate) branch: Option<Arc<str>>,
    /// Forty characters; pull requests show twelve.
    pub(crate) commit: Option<Arc<str>>,
}

/// The short form in which pull requests show a commit.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

impl PullRequest {
    /// A pull request that was just opened: the service tells of it in two updates.
    pub(crate) fn open(number: u64, opened: Opening, first_update_after_millis: i64) -> Self {
        let standing = Standing::at_opening(&opened);
        let first = opened.created_on.plus_millis(first_update_after_millis);
        let second = Instant::from_micros(first.micros() + 80_000 + first.micros() % 49_999);
        let author = opened.author;
        let mut pull = Self {
            number,
            opened,
            acts: Vec::new(),
            comments: Vec::new(),
            standing,
        };
        for at in [first, second] {
            pull.record(Act {
                at,
                by: author,
                deed: Deed::Opened,
            });
        }
        pull
    }

    /// Adds an act and brings the standing forward. Entries have no id: no two acts other than
    /// comments share an instant, as the service's microseconds keep them apart too.
    pub(crate) fn record(&mut self, mut act: Act) {
        let is_comment = matches!(act.deed, Deed::Commented(_));
        if let Some(last) = self.acts.last().filter(|_| !is_comment) {
            act.at = act.at.max(Instant::from_micros(last.at.micros() + 1));
        }
        self.standing.apply(&act);
        self.acts.push(act);
    }

    /// Adds a comment and the act of writing it.
    pub(crate) fn add_comment(&mut self, comment: Comment) {
        let index = u32::try_from(self.comments.len()).unwrap_or(u32::MAX);
        let act = Act {
            at: comment.created_on,
            by: comment.user,
            deed: Deed::Commented(index),
        };
        self.comments.push(comment);
        self.record(act);
    }

    /// How it stood right after the act at `index`, as its activity entry shows it.
    pub(crate) fn standing_after(&self, index: u32) -> Standing {
        let mut standing = Standing::at_opening(&self.opened);
        for act in self.acts.iter().take(index as usize + 1) {
            standing.apply(act);
        }
        standing
    }

    /// The places of its activity entries.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Moment> + '_ {
        (0_u32..)
            .zip(&self.acts)
            .filter(|(_, act)| act.deed.entry().is_some())
            .map(|(index, act)| Moment {
                at: act.at,
                number: self.number,
                act: index,
            })
    }

    /// Its title now.
    pub fn title(&self) -> &str {
        &self.standing.title
    }

    /// Its state now.
    pub fn state(&self) -> PullState {
        self.standing.state
    }

    /// When it was opened.
    pub fn created_on(&self) -> Instant {
        self.opened.created_on
    }

    /// When anything about it changed last.
    pub fn updated_on(&self) -> Instant {
        self.standing.updated_on
    }

    /// The ids of its comments, deleted ones too, oldest first.
    pub fn comment_ids(&self) -> Vec<i64> {
        self.comments.iter().map(|comment| comment.id).collect()
    }

    /// How many entries its activity has.
    pub fn activity_count(&self) -> usize {
        self.moments().count()
    }
}
