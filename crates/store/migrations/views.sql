-- The views. Unlike tables they hold nothing, so that they are not migrated but made anew whenever
-- this text differs from the one that the database's views were made from. They live in one place
-- and always say what they are now; the definitions in the first migration are history.

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
       p.coding_time AS coding_time,
       p.pickup_time AS pickup_time,
       p.review_time AS review_time,
       p.merge_wait AS merge_wait,
       p.cycle_time AS cycle_time,
       p.draft_time AS draft_time,
       p.review_rounds AS review_rounds
FROM bitbucket_pulls p
LEFT JOIN bitbucket_users u ON u.id = p.user_id
LEFT JOIN bitbucket_pull_sizes s ON s.pull_id = p.id;

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
       v.state AS review_type,
       v.comment_count AS comment_count,
       v.created_at AS created,
       v.time_since_request AS time_since_request,
       v.dismissed_at AS dismissed
FROM bitbucket_reviews v
LEFT JOIN bitbucket_pulls p ON p.id = v.pull_id;

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
       l.duration AS duration,
       l.commit_sha AS commit_sha,
       l.ref_name AS head_branch,
       l.pull_id AS pull_id,
       p.number AS pr_number,
       l.user_id AS source_user_id,
       l.source_url AS source_url
FROM bitbucket_pipelines l
LEFT JOIN bitbucket_repositories r ON r.id = l.repository_id
LEFT JOIN bitbucket_pulls p ON p.id = l.pull_id;

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
       COALESCE(u.bot, FALSE) AS bot_authored,
       m.committed_at AS created
FROM bitbucket_pull_commits c
LEFT JOIN bitbucket_commits m ON m.id = c.commit_id
LEFT JOIN bitbucket_users u ON u.id = m.user_id
WHERE c.removed_at IS NULL;

CREATE VIEW deployments AS
SELECT d.id AS id,
       'bitbucket' AS source,
       d.id AS source_table_id,
       d.source_id AS reference_id,
       d.repository_id AS repo_id,
       r.full_name AS repository,
       COALESCE(e.name, d.environment_name) AS environment,
       e.environment_type AS environment_type,
       d.commit_sha AS commit_sha,
       d.completed_at AS deployed_at,
       CASE WHEN d.result IS NOT NULL THEN d.result = 'SUCCESSFUL' END AS success,
       d.user_id AS source_user_id,
       d.release_name AS source_name,
       d.source_url AS source_url
FROM bitbucket_deployments d
LEFT JOIN bitbucket_repositories r ON r.id = d.repository_id
LEFT JOIN bitbucket_environments e ON e.id = d.environment_id;
