-- What lists of runs and of deployments are read by, over all repositories: the newest first.

CREATE INDEX bitbucket_pipelines_created ON bitbucket_pipelines (created_at, id);
CREATE INDEX deployment_measures_deployed ON deployment_measures (deployed_at, id);
