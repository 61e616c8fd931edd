-- People: one row for each human, whatever accounts they have; which accounts and addresses are theirs,
-- and what somebody said of it.

CREATE TABLE users (
    id SEQUENCE,
    name TEXT,
    email key_text,
    timezone TEXT,
    started_on key_text,
    developer BOOLEAN NOT NULL DEFAULT TRUE,
    provisional BOOLEAN NOT NULL DEFAULT TRUE,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    set_by_hand TEXT NOT NULL DEFAULT '',
    created_at DATETIME NOT NULL,
    forgotten_at DATETIME
);
CREATE INDEX users_email ON users (email);

CREATE TABLE identities (
    id SEQUENCE,
    source key_text NOT NULL,
    source_table_id BIGINT,
    source_account key_text NOT NULL,
    user_id BIGINT NOT NULL,
    matched_by key_text NOT NULL,
    confidence key_text NOT NULL,
    matched_at DATETIME NOT NULL,
    UNIQUE (source, source_account)
);
CREATE INDEX identities_user ON identities (user_id);
-- Of an account there is at most one person: every view counts on it.
CREATE UNIQUE INDEX identities_account ON identities (source, source_table_id);

CREATE TABLE user_link_decisions (
    id SEQUENCE,
    user_id BIGINT NOT NULL,
    source key_text NOT NULL,
    source_account key_text NOT NULL,
    decision key_text NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at DATETIME NOT NULL,
    UNIQUE (user_id, source, source_account)
);

-- What somebody said an account is: `human`, `bot` or `ai_bot`.
CREATE TABLE account_type_decisions (
    source_account key_text NOT NULL PRIMARY KEY,
    type key_text NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at DATETIME NOT NULL
);

-- Whose address Bitbucket says one is. It is asked once, and again after some days where nobody has it.
CREATE TABLE address_lookups (
    workspace_id BIGINT NOT NULL,
    address key_text NOT NULL,
    account_id BIGINT,
    asked_at DATETIME NOT NULL,
    PRIMARY KEY (workspace_id, address)
);

-- Who wrote under which address, without a look at every commit.
CREATE INDEX bitbucket_commits_author ON bitbucket_commits (author_email, user_id);
