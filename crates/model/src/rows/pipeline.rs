//! Pipeline runs.

use super::table;
use crate::{Id, Instant};

table! {
    /// A run of a repository's pipeline.
    PipelineRow is "bitbucket_pipelines", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/pipelines/" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces; a re-run keeps it.";
        Content repository_id: Id, "", "the address", "The repository (`bitbucket_repositories.id`).";
        Content build_number: i64, "", "build_number", "The run's number within its repository.";
        Content run_number: i64, "", "run_number", "1, or more after a re-run.";
        Content user_id: Id, "", "creator.uuid", "Who started it (`bitbucket_users.id`); NULL for schedules and the like.";
        Content state: String, "", "state.name", "`PENDING`, `IN_PROGRESS` or `COMPLETED`.";
        Content stage: String, "", "state.stage.name", "`RUNNING`, `PAUSED` or `HALTED` while in progress.";
        Content result: String, "", "state.result.name", "`SUCCESSFUL`, `FAILED`, `ERROR`, `STOPPED` or `EXPIRED` once completed.";
        Content created_at: Instant, "", "created_on", "When it was started.";
        Content completed_at: Instant, "", "completed_on", "When it ended.";
        Content duration: i64, "s", "duration_in_seconds", "How long Bitbucket says it took.";
        Content build_seconds_used: i64, "s", "build_seconds_used", "The build time that it used up.";
        Content target_type: String, "", "target.type", "What it ran on: a ref, a commit or a pull request.";
        Content ref_type: String, "", "target.ref_type", "`branch`, `tag` and so on.";
        Content ref_name: String, "", "target.ref_name", "The branch or tag; for a pull request its source branch.";
        Content selector_type: String, "", "target.selector.type", "Which part of the configuration it ran: `default`, `branches`, `custom` and so on.";
        Content selector_pattern: String, "", "target.selector.pattern", "The pattern or name that selected it.";
        Content commit_sha: String, "", "target.commit.hash", "The commit, 40 characters.";
        Content pull_id: Id, "", "target.pullrequest.id", "The pull request that it ran for (`bitbucket_pulls.id`).";
        Content trigger_type: String, "", "trigger.type", "What set it off.";
        Content source_url: String, "", "computed", "Its page in Bitbucket.";
    }
    derived {
        created_on: String, "", "created_at", "The day of `created_at` in the account's time zone, as `YYYY-MM-DD`.";
        completed_on: String, "", "completed_at", "The day of `completed_at` in the account's time zone.";
        queue_time: i64, "s", "bitbucket_pipeline_steps.started_at", "From `created_at` to the first step's beginning; NULL where steps are not imported.";
        rerun: bool, "", "run_number, else runs of the same commit", "Whether it is a re-run: the same commit, ref and selector ran before.";
        time_to_green: i64, "s", "the next successful run", "For the first failed run of the default branch after a successful one: from its end to the end of the next successful run of the same selector. NULL for all others.";
        steps_read_for: Instant, "", "completed_on, else created_on", "The version whose steps were read: the end of the run, or its beginning while it has none.";
    }
}
