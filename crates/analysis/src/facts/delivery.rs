//! Pipelines and deployments.

use super::{Facts, Kinds, Values};
use crate::grouping::Grouping;

const NONE: Facts = Facts {
    day: None,
    from: "",
    conditions: &[],
    repository: "",
    person: None,
    author: None,
    reviewer: None,
    branch: None,
    others: &[],
    rows: "",
    kinds: None,
    sums: &[],
    values: &[],
    age: None,
};

/// The name of what a pipeline ran, as the view `pipeline_runs` has it.
const PIPELINE_NAME: &str = "COALESCE(l.selector_type, 'default') || CASE WHEN l.selector_pattern IS NULL THEN '' ELSE ': ' || l.selector_pattern END";

const STARTED: Facts = Facts {
    day: Some("l.created_on"),
    from: "bitbucket_pipelines l",
    repository: "l.repository_id",
    branch: Some("l.ref_name"),
    others: &[(Grouping::Pipeline, PIPELINE_NAME)],
    rows: "runs",
    ..NONE
};

/// Runs of pipelines by the day on which they were started.
pub(crate) static RUNS: Facts = STARTED;

/// Runs of pipelines, with what was measured of them.
pub(crate) static PIPELINES: Facts = Facts {
    kinds: Some(Kinds {
        column: "l.result",
        names: &[
            ("SUCCESSFUL", &["runs_successful", "runs_decided"]),
            ("FAILED", &["runs_failed", "runs_decided"]),
            ("ERROR", &["runs_failed", "runs_decided"]),
            ("STOPPED", &["runs_stopped"]),
            ("EXPIRED", &["runs_stopped"]),
        ],
    }),
    sums: &[
        ("reruns", "CASE WHEN l.rerun THEN 1 ELSE 0 END"),
        ("build_seconds", "l.build_seconds_used"),
    ],
    values: &[
        Values::plain(
            "pipeline_duration",
            "CASE WHEN l.result IN ('STOPPED', 'EXPIRED') THEN NULL ELSE l.duration END",
        ),
        Values::plain("queue_time", "l.queue_time"),
        Values::plain("time_to_green", "l.time_to_green"),
    ],
    ..STARTED
};

/// Steps of pipelines by the day on which their pipeline was started.
pub(crate) static STEPS: Facts = Facts {
    day: Some("l.created_on"),
    from: "bitbucket_pipelines l JOIN bitbucket_pipeline_steps t ON t.pipeline_id = l.id",
    conditions: &["t.result IN ('SUCCESSFUL', 'FAILED', 'ERROR')"],
    repository: "l.repository_id",
    branch: Some("l.ref_name"),
    others: &[
        (Grouping::Pipeline, PIPELINE_NAME),
        (Grouping::Step, "t.name"),
    ],
    rows: "steps",
    sums: &[
        (
            "steps_failed",
            "CASE WHEN t.result = 'SUCCESSFUL' THEN 0 ELSE 1 END",
        ),
        (
            "steps_flaky",
            "CASE WHEN t.result <> 'SUCCESSFUL' AND EXISTS (
                 SELECT 1 FROM bitbucket_pipelines again
                 JOIN bitbucket_pipeline_steps passed ON passed.pipeline_id = again.id
                 WHERE again.repository_id = l.repository_id AND again.commit_sha = l.commit_sha
                   AND passed.name = t.name AND passed.result = 'SUCCESSFUL'
             ) THEN 1 ELSE 0 END",
        ),
    ],
    values: &[Values::plain("step_duration", "t.duration")],
    ..NONE
};

const DEPLOYED: Facts = Facts {
    day: Some("d.deployed_on"),
    from: "deployment_measures d",
    conditions: &["d.counted"],
    repository: "d.repository_id",
    others: &[
        (Grouping::Environment, "d.environment"),
        (Grouping::Service, "d.service"),
    ],
    rows: "deployments",
    sums: &[
        (
            "deployments_successful",
            "CASE WHEN d.success THEN 1 ELSE 0 END",
        ),
        ("deployments_failed", "CASE WHEN d.failed THEN 1 ELSE 0 END"),
    ],
    values: &[Values::plain("time_to_restore", "d.time_to_restore")],
    ..NONE
};

/// Deployments that ended, to any environment, by the day on which they did.
pub(crate) static DEPLOYMENTS: Facts = DEPLOYED;

/// Those to production.
pub(crate) static PRODUCTION: Facts = Facts {
    conditions: &["d.counted", "d.production"],
    values: &[
        Values::plain("time_to_restore", "d.time_to_restore"),
        Values::plain("lead_time_of_deployments", "d.merge_to_deploy"),
    ],
    ..DEPLOYED
};

const CARRIED: Facts = Facts {
    day: Some("c.deployed_on"),
    from: "deployment_pulls c",
    conditions: &["c.production", "c.last_of_pull"],
    repository: "c.repository_id",
    others: &[
        (Grouping::Environment, "c.environment"),
        (Grouping::Service, "c.service"),
    ],
    rows: "pulls_deployed",
    values: &[
        Values::plain("lead_time", "c.merge_to_deploy"),
        Values::plain("lead_time_from_open", "c.open_to_deploy"),
        Values::plain("lead_time_from_commit", "c.commit_to_deploy"),
    ],
    ..NONE
};

/// Pull requests by the day of the last deployment to production that carried them.
pub(crate) static LEAD_TIMES: Facts = CARRIED;

/// The same with their authors, which takes longer to find out.
pub(crate) static LEAD_TIMES_OF_AUTHORS: Facts = Facts {
    from: "deployment_pulls c JOIN bitbucket_pulls p ON p.id = c.pull_id",
    person: Some("p.user_id"),
    author: Some("p.user_id"),
    branch: Some("p.target_branch"),
    ..CARRIED
};

/// Repositories, and when anything last happened in them.
pub(crate) static REPOSITORIES: Facts = Facts {
    from: "bitbucket_repositories r",
    conditions: &["r.deleted_at IS NULL"],
    repository: "r.id",
    rows: "repositories",
    age: Some((
        // The last one in the order of an index: a MAX may be looked for through any other.
        "(SELECT MAX(last.at) FROM (
              SELECT (SELECT p.updated_at FROM bitbucket_pulls p WHERE p.repository_id = r.id
                  AND p.updated_at IS NOT NULL ORDER BY p.updated_at DESC LIMIT 1) AS at
              UNION ALL
              SELECT (SELECT l.created_at FROM bitbucket_pipelines l WHERE l.repository_id = r.id
                  AND l.created_at IS NOT NULL ORDER BY l.created_at DESC LIMIT 1)
              UNION ALL
              SELECT (SELECT c.committed_at FROM bitbucket_commits c WHERE c.repository_id = r.id
                  AND c.committed_at IS NOT NULL ORDER BY c.committed_at DESC LIMIT 1)
          ) last)",
        "days_since_activity",
    )),
    ..NONE
};
