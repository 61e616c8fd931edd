//! Pipelines as they are measured, deployments, their rules, and incidents.

statements! {
    /// What is measured of runs: of those that were touched, and of the others of their commits.
    RUN_RECORDS = "SELECT {list p.id, p.created_at, p.completed_at,
            (SELECT MIN(s.started_at) FROM bitbucket_pipeline_steps s WHERE s.pipeline_id = p.id),
            CASE WHEN p.trigger_type = 'pipeline_trigger_schedule' THEN FALSE
                WHEN p.run_number > 1 THEN TRUE
                ELSE EXISTS (SELECT 1 FROM bitbucket_pipelines e
                    WHERE e.repository_id = p.repository_id AND e.commit_sha = p.commit_sha
                      AND e.ref_name IS NOT DISTINCT FROM p.ref_name
                      AND e.selector_type IS NOT DISTINCT FROM p.selector_type
                      AND e.selector_pattern IS NOT DISTINCT FROM p.selector_pattern
                      AND (e.created_at < p.created_at OR e.created_at = p.created_at AND e.id < p.id)) END}
        FROM bitbucket_pipelines p WHERE p.created_at IS NOT NULL AND p.id IN (
            SELECT o.id FROM bitbucket_pipelines t
            JOIN bitbucket_pipelines o ON o.repository_id = t.repository_id AND o.commit_sha = t.commit_sha
            WHERE t.id IN {ids$1}
            UNION SELECT value FROM {ids$1} touched)";
    /// The series of the default branch that runs belong to, and from when to when.
    RUN_SERIES = "SELECT p.repository_id, p.ref_name, COALESCE(p.selector_type, ''), COALESCE(p.selector_pattern, ''),
            MIN(p.created_at), MAX(p.created_at)
        FROM bitbucket_pipelines p
        JOIN bitbucket_repositories r ON r.id = p.repository_id AND r.default_branch = p.ref_name
        WHERE p.id IN {ids$1} AND p.pull_id IS NULL AND p.created_at IS NOT NULL
        GROUP BY p.repository_id, p.ref_name, COALESCE(p.selector_type, ''), COALESCE(p.selector_pattern, '')
        ORDER BY 1, 2, 3, 4";
    /// The runs of a series from the last successful one before a time to the first after another.
    SERIES_RUNS = "SELECT {list p.id, p.created_at, p.completed_at, p.state, p.result}
        FROM bitbucket_pipelines p
        WHERE p.repository_id = $1 AND p.ref_name = $2 AND COALESCE(p.selector_type, '') = $3
          AND COALESCE(p.selector_pattern, '') = $4 AND p.pull_id IS NULL AND p.created_at IS NOT NULL
          AND p.created_at >= COALESCE((SELECT MAX(g.created_at) FROM bitbucket_pipelines g
            WHERE g.repository_id = $1 AND g.ref_name = $2 AND COALESCE(g.selector_type, '') = $3
              AND COALESCE(g.selector_pattern, '') = $4 AND g.pull_id IS NULL AND g.result = 'SUCCESSFUL'
              AND g.created_at < $5), p.created_at)
          AND p.created_at <= COALESCE((SELECT MIN(g.created_at) FROM bitbucket_pipelines g
            WHERE g.repository_id = $1 AND g.ref_name = $2 AND COALESCE(g.selector_type, '') = $3
              AND COALESCE(g.selector_pattern, '') = $4 AND g.pull_id IS NULL AND g.result = 'SUCCESSFUL'
              AND g.created_at > $6), p.created_at)";
    /// Runs as rules see them.
    RULE_RUNS = "SELECT {list p.id, p.repository_id, r.full_name, COALESCE(p.selector_type, 'default')
                || CASE WHEN p.selector_pattern IS NULL THEN '' ELSE ': ' || p.selector_pattern END,
            p.ref_name, p.state, p.result, p.created_at, p.completed_at}
        FROM bitbucket_pipelines p LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        WHERE p.id IN {ids$1} AND p.repository_id IS NOT NULL";
    /// Their steps.
    RULE_STEPS = "SELECT {list s.pipeline_id, s.id, s.name, s.state, s.result, s.completed_at}
        FROM bitbucket_pipeline_steps s WHERE s.pipeline_id IN {ids$1}";
    /// What rules made of runs and make no more.
    FORGET_RULE_DEPLOYMENTS = "DELETE FROM rule_deployments WHERE pipeline_id IN {ids$1} AND id NOT IN {ids$2}";
    /// The repositories of those runs that deployed something.
    REPOSITORIES_OF_RUNS = "SELECT DISTINCT p.repository_id FROM bitbucket_pipelines p
        WHERE p.id IN {ids$1} AND p.repository_id IS NOT NULL
          AND (EXISTS (SELECT 1 FROM bitbucket_deployments d WHERE d.pipeline_id = p.id)
            OR EXISTS (SELECT 1 FROM rule_deployments m WHERE m.pipeline_id = p.id))
        ORDER BY p.repository_id";
    /// What repositories were called, and which branch is theirs, before a listing said it again.
    REPOSITORY_NAMES = "SELECT id, full_name, default_branch FROM bitbucket_repositories WHERE id IN {ids$1}";

    /// All runs of repositories have to be measured.
    MARK_RUNS = "INSERT INTO sync_unmeasured_pipelines (repository_id) SELECT value FROM {ids$1} touched WHERE 1 = 1
        ON CONFLICT (repository_id) DO UPDATE SET after_at = NULL, after_id = NULL";
    /// All runs there are.
    MARK_ALL_RUNS = "INSERT INTO sync_unmeasured_pipelines (repository_id) SELECT id FROM bitbucket_repositories WHERE 1 = 1
        ON CONFLICT (repository_id) DO UPDATE SET after_at = NULL, after_id = NULL";
    /// The repositories whose runs have to be measured.
    MARKED_RUNS = "SELECT repository_id FROM sync_unmeasured_pipelines ORDER BY repository_id";
    /// Takes up the runs of a repository.
    TAKE_RUNS = "DELETE FROM sync_unmeasured_pipelines WHERE repository_id = $1 RETURNING after_at, after_id";
    /// The next of them.
    NEXT_RUNS = "SELECT id, created_at FROM bitbucket_pipelines
        WHERE repository_id = $1 AND created_at >= $2 AND (created_at > $2 OR id > $3)
        ORDER BY created_at, id LIMIT $4";
    /// Where the next ones begin.
    KEEP_RUNS = "INSERT INTO sync_unmeasured_pipelines (repository_id, after_at, after_id) VALUES ($1, $2, $3)
        ON CONFLICT (repository_id) DO UPDATE SET after_at = excluded.after_at, after_id = excluded.after_id";

    /// The deployments of repositories have to be measured.
    MARK_DEPLOYMENTS = "INSERT INTO sync_unmeasured_deployments (repository_id)
        SELECT value FROM {ids$1} touched WHERE 1 = 1 ON CONFLICT (repository_id) DO NOTHING";
    /// Those of the repositories of merged pull requests.
    MARK_DEPLOYMENTS_OF_PULLS = "INSERT INTO sync_unmeasured_deployments (repository_id)
        SELECT DISTINCT p.repository_id FROM bitbucket_pulls p WHERE p.id IN {ids$1}
          AND (p.merged_at IS NOT NULL OR EXISTS (SELECT 1 FROM deployment_pulls d WHERE d.pull_id = p.id))
        ON CONFLICT (repository_id) DO NOTHING";
    /// All deployments there are.
    MARK_ALL_DEPLOYMENTS = "INSERT INTO sync_unmeasured_deployments (repository_id)
        SELECT id FROM bitbucket_repositories UNION SELECT 0 WHERE 1 = 1
        ON CONFLICT (repository_id) DO NOTHING";
    /// The repositories whose deployments have to be measured.
    MARKED_DEPLOYMENTS = "SELECT repository_id FROM sync_unmeasured_deployments ORDER BY repository_id";
    /// Takes up the deployments of a repository.
    TAKE_DEPLOYMENTS = "DELETE FROM sync_unmeasured_deployments WHERE repository_id = $1 RETURNING repository_id";
    /// The failures of a service have to be measured.
    MARK_SERVICE = "INSERT INTO sync_unmeasured_services (service) VALUES ($1) ON CONFLICT (service) DO NOTHING";
    /// The services whose failures have to be measured.
    MARKED_SERVICES = "SELECT service FROM sync_unmeasured_services ORDER BY service";
    /// Takes up the failures of a service.
    TAKE_SERVICE = "DELETE FROM sync_unmeasured_services WHERE service = $1 RETURNING service";

    /// What a repository deployed, of all three kinds.
    DEPLOYMENT_RECORDS = "SELECT
        (SELECT {list d.id, d.source_id, d.pipeline_id, d.step_id, COALESCE(e.name, d.environment_name), e.environment_type,
                d.state, d.result, d.release_name, d.commit_sha, d.user_id, d.source_url,
                COALESCE(d.created_at, d.started_at), d.completed_at,
                CASE WHEN p.id IS NOT NULL THEN COALESCE(p.selector_type, 'default')
                    || CASE WHEN p.selector_pattern IS NULL THEN '' ELSE ': ' || p.selector_pattern END END,
                p.ref_name, s.name,
                (SELECT MIN(c.committed_at) FROM bitbucket_commits c WHERE c.repository_id = d.repository_id
                    AND c.sha12 = substr(d.commit_sha, 1, 12) AND c.default_branch)}
         FROM bitbucket_deployments d
         LEFT JOIN bitbucket_environments e ON e.id = d.environment_id
         LEFT JOIN bitbucket_pipelines p ON p.id = d.pipeline_id
         LEFT JOIN bitbucket_pipeline_steps s ON s.id = d.step_id
         WHERE d.repository_id = $1),
        (SELECT {list m.id, m.pipeline_id, m.step_id, m.environment, m.environment_type, m.service, m.rule_id, u.name,
                m.success, m.stopped, m.began_at, m.deployed_at, p.source_id, p.commit_sha, p.user_id, p.source_url,
                (SELECT MIN(c.committed_at) FROM bitbucket_commits c WHERE c.repository_id = p.repository_id
                    AND c.sha12 = substr(p.commit_sha, 1, 12) AND c.default_branch)}
         FROM rule_deployments m
         JOIN bitbucket_pipelines p ON p.id = m.pipeline_id
         LEFT JOIN deployment_rules u ON u.id = m.rule_id
         WHERE m.repository_id = $1),
        (SELECT {list h.id, h.reference_id, h.service, h.environment, h.environment_type, h.commit_sha,
                h.merge_commit_shas, h.success, h.deployed_at, h.source_url,
                (SELECT MIN(c.committed_at) FROM bitbucket_commits c WHERE c.repository_id = h.repository_id
                    AND c.sha12 = substr(h.commit_sha, 1, 12) AND c.default_branch)}
         FROM pushed_deployments h
         WHERE h.repository_id = $1 OR CAST($1 AS BIGINT) = 0 AND h.repository_id IS NULL),
        (SELECT full_name FROM bitbucket_repositories WHERE id = $1)";
    /// The pull requests that were merged into a repository's default branch.
    MERGES = "SELECT {list p.id, p.created_at, p.merged_at, p.first_commit_at, p.closed_at_estimated, p.merge_commit_sha,
            (SELECT MIN(c.committed_at) FROM bitbucket_commits c WHERE c.repository_id = p.repository_id
                AND c.sha12 = p.merge_commit_sha AND c.default_branch)}
        FROM bitbucket_pulls p LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        WHERE p.repository_id = $1 AND p.state = 'MERGED' AND p.merged_at IS NOT NULL AND p.created_at IS NOT NULL
          AND p.deleted_at IS NULL
          AND (r.default_branch IS NULL OR p.target_branch IS NULL OR p.target_branch = r.default_branch)";
    /// The dates of the commits of a default branch that begin with these characters.
    COMMITS_BEGINNING = "SELECT committed_at FROM bitbucket_commits WHERE repository_id = $1 AND default_branch
          AND committed_at IS NOT NULL AND substr(sha12, 1, CAST($3 AS INTEGER)) = $2 LIMIT 2";
    /// The services of what a repository was measured to deploy.
    MEASURED_SERVICES = "SELECT DISTINCT service FROM deployment_measures WHERE service IS NOT NULL
          AND (repository_id = $1 OR CAST($1 AS BIGINT) = 0 AND repository_id IS NULL) ORDER BY service";
    /// Measured deployments of a repository that are no more.
    FORGET_DEPLOYMENT_MEASURES = "DELETE FROM deployment_measures WHERE id NOT IN {ids$2}
          AND (repository_id = $1 OR CAST($1 AS BIGINT) = 0 AND repository_id IS NULL)";
    /// Attributions of a repository that hold no more.
    FORGET_DEPLOYMENT_PULLS = "DELETE FROM deployment_pulls WHERE repository_id = $1 AND id NOT IN {ids$2}";
    /// What became of a service.
    SERVICE_RECORDS = "SELECT
        (SELECT {list d.id, d.repository_id, d.environment, d.production, d.deployed_at, d.success, d.counted, d.commit_sha,
                d.commit_at}
         FROM deployment_measures d WHERE d.service = $1),
        (SELECT {list i.id, i.environment, i.named_deployment_id, i.opened_at, i.closed_at}
         FROM incidents i WHERE i.service = $1)";

    /// The rules, the first one that counts first.
    DEPLOYMENT_RULES = "SELECT {list id, name, repository_pattern, pipeline_pattern, step_pattern, branch_pattern,
            environment_pattern, environment, environment_type, service, created_at} FROM deployment_rules";
    /// A new rule.
    INSERT_RULE = "INSERT INTO deployment_rules (name, repository_pattern, pipeline_pattern, step_pattern, branch_pattern,
            environment_pattern, environment, environment_type, service, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING RETURNING id";
    /// A rule that is taken away.
    REMOVE_RULE = "DELETE FROM deployment_rules WHERE name = $1";
    /// Runs to try a rule on, the newest first.
    RUNS_TO_TRY = "SELECT id, created_at FROM bitbucket_pipelines WHERE repository_id = $1 AND created_at IS NOT NULL
        AND (created_at < $2 OR created_at = $2 AND id < $3) ORDER BY created_at DESC, id DESC LIMIT $4";
    /// Deployments of Bitbucket to try a rule on.
    DEPLOYMENTS_TO_TRY = "SELECT {list d.id, d.pipeline_id, r.full_name, COALESCE(e.name, d.environment_name), e.environment_type,
            CASE WHEN p.id IS NOT NULL THEN COALESCE(p.selector_type, 'default')
                || CASE WHEN p.selector_pattern IS NULL THEN '' ELSE ': ' || p.selector_pattern END END,
            p.ref_name, s.name, d.completed_at}
        FROM bitbucket_deployments d
        LEFT JOIN bitbucket_repositories r ON r.id = d.repository_id
        LEFT JOIN bitbucket_environments e ON e.id = d.environment_id
        LEFT JOIN bitbucket_pipelines p ON p.id = d.pipeline_id
        LEFT JOIN bitbucket_pipeline_steps s ON s.id = d.step_id
        WHERE d.repository_id = $1";
    /// Every repository that has a name.
    NAMED_REPOSITORIES = "SELECT id, full_name FROM bitbucket_repositories
        WHERE full_name IS NOT NULL AND deleted_at IS NULL ORDER BY full_name, id";

    /// A deployment that was told.
    RECORD_DEPLOYMENT = "INSERT INTO pushed_deployments (id, reference_id, service, environment, environment_type, repository_id,
            commit_sha, merge_commit_shas, success, deployed_at, source_url, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET service = excluded.service, environment = excluded.environment,
            environment_type = excluded.environment_type, repository_id = excluded.repository_id,
            commit_sha = excluded.commit_sha, merge_commit_shas = excluded.merge_commit_shas, success = excluded.success,
            deployed_at = excluded.deployed_at, source_url = excluded.source_url, recorded_at = excluded.recorded_at";
    /// What was told of one before.
    RECORDED_REPOSITORY = "SELECT COALESCE(repository_id, 0) FROM pushed_deployments WHERE id = $1";
    /// The newest deployments.
    DEPLOYMENT_LIST = "SELECT {list id, source, repository, environment, environment_type, service, commit_sha, deployed_at,
            success, failed, rolled_back, time_to_restore, pull_count, source_name}
        FROM (SELECT id, source, repository, environment, environment_type, service, commit_sha, deployed_at, success,
                failed, rolled_back, time_to_restore, pull_count, source_name
            FROM deployments WHERE deployed_at IS NOT NULL
              AND (CAST($1 AS TEXT) IS NULL OR service = $1) AND (CAST($2 AS TEXT) IS NULL OR environment = $2)
            ORDER BY deployed_at DESC, id DESC LIMIT $3) newest";
    /// The service of a deployment.
    DEPLOYMENT_SERVICE = "SELECT service FROM deployment_measures WHERE id = $1 AND service IS NOT NULL";
    /// The services that deployed anything.
    SERVICES = "SELECT DISTINCT service FROM deployment_measures WHERE service IS NOT NULL ORDER BY service";

    /// A new incident.
    OPEN_INCIDENT = "INSERT INTO incidents (reference_id, service, environment, title, named_deployment_id, opened_at, source_url)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (reference_id) DO NOTHING RETURNING id";
    /// The end of an incident.
    CLOSE_INCIDENT = "UPDATE incidents SET closed_at = $2 WHERE reference_id = $1 RETURNING service";
    /// The incidents, as they are.
    INCIDENTS = "SELECT {list i.id, i.reference_id, i.service, i.environment, i.title, i.named_deployment_id, i.opened_at,
            i.closed_at, i.source_url, i.deployment_id, i.restored_at, i.time_to_restore} FROM incidents i";
}
