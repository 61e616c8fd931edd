//! Pipeline steps, environments and deployments.

use super::table;
use crate::{Id, Instant};

table! {
    /// A step of a pipeline run: its times and its result, never its commands. Read when
    /// the run is first seen, and again when it has ended.
    PipelineStepRow is "bitbucket_pipeline_steps", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/pipelines/{uuid}/steps/" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content pipeline_id: Id, "", "pipeline.uuid", "The run (`bitbucket_pipelines.id`).";
        Content name: String, "", "name", "The step's name.";
        Content run_number: i64, "", "run_number", "1, or more after a re-run.";
        Content state: String, "", "state.name", "`PENDING`, `IN_PROGRESS` or `COMPLETED` and the like.";
        Content result: String, "", "state.result.name", "`SUCCESSFUL`, `FAILED`, `STOPPED` and so on once completed.";
        Content started_at: Instant, "", "started_on", "When it began.";
        Content completed_at: Instant, "", "completed_on", "When it ended.";
        Content duration: i64, "s", "duration_in_seconds", "How long Bitbucket says it took.";
        Content build_seconds_used: i64, "s", "build_seconds_used", "The build time that it used up.";
        Content max_time: i64, "min", "maxTime", "How long it may take.";
        Content trigger_type: String, "", "trigger.type", "Automatic or manual.";
    }
    derived {}
}

table! {
    /// An environment that a repository deploys to.
    EnvironmentRow is "bitbucket_environments", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/environments/" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content repository_id: Id, "", "the address", "The repository (`bitbucket_repositories.id`).";
        Content name: String, "", "name", "Its name.";
        Content slug: String, "", "slug", "The name in addresses.";
        Content environment_type: String, "", "environment_type.name", "`Test`, `Staging` or `Production`.";
        Content rank: i64, "", "environment_type.rank", "Its place on the way to production.";
        Content hidden: bool, "", "hidden", "Whether it is hidden.";
    }
    derived {}
}

table! {
    /// A deployment to an environment.
    DeploymentRow is "bitbucket_deployments", newest by SourceUpdatedAt, from "GET /repositories/{workspace}/{repo}/deployments/" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content repository_id: Id, "", "the address", "The repository (`bitbucket_repositories.id`).";
        Content environment_id: Id, "", "environment.uuid", "The environment (`bitbucket_environments.id`).";
        Content environment_name: String, "", "environment.name", "The environment's name, where the answer tells it.";
        Content pipeline_id: Id, "", "release.pipeline.uuid", "The run that deployed (`bitbucket_pipelines.id`).";
        Content step_id: Id, "", "step.uuid", "The step that deployed (`bitbucket_pipeline_steps.id`).";
        Content user_id: Id, "", "deployer.uuid", "Who deployed (`bitbucket_users.id`); NULL when Bitbucket names none.";
        Content state: String, "", "state.name", "`UNDEPLOYED`, `IN_PROGRESS` or `COMPLETED`.";
        Content result: String, "", "state.status.name", "`SUCCESSFUL`, `FAILED` or `STOPPED` once completed.";
        Content release_name: String, "", "release.name", "The release, mostly the number of the run.";
        Content commit_sha: String, "", "release.commit.hash", "The commit that was deployed, 40 characters.";
        Content created_at: Instant, "", "release.created_on", "When the release was made.";
        Content started_at: Instant, "", "state.started_on or state.start_date", "When it began.";
        Content completed_at: Instant, "", "state.completed_on or state.completion_date", "When it ended.";
        Content updated_at: Instant, "", "last_update_time", "When Bitbucket last changed its record.";
        Content source_updated_at: Instant, "", "last_update_time", "Decides which of two versions is the newer.";
        Content source_url: String, "", "state.url or release.url", "Its page in Bitbucket.";
    }
    derived {}
}
