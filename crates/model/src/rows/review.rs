//! Reviews, which Bitbucket does not know: they are made from votes and comments.

use super::table;
use crate::{Id, Instant};

table! {
    /// One act of review: a vote, or the comments of one reviewer on one day. Made from
    /// `bitbucket_pull_events` and `bitbucket_pull_comments`, since Bitbucket has no such record.
    ReviewRow is "bitbucket_reviews", newest by LastWritten, from "bitbucket_pull_events and bitbucket_pull_comments" {
        Key pull_id: Id, "", "", "The pull request (`bitbucket_pulls.id`).";
        Key user_id: Id, "", "", "The reviewer (`bitbucket_users.id`); NULL when Bitbucket names none.";
        Key source_id: String, "", "computed", "Made here: the state and the instant of the vote, or the day of the comments.";
        Content repository_id: Id, "", "", "The repository of the pull request (`bitbucket_repositories.id`).";
        Content author_user_id: Id, "", "", "The author of the pull request (`bitbucket_users.id`); NULL when Bitbucket names none.";
        Content state: String, "", "", "`APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.";
        Content created_at: Instant, "", "", "The vote, or the first comment of the day.";
        Content updated_at: Instant, "", "", "The vote, or the last comment of the day.";
        Content comment_count: i64, "", "", "How many comments it stands for.";
        Content time_since_request: i64, "s", "", "From being asked (else from opening) to the review.";
        Content created_on: String, "", "", "The day of `created_at` in the account's time zone, as `YYYY-MM-DD` (`calendar.day`).";
        Content timezone: String, "", "users.timezone, else the setting timezone", "The time zone of its business hours: the reviewer's where it is known, else the account's.";
        Content time_since_request_business_hours: i64, "s", "time_since_request, timezone", "Business hours within `time_since_request`.";
        Content dismissed_at: Instant, "", "", "When the vote was found not to stand any more: replaced by a later vote, or withdrawn.";
    }
    derived {}
}

/// What an act of review was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewState {
    /// Approved.
    Approved,
    /// Asked for changes.
    ChangesRequested,
    /// Commented.
    Commented,
}

impl ReviewState {
    /// The word in `bitbucket_reviews.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::ChangesRequested => "CHANGES_REQUESTED",
            Self::Commented => "COMMENTED",
        }
    }
}
