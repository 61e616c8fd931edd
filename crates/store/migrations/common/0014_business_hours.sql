-- Days in the account's time zone, and business hours.

ALTER TABLE bitbucket_pulls ADD COLUMN created_on key_text;
ALTER TABLE bitbucket_pulls ADD COLUMN ready_on key_text;
ALTER TABLE bitbucket_pulls ADD COLUMN first_review_on key_text;
ALTER TABLE bitbucket_pulls ADD COLUMN merged_on key_text;
ALTER TABLE bitbucket_pulls ADD COLUMN closed_on key_text;
ALTER TABLE bitbucket_pulls ADD COLUMN timezone TEXT;
ALTER TABLE bitbucket_pulls ADD COLUMN open_to_first_review_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN open_to_first_approval_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN open_to_merge_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN ready_to_first_approval_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN ready_to_merge_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN coding_time_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN pickup_time_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN review_time_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN merge_wait_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN cycle_time_business_hours BIGINT;
ALTER TABLE bitbucket_pulls ADD COLUMN draft_time_business_hours BIGINT;
ALTER TABLE bitbucket_reviews ADD COLUMN created_on key_text;
ALTER TABLE bitbucket_reviews ADD COLUMN timezone TEXT;
ALTER TABLE bitbucket_reviews ADD COLUMN time_since_request_business_hours BIGINT;

-- What is there already has none of them yet.
INSERT INTO sync_unmeasured (repository_id, pull_id)
SELECT repository_id, id FROM bitbucket_pulls WHERE 1 = 1
ON CONFLICT (repository_id, pull_id) DO NOTHING;
