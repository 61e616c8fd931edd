//! Queries that answer what people ask first. Their SQL means the same on both engines.

/// A query that is there from the beginning.
#[derive(Clone, Copy, Debug)]
pub struct ReadyQuery {
    /// Its name in addresses.
    pub slug: &'static str,
    /// What it answers.
    pub question: &'static str,
    /// The SQL.
    pub sql: &'static str,
    /// What its variables are unless somebody says otherwise, as they are written in a field.
    pub variables: &'static [(&'static str, &'static str)],
}

/// The queries that are there from the beginning.
pub const READY: [ReadyQuery; 14] = [
    ReadyQuery {
        slug: "merged-by-week",
        question: "How many pull requests are merged each week, and how long do they take?",
        sql: "SELECT c.week, COUNT(*) AS merged,
       ROUND(AVG(p.cycle_time) / 3600.0, 1) AS hours_to_merge
FROM pull_requests p
JOIN calendar c ON c.day = p.merged_on
WHERE NOT p.bot_authored
GROUP BY c.week
ORDER BY c.week",
        variables: &[],
    },
    ReadyQuery {
        slug: "median-cycle-time-by-month",
        question: "What is the median time to merge, month by month?",
        sql: "WITH ranked AS (
  SELECT c.month, p.cycle_time,
         ROW_NUMBER() OVER (PARTITION BY c.month ORDER BY p.cycle_time) AS place,
         COUNT(*) OVER (PARTITION BY c.month) AS merged
  FROM pull_requests p
  JOIN calendar c ON c.day = p.merged_on
  WHERE p.cycle_time IS NOT NULL AND NOT p.bot_authored
)
SELECT month, MAX(merged) AS merged, ROUND(AVG(cycle_time) / 3600.0, 1) AS median_hours
FROM ranked
WHERE place IN ((merged + 1) / 2, (merged + 2) / 2)
GROUP BY month
ORDER BY month",
        variables: &[],
    },
    ReadyQuery {
        slug: "time-to-merge-by-repository",
        question: "How long does a merge take, by repository?",
        sql: "SELECT r.name AS repository, COUNT(*) AS merged,
       ROUND(AVG(p.cycle_time) / 3600.0, 1) AS hours_to_merge,
       ROUND(AVG(p.pickup_time) / 3600.0, 1) AS hours_to_first_review
FROM pull_requests p
JOIN repos r ON r.id = p.repo_id
WHERE p.merged IS NOT NULL
GROUP BY r.name
ORDER BY hours_to_merge DESC",
        variables: &[],
    },
    ReadyQuery {
        slug: "open-longest",
        question: "Which open pull requests have waited longest?",
        sql: "SELECT r.name AS repository, p.external_id AS number, p.title, u.name AS author,
       p.created, p.first_review_on, p.draft, p.external_url
FROM pull_requests p
JOIN repos r ON r.id = p.repo_id
LEFT JOIN users u ON u.id = p.user_id
WHERE p.state = 'OPEN'
ORDER BY p.created
LIMIT 50",
        variables: &[],
    },
    ReadyQuery {
        slug: "merged-without-review",
        question: "How much is merged without a review, by repository?",
        sql: "SELECT r.name AS repository, COUNT(*) AS merged,
       SUM(CASE WHEN p.first_review_on IS NULL THEN 1 ELSE 0 END) AS without_review,
       ROUND(100.0 * SUM(CASE WHEN p.first_review_on IS NULL THEN 1 ELSE 0 END) / COUNT(*), 1) AS percent
FROM pull_requests p
JOIN repos r ON r.id = p.repo_id
WHERE p.merged IS NOT NULL AND NOT p.bot_authored
GROUP BY r.name
ORDER BY percent DESC, merged DESC",
        variables: &[],
    },
    ReadyQuery {
        slug: "reviews-by-week",
        question: "How many reviews are given each week, and how soon after being asked?",
        sql: "SELECT c.week, COUNT(*) AS reviews,
       ROUND(AVG(v.time_since_request) / 3600.0, 1) AS hours_since_request
FROM pull_request_reviews v
JOIN calendar c ON c.day = v.created_on
GROUP BY c.week
ORDER BY c.week",
        variables: &[],
    },
    ReadyQuery {
        slug: "who-reviews-whom",
        question: "Between whom do reviews go, and how often?",
        sql: "SELECT a.name AS author, w.name AS reviewer, COUNT(*) AS reviews
FROM pull_request_reviews v
JOIN pull_requests p ON p.id = v.pull_request_id
JOIN users a ON a.id = p.user_id
JOIN users w ON w.id = v.user_id
WHERE a.id <> w.id
GROUP BY a.name, w.name
ORDER BY author, reviewer
LIMIT 1000",
        variables: &[],
    },
    ReadyQuery {
        slug: "size-and-time",
        question: "Do large pull requests take longer?",
        sql: "SELECT CASE WHEN p.size IS NULL THEN '5 not imported'
            WHEN p.size < 50 THEN '1 below 50 lines'
            WHEN p.size < 250 THEN '2 50 to 249 lines'
            WHEN p.size < 1000 THEN '3 250 to 999 lines'
            ELSE '4 1000 lines and more' END AS lines_changed,
       COUNT(*) AS merged,
       ROUND(AVG(p.cycle_time) / 3600.0, 1) AS hours_to_merge,
       ROUND(AVG(p.review_rounds), 1) AS review_rounds
FROM pull_requests p
WHERE p.merged IS NOT NULL
GROUP BY 1
ORDER BY 1",
        variables: &[],
    },
    ReadyQuery {
        slug: "merged-by-team",
        question: "How many pull requests does each team merge, month by month?",
        sql: "SELECT c.month, t.name AS team, COUNT(*) AS merged
FROM pull_requests p
JOIN calendar c ON c.day = p.merged_on
JOIN team_members m ON m.user_id = p.user_id
  AND (m.from_on IS NULL OR m.from_on <= p.merged_on)
  AND (m.to_on IS NULL OR m.to_on >= p.merged_on)
JOIN teams t ON t.id = m.team_id
GROUP BY c.month, t.name
ORDER BY c.month, team",
        variables: &[],
    },
    ReadyQuery {
        slug: "pipelines-by-repository",
        question: "How often do pipelines fail, and how long do they take, by repository?",
        sql: "SELECT repository, COUNT(*) AS runs,
       SUM(CASE WHEN status = 'failure' THEN 1 ELSE 0 END) AS failed,
       SUM(CASE WHEN rerun THEN 1 ELSE 0 END) AS run_again,
       ROUND(AVG(duration) / 60.0, 1) AS minutes
FROM pipeline_runs
GROUP BY repository
ORDER BY failed DESC, repository",
        variables: &[],
    },
    ReadyQuery {
        slug: "deployments-by-week",
        question: "How often is production deployed, and how often does that fail?",
        sql: "SELECT c.week, COUNT(*) AS deployments,
       SUM(CASE WHEN d.failed THEN 1 ELSE 0 END) AS failed,
       SUM(d.pull_count) AS pull_requests
FROM deployments d
JOIN calendar c ON c.day = d.deployed_on
WHERE d.production AND d.counted
GROUP BY c.week
ORDER BY c.week",
        variables: &[],
    },
    ReadyQuery {
        slug: "programs",
        question: "What do programs open, and how much of it is merged?",
        sql: "SELECT bot_name AS program, bot_type AS kind, COUNT(*) AS opened,
       SUM(CASE WHEN merged IS NOT NULL THEN 1 ELSE 0 END) AS merged
FROM pull_requests
WHERE bot_authored
GROUP BY bot_name, bot_type
ORDER BY opened DESC, program",
        variables: &[],
    },
    ReadyQuery {
        slug: "pull-requests-of-repositories",
        question: "What was merged in some repositories since a day?",
        sql: "SELECT r.name AS repository, p.external_id AS number, p.title, u.name AS author,
       p.merged, ROUND(p.cycle_time / 3600.0, 1) AS hours
FROM pull_requests p
JOIN repos r ON r.id = p.repo_id
LEFT JOIN users u ON u.id = p.user_id
WHERE p.merged_on >= $since AND r.name IN ($repositories)
ORDER BY p.merged DESC
LIMIT 500",
        variables: &[
            ("since", "2026-01-01"),
            ("repositories", "workspace/repository"),
        ],
    },
    ReadyQuery {
        slug: "freshness",
        question: "How fresh is what is stored, and what stops it?",
        sql: "SELECT c.name AS connection, s.stream, s.state, COUNT(*) AS streams,
       MIN(s.completed_at) AS complete_as_of, MAX(s.problem) AS problem
FROM sync_streams s
JOIN connections c ON c.id = s.connection_id
GROUP BY c.name, s.stream, s.state
ORDER BY connection, s.stream, s.state",
        variables: &[],
    },
];
