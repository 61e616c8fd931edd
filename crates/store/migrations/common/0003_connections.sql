-- Connections that an administrator sets up: their credentials, what they import and how often.

ALTER TABLE connections ADD COLUMN state TEXT NOT NULL DEFAULT 'unverified';
ALTER TABLE connections ADD COLUMN problem TEXT;
ALTER TABLE connections ADD COLUMN
    verified_at DATETIME
;
ALTER TABLE connections ADD COLUMN
    paused_at DATETIME
;
ALTER TABLE connections ADD COLUMN
    last_synced_at DATETIME
;
ALTER TABLE connections ADD COLUMN filter_mode TEXT NOT NULL DEFAULT 'allow_all';

-- Who asks. What is secret is sealed: see `vault`.
CREATE TABLE credentials (
    id SEQUENCE,
    connection_id BIGINT NOT NULL,
    label key_text NOT NULL,
    method TEXT NOT NULL,
    sealed TEXT NOT NULL,
    allowance key_text NOT NULL,
    hourly_limit BIGINT,
    expires_at DATETIME,
    state TEXT NOT NULL,
    problem TEXT,
    resting_until DATETIME,
    scopes TEXT,
    verified_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    UNIQUE (connection_id, label)
);

-- Which repositories are imported, by pattern.
CREATE TABLE import_filters (
    id SEQUENCE,
    connection_id BIGINT NOT NULL,
    subject key_text NOT NULL,
    pattern key_text NOT NULL,
    created_at DATETIME NOT NULL,
    UNIQUE (connection_id, subject, pattern)
);

-- What an administrator said of a stream; what is NULL is as usual.
CREATE TABLE stream_settings (
    connection_id BIGINT NOT NULL,
    stream key_text NOT NULL,
    enabled BOOLEAN,
    interval_seconds BIGINT,
    not_before DATETIME,
    PRIMARY KEY (connection_id, stream)
);

-- Every change that somebody made.
CREATE TABLE audit_log (
    id SEQUENCE,
    occurred_at DATETIME NOT NULL,
    actor TEXT NOT NULL,
    action key_text NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT
);

ALTER TABLE sync_streams ADD COLUMN credential_id BIGINT;
ALTER TABLE sync_streams ADD COLUMN
    tried_at DATETIME
;
ALTER TABLE sync_streams ADD COLUMN
    requested_at DATETIME
;
ALTER TABLE sync_streams ADD COLUMN upstream_rows BIGINT;
ALTER TABLE sync_streams ADD COLUMN
    upstream_at DATETIME
;

ALTER TABLE import_runs ADD COLUMN reason TEXT NOT NULL DEFAULT 'asked';
ALTER TABLE import_runs ADD COLUMN streams TEXT;
ALTER TABLE import_runs ADD COLUMN progress TEXT;

-- The rolling hour, by endpoint too.
CREATE TABLE request_usage (
    allowance key_text NOT NULL,
    endpoint_group key_text NOT NULL,
    endpoint key_text NOT NULL,
    minute DATETIME NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (allowance, endpoint_group, endpoint, minute)
);
INSERT INTO request_usage (allowance, endpoint_group, endpoint, minute, requests)
SELECT allowance, endpoint_group, '', minute, requests FROM request_counts;
DROP TABLE request_counts;
ALTER TABLE request_usage RENAME TO request_counts;
