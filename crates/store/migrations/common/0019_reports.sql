-- What reports are counted from. Each index is a narrow copy, in the order of days, of the columns
-- that a report reads, so that it never touches the wide rows.

-- A review says whose change it is about and where: with six reviews for each pull request, looking
-- that up would take longer than everything else.
ALTER TABLE bitbucket_reviews ADD COLUMN repository_id BIGINT;
ALTER TABLE bitbucket_reviews ADD COLUMN author_user_id BIGINT;
UPDATE bitbucket_reviews SET
    repository_id = (SELECT p.repository_id FROM bitbucket_pulls p WHERE p.id = bitbucket_reviews.pull_id),
    author_user_id = (SELECT p.user_id FROM bitbucket_pulls p WHERE p.id = bitbucket_reviews.pull_id);

-- Sizes lie in the order of ids, which is none: finding each took three times as long as reading all
-- else that is known of the pull requests merged.
ALTER TABLE bitbucket_pulls ADD COLUMN size BIGINT;
UPDATE bitbucket_pulls SET size = (SELECT s.size FROM bitbucket_pull_sizes s WHERE s.pull_id = bitbucket_pulls.id);

CREATE INDEX bitbucket_pulls_created_on ON bitbucket_pulls
    (created_on, repository_id, user_id, target_branch) WHERE created_on IS NOT NULL;
CREATE INDEX bitbucket_pulls_closed_on ON bitbucket_pulls
    (closed_on, repository_id, user_id, target_branch, state) WHERE closed_on IS NOT NULL;
CREATE INDEX bitbucket_pulls_merged_on ON bitbucket_pulls
    (merged_on, repository_id, user_id, target_branch, first_review_on, review_rounds, comment_count, size,
     cycle_time, coding_time, pickup_time, review_time, merge_wait, ready_to_merge,
     cycle_time_business_hours, coding_time_business_hours, pickup_time_business_hours,
     review_time_business_hours, merge_wait_business_hours, ready_to_merge_business_hours)
    WHERE merged_on IS NOT NULL;
CREATE INDEX bitbucket_pulls_first_review_on ON bitbucket_pulls
    (first_review_on, repository_id, user_id, target_branch, pickup_time, ready_to_first_approval,
     pickup_time_business_hours, ready_to_first_approval_business_hours)
    WHERE first_review_on IS NOT NULL;
CREATE INDEX bitbucket_pulls_there ON bitbucket_pulls (repository_id) WHERE deleted_at IS NULL;
CREATE INDEX bitbucket_pulls_open ON bitbucket_pulls
    (created_on, repository_id, user_id, target_branch, draft, first_review_on) WHERE state = 'OPEN';
CREATE INDEX bitbucket_reviews_created_on ON bitbucket_reviews
    (created_on, repository_id, user_id, author_user_id, state, comment_count, time_since_request,
     time_since_request_business_hours) WHERE created_on IS NOT NULL;
CREATE INDEX bitbucket_pipelines_created_on ON bitbucket_pipelines
    (created_on, repository_id, user_id, ref_name, selector_type, selector_pattern, result, duration, queue_time,
     time_to_green, rerun, build_seconds_used) WHERE created_on IS NOT NULL;
CREATE INDEX bitbucket_commits_committed_at ON bitbucket_commits (repository_id, committed_at);
CREATE INDEX deployment_pulls_deployed_on ON deployment_pulls
    (deployed_on, repository_id, environment, service, production, last_of_pull, merge_to_deploy, open_to_deploy,
     commit_to_deploy) WHERE deployed_on IS NOT NULL;
