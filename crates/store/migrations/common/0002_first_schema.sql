-- The first schema. One text for SQLite and PostgreSQL; `crates/store/src/engine.rs` says how the few
-- words that differ (DATETIME, SEQUENCE) are read by each. `pull_id` stands for the pull request's row.

CREATE TABLE bitbucket_workspaces (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    slug TEXT,
    name TEXT,
    private BOOLEAN,
    source_url TEXT,
    created_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_projects (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    workspace_id BIGINT,
    key TEXT,
    name TEXT,
    source_url TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_repositories (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    workspace_id BIGINT,
    project_id BIGINT,
    name TEXT,
    slug TEXT,
    full_name TEXT,
    private BOOLEAN,
    default_branch TEXT,
    language TEXT,
    size BIGINT,
    parent_source_id TEXT,
    source_url TEXT,
    created_at DATETIME,
    updated_at DATETIME,
    source_updated_at DATETIME,
    deleted_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_users (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    account_id TEXT,
    name TEXT,
    nickname TEXT,
    account_type TEXT,
    type TEXT,
    bot BOOLEAN,
    email TEXT,
    source_url TEXT,
    active BOOLEAN NOT NULL DEFAULT FALSE,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_workspace_members (
    id BIGINT NOT NULL PRIMARY KEY,
    workspace_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    active BOOLEAN NOT NULL,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pulls (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    user_id BIGINT,
    closed_by_user_id BIGINT,
    merged_by_user_id BIGINT,
    title TEXT,
    description TEXT,
    state TEXT,
    draft BOOLEAN,
    source_branch TEXT,
    target_branch TEXT,
    source_commit_sha TEXT,
    target_commit_sha TEXT,
    merge_commit_sha TEXT,
    merge_commit_at DATETIME,
    source_repository_id BIGINT,
    comment_count BIGINT,
    task_count BIGINT,
    close_source_branch BOOLEAN,
    source_url TEXT,
    created_at DATETIME,
    updated_at DATETIME,
    source_updated_at DATETIME,
    merged_at DATETIME,
    closed_at DATETIME,
    closed_at_estimated BOOLEAN,
    ready_at DATETIME,
    first_review_at DATETIME,
    first_approval_at DATETIME,
    first_commit_at DATETIME,
    open_to_first_review BIGINT,
    open_to_first_approval BIGINT,
    open_to_merge BIGINT,
    ready_to_first_approval BIGINT,
    ready_to_merge BIGINT,
    coding_time BIGINT,
    pickup_time BIGINT,
    review_time BIGINT,
    merge_wait BIGINT,
    cycle_time BIGINT,
    draft_time BIGINT,
    review_rounds BIGINT,
    proven_to DATETIME,
    proof TEXT,
    proof_note TEXT,
    commits_read_for TEXT,
    deleted_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pull_reviewers (
    id BIGINT NOT NULL PRIMARY KEY,
    pull_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    role TEXT,
    approved BOOLEAN,
    state TEXT,
    participated_at DATETIME,
    source_updated_at DATETIME,
    requested_at DATETIME,
    removed_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_reviews (
    id BIGINT NOT NULL PRIMARY KEY,
    pull_id BIGINT NOT NULL,
    user_id BIGINT,
    source_id key_text NOT NULL,
    state TEXT,
    created_at DATETIME,
    updated_at DATETIME,
    comment_count BIGINT,
    time_since_request BIGINT,
    dismissed_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pull_comments (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id BIGINT NOT NULL,
    pull_id BIGINT,
    user_id BIGINT,
    parent_id BIGINT,
    path TEXT,
    line_from BIGINT,
    line_to BIGINT,
    content TEXT,
    deleted BOOLEAN,
    resolved_at DATETIME,
    resolved_by_user_id BIGINT,
    source_url TEXT,
    created_at DATETIME,
    updated_at DATETIME,
    source_updated_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pull_events (
    id BIGINT NOT NULL PRIMARY KEY,
    pull_id BIGINT NOT NULL,
    kind key_text NOT NULL,
    user_id BIGINT,
    occurred_at DATETIME NOT NULL,
    state TEXT,
    status_changed_to TEXT,
    draft BOOLEAN,
    draft_changed_to BOOLEAN,
    source_commit_sha TEXT,
    target_branch TEXT,
    reviewers_added TEXT,
    reviewers_removed TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pull_sizes (
    id BIGINT NOT NULL PRIMARY KEY,
    pull_id BIGINT NOT NULL,
    source_commit_sha TEXT,
    files BIGINT,
    additions BIGINT,
    deletions BIGINT,
    size BIGINT,
    problem TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_commits (
    id BIGINT NOT NULL PRIMARY KEY,
    repository_id BIGINT NOT NULL,
    sha key_text NOT NULL,
    sha12 TEXT,
    user_id BIGINT,
    author_name TEXT,
    author_email TEXT,
    committed_at DATETIME,
    message TEXT,
    parent_count BIGINT,
    default_branch BOOLEAN,
    source_url TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pull_commits (
    id BIGINT NOT NULL PRIMARY KEY,
    pull_id BIGINT NOT NULL,
    commit_id BIGINT NOT NULL,
    sha TEXT,
    source_updated_at DATETIME,
    removed_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pipelines (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    repository_id BIGINT,
    build_number BIGINT,
    run_number BIGINT,
    user_id BIGINT,
    state TEXT,
    stage TEXT,
    result TEXT,
    created_at DATETIME,
    completed_at DATETIME,
    duration BIGINT,
    build_seconds_used BIGINT,
    target_type TEXT,
    ref_type TEXT,
    ref_name TEXT,
    selector_type TEXT,
    selector_pattern TEXT,
    commit_sha TEXT,
    pull_id BIGINT,
    trigger_type TEXT,
    source_url TEXT,
    steps_read_for DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_pipeline_steps (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    pipeline_id BIGINT,
    name TEXT,
    run_number BIGINT,
    state TEXT,
    result TEXT,
    started_at DATETIME,
    completed_at DATETIME,
    duration BIGINT,
    build_seconds_used BIGINT,
    max_time BIGINT,
    trigger_type TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_environments (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    repository_id BIGINT,
    name TEXT,
    slug TEXT,
    environment_type TEXT,
    rank BIGINT,
    hidden BOOLEAN,
    observed_at DATETIME NOT NULL
);

CREATE TABLE bitbucket_deployments (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    repository_id BIGINT,
    environment_id BIGINT,
    environment_name TEXT,
    pipeline_id BIGINT,
    step_id BIGINT,
    user_id BIGINT,
    state TEXT,
    result TEXT,
    release_name TEXT,
    commit_sha TEXT,
    created_at DATETIME,
    started_at DATETIME,
    completed_at DATETIME,
    updated_at DATETIME,
    source_updated_at DATETIME,
    source_url TEXT,
    observed_at DATETIME NOT NULL
);

CREATE TABLE import_rejects (
    id BIGINT NOT NULL PRIMARY KEY,
    stream key_text NOT NULL,
    repository_id BIGINT,
    natural_key key_text NOT NULL,
    json_path key_text NOT NULL,
    reason TEXT,
    observed_at DATETIME NOT NULL
);

CREATE INDEX bitbucket_pulls_repository ON bitbucket_pulls (repository_id, updated_at);
CREATE INDEX bitbucket_pull_reviewers_pull ON bitbucket_pull_reviewers (pull_id);
CREATE INDEX bitbucket_reviews_pull ON bitbucket_reviews (pull_id);
CREATE INDEX bitbucket_pull_comments_pull ON bitbucket_pull_comments (pull_id);
CREATE INDEX bitbucket_pull_events_pull ON bitbucket_pull_events (pull_id);
CREATE INDEX bitbucket_pipelines_repository ON bitbucket_pipelines (repository_id, created_at);

CREATE INDEX bitbucket_commits_sha12 ON bitbucket_commits (repository_id, sha12);
CREATE INDEX bitbucket_pull_commits_pull ON bitbucket_pull_commits (pull_id);
CREATE INDEX bitbucket_pull_sizes_pull ON bitbucket_pull_sizes (pull_id);
CREATE INDEX bitbucket_pipeline_steps_pipeline ON bitbucket_pipeline_steps (pipeline_id);
CREATE INDEX bitbucket_deployments_repository ON bitbucket_deployments (repository_id, completed_at);

CREATE TABLE connections (
    id SEQUENCE,
    kind key_text NOT NULL,
    name key_text NOT NULL UNIQUE,
    workspace TEXT NOT NULL,
    base_url TEXT NOT NULL,
    created_at DATETIME NOT NULL
);

CREATE TABLE sync_streams (
    id BIGINT NOT NULL PRIMARY KEY,
    connection_id BIGINT NOT NULL,
    stream key_text NOT NULL,
    repository_id BIGINT,
    state TEXT NOT NULL,
    cursor TEXT,
    watermark DATETIME,
    head TEXT,
    opened_at DATETIME,
    completed_at DATETIME,
    problem TEXT,
    lease_token TEXT,
    lease_until DATETIME
);
CREATE INDEX sync_streams_connection ON sync_streams (connection_id, stream);

-- What the listing of each connection saw last, so that its end can tell what it lacks, and one
-- connection what another still sees.
CREATE TABLE sync_sightings (
    stream_id BIGINT NOT NULL,
    row_id BIGINT NOT NULL,
    seen_at DATETIME NOT NULL,
    PRIMARY KEY (stream_id, row_id)
);

CREATE TABLE import_runs (
    id SEQUENCE,
    connection_id BIGINT NOT NULL,
    started_at DATETIME NOT NULL,
    resumes_from DATETIME NOT NULL,
    finished_at DATETIME,
    outcome TEXT NOT NULL,
    requests BIGINT NOT NULL DEFAULT 0,
    rows_added BIGINT NOT NULL DEFAULT 0,
    rows_changed BIGINT NOT NULL DEFAULT 0,
    rows_unchanged BIGINT NOT NULL DEFAULT 0,
    rejects BIGINT NOT NULL DEFAULT 0,
    problem TEXT
);

-- Requests spent per minute: the rolling hour that an allowance has must outlive the process.
CREATE TABLE request_counts (
    allowance key_text NOT NULL,
    endpoint_group key_text NOT NULL,
    minute DATETIME NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (allowance, endpoint_group, minute)
);

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
