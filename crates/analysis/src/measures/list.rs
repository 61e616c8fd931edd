//! The list.

use super::Kind::{
    AtLeast, BusiestFifth, Count, Minutes, People, PerDay, PerDeveloper, PerPerson, Share, Spread,
};
use super::{Kind, Measure, Unit};

const fn measure(name: &'static str, unit: Unit, kind: Kind, definition: &'static str) -> Measure {
    Measure {
        name,
        unit,
        definition,
        kind,
    }
}

/// Every figure that a report shows.
pub fn measures() -> &'static [Measure] {
    MEASURES
}

const MEASURES: &[Measure] = &[
    // Pull requests.
    measure(
        "opened",
        Unit::Count,
        Count("opened"),
        "Pull requests opened.",
    ),
    measure(
        "merged",
        Unit::Count,
        Count("merged"),
        "Pull requests merged: the throughput.",
    ),
    measure(
        "merged_per_developer",
        Unit::Count,
        PerDeveloper("merged"),
        "`merged` ÷ developers: people who merged at least one and are not marked as no developer. Of a team, each counts with the share of the period's days on which they were in it.",
    ),
    measure(
        "closed",
        Unit::Count,
        Count("closed"),
        "Pull requests merged, declined or superseded.",
    ),
    measure(
        "merge_rate",
        Unit::Share,
        Share {
            part: "closed_merged",
            whole: "closed",
        },
        "Merged ÷ `closed`.",
    ),
    measure(
        "declined_share",
        Unit::Share,
        Share {
            part: "declined",
            whole: "closed",
        },
        "Declined ÷ `closed`.",
    ),
    measure(
        "cycle_time",
        Unit::Seconds,
        Spread("cycle_time"),
        "`cycle_time` of the pull requests merged: from the first commit, or from opening where commits are not imported, to the merge.",
    ),
    measure(
        "coding_time",
        Unit::Seconds,
        Spread("coding_time"),
        "`coding_time` of the pull requests merged: from the first commit to opening.",
    ),
    measure(
        "pickup_time",
        Unit::Seconds,
        Spread("pickup_time"),
        "`pickup_time` of the pull requests merged: from being ready to the first review.",
    ),
    measure(
        "review_time",
        Unit::Seconds,
        Spread("review_time"),
        "`review_time` of the pull requests merged: from the first review to the last approval.",
    ),
    measure(
        "merge_wait",
        Unit::Seconds,
        Spread("merge_wait"),
        "`merge_wait` of the pull requests merged: from the last approval to the merge.",
    ),
    measure(
        "open_to_merge",
        Unit::Seconds,
        Spread("open_to_merge"),
        "From being ready to the merge, of the pull requests merged: `open_to_merge` of the view `pull_requests`.",
    ),
    measure(
        "review_rounds",
        Unit::Count,
        Spread("review_rounds"),
        "`review_rounds` of the pull requests merged.",
    ),
    measure(
        "comments",
        Unit::Count,
        Spread("comments"),
        "Comments on each pull request merged, as Bitbucket counts them.",
    ),
    measure(
        "size",
        Unit::Lines,
        Spread("size"),
        "Lines added and removed by each pull request merged, where sizes are imported.",
    ),
    measure(
        "open_now",
        Unit::Count,
        Count("open_now"),
        "Pull requests open now, whatever the period.",
    ),
    measure(
        "draft_now",
        Unit::Count,
        Count("draft_now"),
        "Those of `open_now` that are drafts.",
    ),
    measure(
        "waiting_for_review_now",
        Unit::Count,
        Count("waiting_for_review_now"),
        "Those of `open_now` that are ready and had no review by another person yet.",
    ),
    measure(
        "open_age",
        Unit::Days,
        Spread("open_age"),
        "Days since each of `open_now` was opened.",
    ),
    measure(
        "open_over_7_days",
        Unit::Count,
        AtLeast("open_age", 7),
        "Those of `open_now` that were opened 7 days ago or earlier.",
    ),
    measure(
        "open_over_30_days",
        Unit::Count,
        AtLeast("open_age", 30),
        "Those of `open_now` that were opened 30 days ago or earlier.",
    ),
    // Reviews.
    measure(
        "reviews",
        Unit::Count,
        Count("reviews"),
        "Acts of review: votes, and days of comments, by anybody but the author.",
    ),
    measure(
        "approvals",
        Unit::Count,
        Count("approvals"),
        "Those of `reviews` that approved.",
    ),
    measure(
        "change_requests",
        Unit::Count,
        Count("change_requests"),
        "Those of `reviews` that asked for changes.",
    ),
    measure(
        "comment_reviews",
        Unit::Count,
        Count("comment_reviews"),
        "Those of `reviews` that are the comments of one reviewer on one day.",
    ),
    measure(
        "review_comments",
        Unit::Count,
        Count("review_comments"),
        "Comments that `reviews` stand for.",
    ),
    measure(
        "review_turnaround",
        Unit::Seconds,
        Spread("review_turnaround"),
        "`time_since_request` of each act of review: from when that reviewer was asked.",
    ),
    measure(
        "first_response",
        Unit::Seconds,
        Spread("first_response"),
        "From being ready to the first review, of the pull requests whose first review was in the period.",
    ),
    measure(
        "first_approval",
        Unit::Seconds,
        Spread("first_approval"),
        "From being ready to the first approval, of the pull requests whose first review was in the period.",
    ),
    measure(
        "unreviewed_merges",
        Unit::Share,
        Share {
            part: "merged_unreviewed",
            whole: "merged",
        },
        "Pull requests merged without a review by another person before ÷ `merged`.",
    ),
    measure(
        "reviewers",
        Unit::Count,
        People("reviews"),
        "People who reviewed.",
    ),
    measure(
        "review_load",
        Unit::Count,
        PerPerson("reviews"),
        "`reviews` of each person who reviewed at all.",
    ),
    measure(
        "busiest_fifth",
        Unit::Share,
        BusiestFifth("reviews"),
        "Share of `reviews` that the busiest fifth of the `reviewers` did, rounded up to whole people. A fifth would be even.",
    ),
    // Pipelines.
    measure(
        "runs",
        Unit::Count,
        Count("runs"),
        "Runs of pipelines started.",
    ),
    measure(
        "success_rate",
        Unit::Share,
        Share {
            part: "runs_successful",
            whole: "runs_decided",
        },
        "Successful ÷ (successful + failed + error).",
    ),
    measure(
        "runs_failed",
        Unit::Count,
        Count("runs_failed"),
        "Runs that failed or ended with an error.",
    ),
    measure(
        "runs_stopped",
        Unit::Count,
        Count("runs_stopped"),
        "Runs that were stopped or expired; they count neither as successful nor as failed.",
    ),
    measure(
        "pipeline_duration",
        Unit::Seconds,
        Spread("pipeline_duration"),
        "`duration` of the runs that were not stopped.",
    ),
    measure(
        "queue_time",
        Unit::Seconds,
        Spread("queue_time"),
        "`queue_time`: from the start of a run to that of its first step, where steps are imported.",
    ),
    measure(
        "rerun_rate",
        Unit::Share,
        Share {
            part: "reruns",
            whole: "runs",
        },
        "Runs that repeat an earlier one ÷ `runs`.",
    ),
    measure(
        "time_to_green",
        Unit::Seconds,
        Spread("time_to_green"),
        "`time_to_green`: from the first failure on the default branch to the next success.",
    ),
    measure(
        "build_minutes",
        Unit::Minutes,
        Minutes("build_seconds"),
        "Build time used.",
    ),
    measure(
        "steps",
        Unit::Count,
        Count("steps"),
        "Steps that succeeded or failed, where steps are imported.",
    ),
    measure(
        "step_duration",
        Unit::Seconds,
        Spread("step_duration"),
        "`duration` of `steps`.",
    ),
    measure(
        "step_failure_rate",
        Unit::Share,
        Share {
            part: "steps_failed",
            whole: "steps",
        },
        "Failed ÷ `steps`.",
    ),
    measure(
        "step_flakiness",
        Unit::Share,
        Share {
            part: "steps_flaky",
            whole: "steps",
        },
        "`steps` that failed although the same step succeeded for the same commit ÷ `steps`.",
    ),
    // Deployments.
    measure(
        "deployments",
        Unit::Count,
        Count("deployments"),
        "Deployments that ended; for `dora`, those to production.",
    ),
    measure(
        "deployments_successful",
        Unit::Count,
        Count("deployments_successful"),
        "Those of `deployments` that succeeded.",
    ),
    measure(
        "deployment_frequency",
        Unit::Count,
        PerDay("deployments"),
        "`deployments` ÷ days of the period.",
    ),
    measure(
        "change_failure_rate",
        Unit::Share,
        Share {
            part: "deployments_failed",
            whole: "deployments",
        },
        "`deployments` that failed, were rolled back or have an incident ÷ `deployments`.",
    ),
    measure(
        "time_to_restore",
        Unit::Seconds,
        Spread("time_to_restore"),
        "`time_to_restore`: from a failed deployment or incident to the next good deployment.",
    ),
    measure(
        "pulls_deployed",
        Unit::Count,
        Count("pulls_deployed"),
        "Pull requests that deployments to production carried.",
    ),
    measure(
        "lead_time",
        Unit::Seconds,
        Spread("lead_time"),
        "From the merge of a pull request to the last deployment to production that carried it.",
    ),
    measure(
        "lead_time_of_deployments",
        Unit::Seconds,
        Spread("lead_time_of_deployments"),
        "From the merge of the first pull request that a deployment to production carried to that deployment: the lead time of a service.",
    ),
    measure(
        "lead_time_from_open",
        Unit::Seconds,
        Spread("lead_time_from_open"),
        "From opening a pull request to the last deployment to production that carried it.",
    ),
    measure(
        "lead_time_from_commit",
        Unit::Seconds,
        Spread("lead_time_from_commit"),
        "From the first commit of a pull request to the last deployment to production that carried it.",
    ),
    // Repositories.
    measure(
        "repositories",
        Unit::Count,
        Count("repositories"),
        "Repositories that are there now.",
    ),
    measure(
        "days_since_activity",
        Unit::Days,
        Spread("days_since_activity"),
        "Days since anything happened in each repository: to a pull request, a run of a pipeline, or a commit.",
    ),
    measure(
        "stale_repositories",
        Unit::Count,
        AtLeast("days_since_activity", 90),
        "Repositories in which nothing happened for 90 days.",
    ),
    measure(
        "contributors",
        Unit::Count,
        People("opened"),
        "People who opened a pull request.",
    ),
];
