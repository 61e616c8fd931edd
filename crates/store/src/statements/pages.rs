//! What pages read, and nothing else does.

statements! {
    /// How much is stored.
    STORED_COUNTS = "SELECT (SELECT COUNT(*) FROM bitbucket_repositories WHERE deleted_at IS NULL),
            (SELECT COUNT(*) FROM bitbucket_pulls), (SELECT COUNT(*) FROM bitbucket_pipelines),
            (SELECT COUNT(*) FROM bitbucket_deployments), (SELECT COUNT(*) FROM bitbucket_users),
            (SELECT COUNT(*) FROM import_rejects)";
    /// Records of a workspace that could not be read, the latest first, with how many there are.
    REJECTS = "SELECT r.stream, b.full_name, r.natural_key, r.json_path, r.reason, r.observed_at
        FROM import_rejects r LEFT JOIN bitbucket_repositories b ON b.id = r.repository_id
        LEFT JOIN bitbucket_workspaces w ON w.id = b.workspace_id
        WHERE r.repository_id IS NULL OR w.slug = $1
        ORDER BY r.observed_at DESC, r.id LIMIT $2 OFFSET $3";
    /// The same of one's own, to count them.
    COUNT_REJECTS_OF_WORKSPACE = "SELECT COUNT(*) FROM import_rejects r
        LEFT JOIN bitbucket_repositories b ON b.id = r.repository_id
        LEFT JOIN bitbucket_workspaces w ON w.id = b.workspace_id
        WHERE r.repository_id IS NULL OR w.slug = $1";
    /// Claims of runs that are alive.
    CLAIMS_OF_CONNECTION = "SELECT COUNT(*) FROM sync_streams
        WHERE connection_id = $1 AND lease_token IS NOT NULL AND lease_until >= $2";
    /// Reviewers of pull requests who are still there.
    ASKED_REVIEWERS = "SELECT w.pull_id, w.user_id, w.role, w.state FROM bitbucket_pull_reviewers w
        WHERE w.pull_id IN {ids$1} AND w.user_id IS NOT NULL AND w.removed_at IS NULL
        ORDER BY w.pull_id, w.requested_at, w.id";
    /// How pull requests stand: the last review, the last push, and the newest run on the newest commit.
    OPEN_STANDINGS = "SELECT p.id,
            (SELECT MAX(v.updated_at) FROM bitbucket_reviews v WHERE v.pull_id = p.id),
            (SELECT MIN(e.occurred_at) FROM bitbucket_pull_events e
             WHERE e.pull_id = p.id AND e.kind = 'update' AND e.source_commit_sha = p.source_commit_sha),
            l.state, l.result
        FROM bitbucket_pulls p LEFT JOIN bitbucket_pipelines l ON l.id = (
            SELECT n.id FROM bitbucket_pipelines n
            WHERE n.repository_id = p.repository_id AND n.ref_name = p.source_branch
              AND substr(n.commit_sha, 1, 12) = p.source_commit_sha
            ORDER BY n.created_at DESC, n.id DESC LIMIT 1)
        WHERE p.id IN {ids$1}";
    /// A pull request by its number.
    PULL_BY_NUMBER = "SELECT p.id FROM bitbucket_repositories r JOIN bitbucket_pulls p ON p.repository_id = r.id
        WHERE r.full_name = $1 AND p.number = $2 ORDER BY r.deleted_at IS NOT NULL, p.id LIMIT 1";
    /// Where a pull request is.
    PLACE_OF_PULL = "SELECT r.full_name, p.number FROM bitbucket_pulls p
        JOIN bitbucket_repositories r ON r.id = p.repository_id WHERE p.id = $1";
    /// What is known of one.
    PULL_FACTS = "SELECT p.id AS id, r.full_name AS repository, p.number AS number, p.title AS title, p.state AS state,
            p.draft AS draft, p.user_id AS user_id, p.closed_by_user_id AS closed_by_user_id,
            p.source_branch AS source_branch, p.target_branch AS target_branch, p.source_url AS source_url,
            p.comment_count AS comment_count, p.task_count AS task_count, p.created_at AS created_at,
            p.updated_at AS updated_at, p.ready_at AS ready_at, p.first_review_at AS first_review_at,
            p.first_approval_at AS first_approval_at, p.first_commit_at AS first_commit_at,
            p.merged_at AS merged_at, p.closed_at AS closed_at, p.closed_at_estimated AS closed_at_estimated,
            p.deleted_at AS deleted_at, p.proof AS proof, p.proof_note AS proof_note,
            p.cycle_time AS cycle_time, p.coding_time AS coding_time, p.pickup_time AS pickup_time,
            p.review_time AS review_time, p.merge_wait AS merge_wait, p.draft_time AS draft_time,
            p.ready_to_merge AS ready_to_merge, p.review_rounds AS review_rounds, p.size AS size,
            s.additions AS additions, s.deletions AS deletions, s.files AS files,
            EXISTS (SELECT 1 FROM sync_unmeasured u WHERE u.pull_id = p.id) AS unmeasured
        FROM bitbucket_pulls p LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        LEFT JOIN bitbucket_pull_sizes s ON s.pull_id = p.id WHERE p.id = $1";
    /// What happened to one.
    EVENTS_OF_PULL = "SELECT e.kind AS kind, e.user_id AS user_id, e.occurred_at AS occurred_at, e.state AS state,
            e.draft AS draft, e.draft_changed_to AS draft_changed_to, e.source_commit_sha AS source_commit_sha,
            e.target_branch AS target_branch, e.reviewers_added AS reviewers_added,
            e.reviewers_removed AS reviewers_removed
        FROM bitbucket_pull_events e WHERE e.pull_id = $1 ORDER BY e.occurred_at, e.id LIMIT $2";
    /// What was said about one.
    COMMENTS_OF_PULL = "SELECT c.user_id AS user_id, c.created_at AS created_at, c.path AS path, c.content AS content,
            c.parent_id IS NOT NULL AS answers, c.resolved_at AS resolved_at, c.source_url AS source_url
        FROM bitbucket_pull_comments c WHERE c.pull_id = $1 AND NOT COALESCE(c.deleted, FALSE)
        ORDER BY c.created_at, c.id LIMIT $2";
    /// The deployments that carried one.
    DEPLOYMENTS_OF_PULL = "SELECT c.deployment_id AS deployment_id, d.environment AS environment, d.service AS service,
            d.production AS production, d.deployed_at AS deployed_at, d.success AS success,
            d.rolled_back AS rolled_back, d.source_url AS source_url, c.attributed_by AS attributed_by,
            c.merge_to_deploy AS merge_to_deploy, c.last_of_pull AS last_of_pull
        FROM deployment_pulls c JOIN deployment_measures d ON d.id = c.deployment_id
        WHERE c.pull_id = $1 ORDER BY d.deployed_at, d.id LIMIT $2";
    /// Runs of pipelines on the branch of one, from its opening to its end.
    RUNS_OF_PULL = "SELECT l.build_number AS build_number, l.state AS state, l.result AS result,
            l.created_at AS created_at, l.completed_at AS completed_at, l.duration AS duration, l.rerun AS rerun,
            l.source_url AS source_url
        FROM bitbucket_pulls p JOIN bitbucket_pipelines l
          ON l.repository_id = p.repository_id AND l.ref_name = p.source_branch
        WHERE p.id = $1 AND l.created_at >= p.created_at AND (p.closed_at IS NULL OR l.created_at <= p.closed_at)
        ORDER BY l.created_at, l.id LIMIT $2";
    /// How fresh each stream is: of how many, how many are complete, and as of when all of those are.
    STREAM_FRESHNESS = "SELECT stream, COUNT(*), COUNT(completed_at),
            MIN(CASE WHEN state IN ('complete', 'due') AND tried_at > completed_at THEN tried_at ELSE completed_at END)
        FROM sync_streams WHERE state <> 'unavailable' GROUP BY stream";
}
