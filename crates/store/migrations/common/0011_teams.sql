-- Teams, a tree of them, and who was in which from when to when: calendar days in the account's time
-- zone, both of them included.

CREATE TABLE teams (
    id SEQUENCE,
    name key_text NOT NULL UNIQUE,
    parent_id BIGINT,
    created_at DATETIME NOT NULL,
    archived_at DATETIME
);
CREATE INDEX teams_parent ON teams (parent_id);

CREATE TABLE team_members (
    id SEQUENCE,
    team_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    from_on key_text,
    to_on key_text
);
CREATE INDEX team_members_team ON team_members (team_id);
CREATE INDEX team_members_user ON team_members (user_id);
