-- What pipelines and deployments measure: rules that say which runs deploy, deployments that were told
-- from outside, incidents, and which pull requests each deployment carried.

ALTER TABLE bitbucket_pipelines ADD COLUMN created_on TEXT;
ALTER TABLE bitbucket_pipelines ADD COLUMN completed_on TEXT;
ALTER TABLE bitbucket_pipelines ADD COLUMN queue_time BIGINT;
ALTER TABLE bitbucket_pipelines ADD COLUMN rerun BOOLEAN;
ALTER TABLE bitbucket_pipelines ADD COLUMN time_to_green BIGINT;
-- Re-runs are looked for among the runs of one commit, the way to green among those of one branch.
CREATE INDEX bitbucket_pipelines_commit ON bitbucket_pipelines (repository_id, commit_sha);
CREATE INDEX bitbucket_pipelines_ref ON bitbucket_pipelines (repository_id, ref_name, created_at);
CREATE INDEX bitbucket_deployments_pipeline ON bitbucket_deployments (pipeline_id);

-- Patterns are regular expressions; one that is NULL is not asked.
CREATE TABLE deployment_rules (
    id SEQUENCE,
    name key_text NOT NULL UNIQUE,
    repository_pattern TEXT,
    pipeline_pattern TEXT,
    step_pattern TEXT,
    branch_pattern TEXT,
    environment_pattern TEXT,
    environment TEXT,
    environment_type TEXT,
    service TEXT,
    created_at DATETIME NOT NULL
);

-- The runs and steps that a rule makes deployments of.
CREATE TABLE rule_deployments (
    id BIGINT NOT NULL PRIMARY KEY,
    pipeline_id BIGINT NOT NULL,
    step_id BIGINT,
    environment key_text NOT NULL,
    service key_text NOT NULL,
    rule_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    environment_type TEXT,
    success BOOLEAN,
    stopped BOOLEAN,
    began_at DATETIME,
    deployed_at DATETIME,
    observed_at DATETIME NOT NULL
);
CREATE INDEX rule_deployments_pipeline ON rule_deployments (pipeline_id);
CREATE INDEX rule_deployments_repository ON rule_deployments (repository_id);

-- Deployments that happened outside Bitbucket.
CREATE TABLE pushed_deployments (
    id BIGINT NOT NULL PRIMARY KEY,
    reference_id key_text NOT NULL UNIQUE,
    service key_text NOT NULL,
    environment TEXT NOT NULL,
    environment_type TEXT NOT NULL,
    repository_id BIGINT,
    commit_sha key_text,
    merge_commit_shas TEXT,
    success BOOLEAN NOT NULL,
    deployed_at DATETIME NOT NULL,
    source_url TEXT,
    recorded_at DATETIME NOT NULL
);
CREATE INDEX pushed_deployments_repository ON pushed_deployments (repository_id);

CREATE TABLE incidents (
    id SEQUENCE,
    reference_id key_text NOT NULL UNIQUE,
    service key_text NOT NULL,
    environment TEXT,
    title TEXT,
    named_deployment_id BIGINT,
    opened_at DATETIME NOT NULL,
    closed_at DATETIME,
    source_url TEXT,
    deployment_id BIGINT,
    restored_at DATETIME,
    time_to_restore BIGINT
);
CREATE INDEX incidents_service ON incidents (service, opened_at);

-- Every deployment of every kind, in one form.
CREATE TABLE deployment_measures (
    id BIGINT NOT NULL PRIMARY KEY,
    source key_text NOT NULL,
    source_table_id BIGINT NOT NULL,
    reference_id TEXT,
    repository_id BIGINT,
    pipeline_id BIGINT,
    step_id BIGINT,
    rule_id BIGINT,
    environment TEXT,
    environment_type TEXT,
    production BOOLEAN,
    service key_text,
    commit_sha TEXT,
    commit_at DATETIME,
    user_id BIGINT,
    source_name TEXT,
    source_url TEXT,
    began_at DATETIME,
    deployed_at DATETIME,
    deployed_on TEXT,
    success BOOLEAN,
    counted BOOLEAN,
    previous_id BIGINT,
    pull_count BIGINT,
    first_pull_id BIGINT,
    open_to_deploy BIGINT,
    merge_to_deploy BIGINT,
    commit_to_deploy BIGINT,
    failed BOOLEAN,
    rolled_back BOOLEAN,
    incident_id BIGINT,
    restored_at DATETIME,
    time_to_restore BIGINT,
    observed_at DATETIME NOT NULL
);
CREATE INDEX deployment_measures_repository ON deployment_measures (repository_id, deployed_at);
CREATE INDEX deployment_measures_service ON deployment_measures (service, deployed_at);
CREATE INDEX deployment_measures_day ON deployment_measures (deployed_on);

CREATE TABLE deployment_pulls (
    id BIGINT NOT NULL PRIMARY KEY,
    deployment_id BIGINT NOT NULL,
    pull_id BIGINT NOT NULL,
    repository_id BIGINT NOT NULL,
    environment TEXT,
    production BOOLEAN,
    service TEXT,
    deployed_at DATETIME,
    deployed_on TEXT,
    attributed_by TEXT,
    first_of_deployment BOOLEAN,
    last_of_pull BOOLEAN,
    open_to_deploy BIGINT,
    merge_to_deploy BIGINT,
    commit_to_deploy BIGINT,
    observed_at DATETIME NOT NULL
);
CREATE INDEX deployment_pulls_deployment ON deployment_pulls (deployment_id);
CREATE INDEX deployment_pulls_pull ON deployment_pulls (pull_id);
CREATE INDEX deployment_pulls_repository ON deployment_pulls (repository_id);

-- What has to be measured. Runs of a repository, after a position of an unfinished round; deployments of a
-- repository (0 for those that name none); failures and incidents of a service.
CREATE TABLE sync_unmeasured_pipelines (
    repository_id BIGINT NOT NULL PRIMARY KEY,
    after_at DATETIME,
    after_id BIGINT
);
CREATE TABLE sync_unmeasured_deployments (repository_id BIGINT NOT NULL PRIMARY KEY);
CREATE TABLE sync_unmeasured_services (service key_text NOT NULL PRIMARY KEY);

-- What was imported before these measures were there.
INSERT INTO sync_unmeasured_pipelines (repository_id) SELECT id FROM bitbucket_repositories;
INSERT INTO sync_unmeasured_deployments (repository_id) SELECT id FROM bitbucket_repositories;
