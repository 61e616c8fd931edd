-- What Bitbucket tells by itself: what it signs with, what it was asked to tell, and what it told.

-- Several may be valid at once, so that one can be replaced without losing a delivery.
CREATE TABLE webhook_secrets (
    id SEQUENCE,
    connection_id BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    seen_at DATETIME,
    retired_at DATETIME
);
CREATE INDEX webhook_secrets_connection ON webhook_secrets (connection_id);

-- The webhook that a connection has in Bitbucket.
CREATE TABLE webhook_hooks (
    connection_id BIGINT NOT NULL PRIMARY KEY,
    uuid key_text NOT NULL,
    url TEXT NOT NULL,
    registered_at DATETIME NOT NULL,
    verified_at DATETIME
);

-- Every delivery whose signature was right. What is secret of it is sealed: see `vault`.
CREATE TABLE webhook_deliveries (
    id SEQUENCE,
    connection_id BIGINT NOT NULL,
    received_at DATETIME NOT NULL,
    event_key key_text NOT NULL,
    event_time DATETIME,
    hook_uuid key_text,
    request_uuid key_text,
    attempt BIGINT,
    digest key_text NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    size BIGINT NOT NULL,
    outcome key_text NOT NULL,
    problem TEXT,
    repository key_text,
    applied_at DATETIME,
    doubles BIGINT NOT NULL DEFAULT 0,
    UNIQUE (connection_id, digest)
);
-- The queue is read all the time, and is short where the log is long.
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (received_at, id) WHERE outcome = 'waiting';
CREATE INDEX webhook_deliveries_received ON webhook_deliveries (received_at);

-- Changes that polling found and no delivery announced.
CREATE TABLE webhook_misses (
    repository_id BIGINT NOT NULL,
    day DATETIME NOT NULL,
    found BIGINT NOT NULL,
    PRIMARY KEY (repository_id, day)
);
