//! What can be said of a pull request in the list: what happened on a day, and how it stands.

/// What happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// It was opened.
    Opened,
    /// It was merged.
    Merged,
    /// It was merged, declined or superseded.
    Closed,
    /// It had its first review.
    FirstReview,
    /// Somebody reviewed it.
    Reviewed,
    /// The last deployment to production that carried it ended.
    Deployed,
}

impl DayKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Opened,
        Self::Merged,
        Self::Closed,
        Self::FirstReview,
        Self::Reviewed,
        Self::Deployed,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::FirstReview => "first-review",
            Self::Reviewed => "reviewed",
            Self::Deployed => "deployed",
        }
    }

    /// The name of its first day in a question.
    pub fn from_name(self) -> &'static str {
        match self {
            Self::Opened => "opened-from",
            Self::Merged => "merged-from",
            Self::Closed => "closed-from",
            Self::FirstReview => "first-review-from",
            Self::Reviewed => "reviewed-from",
            Self::Deployed => "deployed-from",
        }
    }

    /// The name of its last day in a question.
    pub fn to_name(self) -> &'static str {
        match self {
            Self::Opened => "opened-to",
            Self::Merged => "merged-to",
            Self::Closed => "closed-to",
            Self::FirstReview => "first-review-to",
            Self::Reviewed => "reviewed-to",
            Self::Deployed => "deployed-to",
        }
    }
}

/// How a pull request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullState {
    /// Not closed, and not gone.
    Open,
    /// Open, and a draft.
    Draft,
    /// Open and ready, and nobody else has reviewed it.
    WaitingForReview,
    /// Merged.
    Merged,
    /// Declined.
    Declined,
    /// Superseded.
    Superseded,
}

impl PullState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::WaitingForReview,
        Self::Draft,
        Self::Merged,
        Self::Declined,
        Self::Superseded,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Draft => "draft",
            Self::WaitingForReview => "waiting-for-review",
            Self::Merged => "merged",
            Self::Declined => "declined",
            Self::Superseded => "superseded",
        }
    }

    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Draft | Self::WaitingForReview)
    }
}
