//! Pull requests and reviews.

use super::{Facts, Kinds, Values};

const NONE: Facts = Facts {
    day: None,
    from: "bitbucket_pulls p",
    conditions: &[],
    repository: "p.repository_id",
    person: Some("p.user_id"),
    author: Some("p.user_id"),
    reviewer: None,
    branch: Some("p.target_branch"),
    others: &[],
    rows: "",
    kinds: None,
    sums: &[],
    values: &[],
    age: None,
};

/// Pull requests by the day on which they were opened.
pub(crate) static OPENED: Facts = Facts {
    day: Some("p.created_on"),
    rows: "opened",
    ..NONE
};

const MERGES: Facts = Facts {
    day: Some("p.merged_on"),
    rows: "merged",
    ..NONE
};

/// Pull requests by the day on which they were merged, and whether they were reviewed before.
pub(crate) static MERGED_REVIEWED: Facts = Facts {
    sums: &[(
        "merged_unreviewed",
        "CASE WHEN p.first_review_on IS NULL OR p.pickup_time > p.ready_to_merge THEN 1 ELSE 0 END",
    )],
    ..MERGES
};

/// Pull requests by the day on which they were merged, with what was measured of them.
pub(crate) static MERGED: Facts = Facts {
    values: &[
        Values::hours("cycle_time", "p.cycle_time", "p.cycle_time_business_hours"),
        Values::hours(
            "coding_time",
            "p.coding_time",
            "p.coding_time_business_hours",
        ),
        Values::hours(
            "pickup_time",
            "p.pickup_time",
            "p.pickup_time_business_hours",
        ),
        Values::hours(
            "review_time",
            "p.review_time",
            "p.review_time_business_hours",
        ),
        Values::hours("merge_wait", "p.merge_wait", "p.merge_wait_business_hours"),
        Values::hours(
            "open_to_merge",
            "p.ready_to_merge",
            "p.ready_to_merge_business_hours",
        ),
        Values::plain("review_rounds", "p.review_rounds"),
        Values::plain("comments", "p.comment_count"),
        Values::plain("size", "p.size"),
    ],
    ..MERGES
};

/// Pull requests by the day on which they were merged, declined or superseded.
pub(crate) static CLOSED: Facts = Facts {
    day: Some("p.closed_on"),
    rows: "closed",
    kinds: Some(Kinds {
        column: "p.state",
        names: &[
            ("MERGED", &["closed_merged"]),
            ("DECLINED", &["declined"]),
            ("SUPERSEDED", &["superseded"]),
        ],
    }),
    ..NONE
};

/// Pull requests by the day of their first review.
pub(crate) static FIRST_REVIEWS: Facts = Facts {
    day: Some("p.first_review_on"),
    rows: "first_reviewed",
    values: &[
        Values::hours(
            "first_response",
            "p.pickup_time",
            "p.pickup_time_business_hours",
        ),
        Values::hours(
            "first_approval",
            "p.ready_to_first_approval",
            "p.ready_to_first_approval_business_hours",
        ),
    ],
    ..NONE
};

/// Pull requests that are open now.
pub(crate) static OPEN: Facts = Facts {
    conditions: &["p.state = 'OPEN'", "p.deleted_at IS NULL"],
    rows: "open_now",
    sums: &[
        ("draft_now", "CASE WHEN p.draft THEN 1 ELSE 0 END"),
        (
            "waiting_for_review_now",
            "CASE WHEN p.draft OR p.first_review_on IS NOT NULL THEN 0 ELSE 1 END",
        ),
    ],
    age: Some(("p.created_on", "open_age")),
    ..NONE
};

const REVIEWED: Facts = Facts {
    day: Some("v.created_on"),
    from: "bitbucket_reviews v",
    repository: "v.repository_id",
    person: Some("v.user_id"),
    author: Some("v.author_user_id"),
    reviewer: Some("v.user_id"),
    branch: None,
    rows: "reviews",
    ..NONE
};

/// Acts of review by the day on which they were done.
pub(crate) static REVIEWS_COUNTED: Facts = REVIEWED;

/// Acts of review, with what was measured of them.
pub(crate) static REVIEWS: Facts = Facts {
    sums: &[
        // Sums, and no kinds: with who reviewed and where, there would be a group for every fourth row.
        (
            "approvals",
            "CASE WHEN v.state = 'APPROVED' THEN 1 ELSE 0 END",
        ),
        (
            "change_requests",
            "CASE WHEN v.state = 'CHANGES_REQUESTED' THEN 1 ELSE 0 END",
        ),
        (
            "comment_reviews",
            "CASE WHEN v.state = 'COMMENTED' THEN 1 ELSE 0 END",
        ),
        ("review_comments", "v.comment_count"),
    ],
    values: &[Values::hours(
        "review_turnaround",
        "v.time_since_request",
        "v.time_since_request_business_hours",
    )],
    ..REVIEWED
};
