-- Who may use the page and ask as a program. Of what they show, only digests are kept.

CREATE TABLE logins (
    id SEQUENCE,
    name key_text NOT NULL UNIQUE,
    role key_text NOT NULL,
    password TEXT,
    created_at DATETIME NOT NULL,
    password_set_at DATETIME,
    signed_in_at DATETIME
);

-- Links that work once: for the first administrator (without a login), an invitation, a forgotten password.
CREATE TABLE login_links (
    digest key_text NOT NULL PRIMARY KEY,
    login_id BIGINT,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL
);

CREATE TABLE sessions (
    digest key_text NOT NULL PRIMARY KEY,
    login_id BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    seen_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL
);
CREATE INDEX sessions_login ON sessions (login_id);

CREATE TABLE api_tokens (
    id SEQUENCE,
    name TEXT NOT NULL,
    digest key_text NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    login_id BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME,
    used_at DATETIME,
    revoked_at DATETIME
);
