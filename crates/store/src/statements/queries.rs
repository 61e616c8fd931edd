//! The statements of saved queries and of runs.

statements! {
    /// Everything that is kept.
    SAVED_QUERIES = "SELECT s.id, s.name, s.query, s.variables, s.login_id, l.name, s.updated_at
        FROM saved_queries s LEFT JOIN logins l ON l.id = s.login_id ORDER BY s.name LIMIT $1";
    /// One of them.
    SAVED_QUERY = "SELECT s.id, s.name, s.query, s.variables, s.login_id, l.name, s.updated_at
        FROM saved_queries s LEFT JOIN logins l ON l.id = s.login_id WHERE s.id = $1";
    /// One of them by its name.
    SAVED_QUERY_BY_NAME = "SELECT s.id, s.name, s.query, s.variables, s.login_id, l.name, s.updated_at
        FROM saved_queries s LEFT JOIN logins l ON l.id = s.login_id WHERE s.name = $1";
    /// A new one.
    INSERT_SAVED_QUERY = "INSERT INTO saved_queries (name, query, variables, login_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (name) DO NOTHING RETURNING id";
    /// Other words for one that is there.
    UPDATE_SAVED_QUERY = "UPDATE saved_queries SET query = $2, variables = $3, updated_at = $4 WHERE id = $1";
    /// One that is not wanted any more.
    REMOVE_SAVED_QUERY = "DELETE FROM saved_queries WHERE id = $1";

    /// A new run.
    INSERT_QUERY_RUN = "INSERT INTO query_runs (id, login_id, query, variables, state, submitted_at)
        VALUES ($1, $2, $3, $4, 'queued', $5)";
    /// A run that begins.
    START_QUERY_RUN = "UPDATE query_runs SET state = 'running', started_at = $2 WHERE id = $1 AND state = 'queued'";
    /// A run that is over.
    FINISH_QUERY_RUN = "UPDATE query_runs SET state = $2, finished_at = $3, expires_at = $4, row_count = $5,
            truncated = $6, error_code = $7, error = $8
        WHERE id = $1 AND state IN ('queued', 'running')";
    /// What it gave.
    INSERT_QUERY_RESULT = "INSERT INTO query_results (run_id, expires_at, result) VALUES ($1, $2, $3)";
    /// One run.
    QUERY_RUN = "SELECT r.id, r.login_id, l.name, r.query, r.variables, r.state, r.submitted_at, r.started_at,
            r.finished_at, r.expires_at, r.row_count, r.truncated, r.error_code, r.error
        FROM query_runs r LEFT JOIN logins l ON l.id = r.login_id WHERE r.id = $1";
    /// The latest runs of a login.
    QUERY_RUNS_OF_LOGIN = "SELECT r.id, r.login_id, l.name, r.query, r.variables, r.state, r.submitted_at, r.started_at,
            r.finished_at, r.expires_at, r.row_count, r.truncated, r.error_code, r.error
        FROM query_runs r LEFT JOIN logins l ON l.id = r.login_id
        WHERE r.login_id = $1 AND (CAST($2 AS DATETIME) IS NULL OR r.submitted_at < $2)
        ORDER BY r.submitted_at DESC, r.id LIMIT $3";
    /// What a run gave.
    QUERY_RESULT = "SELECT result FROM query_results WHERE run_id = $1 AND expires_at > $2";
    /// Somebody does not want a run any more.
    REQUEST_QUERY_CANCEL = "UPDATE query_runs SET cancel_requested = TRUE WHERE id = $1 AND state IN ('queued', 'running')";
    /// Whether that is so.
    QUERY_CANCEL_REQUESTED = "SELECT cancel_requested FROM query_runs WHERE id = $1";
    /// Results that have expired.
    FORGET_QUERY_RESULTS = "DELETE FROM query_results WHERE expires_at <= $1";
    /// Runs of long ago.
    FORGET_QUERY_RUNS = "DELETE FROM query_runs WHERE submitted_at < $1";
}
