-- A large workspace, written straight into the tables: the same rows on both engines. {h X} is a number from
-- 0 to 16777215 that X decides and that looks like chance.

CREATE TABLE bench_days (n BIGINT NOT NULL PRIMARY KEY, day TEXT NOT NULL, at DATETIME NOT NULL);
{days}
CREATE TABLE bench_numbers (i BIGINT NOT NULL PRIMARY KEY);
INSERT INTO bench_numbers
WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {pulls} - 1) SELECT i FROM n;

INSERT INTO bitbucket_workspaces (id, source_id, slug, name, observed_at)
SELECT 1, '{acme}', 'acme', 'Acme', d.at FROM bench_days d WHERE d.n = 0;

INSERT INTO connections (kind, name, workspace, base_url, created_at, paused_at)
SELECT 'bitbucket_cloud', 'acme', 'acme', 'http://127.0.0.1:9/', d.at, d.at FROM bench_days d WHERE d.n = 0;

INSERT INTO bitbucket_projects (id, source_id, key, name, observed_at)
SELECT i + 1, CAST(i AS TEXT), 'P' || CAST(i AS TEXT), 'Project ' || CAST(i AS TEXT), d.at
FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 25;

INSERT INTO bitbucket_repositories (id, source_id, workspace_id, project_id, full_name, slug, created_at, observed_at)
SELECT (i + 1) * 3503599627370497, CAST(i AS TEXT), 1, i % 25 + 1, 'acme/repository-' || CAST(i AS TEXT),
       'repository-' || CAST(i AS TEXT), d.at, d.at
FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 500;

INSERT INTO bitbucket_users (id, source_id, name, account_type, type, bot, observed_at)
SELECT (i + 1) * 4503599627370497, CAST(i AS TEXT), 'Person ' || CAST(i AS TEXT), 'user',
       CASE WHEN i % 50 = 0 THEN 'bot' ELSE 'human' END, i % 50 = 0, d.at
FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 1000;

INSERT INTO users (id, name, developer, created_at)
SELECT i + 1, 'Person ' || CAST(i AS TEXT), 1 = 1, d.at
FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 1000 AND i % 50 <> 0;

INSERT INTO identities (source, source_table_id, source_account, user_id, matched_by, confidence, matched_at)
SELECT 'bitbucket', (i + 1) * 4503599627370497, CAST(i AS TEXT), i + 1, 'account', 'sure', d.at
FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 1000 AND i % 50 <> 0;

INSERT INTO teams (id, name, created_at)
SELECT i + 1, 'Team ' || CAST(i AS TEXT), d.at FROM bench_numbers JOIN bench_days d ON d.n = 0 WHERE i < 40;

INSERT INTO team_members (team_id, user_id) SELECT i % 40 + 1, i + 1 FROM bench_numbers WHERE i < 1000 AND i % 50 <> 0;

-- Each person works in eight repositories. Durations are skewed, as they are: a product of two numbers.
INSERT INTO bitbucket_pulls (id, repository_id, number, user_id, title, state, draft, source_branch, target_branch,
    source_commit_sha, target_commit_sha, merge_commit_sha, comment_count, task_count, source_url, created_at,
    updated_at, source_updated_at, ready_at, merged_at, closed_at, first_review_at, open_to_first_review,
    open_to_merge, ready_to_first_approval, ready_to_merge, coding_time, pickup_time, review_time, merge_wait,
    cycle_time, draft_time, review_rounds, size, open_to_first_review_business_hours, ready_to_merge_business_hours,
    ready_to_first_approval_business_hours, pickup_time_business_hours, review_time_business_hours,
    merge_wait_business_hours, cycle_time_business_hours, coding_time_business_hours, created_on, ready_on,
    merged_on, closed_on, first_review_on, observed_at)
SELECT {id x.i},
       ((x.author * 7 + x.b % 8 * 61) % 500 + 1) * 3503599627370497,
       x.i,
       (x.author + 1) * 4503599627370497,
       'Change ' || CAST(x.i AS TEXT) || ' of something that has a title of usual length',
       x.state, x.state = 'OPEN' AND x.c % 4 = 0,
       'feature/JIRA-' || CAST(x.i AS TEXT) || '-with-a-name', CASE WHEN x.b % 10 = 0 THEN 'release' ELSE 'main' END,
       'abcdef012345', 'abcdef012345', CASE WHEN x.state = 'MERGED' THEN 'abcdef012345' END,
       x.c % 12, 0, 'https://bitbucket.example/acme/repository/pull-requests/' || CAST(x.i AS TEXT),
       born.at, ended.at, ended.at, born.at,
       CASE WHEN x.state = 'MERGED' THEN ended.at END, CASE WHEN x.state <> 'OPEN' THEN ended.at END,
       CASE WHEN x.reviewed THEN seen.at END,
       CASE WHEN x.reviewed THEN x.wait END, x.whole, CASE WHEN x.reviewed THEN x.wait + 900 END, x.whole,
       x.c % 90000, CASE WHEN x.reviewed THEN x.wait END, CASE WHEN x.reviewed THEN x.whole / 3 END,
       CASE WHEN x.reviewed THEN x.whole / 4 END, x.whole + x.c % 90000, 0, x.c % 4 + 1,
       (x.whole + x.c % 90000) % 400 + (x.whole + x.c % 90000) % 90,
       CASE WHEN x.reviewed THEN x.wait / 3 END, x.whole / 3, CASE WHEN x.reviewed THEN x.wait / 3 + 300 END,
       CASE WHEN x.reviewed THEN x.wait / 3 END, CASE WHEN x.reviewed THEN x.whole / 9 END,
       CASE WHEN x.reviewed THEN x.whole / 12 END, (x.whole + x.c % 90000) / 3, x.c % 30000,
       born.day, born.day, CASE WHEN x.state = 'MERGED' THEN ended.day END,
       CASE WHEN x.state <> 'OPEN' THEN ended.day END, CASE WHEN x.reviewed THEN seen.day END, ended.at
FROM (SELECT y.*,
             CASE WHEN y.d % 100 < 87 THEN 'MERGED' WHEN y.d % 100 < 96 THEN 'DECLINED'
                  WHEN y.d % 100 < 98 THEN 'SUPERSEDED' ELSE 'OPEN' END AS state,
             y.d % 10 <> 3 AS reviewed,
             600 + y.b % 700 * (y.c % 500) AS whole,
             60 + y.b % 300 * (y.c % 400) AS wait
      FROM (SELECT i, {h i * 5 + 1} % 1000 AS author, {h i * 7 + 2} AS b, {h i * 11 + 3} AS c, {h i * 13 + 4} AS d
            FROM bench_numbers) y) x
JOIN bench_days born ON born.n = x.i * {span} / {pulls}
JOIN bench_days ended ON ended.n = x.i * {span} / {pulls} + x.b % 8
JOIN bench_days seen ON seen.n = x.i * {span} / {pulls} + x.b % 4;

INSERT INTO bitbucket_pull_sizes (id, pull_id, additions, deletions, size, observed_at)
SELECT p.id, p.id, p.cycle_time % 400, p.cycle_time % 90, p.size, p.observed_at
FROM bitbucket_pulls p;

-- Everybody is reviewed by twelve others.
INSERT INTO bitbucket_reviews (id, pull_id, user_id, repository_id, author_user_id, source_id, state, created_at,
    updated_at, comment_count, time_since_request, time_since_request_business_hours, created_on, observed_at)
SELECT {id r.v}, r.pull_id, ((r.author + 1 + r.b % 12) % 1000 + 1) * 4503599627370497, r.repository_id,
       r.author_user_id, 'APPROVED@' || d.day || CAST(r.v AS TEXT),
       CASE r.b % 3 WHEN 0 THEN 'APPROVED' WHEN 1 THEN 'COMMENTED' ELSE 'CHANGES_REQUESTED' END,
       d.at, d.at, r.b % 4, r.b % 700 * (r.c % 400), r.b % 700 * (r.c % 400) / 3, d.day, d.at
FROM (SELECT p.id AS pull_id, p.repository_id, p.user_id AS author_user_id, p.number * 6 + k.i AS v, p.number,
             p.user_id / 4503599627370497 - 1 AS author,
             {h (p.number * 6 + k.i) * 5 + 1} AS b, {h (p.number * 6 + k.i) * 7 + 2} AS c
      FROM bitbucket_pulls p JOIN bench_numbers k ON k.i < 6) r
JOIN bench_days d ON d.n = r.number * {span} / {pulls} + r.c % 7;

INSERT INTO bitbucket_pipelines (id, source_id, repository_id, build_number, user_id, state, result, created_at,
    completed_at, duration, build_seconds_used, target_type, ref_type, ref_name, selector_type, commit_sha,
    source_url, created_on, queue_time, rerun, time_to_green, observed_at)
SELECT {id x.i}, '{' || CAST(x.i AS TEXT) || '}', (x.c % 500 + 1) * 3503599627370497, x.i,
       (x.b % 1000 + 1) * 4503599627370497, 'COMPLETED',
       CASE WHEN x.b % 100 < 82 THEN 'SUCCESSFUL' WHEN x.b % 100 < 96 THEN 'FAILED' ELSE 'STOPPED' END,
       d.at, d.at, 30 + x.b % 60 * (x.c % 40), x.b % 2400, 'pipeline_ref_target', 'branch',
       CASE WHEN x.c % 3 = 0 THEN 'main' ELSE 'feature/JIRA-' || CAST(x.i AS TEXT) END, 'default',
       'abcdef0123456789abcdef0123456789' || CAST(10000000 + x.i AS TEXT),
       'https://bitbucket.example/acme/repository/pipelines/results/' || CAST(x.i AS TEXT),
       d.day, x.b % 90, x.c % 17 = 0, CASE WHEN x.b % 100 BETWEEN 82 AND 84 THEN x.b % 300 * (x.c % 200) END, d.at
FROM (SELECT i, {h i * 5 + 11} AS b, {h i * 7 + 12} AS c FROM bench_numbers) x
JOIN bench_days d ON d.n = x.i * {span} / {pulls};

INSERT INTO deployment_measures (id, source, source_table_id, repository_id, environment, environment_type,
    production, service, deployed_at, deployed_on, success, counted, open_to_deploy, merge_to_deploy,
    commit_to_deploy, failed, time_to_restore, observed_at)
SELECT {id x.i}, 'bitbucket', x.i, (x.c % 500 + 1) * 3503599627370497,
       CASE WHEN x.b % 3 = 0 THEN 'production' ELSE 'staging' END,
       CASE WHEN x.b % 3 = 0 THEN 'Production' ELSE 'Staging' END, x.b % 3 = 0,
       'service-' || CAST(x.c % 60 AS TEXT), d.at, d.day, x.b % 20 <> 0, 1 = 1,
       x.b % 700 * (x.c % 400), x.b % 300 * (x.c % 400), x.b % 900 * (x.c % 400),
       x.b % 20 = 0, CASE WHEN x.b % 20 = 0 THEN x.c % 40000 END, d.at
FROM (SELECT i, {h i * 5 + 21} AS b, {h i * 7 + 22} AS c FROM bench_numbers WHERE i < {pulls} / 10) x
JOIN bench_days d ON d.n = x.i * 10 * {span} / {pulls};

INSERT INTO deployment_pulls (id, deployment_id, pull_id, repository_id, environment, production, service,
    deployed_at, deployed_on, attributed_by, first_of_deployment, last_of_pull, open_to_deploy, merge_to_deploy,
    commit_to_deploy, observed_at)
SELECT p.id, {id p.number / 10}, p.id, p.repository_id, 'production', 1 = 1,
       'service-' || CAST(p.number % 60 AS TEXT), p.merged_at, p.merged_on, 'commit', p.number % 10 = 0, 1 = 1,
       p.open_to_merge + p.cycle_time % 9000, p.cycle_time % 9000, p.cycle_time + p.cycle_time % 9000, p.merged_at
FROM bitbucket_pulls p WHERE p.merged_on IS NOT NULL;

DROP TABLE bench_numbers;
DROP TABLE bench_days;
