//! The statements of logins, sessions and tokens.

statements! {
    /// Everybody who may use the page.
    LOGINS = "SELECT id, name, role, password IS NOT NULL, created_at, signed_in_at FROM logins ORDER BY name";
    /// Whoever has this name.
    LOGIN_BY_NAME = "SELECT id, name, role, password IS NOT NULL, created_at, signed_in_at FROM logins WHERE name = $1";
    /// Whoever has this number.
    LOGIN_BY_ID = "SELECT id, name, role, password IS NOT NULL, created_at, signed_in_at FROM logins WHERE id = $1";
    /// The hash of a password.
    LOGIN_PASSWORD = "SELECT password FROM logins WHERE id = $1";
    /// A new login.
    INSERT_LOGIN = "INSERT INTO logins (name, role, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO NOTHING RETURNING id";
    /// Administrators who can sign in, but for one.
    OTHER_ADMINISTRATORS = "SELECT COUNT(*) FROM logins WHERE role = 'administrator' AND password IS NOT NULL AND id <> $1";
    /// What a login may do.
    SET_LOGIN_ROLE = "UPDATE logins SET role = $2 WHERE id = $1";
    /// A password that was chosen.
    SET_LOGIN_PASSWORD = "UPDATE logins SET password = $2, password_set_at = $3 WHERE id = $1";
    /// Somebody has signed in.
    NOTE_SIGN_IN = "UPDATE logins SET signed_in_at = $2 WHERE id = $1";
    /// A login that is taken away.
    REMOVE_LOGIN = "DELETE FROM logins WHERE id = $1";

    /// A link that works once.
    INSERT_LOGIN_LINK = "INSERT INTO login_links (digest, login_id, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    /// Whose link it is, while it works.
    LOGIN_LINK = "SELECT login_id FROM login_links WHERE digest = $1 AND expires_at > $2";
    /// A link that was used.
    TAKE_LOGIN_LINK = "DELETE FROM login_links WHERE digest = $1 AND expires_at > $2 RETURNING login_id";
    /// Older links of a login.
    REMOVE_LINKS_OF_LOGIN = "DELETE FROM login_links WHERE login_id = $1";
    /// Older links for the first administrator.
    REMOVE_FIRST_LINKS = "DELETE FROM login_links WHERE login_id IS NULL";

    /// A session, while it lives, with whose it is.
    SESSION = "SELECT l.id, l.name, l.role, l.password IS NOT NULL, l.created_at, l.signed_in_at, s.seen_at
        FROM sessions s JOIN logins l ON l.id = s.login_id
        WHERE s.digest = $1 AND s.expires_at > $2 AND s.seen_at > $3";
    /// A new session.
    INSERT_SESSION = "INSERT INTO sessions (digest, login_id, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $3, $4)";
    /// A session that is used.
    SEE_SESSION = "UPDATE sessions SET seen_at = $2 WHERE digest = $1";
    /// A session that ends.
    REMOVE_SESSION = "DELETE FROM sessions WHERE digest = $1";
    /// Every session of a login.
    REMOVE_SESSIONS_OF_LOGIN = "DELETE FROM sessions WHERE login_id = $1";
    /// Sessions that have ended by themselves.
    FORGET_SESSIONS = "DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2";
    /// How many sessions a login has.
    COUNT_SESSIONS = "SELECT COUNT(*) FROM sessions WHERE login_id = $1";

    /// All tokens, the newest first.
    API_TOKENS = "SELECT t.id, t.name, t.scopes, l.name, t.created_at, t.expires_at, t.used_at, t.revoked_at
        FROM api_tokens t LEFT JOIN logins l ON l.id = t.login_id ORDER BY t.id DESC";
    /// A token that may be used.
    API_TOKEN = "SELECT t.id, t.name, t.scopes, l.name, t.created_at, t.expires_at, t.used_at, t.revoked_at
        FROM api_tokens t JOIN logins l ON l.id = t.login_id
        WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)";
    /// A new token.
    INSERT_API_TOKEN = "INSERT INTO api_tokens (name, digest, scopes, login_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    /// A token that was used.
    SEE_API_TOKEN = "UPDATE api_tokens SET used_at = $2 WHERE id = $1";
    /// A token that is valid no longer.
    REVOKE_API_TOKEN = "UPDATE api_tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    /// Every token of a login.
    REVOKE_TOKENS_OF_LOGIN = "UPDATE api_tokens SET revoked_at = $2 WHERE login_id = $1 AND revoked_at IS NULL";
}
