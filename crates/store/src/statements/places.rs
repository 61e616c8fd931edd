//! What the pages of repositories, pipelines and deployments list. The places `$1` to `$5` are the
//! same in all lists: repositories, from when, until when, and below which id of that instant. A list
//! of all repositories takes `$1` too and does not look at it, so that a list of some, which an index
//! of the repository may serve, is a statement of its own.

/// A page of the runs that are chosen so, only on some branches and with some results where any are
/// named.
macro_rules! runs {
    ($chosen:literal) => {
        concat!(
            "SELECT p.id, p.repository_id, r.full_name AS repository, p.build_number, COALESCE(p.selector_type, 'default')
                || CASE WHEN p.selector_pattern IS NULL THEN '' ELSE ': ' || p.selector_pattern END AS name,
            p.ref_name AS branch, p.state, p.result, p.created_at, p.duration, p.queue_time, COALESCE(p.rerun, FALSE) AS rerun,
            p.pull_id, q.number AS pull_number, COALESCE(w.name, u.name) AS person, p.source_url
        FROM bitbucket_pipelines p
        LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        LEFT JOIN bitbucket_pulls q ON q.id = p.pull_id
        LEFT JOIN bitbucket_users u ON u.id = p.user_id
        LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = p.user_id
        LEFT JOIN users w ON w.id = i.user_id
        WHERE ",
            $chosen,
            " AND p.created_at >= $2 AND p.created_at <= $3 AND (p.created_at < $3 OR p.id < $4)
          AND (CAST($6 AS TEXT) = '[]' OR p.ref_name IN {texts$6})
          AND (CAST($7 AS TEXT) = '[]' OR COALESCE(p.result, p.state) IN {texts$7})
        ORDER BY p.created_at DESC, p.id DESC LIMIT $5"
        )
    };
}

/// The deployments that are chosen so.
macro_rules! deployments {
    ($chosen:literal) => {
        concat!(
            "SELECT d.id, d.source, r.full_name AS repository, d.environment, d.environment_type, d.service, d.commit_sha,
            d.deployed_at, d.success, COALESCE(d.counted, FALSE) AS counted, COALESCE(d.failed, FALSE) AS failed,
            COALESCE(d.rolled_back, FALSE) AS rolled_back, d.time_to_restore, COALESCE(d.pull_count, 0) AS pull_count,
            d.merge_to_deploy, d.source_name, d.source_url, COALESCE(w.name, u.name) AS person
        FROM deployment_measures d
        LEFT JOIN bitbucket_repositories r ON r.id = d.repository_id
        LEFT JOIN bitbucket_users u ON u.id = d.user_id
        LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = d.user_id
        LEFT JOIN users w ON w.id = i.user_id
        WHERE ",
            $chosen
        )
    };
}

/// A page of the deployments that are chosen so, only to some environments and of some services
/// where any are named.
macro_rules! deployments_page {
    ($chosen:literal) => {
        concat!(
            deployments!($chosen),
            " AND d.deployed_at >= $2 AND d.deployed_at <= $3 AND (d.deployed_at < $3 OR d.id < $4)
          AND (CAST($6 AS TEXT) = '[]' OR d.environment IN {texts$6})
          AND (CAST($7 AS TEXT) = '[]' OR d.service IN {texts$7})
        ORDER BY d.deployed_at DESC, d.id DESC LIMIT $5"
        )
    };
}

/// The pull requests that are chosen so.
macro_rules! pulls {
    ($chosen:literal) => {
        concat!(
            "SELECT p.id, p.number, p.title, r.full_name AS repository, p.state, COALESCE(p.draft, FALSE) AS draft,
            p.created_at, p.updated_at, p.merged_at, COALESCE(w.name, u.name) AS person
        FROM bitbucket_pulls p
        LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        LEFT JOIN bitbucket_users u ON u.id = p.user_id
        LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = p.user_id
        LEFT JOIN users w ON w.id = i.user_id
        WHERE ",
            $chosen
        )
    };
}

statements! {
    /// A repository by its `workspace/slug`; one that is there goes before one that was deleted.
    REPOSITORY_BY_NAME = "SELECT r.id, r.full_name, j.key, j.name, r.private, r.default_branch, r.language, r.source_url,
            r.created_at, r.updated_at, r.deleted_at
        FROM bitbucket_repositories r LEFT JOIN bitbucket_projects j ON j.id = r.project_id
        WHERE r.full_name = $1 ORDER BY CASE WHEN r.deleted_at IS NULL THEN 0 ELSE 1 END, r.id LIMIT 1";
    /// Every project by its key.
    PROJECTS = "SELECT DISTINCT j.key, COALESCE(j.name, j.key) FROM bitbucket_projects j WHERE j.key IS NOT NULL ORDER BY j.key";
    /// Environments that anything was deployed to.
    DEPLOYED_ENVIRONMENTS = "SELECT DISTINCT environment FROM deployment_measures WHERE environment IS NOT NULL ORDER BY environment";

    /// Runs of all repositories, the newest first.
    RUNS = runs!("CAST($1 AS TEXT) IS NOT NULL");
    /// The same of some repositories.
    RUNS_OF_REPOSITORIES = runs!("p.repository_id IN {ids$1}");

    /// Deployments of all repositories that are over, the newest first.
    DEPLOYMENTS = deployments_page!("CAST($1 AS TEXT) IS NOT NULL");
    /// The same of some repositories.
    DEPLOYMENTS_OF_REPOSITORIES = deployments_page!("d.repository_id IN {ids$1}");
    /// One deployment.
    DEPLOYMENT = deployments!("d.id = $1 AND d.deployed_at IS NOT NULL");
    /// The first pull requests of each of some deployments, so many, the last merged first.
    CARRIED_PULLS = "SELECT deployment_id, id, number, title, repository, merged_at, person, attributed_by, merge_to_deploy
        FROM (SELECT c.deployment_id AS deployment_id, p.id AS id, p.number AS number, p.title AS title,
                r.full_name AS repository, p.merged_at AS merged_at, COALESCE(w.name, u.name) AS person,
                c.attributed_by AS attributed_by, c.merge_to_deploy AS merge_to_deploy,
                ROW_NUMBER() OVER (PARTITION BY c.deployment_id ORDER BY p.merged_at DESC, p.id DESC) AS place
            FROM deployment_pulls c
            JOIN bitbucket_pulls p ON p.id = c.pull_id
            LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
            LEFT JOIN bitbucket_users u ON u.id = p.user_id
            LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = p.user_id
            LEFT JOIN users w ON w.id = i.user_id
            WHERE c.deployment_id IN {ids$1}) carried
        WHERE place > $2 AND place <= $2 + $3 ORDER BY deployment_id, place";

    /// What changed last in a repository.
    RECENT_PULLS_OF_REPOSITORY = pulls!("p.repository_id = $1 AND p.deleted_at IS NULL AND p.updated_at IS NOT NULL
        ORDER BY p.updated_at DESC LIMIT $2");
    /// What accounts opened last within some days.
    RECENT_PULLS_OF_ACCOUNTS = pulls!("p.user_id IN {ids$1} AND p.deleted_at IS NULL AND p.created_on >= $2 AND p.created_on <= $3
        ORDER BY p.created_on DESC, p.created_at DESC, p.id DESC LIMIT $4");
}
