-- The orders in which pull requests are listed, each from its newest or largest on, and the ways by
-- which one is found.
CREATE INDEX bitbucket_pulls_updated_at ON bitbucket_pulls (updated_at, id);
CREATE INDEX bitbucket_pulls_created_at ON bitbucket_pulls (created_at, id);
CREATE INDEX bitbucket_pulls_closed_at ON bitbucket_pulls (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX bitbucket_pulls_declined ON bitbucket_pulls (closed_at, id) WHERE state = 'DECLINED';
CREATE INDEX bitbucket_pulls_superseded ON bitbucket_pulls (closed_at, id) WHERE state = 'SUPERSEDED';
CREATE INDEX bitbucket_pulls_cycle_time ON bitbucket_pulls (cycle_time, id) WHERE cycle_time IS NOT NULL;
CREATE INDEX bitbucket_pulls_size ON bitbucket_pulls (size, id) WHERE size IS NOT NULL;
CREATE INDEX bitbucket_pulls_user ON bitbucket_pulls (user_id, updated_at);
-- By number first: an index that begins with the repository would be taken for the last change of one too.
CREATE INDEX bitbucket_pulls_number ON bitbucket_pulls (number, repository_id);
CREATE INDEX bitbucket_pull_reviewers_user ON bitbucket_pull_reviewers (user_id, pull_id);
