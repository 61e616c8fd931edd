//! What deploys: rules, the deployments of every kind in one form, what each carried, and incidents.

use super::{describe, table};
use crate::{Id, Instant};

table! {
    /// A deployment of any kind, measured. What `deployments` shows, with how it came to be. It is made anew from
    /// `bitbucket_deployments`, `rule_deployments`, `pushed_deployments`, `incidents` and the merged pull requests.
    DeploymentMeasureRow is "deployment_measures" in Deployments, newest by LastWritten, from "bitbucket_deployments, rule_deployments, pushed_deployments" {
        Key source: String, "", "", "Where it comes from: `bitbucket`, `rule` or `pushed`.";
        Content source_table_id: Id, "", "", "Its row in the source's own table: `bitbucket_deployments`, `rule_deployments` or `pushed_deployments`.";
        Content reference_id: String, "", "", "What the source calls it.";
        Content repository_id: Id, "", "", "Its repository (`bitbucket_repositories.id`); NULL where none was told.";
        Content pipeline_id: Id, "", "", "The run that deployed (`bitbucket_pipelines.id`).";
        Content step_id: Id, "", "", "The step that deployed (`bitbucket_pipeline_steps.id`).";
        Content rule_id: Id, "", "", "The rule that made it a deployment, or that says more of it (`deployment_rules.id`).";
        Content environment: String, "", "", "The environment's name.";
        Content environment_type: String, "", "", "`Test`, `Staging` or `Production`.";
        Content production: bool, "", "environment_type", "Whether it went to production.";
        Content service: String, "", "", "What was deployed: the service that a rule or a record names, else the repository as `workspace/repository`.";
        Content commit_sha: String, "", "", "The commit that was deployed.";
        Content commit_at: Instant, "", "bitbucket_commits.committed_at", "The date of that commit, which is its place in the default branch; NULL where it was not seen there.";
        Content user_id: Id, "", "", "Who deployed (`bitbucket_users.id`).";
        Content source_name: String, "", "", "The release, or the rule.";
        Content source_url: String, "", "", "Its page.";
        Content began_at: Instant, "", "", "When what is deployed was settled: the beginning of the run, where it is known, else `deployed_at`.";
        Content deployed_at: Instant, "", "", "When it ended; NULL while it is not over.";
        Content deployed_on: String, "", "deployed_at", "The day of `deployed_at` in the account's time zone, as `YYYY-MM-DD`.";
        Content success: bool, "", "", "Whether it succeeded; NULL while it is not over.";
        Content counted: bool, "", "", "Whether it took place: it is over, and nobody stopped it.";
        Content previous_id: Id, "", "", "The successful deployment before it of the same repository, environment and service (`deployment_measures.id`).";
        Content pull_count: i64, "", "deployment_pulls", "How many pull requests it carried.";
        Content first_pull_id: Id, "", "deployment_pulls", "Its first pull request: the one that was merged first (`bitbucket_pulls.id`).";
        Content open_to_deploy: i64, "s", "", "From the opening of its first pull request to `deployed_at`.";
        Content merge_to_deploy: i64, "s", "", "From the merge of its first pull request to `deployed_at`.";
        Content commit_to_deploy: i64, "s", "", "From the first commit of its first pull request to `deployed_at`; NULL where commits are not imported.";
    }
    derived {
        failed: bool, "", "success, rolled_back, incident_id", "Whether it is a failed change: it did not succeed, was rolled back, or has an incident.";
        rolled_back: bool, "", "the next successful deployment", "Whether the successful deployment after it went back to what was there before.";
        incident_id: Id, "", "incidents", "The first incident that it brought (`incidents.id`).";
        restored_at: Instant, "", "", "When it was mended: the next good deployment, or the end of its incident if that came first.";
        time_to_restore: i64, "s", "", "From the failure (its end, or the beginning of its incident) to `restored_at`.";
    }
}

table! {
    /// A pull request that a deployment carried for the first time to its environment. The same pull request has a row for
    /// each environment and service that it reached.
    DeploymentPullRow is "deployment_pulls" in Deployments, newest by LastWritten, from "deployment_measures and bitbucket_pulls" {
        Key deployment_id: Id, "", "", "The deployment (`deployments.id`).";
        Key pull_id: Id, "", "", "The pull request (`bitbucket_pulls.id`).";
        Content repository_id: Id, "", "", "The repository (`bitbucket_repositories.id`).";
        Content environment: String, "", "", "The environment's name.";
        Content production: bool, "", "", "Whether the deployment went to production.";
        Content service: String, "", "", "The service.";
        Content deployed_at: Instant, "", "", "When the deployment ended.";
        Content deployed_on: String, "", "", "The day of `deployed_at` in the account's time zone, as `YYYY-MM-DD`.";
        Content attributed_by: String, "", "", "How it is known: `commit` (the merge commit is in what was deployed) or `time` (it was merged between two deployments).";
        Content first_of_deployment: bool, "", "", "Whether it is the first of its deployment: the one that was merged first. Lead time by service counts these.";
        Content last_of_pull: bool, "", "", "Whether this is the last deployment to production that carried the pull request. Lead time by author counts these.";
        Content open_to_deploy: i64, "s", "", "From opening to `deployed_at`.";
        Content merge_to_deploy: i64, "s", "", "From the merge to `deployed_at`.";
        Content commit_to_deploy: i64, "s", "", "From the first commit to `deployed_at`; NULL where commits are not imported.";
    }
    derived {}
}

table! {
    /// A run, or a step of one, that a deployment rule makes a deployment.
    RuleDeploymentRow is "rule_deployments" in Deployments, newest by LastWritten, from "deployment_rules and bitbucket_pipelines" {
        Key pipeline_id: Id, "", "", "The run (`bitbucket_pipelines.id`).";
        Key step_id: Id, "", "", "The step (`bitbucket_pipeline_steps.id`); NULL where the rule names none.";
        Key environment: String, "", "", "The environment's name.";
        Key service: String, "", "", "The service.";
        Content rule_id: Id, "", "", "The rule, the first one that fits (`deployment_rules.id`).";
        Content repository_id: Id, "", "", "The repository (`bitbucket_repositories.id`).";
        Content environment_type: String, "", "", "`Test`, `Staging` or `Production`.";
        Content success: bool, "", "", "Whether the run or step succeeded; NULL while it is not over.";
        Content stopped: bool, "", "", "Whether somebody stopped it, or it expired.";
        Content began_at: Instant, "", "", "When the run was started.";
        Content deployed_at: Instant, "", "", "When the run or step ended; NULL while it is not over.";
    }
    derived {}
}

describe! {
    /// A rule that says which runs deploy, or what an environment of Bitbucket is. `windlass rules` changes them.
    DEPLOYMENT_RULES is "deployment_rules" in Deployments, from "windlass rules" {
        id: Id, "", "sequence", "The rule's number: of two rules that fit, the lower one counts.";
        name: String, "", "", "Its name.";
        repository_pattern: String, "", "", "A regular expression for `workspace/repository`; NULL for all.";
        pipeline_pattern: String, "", "", "One for the name of the run, as `pipeline_runs.name` has it.";
        step_pattern: String, "", "", "One for the name of a step: then steps are the deployments.";
        branch_pattern: String, "", "", "One for the branch or tag.";
        environment_pattern: String, "", "", "One for the environment of a Bitbucket deployment: the rule then says what such deployments are, and makes none.";
        environment: String, "", "", "The environment that is deployed to.";
        environment_type: String, "", "", "`Test`, `Staging` or `Production`; NULL to go by the environment's name.";
        service: String, "", "", "The service that is deployed; NULL for the repository.";
        created_at: Instant, "", "", "When it was made.";
    }
}

describe! {
    /// A deployment that was told from outside: `windlass deployment record`.
    PUSHED_DEPLOYMENTS is "pushed_deployments" in Deployments, from "windlass deployment record" {
        id: Id, "", "computed from reference_id", "The deployment (`deployments.id`).";
        reference_id: String, "", "", "What whoever told it calls it; told again, it is changed.";
        service: String, "", "", "The service.";
        environment: String, "", "", "The environment's name.";
        environment_type: String, "", "", "`Test`, `Staging` or `Production`.";
        repository_id: Id, "", "", "The repository (`bitbucket_repositories.id`); NULL where none was told.";
        commit_sha: String, "", "", "The commit that was deployed, 7 to 40 characters.";
        merge_commit_shas: String, "", "", "The merge commits of the pull requests that it carried, as a JSON array; NULL where they were not told.";
        success: bool, "", "", "Whether it succeeded.";
        deployed_at: Instant, "", "", "When it ended.";
        source_url: String, "", "", "Its page.";
        recorded_at: Instant, "", "", "When it was told.";
    }
}

describe! {
    /// An incident in production: `windlass incident`.
    INCIDENTS is "incidents" in Deployments, from "windlass incident" {
        id: Id, "", "sequence", "The incident's number.";
        reference_id: String, "", "", "What whoever opened it calls it.";
        service: String, "", "", "The service that suffered.";
        environment: String, "", "", "The environment; NULL for any that is production.";
        title: String, "", "", "What happened.";
        named_deployment_id: Id, "", "", "The deployment that was named as its cause (`deployments.id`).";
        opened_at: Instant, "", "", "When it began.";
        closed_at: Instant, "", "", "When it was closed; NULL while it is open.";
        source_url: String, "", "", "Its page.";
        deployment_id: Id, "", "named_deployment_id, else deployments", "The deployment that brought it: the named one, else the last successful one of the service before `opened_at` (`deployments.id`).";
        restored_at: Instant, "", "closed_at, deployments", "When it was over: the next good deployment, or `closed_at` if that came first.";
        time_to_restore: i64, "s", "", "From `opened_at` to `restored_at`.";
    }
}
