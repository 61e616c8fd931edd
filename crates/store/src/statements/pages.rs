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
    /// How fresh each stream is: of how many, how many are complete, and as of when all of those are.
    STREAM_FRESHNESS = "SELECT stream, COUNT(*), COUNT(completed_at),
            MIN(CASE WHEN state IN ('complete', 'due') AND tried_at > completed_at THEN tried_at ELSE completed_at END)
        FROM sync_streams WHERE state <> 'unavailable' GROUP BY stream";
}
