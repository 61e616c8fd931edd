//! The statements of people, the accounts that are theirs, and teams.

statements! {
    /// What new accounts are, as far as Bitbucket says it.
    CLASSIFY_NEW_ACCOUNTS = "UPDATE bitbucket_users SET
            type = CASE WHEN account_type = 'app_user' THEN 'bot' ELSE 'human' END,
            bot = COALESCE(account_type = 'app_user', FALSE)
        WHERE id IN {ids$1} AND type IS NULL";
    /// Who came to be known as a program's account later, unless somebody has said what it is.
    CLASSIFY_PROGRAMS = "UPDATE bitbucket_users SET type = 'bot', bot = TRUE
        WHERE id IN {ids$1} AND type = 'human' AND account_type = 'app_user'
          AND NOT EXISTS (SELECT 1 FROM account_type_decisions d WHERE d.source_account = bitbucket_users.source_id)
        RETURNING id";

    /// Every account of Bitbucket.
    ACCOUNTS = "SELECT id, source_id, account_id, name, nickname, account_type, type, email, active
        FROM bitbucket_users ORDER BY source_id";
    /// Every account of Jira.
    JIRA_ACCOUNTS = "SELECT id, source_id, account_type, display_name, email,
            COALESCE(active, TRUE) AND deleted_at IS NULL AS active, timezone
        FROM jira_users ORDER BY source_id";
    /// Under which addresses commits were written, and which account Bitbucket puts beside each.
    COMMIT_ADDRESSES = "SELECT author_email, user_id, MAX(author_name), COUNT(*) FROM bitbucket_commits
        WHERE author_email IS NOT NULL GROUP BY author_email, user_id ORDER BY author_email, user_id";
    /// Whose addresses are, as Bitbucket was asked.
    ADDRESS_LOOKUPS = "SELECT workspace_id, address, account_id, asked_at FROM address_lookups
        ORDER BY address, workspace_id";
    /// An answer of Bitbucket.
    SAVE_LOOKUP = "INSERT INTO address_lookups (workspace_id, address, account_id, asked_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, address) DO UPDATE SET account_id = excluded.account_id, asked_at = excluded.asked_at";
    /// What somebody said of accounts and addresses.
    LINK_DECISIONS = "SELECT id, user_id, source, source_account, decision, decided_by, decided_at
        FROM user_link_decisions ORDER BY id";
    /// What somebody said accounts are.
    TYPE_DECISIONS = "SELECT source_account, type FROM account_type_decisions ORDER BY source_account";
    /// Every person.
    PEOPLE = "SELECT id, name, email, timezone, started_on, developer, provisional, active, set_by_hand, forgotten_at
        FROM users ORDER BY id";
    /// Who is who.
    IDENTITIES = "SELECT id, source, source_table_id, source_account, user_id, matched_by, matched_at
        FROM identities ORDER BY source, source_account";

    /// That an account or address is no longer said to be somebody else's.
    REMOVE_OTHER_LINKS = "DELETE FROM user_link_decisions
        WHERE user_id <> $1 AND source = $2 AND source_account = $3 AND decision = 'link'";
    /// What somebody says of an account or address.
    DECIDE_LINK = "INSERT INTO user_link_decisions (user_id, source, source_account, decision, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (user_id, source, source_account) DO UPDATE SET decision = excluded.decision,
            decided_by = excluded.decided_by, decided_at = excluded.decided_at";
    /// What somebody says an account is.
    DECIDE_TYPE = "INSERT INTO account_type_decisions (source_account, type, decided_by, decided_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (source_account) DO UPDATE SET type = excluded.type, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at";

    /// A new person.
    INSERT_PERSON = "INSERT INTO users (name, email, timezone, provisional, active, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    /// What a match says of a person.
    SET_PERSON = "UPDATE users SET name = $2, email = $3, timezone = $4, provisional = $5, active = $6 WHERE id = $1";
    /// What somebody says of a person.
    EDIT_PERSON = "UPDATE users SET name = COALESCE($2, name), email = COALESCE($3, email),
            timezone = COALESCE($4, timezone), started_on = COALESCE($5, started_on),
            developer = COALESCE($6, developer), set_by_hand = $7,
            provisional = COALESCE($3, email) IS NULL
        WHERE id = $1";
    /// A person who is somebody else.
    REMOVE_PERSON = "DELETE FROM users WHERE id = $1";
    /// A person of whom nothing is left, and whom no team knows.
    REMOVE_NOBODY = "DELETE FROM users WHERE id = $1
        AND NOT EXISTS (SELECT 1 FROM team_members m WHERE m.user_id = users.id)
        AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.user_id = users.id)";
    /// Their accounts become the other's.
    MOVE_IDENTITIES = "UPDATE identities SET user_id = $2 WHERE user_id = $1";
    /// Their teams become the other's.
    MOVE_MEMBERSHIPS = "UPDATE team_members SET user_id = $2 WHERE user_id = $1";
    /// What was said of both stays as it was said of the other.
    DROP_DOUBLE_DECISIONS = "DELETE FROM user_link_decisions WHERE user_id = $1 AND EXISTS (
        SELECT 1 FROM user_link_decisions o WHERE o.user_id = $2 AND o.source = user_link_decisions.source
            AND o.source_account = user_link_decisions.source_account)";
    /// What was said of them is said of the other.
    MOVE_DECISIONS = "UPDATE user_link_decisions SET user_id = $2 WHERE user_id = $1";
    /// An account or address that is nobody's any more.
    REMOVE_IDENTITY = "DELETE FROM identities WHERE source = $1 AND source_account = $2";
    /// Whose an account or address is.
    SET_IDENTITY = "INSERT INTO identities (source, source_table_id, source_account, user_id, matched_by, confidence,
            matched_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (source, source_account) DO UPDATE SET source_table_id = excluded.source_table_id,
            user_id = excluded.user_id, matched_by = excluded.matched_by, confidence = excluded.confidence,
            matched_at = excluded.matched_at";

    /// All teams.
    TEAMS = "SELECT id, name, parent_id, archived_at FROM teams ORDER BY name";
    /// Everybody who was ever in one.
    TEAM_MEMBERS = "SELECT id, team_id, user_id, from_on, to_on FROM team_members
        ORDER BY team_id, user_id, COALESCE(from_on, ''), id";
    /// A team, new or there again.
    MAKE_TEAM = "INSERT INTO teams (name, created_at) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET archived_at = NULL RETURNING id";
    /// What a team is part of.
    SET_TEAM_PARENT = "UPDATE teams SET parent_id = $2 WHERE id = $1";
    /// A team that is given up.
    ARCHIVE_TEAM = "UPDATE teams SET archived_at = $2 WHERE id = $1 AND archived_at IS NULL";
    /// Nobody is in it any more.
    END_TEAM = "UPDATE team_members SET to_on = $2 WHERE team_id = $1
        AND (to_on IS NULL OR to_on > $2) AND (from_on IS NULL OR from_on <= $2)";
    /// Somebody in a team.
    ADD_TEAM_MEMBER = "INSERT INTO team_members (team_id, user_id, from_on, to_on) VALUES ($1, $2, $3, $4)";
    /// Somebody's last day in a team.
    END_TEAM_MEMBER = "UPDATE team_members SET to_on = $2 WHERE id = $1";
    /// Somebody who never was in a team.
    REMOVE_TEAM_MEMBER = "DELETE FROM team_members WHERE id = $1";

    /// The digests of all who were forgotten.
    FORGOTTEN = "SELECT digest FROM forgotten";
    /// A digest of somebody who is forgotten.
    INSERT_FORGOTTEN = "INSERT INTO forgotten (digest, user_id, forgotten_at) VALUES ($1, $2, $3)
        ON CONFLICT (digest) DO NOTHING";
    /// The key of the digests.
    FORGET_KEY = "SELECT id, sealed FROM forgotten_keys ORDER BY id LIMIT 1";
    /// A key for the digests.
    INSERT_FORGET_KEY = "INSERT INTO forgotten_keys (sealed) VALUES ($1)";
    /// The key of the digests under another key.
    RESEAL_FORGET_KEY = "UPDATE forgotten_keys SET sealed = $2 WHERE id = $1";
    /// A person without name and address.
    FORGET_PERSON = "UPDATE users SET name = NULL, email = NULL, set_by_hand = '', provisional = TRUE,
        forgotten_at = COALESCE(forgotten_at, $2) WHERE id = $1";
    /// Accounts of Bitbucket without name and address; the page has the name in its address.
    FORGET_ACCOUNTS = "UPDATE bitbucket_users SET name = NULL, nickname = NULL, email = NULL, source_url = NULL
        WHERE id IN {ids$1}";
    /// Accounts of Jira without name and address.
    FORGET_JIRA_ACCOUNTS = "UPDATE jira_users SET display_name = NULL, email = NULL WHERE id IN {ids$1}";
    /// Any account of Jira with one of the addresses.
    FORGET_JIRA_ADDRESS = "UPDATE jira_users SET email = NULL WHERE email = $1";
    /// Commits of an account, without whoever's name and address was typed.
    FORGET_COMMITS_OF_ACCOUNTS = "UPDATE bitbucket_commits SET author_name = NULL, author_email = NULL
        WHERE user_id IN {ids$1}";
    /// Commits under an address, without it and the name beside it.
    FORGET_COMMITS_OF_ADDRESS = "UPDATE bitbucket_commits SET author_name = NULL, author_email = NULL
        WHERE author_email = $1";
    /// A name that was typed on commits of nobody who is known.
    FORGET_NAME_ON_COMMITS = "UPDATE bitbucket_commits SET author_name = NULL
        WHERE user_id IS NULL AND author_name = $1";
    /// What Bitbucket said of an address.
    FORGET_LOOKUPS_OF_ADDRESS = "DELETE FROM address_lookups WHERE address = $1";
    /// What Bitbucket said of any address of an account.
    FORGET_LOOKUPS_OF_ACCOUNTS = "DELETE FROM address_lookups WHERE account_id IN {ids$1}";
    /// Whose an address is.
    FORGET_IDENTITY_OF_ADDRESS = "DELETE FROM identities WHERE source = 'email' AND source_account = $1";
    /// What somebody said of an address.
    FORGET_DECISIONS_OF_ADDRESS = "DELETE FROM user_link_decisions WHERE source = 'email' AND source_account = $1";
    /// The texts of the log of changes.
    AUDIT_TEXTS = "SELECT id, actor, subject, detail FROM audit_log ORDER BY id";
    /// An entry of the log with other texts.
    REWRITE_AUDIT = "UPDATE audit_log SET actor = $2, subject = $3, detail = $4 WHERE id = $1";
}
