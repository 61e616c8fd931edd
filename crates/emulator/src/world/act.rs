//! What can happen to a pull request. Its state, dates and counts all follow from its acts.

use std::sync::Arc;

use model::Instant;

use super::account::AccountId;

/// One thing that somebody did at one time.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) at: Instant,
    /// None where the API shows no user.
    pub(crate) by: Option<AccountId>,
    pub(crate) deed: Deed,
}

#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Told twice for every pull request, about a tenth of a second apart.
    Opened,
    Pushed(Arc<str>),
    Retitled {
        old: Arc<str>,
        new: Arc<str>,
    },
    DraftChanged(bool),
    ReviewersChanged(Box<ReviewerChange>),
    Approved,
    Unapproved,
    ChangesRequested,
    ChangeRequestWithdrawn,
    /// The index of the comment in its pull request.
    Commented(u32),
    CommentEdited,
    CommentDeleted,
    /// Or opened again.
    CommentResolved,
    Merged(Arc<str>),
    Declined(Arc<str>),
    Superseded,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct ReviewerChange {
    pub(crate) added: Vec<AccountId>,
    pub(crate) removed: Vec<AccountId>,
}

/// What kind of activity entry an act leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Update,
    Approval,
    ChangesRequested,
    Comment,
}

impl Deed {
    /// The entry that both activities show; nothing for edits, resolutions, deletions and
    /// withdrawals, which the API never lists.
    pub(crate) fn entry(&self) -> Option<EntryKind> {
        match self {
            Self::Opened
            | Self::Pushed(_)
            | Self::Retitled { .. }
            | Self::DraftChanged(_)
            | Self::ReviewersChanged(_)
            | Self::Merged(_)
            | Self::Declined(_)
            | Self::Superseded => Some(EntryKind::Update),
            Self::Approved => Some(EntryKind::Approval),
            Self::ChangesRequested => Some(EntryKind::ChangesRequested),
            Self::Commented(_) => Some(EntryKind::Comment),
            Self::Unapproved
            | Self::ChangeRequestWithdrawn
            | Self::CommentEdited
            | Self::CommentDeleted
            | Self::CommentResolved => None,
        }
    }

    /// Whether the act ends the pull request.
    pub(crate) fn closes(&self) -> bool {
        matches!(self, Self::Merged(_) | Self::Declined(_) | Self::Superseded)
    }
}
