-- The views. Unlike tables they hold nothing, so that they are not migrated but made anew whenever
-- this text differs from the one that the database's views were made from. They live in one place
-- and always say what they are now; the definitions in the first migration are history.

DROP VIEW IF EXISTS dx_teams;
DROP VIEW IF EXISTS dx_users;
DROP VIEW IF EXISTS deployments;
DROP VIEW IF EXISTS pull_request_commits;
DROP VIEW IF EXISTS pipeline_runs;
DROP VIEW IF EXISTS pull_request_reviews;
DROP VIEW IF EXISTS pull_requests;
DROP VIEW IF EXISTS repos;

CREATE VIEW repos AS
SELECT r.id AS id,
       'bitbucket' AS source,
       r.id AS source_table_id,
       r.source_id AS external_id,
       w.slug AS organization,
       r.full_name AS name,
       r.default_branch AS default_branch,
       r.deleted_at IS NOT NULL AS archived,
       r.source_url AS external_url,
       r.created_at AS created
FROM bitbucket_repositories r
LEFT JOIN bitbucket_workspaces w ON w.id = r.workspace_id;

CREATE VIEW pull_requests AS
SELECT p.id AS id,
       'bitbucket' AS source,
       p.id AS source_table_id,
       p.repository_id AS source_table_repo_id,
       p.repository_id AS repo_id,
       CAST(p.number AS TEXT) AS external_id,
       p.source_url AS external_url,
       p.title AS title,
       p.state AS state,
       p.draft AS draft,
       p.target_branch AS base_ref,
       p.source_branch AS head_ref,
       p.merge_commit_sha AS merge_commit_sha,
       p.user_id AS source_user_id,
       i.user_id AS user_id,
       i.user_id AS dx_user_id,
       p.merged_by_user_id AS merged_by_user_id,
       COALESCE(u.bot, FALSE) AS bot_authored,
       CASE WHEN u.bot THEN u.name END AS bot_name,
       CASE WHEN u.bot THEN u.type END AS bot_type,
       p.comment_count AS comment_count,
       s.additions AS additions,
       s.deletions AS deletions,
       s.size AS size,
       p.created_at AS created,
       p.updated_at AS updated,
       p.ready_at AS ready_at,
       p.ready_at AS ready_for_review,
       p.merged_at AS merged,
       p.closed_at AS closed,
       p.closed_at_estimated AS closed_estimated,
       p.pickup_time AS open_to_first_review,
       p.ready_to_first_approval AS open_to_first_approval,
       p.ready_to_merge AS open_to_merge,
       p.pickup_time_business_hours AS open_to_first_review_business_hours,
       p.ready_to_first_approval_business_hours AS open_to_first_approval_business_hours,
       p.ready_to_merge_business_hours AS open_to_merge_business_hours,
       p.timezone AS tz,
       p.created_on AS created_on,
       p.ready_on AS ready_on,
       p.first_review_on AS first_review_on,
       p.merged_on AS merged_on,
       p.closed_on AS closed_on,
       p.coding_time AS coding_time,
       p.coding_time_business_hours AS coding_time_business_hours,
       p.pickup_time AS pickup_time,
       p.pickup_time_business_hours AS pickup_time_business_hours,
       p.review_time AS review_time,
       p.review_time_business_hours AS review_time_business_hours,
       p.merge_wait AS merge_wait,
       p.merge_wait_business_hours AS merge_wait_business_hours,
       p.cycle_time AS cycle_time,
       p.cycle_time_business_hours AS cycle_time_business_hours,
       p.draft_time AS draft_time,
       p.draft_time_business_hours AS draft_time_business_hours,
       p.review_rounds AS review_rounds
FROM bitbucket_pulls p
LEFT JOIN bitbucket_users u ON u.id = p.user_id
LEFT JOIN bitbucket_pull_sizes s ON s.pull_id = p.id
LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = p.user_id;

CREATE VIEW pull_request_reviews AS
SELECT v.id AS id,
       'bitbucket' AS source,
       v.id AS source_table_id,
       v.pull_id AS source_table_pull_id,
       p.repository_id AS source_table_repo_id,
       v.pull_id AS pull_request_id,
       p.repository_id AS repo_id,
       v.source_id AS external_id,
       p.source_url AS external_url,
       v.user_id AS source_user_id,
       i.user_id AS user_id,
       i.user_id AS dx_user_id,
       v.state AS review_type,
       v.comment_count AS comment_count,
       v.created_at AS created,
       v.created_on AS created_on,
       v.time_since_request AS time_since_request,
       v.time_since_request_business_hours AS time_since_request_business_hours,
       v.timezone AS tz,
       v.dismissed_at AS dismissed
FROM bitbucket_reviews v
LEFT JOIN bitbucket_pulls p ON p.id = v.pull_id
LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = v.user_id;

CREATE VIEW pipeline_runs AS
SELECT l.id AS id,
       'bitbucket' AS source,
       l.source_id AS source_id,
       l.id AS source_table_id,
       l.repository_id AS repo_id,
       r.full_name AS repository,
       COALESCE(l.selector_type, 'default')
           || CASE WHEN l.selector_pattern IS NULL THEN '' ELSE ': ' || l.selector_pattern END AS name,
       CASE
           WHEN l.state = 'PENDING' THEN 'pending'
           WHEN l.state = 'COMPLETED' AND l.result = 'SUCCESSFUL' THEN 'success'
           WHEN l.state = 'COMPLETED' AND l.result IN ('STOPPED', 'EXPIRED') THEN 'cancelled'
           WHEN l.state = 'COMPLETED' THEN 'failure'
           ELSE 'running'
       END AS status,
       l.created_at AS started_at,
       l.completed_at AS finished_at,
       l.created_on AS created_on,
       l.completed_on AS completed_on,
       l.duration AS duration,
       l.queue_time AS queue_time,
       l.build_seconds_used AS build_seconds_used,
       COALESCE(l.rerun, FALSE) AS rerun,
       l.time_to_green AS time_to_green,
       l.commit_sha AS commit_sha,
       l.ref_name AS head_branch,
       l.pull_id AS pull_id,
       p.number AS pr_number,
       l.user_id AS source_user_id,
       i.user_id AS user_id,
       i.user_id AS dx_user_id,
       l.source_url AS source_url
FROM bitbucket_pipelines l
LEFT JOIN bitbucket_repositories r ON r.id = l.repository_id
LEFT JOIN bitbucket_pulls p ON p.id = l.pull_id
LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = l.user_id;

CREATE VIEW pull_request_commits AS
SELECT c.id AS id,
       'bitbucket' AS source,
       c.id AS source_table_id,
       c.pull_id AS source_table_pull_id,
       m.repository_id AS source_table_repo_id,
       c.pull_id AS pull_request_id,
       m.repository_id AS repo_id,
       c.sha AS sha,
       c.sha AS external_id,
       m.source_url AS external_url,
       m.message AS message,
       m.user_id AS source_user_id,
       i.user_id AS user_id,
       i.user_id AS dx_user_id,
       COALESCE(u.bot, FALSE) AS bot_authored,
       m.committed_at AS created
FROM bitbucket_pull_commits c
LEFT JOIN bitbucket_commits m ON m.id = c.commit_id
LEFT JOIN bitbucket_users u ON u.id = m.user_id
LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = m.user_id
WHERE c.removed_at IS NULL;

CREATE VIEW deployments AS
SELECT d.id AS id,
       d.source AS source,
       d.source_table_id AS source_table_id,
       d.reference_id AS reference_id,
       d.repository_id AS repo_id,
       r.full_name AS repository,
       d.environment AS environment,
       d.environment_type AS environment_type,
       d.production AS production,
       d.service AS service,
       d.commit_sha AS commit_sha,
       d.deployed_at AS deployed_at,
       d.deployed_on AS deployed_on,
       d.success AS success,
       d.counted AS counted,
       COALESCE(d.failed, FALSE) AS failed,
       COALESCE(d.rolled_back, FALSE) AS rolled_back,
       d.time_to_restore AS time_to_restore,
       d.pull_count AS pull_count,
       d.open_to_deploy AS open_to_deploy,
       d.merge_to_deploy AS merge_to_deploy,
       d.commit_to_deploy AS commit_to_deploy,
       d.pipeline_id AS pipeline_id,
       d.user_id AS source_user_id,
       i.user_id AS user_id,
       i.user_id AS dx_user_id,
       d.source_name AS source_name,
       d.source_url AS source_url
FROM deployment_measures d
LEFT JOIN bitbucket_repositories r ON r.id = d.repository_id
LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = d.user_id;

CREATE VIEW dx_users AS
SELECT u.id AS id,
       CAST(u.id AS TEXT) AS source_id,
       (SELECT m.team_id FROM team_members m
        WHERE m.user_id = u.id AND m.to_on IS NULL
        ORDER BY COALESCE(m.from_on, '') DESC, m.id DESC LIMIT 1) AS team_id,
       u.name AS name,
       u.email AS email,
       u.developer AS developer,
       u.started_on AS start_date,
       u.timezone AS timezone,
       u.forgotten_at AS deleted_at
FROM users u;

CREATE VIEW dx_teams AS
WITH RECURSIVE placed (id, path) AS (
    SELECT id, CAST(name AS TEXT) FROM teams WHERE parent_id IS NULL
    UNION ALL
    SELECT t.id, placed.path || ' » ' || t.name FROM teams t JOIN placed ON placed.id = t.parent_id
)
SELECT t.id AS id,
       CAST(t.id AS TEXT) AS source_id,
       CAST(t.parent_id AS TEXT) AS source_parent_id,
       t.name AS name,
       EXISTS (SELECT 1 FROM teams c WHERE c.parent_id = t.id) AS parent,
       placed.path AS flattened_parent,
       (SELECT COUNT(DISTINCT m.user_id) FROM team_members m
        WHERE m.team_id = t.id AND m.to_on IS NULL) AS contributors,
       t.archived_at AS deleted_at
FROM teams t
LEFT JOIN placed ON placed.id = t.id;
