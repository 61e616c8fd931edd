-- Accounts as Jira lists them: the addresses that Bitbucket does not tell, by Atlassian account id.

CREATE TABLE jira_users (
    id BIGINT NOT NULL PRIMARY KEY,
    source_id key_text NOT NULL,
    account_type TEXT,
    display_name TEXT,
    email TEXT,
    active BOOLEAN,
    timezone TEXT,
    deleted_at DATETIME,
    observed_at DATETIME NOT NULL
);

CREATE INDEX jira_users_email ON jira_users (email);
