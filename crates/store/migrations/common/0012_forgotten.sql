-- Whom nobody may bring back: digests, under a key of their own, of the accounts and addresses of people who
-- were forgotten. The key is sealed, so that the database alone tells nobody who they were.

CREATE TABLE forgotten (
    digest key_text NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    forgotten_at DATETIME NOT NULL
);

CREATE TABLE forgotten_keys (
    id SEQUENCE,
    sealed TEXT NOT NULL
);
