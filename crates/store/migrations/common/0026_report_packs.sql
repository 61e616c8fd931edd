-- Months as reports read them: column by column. They are made of the tables, by the program, and
-- can be thrown away.

-- Which months of which tables changed since they were packed. A trigger writes it, so that nobody
-- who changes a row can forget to. A month may stand here more than once.
CREATE TABLE report_changes (
    of_table key_text NOT NULL,
    month key_text NOT NULL
);
CREATE INDEX report_changes_month ON report_changes (of_table, month);

-- Who packs or has packed a month last. packed_as tells by what list of columns, once it is done.
CREATE TABLE report_packs (
    id SEQUENCE,
    of_table key_text NOT NULL,
    month key_text NOT NULL,
    packed_as TEXT
);
CREATE INDEX report_packs_month ON report_packs (of_table, month);

-- rows_of tells the rows of a month and their order: a table and the column of the day that they count
-- for. expression is what each of them has here.
CREATE TABLE report_columns (
    rows_of key_text NOT NULL,
    month key_text NOT NULL,
    expression key_text NOT NULL,
    of_table key_text NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (rows_of, month, expression)
);
CREATE INDEX report_columns_month ON report_columns (of_table, month);

-- What is there already.
INSERT INTO report_changes (of_table, month)
    SELECT 'bitbucket_pulls', substr(created_on, 1, 7) FROM bitbucket_pulls WHERE created_on IS NOT NULL
    UNION SELECT 'bitbucket_pulls', substr(merged_on, 1, 7) FROM bitbucket_pulls WHERE merged_on IS NOT NULL
    UNION SELECT 'bitbucket_pulls', substr(closed_on, 1, 7) FROM bitbucket_pulls WHERE closed_on IS NOT NULL
    UNION SELECT 'bitbucket_pulls', substr(first_review_on, 1, 7) FROM bitbucket_pulls WHERE first_review_on IS NOT NULL
    UNION SELECT 'bitbucket_reviews', substr(created_on, 1, 7) FROM bitbucket_reviews WHERE created_on IS NOT NULL
    UNION SELECT 'bitbucket_pipelines', substr(created_on, 1, 7) FROM bitbucket_pipelines WHERE created_on IS NOT NULL
    UNION SELECT 'deployment_pulls', substr(deployed_on, 1, 7) FROM deployment_pulls WHERE deployed_on IS NOT NULL;

-- What is open and there: the index before did not know of the latter, so that each row was looked at.
DROP INDEX bitbucket_pulls_open;
CREATE INDEX bitbucket_pulls_open_there ON bitbucket_pulls
    (created_on, repository_id, user_id, target_branch, draft, first_review_on)
    WHERE state = 'OPEN' AND deleted_at IS NULL;

-- What was reviewed when: the list of pull requests that were reviewed in some days looked at each review
-- for its pull request.
DROP INDEX bitbucket_reviews_created_on;
CREATE INDEX bitbucket_reviews_days ON bitbucket_reviews
    (created_on, repository_id, user_id, author_user_id, state, comment_count, time_since_request,
     time_since_request_business_hours, pull_id) WHERE created_on IS NOT NULL;
