//! The views in the words that all sources share. Names and columns follow the schema that people
//! know from DX, so that a query written there reads the same here.

use super::describe;
use crate::{Id, Instant};

describe! {
    /// Repositories of every source.
    REPOS is "repos" in Unified, from "bitbucket_repositories" {
        id: Id, "", "bitbucket_repositories.id", "The repository.";
        source: String, "", "", "Where it comes from: `bitbucket`.";
        source_table_id: Id, "", "bitbucket_repositories.id", "Its row in the source's own table.";
        external_id: String, "", "source_id", "What the source calls it.";
        organization: String, "", "bitbucket_workspaces.slug", "The workspace.";
        name: String, "", "full_name", "Workspace and slug, as `workspace/repository`.";
        default_branch: String, "", "default_branch", "The default branch.";
        archived: bool, "", "deleted_at", "Whether it is gone from Bitbucket.";
        external_url: String, "", "source_url", "Its page.";
        created: Instant, "", "created_at", "When it was created.";
    }
}

describe! {
    /// Pull requests of every source. Durations start when the pull request was ready for review;
    /// those of `bitbucket_pulls` start when it was opened.
    PULL_REQUESTS is "pull_requests" in Unified, from "bitbucket_pulls" {
        id: Id, "", "bitbucket_pulls.id", "The pull request.";
        source: String, "", "", "Where it comes from: `bitbucket`.";
        source_table_id: Id, "", "bitbucket_pulls.id", "Its row in the source's own table.";
        source_table_repo_id: Id, "", "repository_id", "Its repository's row in the source's own table.";
        repo_id: Id, "", "repository_id", "Its repository (`repos.id`).";
        external_id: String, "", "number", "Its number, as text.";
        external_url: String, "", "source_url", "Its page.";
        title: String, "", "title", "The title.";
        state: String, "", "state", "`OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`.";
        draft: bool, "", "draft", "Whether it is a draft now.";
        base_ref: String, "", "target_branch", "The branch that is to receive it.";
        head_ref: String, "", "source_branch", "The branch with the change.";
        merge_commit_sha: String, "", "merge_commit_sha", "The merge commit.";
        source_user_id: Id, "", "user_id", "The author's account (`bitbucket_users.id`).";
        user_id: Id, "", "identities.user_id", "The author (`users.id`); NULL for a program's account.";
        dx_user_id: Id, "", "identities.user_id", "The same as `user_id`, under the name that DX gives it.";
        merged_by_user_id: Id, "", "merged_by_user_id", "The account that merged it (`bitbucket_users.id`).";
        bot_authored: bool, "", "bitbucket_users.bot", "Whether a program opened it.";
        bot_name: String, "", "bitbucket_users.name", "The program's name.";
        bot_type: String, "", "bitbucket_users.type", "The program's kind.";
        comment_count: i64, "", "comment_count", "How many comments the source counts.";
        additions: i64, "lines", "bitbucket_pull_sizes.additions", "Lines added; NULL where sizes are not imported.";
        deletions: i64, "lines", "bitbucket_pull_sizes.deletions", "Lines removed.";
        size: i64, "lines", "bitbucket_pull_sizes.size", "Lines added and removed.";
        created: Instant, "", "created_at", "When it was opened.";
        updated: Instant, "", "updated_at", "When anything about it last changed.";
        ready_at: Instant, "", "ready_at", "When it first was not a draft.";
        ready_for_review: Instant, "", "ready_at", "The same as `ready_at`, under the name that DX gives it.";
        merged: Instant, "", "merged_at", "When it was merged.";
        closed: Instant, "", "closed_at", "When it was merged, declined or superseded.";
        closed_estimated: bool, "", "closed_at_estimated", "Whether `closed` is only an estimate.";
        open_to_first_review: i64, "s", "pickup_time", "From `ready_at` to the first review.";
        open_to_first_approval: i64, "s", "ready_to_first_approval", "From `ready_at` to the first approval.";
        open_to_merge: i64, "s", "ready_to_merge", "From `ready_at` to the merge.";
        open_to_first_review_business_hours: i64, "s", "pickup_time_business_hours", "Business hours within `open_to_first_review`.";
        open_to_first_approval_business_hours: i64, "s", "ready_to_first_approval_business_hours", "Business hours within `open_to_first_approval`.";
        open_to_merge_business_hours: i64, "s", "ready_to_merge_business_hours", "Business hours within `open_to_merge`.";
        tz: String, "", "timezone", "The time zone of the business hours: the author's where it is known, else the account's.";
        created_on: String, "", "created_on", "The day of `created` in the account's time zone (`calendar.day`).";
        ready_on: String, "", "ready_on", "The day of `ready_at`.";
        first_review_on: String, "", "first_review_on", "The day of the first review.";
        merged_on: String, "", "merged_on", "The day of `merged`.";
        closed_on: String, "", "closed_on", "The day of `closed`.";
        coding_time: i64, "s", "coding_time", "From the first commit to opening; NULL where commits are not imported.";
        coding_time_business_hours: i64, "s", "coding_time_business_hours", "Business hours within `coding_time`.";
        pickup_time: i64, "s", "pickup_time", "From `ready_at` to the first review.";
        pickup_time_business_hours: i64, "s", "pickup_time_business_hours", "Business hours within `pickup_time`.";
        review_time: i64, "s", "review_time", "From the first review to the last approval before the merge.";
        review_time_business_hours: i64, "s", "review_time_business_hours", "Business hours within `review_time`.";
        merge_wait: i64, "s", "merge_wait", "From the last approval to the merge.";
        merge_wait_business_hours: i64, "s", "merge_wait_business_hours", "Business hours within `merge_wait`.";
        cycle_time: i64, "s", "cycle_time", "From the first commit, or from opening where commits are not imported, to the merge.";
        cycle_time_business_hours: i64, "s", "cycle_time_business_hours", "Business hours within `cycle_time`.";
        draft_time: i64, "s", "draft_time", "Time spent as a draft.";
        draft_time_business_hours: i64, "s", "draft_time_business_hours", "Business hours within `draft_time`.";
        review_rounds: i64, "", "review_rounds", "Pushes after the first review, plus one.";
    }
}

describe! {
    /// Acts of review of every source.
    PULL_REQUEST_REVIEWS is "pull_request_reviews" in Unified, from "bitbucket_reviews" {
        id: Id, "", "bitbucket_reviews.id", "The review.";
        source: String, "", "", "Where it comes from: `bitbucket`.";
        source_table_id: Id, "", "bitbucket_reviews.id", "Its row in the source's own table.";
        source_table_pull_id: Id, "", "pull_id", "Its pull request's row in the source's own table.";
        source_table_repo_id: Id, "", "bitbucket_pulls.repository_id", "Its repository's row in the source's own table.";
        pull_request_id: Id, "", "pull_id", "Its pull request (`pull_requests.id`).";
        repo_id: Id, "", "bitbucket_pulls.repository_id", "Its repository (`repos.id`).";
        external_id: String, "", "source_id", "Made here: Bitbucket has no reviews.";
        external_url: String, "", "bitbucket_pulls.source_url", "The pull request's page.";
        source_user_id: Id, "", "user_id", "The reviewer's account (`bitbucket_users.id`).";
        user_id: Id, "", "identities.user_id", "The reviewer (`users.id`); NULL for a program's account.";
        dx_user_id: Id, "", "identities.user_id", "The same as `user_id`, under the name that DX gives it.";
        review_type: String, "", "state", "`APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.";
        comment_count: i64, "", "comment_count", "How many comments it stands for.";
        created: Instant, "", "created_at", "When the review was made.";
        created_on: String, "", "created_on", "The day of `created` in the account's time zone (`calendar.day`).";
        time_since_request: i64, "s", "time_since_request", "From being asked (else from opening) to the review.";
        time_since_request_business_hours: i64, "s", "time_since_request_business_hours", "Business hours within `time_since_request`.";
        tz: String, "", "timezone", "The time zone of the business hours: the reviewer's where it is known, else the account's.";
        dismissed: Instant, "", "dismissed_at", "When the vote was found not to stand any more.";
    }
}

describe! {
    /// Pipeline runs of every source.
    PIPELINE_RUNS is "pipeline_runs" in Unified, from "bitbucket_pipelines" {
        id: Id, "", "bitbucket_pipelines.id", "The run.";
        source: String, "", "", "Where it comes from: `bitbucket`.";
        source_id: String, "", "source_id", "What the source calls it.";
        source_table_id: Id, "", "bitbucket_pipelines.id", "Its row in the source's own table.";
        repo_id: Id, "", "repository_id", "Its repository (`repos.id`).";
        repository: String, "", "bitbucket_repositories.full_name", "Workspace and slug, as `workspace/repository`.";
        name: String, "", "selector_type and selector_pattern", "Which part of the configuration ran.";
        status: String, "", "state and result", "`running`, `success`, `failure`, `cancelled` or `pending`.";
        started_at: Instant, "", "created_at", "When it was started.";
        finished_at: Instant, "", "completed_at", "When it ended.";
        created_on: String, "", "created_at", "The day of `started_at` in the account's time zone, as `YYYY-MM-DD`.";
        completed_on: String, "", "completed_at", "The day of `finished_at` in the account's time zone.";
        duration: i64, "s", "duration", "How long it took.";
        queue_time: i64, "s", "queue_time", "From `started_at` to the first step's beginning; NULL where steps are not imported.";
        build_seconds_used: i64, "s", "build_seconds_used", "The build time that it used up.";
        rerun: bool, "", "rerun", "Whether it is a re-run: the same commit, ref and selector ran before.";
        time_to_green: i64, "s", "time_to_green", "For the first failed run of the default branch after a successful one: from its end to the end of the next successful one.";
        commit_sha: String, "", "commit_sha", "The commit.";
        head_branch: String, "", "ref_name", "The branch or tag.";
        pull_id: Id, "", "pull_id", "The pull request that it ran for (`pull_requests.id`).";
        pr_number: i64, "", "bitbucket_pulls.number", "The number of that pull request.";
        source_user_id: Id, "", "user_id", "Who started it (`bitbucket_users.id`).";
        user_id: Id, "", "identities.user_id", "The person who started it (`users.id`); NULL for a program's account.";
        dx_user_id: Id, "", "identities.user_id", "The same as `user_id`, under the name that DX gives it.";
        source_url: String, "", "source_url", "Its page.";
    }
}

describe! {
    /// Commits of pull requests of every source.
    PULL_REQUEST_COMMITS is "pull_request_commits" in Unified, from "bitbucket_pull_commits" {
        id: Id, "", "bitbucket_pull_commits.id", "The commit's place in the pull request.";
        source: String, "", "", "Where it comes from: `bitbucket`.";
        source_table_id: Id, "", "bitbucket_pull_commits.id", "Its row in the source's own table.";
        source_table_pull_id: Id, "", "pull_id", "Its pull request's row in the source's own table.";
        source_table_repo_id: Id, "", "bitbucket_commits.repository_id", "Its repository's row in the source's own table.";
        pull_request_id: Id, "", "pull_id", "Its pull request (`pull_requests.id`).";
        repo_id: Id, "", "bitbucket_commits.repository_id", "Its repository (`repos.id`).";
        sha: String, "", "sha", "The commit, 40 characters.";
        external_id: String, "", "sha", "What the source calls it.";
        external_url: String, "", "bitbucket_commits.source_url", "Its page.";
        message: String, "", "bitbucket_commits.message", "The first line of the message.";
        source_user_id: Id, "", "bitbucket_commits.user_id", "The author's account (`bitbucket_users.id`).";
        user_id: Id, "", "identities.user_id", "The author (`users.id`); NULL for a program's account.";
        dx_user_id: Id, "", "identities.user_id", "The same as `user_id`, under the name that DX gives it.";
        bot_authored: bool, "", "bitbucket_users.bot", "Whether a program made it.";
        created: Instant, "", "bitbucket_commits.committed_at", "The date of the commit.";
    }
}

describe! {
    /// Deployments of every source: those of Bitbucket, runs that a rule makes deployments of, and those that were told
    /// from outside. A run with a rule and a deployment of Bitbucket to the same environment is here once, as the latter.
    DEPLOYMENTS is "deployments" in Unified, from "deployment_measures" {
        id: Id, "", "deployment_measures.id", "The deployment.";
        source: String, "", "source", "Where it comes from: `bitbucket`, `rule` or `pushed`.";
        source_table_id: Id, "", "source_table_id", "Its row in the source's own table: `bitbucket_deployments`, `rule_deployments` or `pushed_deployments`.";
        reference_id: String, "", "reference_id", "What the source calls it.";
        repo_id: Id, "", "repository_id", "Its repository (`repos.id`); NULL where none was told.";
        repository: String, "", "bitbucket_repositories.full_name", "Workspace and slug, as `workspace/repository`.";
        environment: String, "", "environment", "The environment's name.";
        environment_type: String, "", "environment_type", "`Test`, `Staging` or `Production`.";
        production: bool, "", "environment_type", "Whether it went to production.";
        service: String, "", "service", "What was deployed: the service that a rule or a record names, else the repository as `workspace/repository`.";
        commit_sha: String, "", "commit_sha", "The commit that was deployed.";
        deployed_at: Instant, "", "deployed_at", "When it ended; NULL while it is not over.";
        deployed_on: String, "", "deployed_at", "The day of `deployed_at` in the account's time zone.";
        success: bool, "", "success", "Whether it succeeded; NULL while it is not over.";
        counted: bool, "", "counted", "Whether it took place: it is over, and nobody stopped it.";
        failed: bool, "", "failed", "Whether it is a failed change: it did not succeed, was rolled back, or has an incident.";
        rolled_back: bool, "", "rolled_back", "Whether the next good deployment went back to what was there before.";
        time_to_restore: i64, "s", "time_to_restore", "From the failure to the next good deployment; NULL where nothing failed or nothing is mended yet.";
        pull_count: i64, "", "pull_count", "How many pull requests it carried.";
        open_to_deploy: i64, "s", "open_to_deploy", "From the opening of its first pull request to the deployment.";
        merge_to_deploy: i64, "s", "merge_to_deploy", "From the merge of its first pull request to the deployment.";
        commit_to_deploy: i64, "s", "commit_to_deploy", "From the first commit of its first pull request to the deployment; NULL where commits are not imported.";
        pipeline_id: Id, "", "pipeline_id", "The run that deployed (`pipeline_runs.id`).";
        source_user_id: Id, "", "user_id", "Who deployed (`bitbucket_users.id`).";
        user_id: Id, "", "identities.user_id", "The person who deployed (`users.id`); NULL for a program's account.";
        dx_user_id: Id, "", "identities.user_id", "The same as `user_id`, under the name that DX gives it.";
        source_name: String, "", "source_name", "The release, or the rule.";
        source_url: String, "", "source_url", "Its page.";
    }
}

describe! {
    /// People under the names that DX gives the columns. Those who were merged into another are not
    /// here; the one they were merged into is.
    DX_USERS is "dx_users" in Unified, from "users" {
        id: Id, "", "users.id", "The person.";
        source_id: String, "", "users.id", "The same, as text.";
        team_id: Id, "", "team_members", "The team that they joined last of those that they are in with no end set (`dx_teams.id`).";
        name: String, "", "users.name", "The name.";
        email: String, "", "users.email", "The address; NULL while none is known.";
        developer: bool, "", "users.developer", "Whether they count as a developer.";
        start_date: String, "", "users.started_on", "The day of their first day.";
        timezone: String, "", "users.timezone", "The time zone.";
        deleted_at: Instant, "", "users.forgotten_at", "When they were forgotten.";
    }
}

describe! {
    /// Teams under the names that DX gives the columns.
    DX_TEAMS is "dx_teams" in Unified, from "teams" {
        id: Id, "", "teams.id", "The team.";
        source_id: String, "", "teams.id", "The same, as text.";
        source_parent_id: String, "", "teams.parent_id", "The team that it is part of, as text.";
        name: String, "", "teams.name", "The name.";
        parent: bool, "", "teams.parent_id", "Whether other teams are part of it.";
        flattened_parent: String, "", "teams.parent_id", "The teams that it is part of and itself, from the top, with ` » ` between them.";
        contributors: i64, "", "team_members", "How many are in it with no end set.";
        deleted_at: Instant, "", "teams.archived_at", "When it was given up.";
    }
}
