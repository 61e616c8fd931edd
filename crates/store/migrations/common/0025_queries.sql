-- Queries that somebody has kept, and those that were run on the page.

-- login_id is 0 where nobody signs in. variables is a JSON object: what a query is asked with unless
-- somebody says otherwise.
CREATE TABLE saved_queries (
    id SEQUENCE,
    name key_text NOT NULL UNIQUE,
    query TEXT NOT NULL,
    variables TEXT NOT NULL,
    login_id BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL
);

CREATE TABLE query_runs (
    id key_text NOT NULL PRIMARY KEY,
    login_id BIGINT NOT NULL,
    query TEXT NOT NULL,
    variables TEXT NOT NULL,
    state key_text NOT NULL,
    submitted_at DATETIME NOT NULL,
    started_at DATETIME,
    finished_at DATETIME,
    expires_at DATETIME,
    row_count BIGINT,
    truncated TEXT,
    error_code key_text,
    error TEXT,
    cancel_requested BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX query_runs_login ON query_runs (login_id, submitted_at);
CREATE INDEX query_runs_submitted ON query_runs (submitted_at);

-- What a run gave, until it expires: JSON, compressed, in base64.
CREATE TABLE query_results (
    run_id key_text NOT NULL PRIMARY KEY,
    expires_at DATETIME NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX query_results_expiry ON query_results (expires_at);
