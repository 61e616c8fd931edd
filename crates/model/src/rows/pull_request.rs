//! Pull requests, who reviews them, what happened to them and what was said.

use super::table;
use crate::{Id, Instant};

table! {
    /// A pull request, with its measures in calendar time and in business time.
    PullRow is "bitbucket_pulls", newest by SourceUpdatedAt, from "GET /repositories/{workspace}/{repo}/pullrequests" {
        Key repository_id: Id, "", "destination.repository.uuid", "The repository that it asks to change (`bitbucket_repositories.id`).";
        Key number: i64, "", "id", "Its number; numbers restart at 1 in each repository.";
        Content user_id: Id, "", "author.uuid", "The author (`bitbucket_users.id`); NULL when Bitbucket names none.";
        Content closed_by_user_id: Id, "", "closed_by.uuid", "Who merged or declined it (`bitbucket_users.id`).";
        Content merged_by_user_id: Id, "", "closed_by.uuid", "Who merged it (`bitbucket_users.id`); NULL unless merged.";
        Content title: String, "", "title", "The title.";
        Content description: String, "", "description", "The description; NULL unless storing text is switched on.";
        Content state: String, "", "state", "`OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`.";
        Content draft: bool, "", "draft", "Whether it is a draft now.";
        Content source_branch: String, "", "source.branch.name", "The branch with the change.";
        Content target_branch: String, "", "destination.branch.name", "The branch that is to receive it.";
        Content source_commit_sha: String, "", "source.commit.hash", "The newest commit of the change, 12 characters.";
        Content target_commit_sha: String, "", "destination.commit.hash", "The commit that it was compared with, 12 characters.";
        Content merge_commit_sha: String, "", "merge_commit.hash", "The merge commit, 12 characters.";
        Content merge_commit_at: Instant, "", "merge_commit.date", "The date of the merge commit.";
        Content source_repository_id: Id, "", "source.repository.uuid", "The repository of the change (`bitbucket_repositories.id`); NULL when that fork is gone.";
        Content comment_count: i64, "", "comment_count", "How many comments Bitbucket counts; it may or may not count deleted ones.";
        Content task_count: i64, "", "task_count", "How many tasks Bitbucket counts.";
        Content close_source_branch: bool, "", "close_source_branch", "Whether merging deletes the source branch.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
        Content created_at: Instant, "", "created_on", "When it was opened.";
        Content updated_at: Instant, "", "updated_on", "When anything about it last changed.";
        Content source_updated_at: Instant, "", "updated_on", "Decides which of two versions is the newer.";
    }
    derived {
        merged_at: Instant, "", "activity, else merge_commit.date, else updated_on", "When it was merged.";
        closed_at: Instant, "", "activity, else merge_commit.date, else updated_on", "When it was merged, declined or superseded.";
        closed_at_estimated: bool, "", "no entry told when", "Whether `closed_at` is only `updated_on`, for want of anything better.";
        ready_at: Instant, "", "activity (draft)", "When it first was not a draft; NULL while it still is one.";
        first_review_at: Instant, "", "activity", "The first comment or vote of a person other than the author.";
        first_approval_at: Instant, "", "activity", "The first approval by another person.";
        first_commit_at: Instant, "", "bitbucket_pull_commits", "The earliest commit of the change, where its commits are imported.";
        open_to_first_review: i64, "s", "first_review_at − created_at", "From opening to the first review.";
        open_to_first_approval: i64, "s", "first_approval_at − created_at", "From opening to the first approval.";
        open_to_merge: i64, "s", "merged_at − created_at", "From opening to the merge.";
        ready_to_first_approval: i64, "s", "first_approval_at − ready_at", "From being ready for review to the first approval.";
        ready_to_merge: i64, "s", "merged_at − ready_at", "From being ready for review to the merge.";
        coding_time: i64, "s", "created_at − first_commit_at", "From the first commit to opening; NULL where commits are not imported.";
        pickup_time: i64, "s", "first_review_at − ready_at", "From being ready for review to the first review.";
        review_time: i64, "s", "last approval before the merge − first_review_at", "From the first review to the last approval before the merge.";
        merge_wait: i64, "s", "merged_at − last approval before it", "From the last approval to the merge.";
        cycle_time: i64, "s", "merged_at − first_commit_at, else created_at", "From the first commit, or from opening where commits are not imported, to the merge.";
        draft_time: i64, "s", "activity (draft)", "Time spent as a draft; NULL while it still is an open draft.";
        review_rounds: i64, "", "activity (source.commit)", "Pushes after the first review, plus one; NULL without a review.";
        size: i64, "lines", "bitbucket_pull_sizes.size", "Lines added and removed; NULL where sizes are not imported.";
        created_on: String, "", "created_at", "The day of `created_at` in the account's time zone, as `YYYY-MM-DD` (`calendar.day`).";
        ready_on: String, "", "ready_at", "The day of `ready_at`.";
        first_review_on: String, "", "first_review_at", "The day of `first_review_at`.";
        merged_on: String, "", "merged_at", "The day of `merged_at`.";
        closed_on: String, "", "closed_at", "The day of `closed_at`.";
        timezone: String, "", "users.timezone, else the setting timezone", "The time zone of its business hours: the author's where it is known, else the account's.";
        open_to_first_review_business_hours: i64, "s", "open_to_first_review, timezone", "Business hours within `open_to_first_review`.";
        open_to_first_approval_business_hours: i64, "s", "open_to_first_approval, timezone", "Business hours within `open_to_first_approval`.";
        open_to_merge_business_hours: i64, "s", "open_to_merge, timezone", "Business hours within `open_to_merge`.";
        ready_to_first_approval_business_hours: i64, "s", "ready_to_first_approval, timezone", "Business hours within `ready_to_first_approval`.";
        ready_to_merge_business_hours: i64, "s", "ready_to_merge, timezone", "Business hours within `ready_to_merge`.";
        coding_time_business_hours: i64, "s", "coding_time, timezone", "Business hours within `coding_time`.";
        pickup_time_business_hours: i64, "s", "pickup_time, timezone", "Business hours within `pickup_time`.";
        review_time_business_hours: i64, "s", "review_time, timezone", "Business hours within `review_time`.";
        merge_wait_business_hours: i64, "s", "merge_wait, timezone", "Business hours within `merge_wait`.";
        cycle_time_business_hours: i64, "s", "cycle_time, timezone", "Business hours within `cycle_time`.";
        draft_time_business_hours: i64, "s", "draft_time, timezone", "Business hours within `draft_time`.";
        proven_to: Instant, "", "updated_on", "The version for which activity and comments were held against Bitbucket's own counts.";
        proof: String, "", "computed", "`agrees`, or `explained` where a difference remained after reading everything again.";
        proof_note: String, "", "computed", "What the remaining difference is.";
        commits_read_for: String, "", "source.commit.hash", "The version whose commits were read.";
        deleted_at: Instant, "", "a 404 on the pull request", "When it was found to be gone; NULL while it is there.";
    }
}

table! {
    /// A reviewer or participant of a pull request.
    ReviewerRow is "bitbucket_pull_reviewers", newest by SourceUpdatedAt, from "GET /repositories/{workspace}/{repo}/pullrequests (participants, reviewers)" {
        Key pull_id: Id, "", "id", "The pull request (`bitbucket_pulls.id`).";
        Key user_id: Id, "", "user.uuid", "The account (`bitbucket_users.id`).";
        Content role: String, "", "role", "`REVIEWER` when asked to review, else `PARTICIPANT`.";
        Content approved: bool, "", "approved", "Whether the approval stands now.";
        Content state: String, "", "state", "`approved`, `changes_requested`, or NULL.";
        Content participated_at: Instant, "", "participated_on", "The last act of this account.";
        Content source_updated_at: Instant, "", "updated_on of the pull request", "Decides which of two versions is the newer.";
    }
    derived {
        requested_at: Instant, "", "activity (reviewers.added), else created_on", "When this reviewer was asked; NULL for a participant.";
        removed_at: Instant, "", "updated_on of the first version without them", "When they were found to have left the pull request.";
    }
}

table! {
    /// An entry of a pull request's activity other than a comment. Bitbucket gives entries no id:
    /// the key is pull request, kind, time and account.
    EventRow is "bitbucket_pull_events", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/pullrequests/activity" {
        Key pull_id: Id, "", "pull_request.id", "The pull request (`bitbucket_pulls.id`).";
        Key kind: String, "", "the entry's member", "`update`, `approval` or `changes_requested`; `unapproval` or `changes_request_removed` where a webhook told that a vote was taken back, of which Bitbucket keeps no entry.";
        Key user_id: Id, "", "author.uuid or user.uuid", "Who did it (`bitbucket_users.id`).";
        Key occurred_at: Instant, "", "date", "When it happened.";
        Content state: String, "", "update.state", "The state of the pull request after an update.";
        Content status_changed_to: String, "", "update.changes.status.new", "`fulfilled`, `rejected` and so on, where the entry says it.";
        Content draft: bool, "", "update.draft", "Whether it was a draft after an update.";
        Content draft_changed_to: bool, "", "update.changes.draft.new", "Set where the update turned a draft into a ready pull request or back.";
        Content source_commit_sha: String, "", "update.source.commit.hash", "The newest commit after an update: a new one is a push.";
        Content target_branch: String, "", "update.destination.branch.name", "The target branch after an update.";
        Content reviewers_added: String, "", "update.changes.reviewers.added", "A JSON array of account ids (`bitbucket_users.id`, as text).";
        Content reviewers_removed: String, "", "update.changes.reviewers.removed", "A JSON array of account ids (`bitbucket_users.id`, as text).";
    }
    derived {}
}

table! {
    /// A comment on a pull request, global or on a line.
    CommentRow is "bitbucket_pull_comments", newest by SourceUpdatedAt, from "GET …/pullrequests/activity and …/pullrequests/{id}/comments" {
        Key source_id: i64, "", "id", "Bitbucket's id, given once for all repositories.";
        Content pull_id: Id, "", "pullrequest.id", "The pull request (`bitbucket_pulls.id`).";
        Content user_id: Id, "", "user.uuid", "The author (`bitbucket_users.id`); NULL when Bitbucket names none.";
        Content parent_id: Id, "", "parent.id", "The comment that it answers (`bitbucket_pull_comments.id`).";
        Content path: String, "", "inline.path", "The file that it is about; NULL for a global comment.";
        Content line_from: i64, "", "inline.from", "The line in the old version.";
        Content line_to: i64, "", "inline.to", "The line in the new version.";
        Content content: String, "", "content.raw", "The text; NULL unless storing text is switched on.";
        Content deleted: bool, "", "deleted", "Whether it was deleted; Bitbucket goes on listing it.";
        Content resolved_at: Instant, "", "resolution.created_on", "When its thread was resolved.";
        Content resolved_by_user_id: Id, "", "resolution.user.uuid", "Who resolved it (`bitbucket_users.id`).";
        Content source_url: String, "", "links.html", "Its place in Bitbucket.";
        Content created_at: Instant, "", "created_on", "When it was written.";
        Content updated_at: Instant, "", "updated_on", "When it was last edited, resolved or deleted; milliseconds after `created_at` when never.";
        Content source_updated_at: Instant, "", "updated_on", "Decides which of two versions is the newer.";
    }
    derived {}
}

/// The state of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullState {
    /// Waiting.
    Open,
    /// Merged.
    Merged,
    /// Declined.
    Declined,
    /// Replaced by another.
    Superseded,
}

impl PullState {
    /// Reads Bitbucket's word.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "OPEN" => Self::Open,
            "MERGED" => Self::Merged,
            "DECLINED" => Self::Declined,
            "SUPERSEDED" => Self::Superseded,
            _ => return None,
        })
    }

    /// Bitbucket's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Merged => "MERGED",
            Self::Declined => "DECLINED",
            Self::Superseded => "SUPERSEDED",
        }
    }

    /// Whether nothing more is waited for.
    pub fn is_closed(self) -> bool {
        self != Self::Open
    }
}

/// The kind of an activity entry that is not a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Opened, pushed to, edited, merged or declined.
    Update,
    /// Approved.
    Approval,
    /// Changes requested.
    ChangesRequested,
    /// An approval taken back; only webhooks tell of it.
    Unapproval,
    /// A request for changes taken back; only webhooks tell of it.
    ChangesRequestRemoved,
}

impl EventKind {
    /// Reads the word in `bitbucket_pull_events.kind`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "update" => Self::Update,
            "approval" => Self::Approval,
            "changes_requested" => Self::ChangesRequested,
            "unapproval" => Self::Unapproval,
            "changes_request_removed" => Self::ChangesRequestRemoved,
            _ => return None,
        })
    }

    /// The word in `bitbucket_pull_events.kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Approval => "approval",
            Self::ChangesRequested => "changes_requested",
            Self::Unapproval => "unapproval",
            Self::ChangesRequestRemoved => "changes_request_removed",
        }
    }

    /// The vote that this takes back, if it takes one back.
    pub fn withdraws(self) -> Option<Self> {
        match self {
            Self::Unapproval => Some(Self::Approval),
            Self::ChangesRequestRemoved => Some(Self::ChangesRequested),
            Self::Update | Self::Approval | Self::ChangesRequested => None,
        }
    }

    /// Whether this gives a vote.
    pub fn is_vote(self) -> bool {
        matches!(self, Self::Approval | Self::ChangesRequested)
    }
}

impl EventRow {
    /// The row of an entry; its id is computed from the four parts that make it unique.
    pub fn of(
        pull: Id,
        kind: EventKind,
        user: Option<Id>,
        occurred_at: Instant,
        observed_at: Instant,
    ) -> Self {
        let user_part = user.map(|id| id.to_string()).unwrap_or_default();
        let id = Id::of(
            "bitbucket_pull_events",
            &[
                &pull.to_string(),
                kind.as_str(),
                &occurred_at.to_string(),
                &user_part,
            ],
        );
        let mut row = Self::new(id, observed_at);
        row.pull_id = crate::Field::Value(pull);
        row.kind = crate::Field::Value(kind.as_str().to_owned());
        row.user_id = user.into();
        row.occurred_at = crate::Field::Value(occurred_at);
        row
    }
}
