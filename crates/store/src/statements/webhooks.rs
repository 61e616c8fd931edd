//! The statements of webhooks: what deliveries are signed with, what was registered, what came.

statements! {
    /// A delivery, once: what comes again is counted. The same content at a later time is another
    /// event, as when something is renamed back and forth.
    INSERT_DELIVERY = "INSERT INTO webhook_deliveries (connection_id, received_at, event_key, event_time, hook_uuid,
            request_uuid, attempt, digest, headers, body, size, outcome)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'waiting')
        ON CONFLICT (connection_id, digest) DO UPDATE SET doubles = webhook_deliveries.doubles + 1,
            outcome = CASE WHEN excluded.event_time > webhook_deliveries.event_time
                THEN 'waiting' ELSE webhook_deliveries.outcome END,
            body = CASE WHEN excluded.event_time > webhook_deliveries.event_time
                THEN excluded.body ELSE webhook_deliveries.body END,
            received_at = CASE WHEN excluded.event_time > webhook_deliveries.event_time
                THEN excluded.received_at ELSE webhook_deliveries.received_at END,
            event_time = CASE WHEN excluded.event_time > webhook_deliveries.event_time
                THEN excluded.event_time ELSE webhook_deliveries.event_time END
        RETURNING id, doubles";
    /// That a delivery was signed with a secret, as it was read. The row is written each time, since that
    /// makes whoever seals it with another key wait.
    USE_WEBHOOK_SECRET = "UPDATE webhook_secrets SET seen_at = COALESCE(seen_at, $3) WHERE id = $1 AND sealed = $2";
    /// What waits to be applied, the oldest first.
    WAITING_DELIVERIES = "SELECT id, connection_id, received_at, event_key, event_time, hook_uuid, request_uuid, attempt,
            digest, headers, body, size, outcome, problem, repository, applied_at, doubles
        FROM webhook_deliveries WHERE outcome = 'waiting' ORDER BY received_at, id LIMIT $1";
    /// How much waits to be applied.
    COUNT_WAITING = "SELECT COUNT(*) FROM webhook_deliveries WHERE outcome = 'waiting'";
    /// The log, the latest first.
    DELIVERIES = "SELECT id, connection_id, received_at, event_key, event_time, hook_uuid, request_uuid, attempt,
            digest, headers, body, size, outcome, problem, repository, applied_at, doubles
        FROM webhook_deliveries
        WHERE (CAST($1 AS BIGINT) IS NULL OR connection_id = $1) AND (CAST($2 AS TEXT) IS NULL OR event_key = $2)
          AND (CAST($3 AS TEXT) IS NULL OR outcome = $3) AND (CAST($4 AS TEXT) IS NULL OR repository = $4)
          AND (CAST($5 AS BIGINT) IS NULL OR id < $5)
        ORDER BY id DESC LIMIT $6";
    /// One delivery.
    DELIVERY = "SELECT id, connection_id, received_at, event_key, event_time, hook_uuid, request_uuid, attempt,
            digest, headers, body, size, outcome, problem, repository, applied_at, doubles
        FROM webhook_deliveries WHERE id = $1";
    /// Deliveries that are being applied: whoever comes second waits, and finds that they wait no more.
    TAKE_DELIVERIES = "UPDATE webhook_deliveries SET applied_at = $2 WHERE id IN {ids$1} AND outcome = 'waiting'
        RETURNING id";
    /// What became of a delivery.
    FINISH_DELIVERY = "UPDATE webhook_deliveries SET outcome = $2, problem = $3, repository = COALESCE($4, repository),
            body = COALESCE($5, body), applied_at = $6 WHERE id = $1";
    /// Deliveries to be applied once more.
    REPLAY_DELIVERIES = "UPDATE webhook_deliveries SET outcome = 'waiting', problem = NULL, applied_at = NULL
        WHERE id IN {ids$1}";
    /// Deliveries that were kept long enough; what still waits stays.
    FORGET_DELIVERIES = "DELETE FROM webhook_deliveries WHERE received_at < $1 AND outcome <> 'waiting'";
    /// When a connection last heard anything, and how many of its deliveries wait and failed.
    INBOX_STATE = "SELECT MAX(received_at), COUNT(CASE WHEN outcome = 'waiting' THEN 1 END),
            COUNT(CASE WHEN outcome = 'failed' THEN 1 END)
        FROM webhook_deliveries WHERE connection_id = $1";

    /// The secrets of a connection.
    WEBHOOK_SECRETS = "SELECT id, connection_id, sealed, created_at, seen_at, retired_at FROM webhook_secrets
        WHERE connection_id = $1 ORDER BY id";
    /// Every secret that is valid, with what a delivery that it signs has to name. Once a delivery came that a
    /// newer one signed, the older are not valid any more.
    ALL_WEBHOOK_SECRETS = "SELECT s.id, s.connection_id, s.sealed, c.name, c.workspace, w.source_id
        FROM webhook_secrets s JOIN connections c ON c.id = s.connection_id
        LEFT JOIN bitbucket_workspaces w ON w.slug = c.workspace
        WHERE s.retired_at IS NULL AND NOT EXISTS (SELECT 1 FROM webhook_secrets newer
            WHERE newer.connection_id = s.connection_id AND newer.id > s.id AND newer.seen_at IS NOT NULL
              AND newer.retired_at IS NULL)
        ORDER BY s.id";
    /// A new secret.
    INSERT_WEBHOOK_SECRET = "INSERT INTO webhook_secrets (connection_id, sealed, created_at) VALUES ($1, $2, $3)
        RETURNING id";
    /// A secret that is valid no longer.
    RETIRE_WEBHOOK_SECRET = "UPDATE webhook_secrets SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
    /// Every sealed secret of webhooks.
    SEALED_WEBHOOK_SECRETS = "SELECT id, sealed FROM webhook_secrets ORDER BY id";
    /// A secret under another key.
    RESEAL_WEBHOOK_SECRET = "UPDATE webhook_secrets SET sealed = $2 WHERE id = $1";
    /// Some bodies, in the order of their numbers.
    SEALED_DELIVERIES = "SELECT id, body FROM webhook_deliveries WHERE id > $1 ORDER BY id LIMIT $2";
    /// A body under another key.
    RESEAL_DELIVERY = "UPDATE webhook_deliveries SET body = $2 WHERE id = $1";

    /// The webhook of a connection.
    WEBHOOK_HOOK = "SELECT connection_id, uuid, url, registered_at, verified_at FROM webhook_hooks
        WHERE connection_id = $1";
    /// A webhook that was registered, repaired or verified.
    SET_WEBHOOK_HOOK = "INSERT INTO webhook_hooks (connection_id, uuid, url, registered_at, verified_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (connection_id) DO UPDATE SET uuid = excluded.uuid, url = excluded.url,
            registered_at = excluded.registered_at, verified_at = excluded.verified_at";
    /// A webhook that is no more.
    REMOVE_WEBHOOK_HOOK = "DELETE FROM webhook_hooks WHERE connection_id = $1";
    /// The secrets of a connection that is taken away.
    REMOVE_WEBHOOK_SECRETS_OF_CONNECTION = "DELETE FROM webhook_secrets WHERE connection_id = $1";
    /// Its deliveries.
    REMOVE_DELIVERIES_OF_CONNECTION = "DELETE FROM webhook_deliveries WHERE connection_id = $1";

    /// Deliveries about repositories whose data are taken away.
    REMOVE_DELIVERIES_OF_REPOSITORIES = "DELETE FROM webhook_deliveries WHERE outcome <> 'waiting'
        AND repository IN (SELECT full_name FROM bitbucket_repositories WHERE id IN {ids$1})";
    /// What polling found in them.
    REMOVE_MISSES_OF_REPOSITORIES = "DELETE FROM webhook_misses WHERE repository_id IN {ids$1}";

    /// When the newest stored version of some pull requests is from.
    PULL_DATES = "SELECT id, source_updated_at FROM bitbucket_pulls WHERE id IN {ids$1}";
    /// Changes that polling found.
    ADD_MISSES = "INSERT INTO webhook_misses (repository_id, day, found) VALUES ($1, $2, $3)
        ON CONFLICT (repository_id, day) DO UPDATE SET found = webhook_misses.found + excluded.found";
    /// What polling found since a day.
    MISSES_SINCE = "SELECT m.repository_id, r.full_name, CAST(SUM(m.found) AS BIGINT), MAX(m.day) FROM webhook_misses m
        JOIN bitbucket_repositories r ON r.id = m.repository_id
        JOIN bitbucket_workspaces w ON w.id = r.workspace_id
        WHERE w.slug = $1 AND m.day >= $2 GROUP BY m.repository_id, r.full_name ORDER BY r.full_name";
    /// What polling found too long ago to matter.
    FORGET_MISSES = "DELETE FROM webhook_misses WHERE day < $1";
}
