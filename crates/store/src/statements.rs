//! Every statement that is not generated from the catalogue, by name. One text serves both
//! engines; the marks are explained in `engine`.

use model::catalogue::{Group, Role, Table, tables};

use crate::deletion::deletion_sql;
use crate::engine::Engine;
use crate::settings::calendar_sql;
use crate::upsert::{examine_sql, set_derived_sql, upsert_sql};

macro_rules! statements {
    ($( $(#[doc = $doc:literal])+ $name:ident = $text:expr; )+) => {
        $( $(#[doc = $doc])+ pub(crate) const $name: &str = $text; )+
        pub(super) const ALL: &[(&str, &str)] = &[$( (stringify!($name), $text), )+];
    };
}

pub(crate) mod access;
pub(crate) mod deployments;
pub(crate) mod packs;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod places;
pub(crate) mod queries;
pub(crate) mod webhooks;

statements! {
    /// A connection by its name.
    CONNECTION_BY_NAME = "SELECT id, kind, name, workspace, base_url, created_at, state, problem, verified_at,
            paused_at, last_synced_at, filter_mode FROM connections WHERE name = $1";
    /// All connections.
    CONNECTIONS = "SELECT id, kind, name, workspace, base_url, created_at, state, problem, verified_at,
            paused_at, last_synced_at, filter_mode FROM connections ORDER BY name";
    /// A new connection.
    INSERT_CONNECTION = "INSERT INTO connections (kind, name, workspace, base_url, created_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING RETURNING id";
    /// A connection's new address.
    MOVE_CONNECTION = "UPDATE connections SET base_url = $2
        WHERE id = $1 AND workspace = $3 AND base_url <> $2";
    /// How a connection stands.
    SET_CONNECTION_STATE = "UPDATE connections SET state = $2, problem = $3, verified_at = COALESCE($4, verified_at)
        WHERE id = $1";
    /// A connection that is to rest, or to go on.
    PAUSE_CONNECTION = "UPDATE connections SET paused_at = $2 WHERE id = $1";
    /// An import that came to its end.
    SET_LAST_SYNCED = "UPDATE connections SET last_synced_at = $2 WHERE id = $1";
    /// A connection that is taken away, and what belongs to it alone.
    REMOVE_CONNECTION = "DELETE FROM connections WHERE id = $1";
    /// Its listings.
    REMOVE_SIGHTINGS_OF_CONNECTION = "DELETE FROM sync_sightings
        WHERE stream_id IN (SELECT id FROM sync_streams WHERE connection_id = $1)";
    /// Its positions.
    REMOVE_STREAMS_OF_CONNECTION = "DELETE FROM sync_streams WHERE connection_id = $1";
    /// Its credentials.
    REMOVE_CREDENTIALS_OF_CONNECTION = "DELETE FROM credentials WHERE connection_id = $1";
    /// Its filter.
    REMOVE_FILTERS_OF_CONNECTION = "DELETE FROM import_filters WHERE connection_id = $1";
    /// What was said of its streams.
    REMOVE_SETTINGS_OF_CONNECTION = "DELETE FROM stream_settings WHERE connection_id = $1";

    /// The credentials of a connection.
    CREDENTIALS = "SELECT id, connection_id, label, method, sealed, allowance, hourly_limit, expires_at, state, problem,
            resting_until, scopes, verified_at, created_at, updated_at
        FROM credentials WHERE connection_id = $1 ORDER BY id";
    /// A new credential.
    INSERT_CREDENTIAL = "INSERT INTO credentials (connection_id, label, method, sealed, allowance, hourly_limit,
            expires_at, state, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'ok', $8, $8) ON CONFLICT (connection_id, label) DO NOTHING RETURNING id";
    /// A credential's new secret.
    REPLACE_CREDENTIAL = "UPDATE credentials SET label = $2, method = $3, sealed = $4, allowance = $5, hourly_limit = $6,
            expires_at = $7, updated_at = $8, state = 'ok', problem = NULL, resting_until = NULL, scopes = NULL,
            verified_at = NULL
        WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM credentials o
            WHERE o.connection_id = credentials.connection_id AND o.label = $2 AND o.id <> $1)";
    /// What was seen of a credential.
    NOTE_CREDENTIAL = "UPDATE credentials SET state = $2, problem = $3, resting_until = $4, scopes = COALESCE($5, scopes)
        WHERE id = $1";
    /// A credential that works.
    SET_CREDENTIAL_VERIFIED = "UPDATE credentials SET verified_at = $2 WHERE id = $1";
    /// A credential's new name.
    RENAME_CREDENTIAL = "UPDATE credentials SET label = $2
        WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM credentials o
            WHERE o.connection_id = credentials.connection_id AND o.label = $2 AND o.id <> $1)";
    /// A credential that is taken away.
    REMOVE_CREDENTIAL = "DELETE FROM credentials WHERE id = $1";
    /// What its listings saw.
    REMOVE_SIGHTINGS_OF_CREDENTIAL = "DELETE FROM sync_sightings
        WHERE stream_id IN (SELECT id FROM sync_streams WHERE credential_id = $1)";
    /// Its listings.
    REMOVE_STREAMS_OF_CREDENTIAL = "DELETE FROM sync_streams WHERE credential_id = $1";
    /// Every sealed secret.
    SEALED_CREDENTIALS = "SELECT id, sealed FROM credentials ORDER BY id";
    /// A secret under another key.
    RESEAL_CREDENTIAL = "UPDATE credentials SET sealed = $2 WHERE id = $1";

    /// The lines of a connection's filter.
    FILTER_RULES = "SELECT subject, pattern FROM import_filters WHERE connection_id = $1 ORDER BY subject, pattern";
    /// Which repositories are imported.
    SET_FILTER_MODE = "UPDATE connections SET filter_mode = $2 WHERE id = $1";
    /// A line of a filter.
    INSERT_FILTER = "INSERT INTO import_filters (connection_id, subject, pattern, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (connection_id, subject, pattern) DO NOTHING";
    /// What filters are held against.
    FILTERABLE = "SELECT r.id, r.source_id, COALESCE(r.full_name, '') AS full_name, p.source_id AS project_source_id,
            p.key AS project_key,
            (SELECT COUNT(*) FROM bitbucket_pulls x WHERE x.repository_id = r.id) AS pull_requests
        FROM bitbucket_repositories r
        JOIN bitbucket_workspaces w ON w.id = r.workspace_id
        LEFT JOIN bitbucket_projects p ON p.id = r.project_id
        WHERE w.slug = $1 AND r.deleted_at IS NULL ORDER BY r.full_name, r.id";
    /// What was said of a connection's streams.
    STREAM_SETTINGS = "SELECT stream, enabled, interval_seconds, not_before FROM stream_settings
        WHERE connection_id = $1 ORDER BY stream";
    /// What is said of a stream.
    SET_STREAM_SETTING = "INSERT INTO stream_settings (connection_id, stream, enabled, interval_seconds, not_before)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (connection_id, stream) DO UPDATE SET enabled = excluded.enabled,
            interval_seconds = excluded.interval_seconds, not_before = excluded.not_before";

    /// A setting.
    SETTING = "SELECT value FROM settings WHERE name = $1";
    /// All settings.
    SETTINGS = "SELECT name, value FROM settings ORDER BY name";
    /// What measuring goes by.
    MEASURING = "SELECT (SELECT {list name, value} FROM settings), (SELECT MIN(day) FROM calendar),
            (SELECT MAX(day) FROM calendar)";
    /// A setting's value.
    SET_SETTING = "INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
    /// A setting that is as usual again.
    UNSET_SETTING = "DELETE FROM settings WHERE name = $1";
    /// No days.
    CLEAR_CALENDAR = "DELETE FROM calendar";

    /// A change that somebody made.
    INSERT_AUDIT = "INSERT INTO audit_log (occurred_at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)";
    /// The newest changes.
    AUDIT_LOG = "SELECT occurred_at, actor, action, subject, detail FROM audit_log ORDER BY id DESC LIMIT $1";

    /// A stream that may be there already.
    INSERT_STREAM = "INSERT INTO sync_streams (id, connection_id, stream, repository_id, state, credential_id)
        VALUES ($1, $2, $3, $4, 'due', $5) ON CONFLICT (id) DO NOTHING";
    /// A stream's lease, unless another run holds it.
    CLAIM_STREAM = "UPDATE sync_streams SET lease_token = $2, lease_until = $3
        WHERE id = $1 AND (lease_token IS NULL OR lease_token = $2 OR lease_until IS NULL OR lease_until < $4)";
    /// One stream.
    STREAM = "SELECT id, stream, repository_id, credential_id, state, cursor, watermark, head, opened_at, completed_at,
            problem, tried_at, requested_at, lease_token, lease_until, upstream_rows, upstream_at
        FROM sync_streams WHERE id = $1";
    /// The streams of a connection.
    STREAMS = "SELECT id, stream, repository_id, credential_id, state, cursor, watermark, head, opened_at, completed_at,
            problem, tried_at, requested_at, lease_token, lease_until, upstream_rows, upstream_at
        FROM sync_streams WHERE connection_id = $1 ORDER BY stream, repository_id, credential_id";
    /// A stream's progress, if the lease still holds.
    SAVE_STREAM = "UPDATE sync_streams SET state = $3, cursor = $4, watermark = $5, head = $6, opened_at = $7,
        completed_at = $8, problem = $9, lease_until = $10 WHERE id = $1 AND lease_token = $2";
    /// How many rows Bitbucket says a stream has.
    SET_UPSTREAM = "UPDATE sync_streams SET upstream_rows = $2, upstream_at = $3 WHERE id = $1";
    /// All leases of a run, for longer.
    RENEW_LEASES = "UPDATE sync_streams SET lease_until = $2 WHERE lease_token = $1";
    /// All leases of a run, given back; what was looked at is noted where a date is given.
    RELEASE_LEASES = "UPDATE sync_streams SET lease_token = NULL, lease_until = NULL, tried_at = COALESCE($2, tried_at)
        WHERE lease_token = $1";
    /// How many runs are alive.
    LIVE_RUNS = "SELECT COUNT(DISTINCT lease_token) FROM sync_streams
        WHERE lease_token IS NOT NULL AND lease_until >= $1";
    /// Some leases of a run, given back after a look.
    RELEASE_STREAMS = "UPDATE sync_streams SET lease_token = NULL, lease_until = NULL, tried_at = $3
        WHERE lease_token = $1 AND id IN {ids$2}";
    /// Claims on streams of some repositories that still hold.
    CLAIMED_REPOSITORIES = "SELECT COUNT(*) FROM sync_streams
        WHERE repository_id IN {ids$1} AND lease_token IS NOT NULL AND lease_until >= $2";
    /// How far the streams of some repositories are.
    REMOVE_STREAMS_OF_REPOSITORIES = "DELETE FROM sync_streams WHERE repository_id IN {ids$1}";
    /// How many rows of each stream of a workspace's repositories are stored.
    HOLDINGS = "SELECT r.id, 'pull_requests' AS stream, (SELECT COUNT(*) FROM bitbucket_pulls x
                WHERE x.repository_id = r.id AND x.deleted_at IS NULL) AS stored
            FROM bitbucket_repositories r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL
        UNION ALL SELECT r.id, 'pipelines', (SELECT COUNT(*) FROM bitbucket_pipelines x WHERE x.repository_id = r.id)
            FROM bitbucket_repositories r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL
        UNION ALL SELECT r.id, 'commits', (SELECT COUNT(*) FROM bitbucket_commits x WHERE x.repository_id = r.id)
            FROM bitbucket_repositories r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL
        UNION ALL SELECT r.id, 'environments', (SELECT COUNT(*) FROM bitbucket_environments x WHERE x.repository_id = r.id)
            FROM bitbucket_repositories r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL
        UNION ALL SELECT r.id, 'deployments', (SELECT COUNT(*) FROM bitbucket_deployments x WHERE x.repository_id = r.id)
            FROM bitbucket_repositories r WHERE r.workspace_id = $1 AND r.deleted_at IS NULL
        UNION ALL SELECT NULL, 'repositories', (SELECT COUNT(*) FROM bitbucket_repositories x
            WHERE x.workspace_id = $1 AND x.deleted_at IS NULL)
        UNION ALL SELECT NULL, 'members', (SELECT COUNT(*) FROM bitbucket_workspace_members x
            WHERE x.workspace_id = $1 AND x.active)";
    /// Streams that somebody wants read at once.
    REQUEST_SYNC = "UPDATE sync_streams SET requested_at = $2 WHERE connection_id = $1";
    /// Streams of one repository that are to be read at once.
    REQUEST_REPOSITORY = "UPDATE sync_streams SET requested_at = $3
        WHERE connection_id = $1 AND repository_id = $2 AND stream = $4";
    /// Streams of the workspace that are to be read at once.
    REQUEST_WORKSPACE = "UPDATE sync_streams SET requested_at = $2
        WHERE connection_id = $1 AND repository_id IS NULL AND stream = $3";
    /// What the listings of a connection's credentials saw.
    SIGHTINGS_OF_CREDENTIALS = "SELECT t.credential_id, g.row_id FROM sync_sightings g
        JOIN sync_streams t ON t.id = g.stream_id
        WHERE t.connection_id = $1 AND t.credential_id IS NOT NULL ORDER BY g.row_id, t.credential_id";

    /// Rows that a listing has just seen.
    INSERT_SIGHTINGS = "INSERT INTO sync_sightings (stream_id, row_id, seen_at)
        SELECT CAST($1 AS BIGINT), seen.id, $3
        FROM (SELECT m.id FROM bitbucket_workspace_members m WHERE m.id IN {ids$2}
              UNION SELECT r.id FROM bitbucket_repositories r WHERE r.id IN {ids$2}
              UNION SELECT j.id FROM jira_users j WHERE j.id IN {ids$2}) seen
        WHERE 1 = 1 ON CONFLICT (stream_id, row_id) DO UPDATE SET seen_at = excluded.seen_at";
    /// What an earlier listing saw and the one that began then did not.
    FORGET_SIGHTINGS = "DELETE FROM sync_sightings WHERE stream_id = $1 AND seen_at < $2";
    /// Members whom a complete listing lacks.
    UNLIST_MEMBERS = "UPDATE bitbucket_workspace_members SET active = FALSE
        WHERE workspace_id = $2 AND active
          AND id NOT IN (SELECT row_id FROM sync_sightings WHERE stream_id = $1)";
    /// An account is active where a membership is.
    MARK_ACTIVE = "UPDATE bitbucket_users SET active = TRUE WHERE NOT active
        AND id IN (SELECT user_id FROM bitbucket_workspace_members WHERE active)";
    /// An account is not active where no membership is.
    MARK_INACTIVE = "UPDATE bitbucket_users SET active = FALSE WHERE active
        AND id NOT IN (SELECT user_id FROM bitbucket_workspace_members WHERE active)";

    /// Accounts of Jira that a complete listing has again.
    RESTORE_JIRA_USERS = "UPDATE jira_users SET deleted_at = NULL WHERE deleted_at IS NOT NULL
        AND id IN (SELECT row_id FROM sync_sightings WHERE stream_id = $1)";
    /// Accounts of Jira that were there before a complete listing began and that no site lists.
    DELETE_JIRA_USERS = "UPDATE jira_users SET deleted_at = $1 WHERE deleted_at IS NULL AND observed_at < $2
        AND id NOT IN (SELECT row_id FROM sync_sightings)";

    /// The repositories of a workspace.
    REPOSITORIES = "SELECT id, source_id, full_name, created_at, updated_at, default_branch
        FROM bitbucket_repositories WHERE workspace_id = $1 AND deleted_at IS NULL AND full_name IS NOT NULL ORDER BY full_name, id";
    /// A workspace by the name in its address.
    WORKSPACE = "SELECT id FROM bitbucket_workspaces WHERE slug = $1";

    /// A new run of the import.
    INSERT_RUN = "INSERT INTO import_runs (connection_id, started_at, resumes_from, outcome, reason, streams)
        VALUES ($1, $2, $3, 'running', $4, $5) RETURNING id";
    /// The last run of a connection.
    LAST_RUN = "SELECT started_at, resumes_from, outcome FROM import_runs
        WHERE connection_id = $1 ORDER BY id DESC LIMIT 1";
    /// How far a run is.
    NOTE_PROGRESS = "UPDATE import_runs SET requests = $2, progress = $3 WHERE id = $1";
    /// The newest runs of a connection.
    RUNS = "SELECT id, started_at, finished_at, outcome, reason, streams, requests, rows_added, rows_changed,
            rows_unchanged, rejects, problem, progress
        FROM import_runs WHERE connection_id = $1 ORDER BY id DESC LIMIT $2";
    /// The end of a run.
    FINISH_RUN = "UPDATE import_runs SET finished_at = $2, outcome = $3, requests = $4, rows_added = $5,
        rows_changed = $6, rows_unchanged = $7, rejects = $8, problem = $9 WHERE id = $1";

    /// Requests spent in one minute.
    ADD_USAGE = "INSERT INTO request_counts (allowance, endpoint_group, endpoint, minute, requests)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (allowance, endpoint_group, endpoint, minute)
        DO UPDATE SET requests = request_counts.requests + excluded.requests";
    /// Requests spent since an instant.
    USAGE_SINCE = "SELECT allowance, endpoint_group, endpoint, minute, requests FROM request_counts
        WHERE minute >= $1 ORDER BY minute, endpoint";
    /// Requests spent before an instant matter no more.
    FORGET_USAGE = "DELETE FROM request_counts WHERE minute < $1";

    /// What is held of pull requests: their rows, their activity, their comments, who takes or took
    /// part in them, and the votes that were found withdrawn before.
    HISTORIES = "SELECT
        (SELECT {list p.id, p.number, p.user_id, p.state, p.draft, p.source_commit_sha, p.created_at, p.updated_at,
                p.merge_commit_at, p.comment_count, p.proven_to, p.repository_id,
                (SELECT MIN(m.committed_at) FROM bitbucket_pull_commits c JOIN bitbucket_commits m ON m.id = c.commit_id
                 WHERE c.pull_id = p.id AND c.removed_at IS NULL)}
         FROM bitbucket_pulls p WHERE p.id IN {ids$1} AND p.created_at IS NOT NULL AND p.updated_at IS NOT NULL),
        (SELECT {list e.pull_id, e.id, e.kind, e.user_id, u.type, e.occurred_at, e.state, e.status_changed_to, e.draft,
                e.draft_changed_to, e.source_commit_sha, e.reviewers_added}
         FROM bitbucket_pull_events e LEFT JOIN bitbucket_users u ON u.id = e.user_id WHERE e.pull_id IN {ids$1}),
        (SELECT {list c.pull_id, c.id, c.user_id, u.type, c.created_at, c.updated_at, c.deleted, c.resolved_at}
         FROM bitbucket_pull_comments c LEFT JOIN bitbucket_users u ON u.id = c.user_id
         WHERE c.pull_id IN {ids$1} AND c.created_at IS NOT NULL),
        (SELECT {list pull_id, user_id, role, approved, state, participated_at, removed_at}
         FROM bitbucket_pull_reviewers WHERE pull_id IN {ids$1}),
        (SELECT {list pull_id, source_id, user_id, dismissed_at}
         FROM bitbucket_reviews WHERE pull_id IN {ids$1} AND dismissed_at IS NOT NULL)";
    /// Whose these accounts are.
    PEOPLE_OF_ACCOUNTS = "SELECT i.source_table_id, i.user_id, u.timezone
        FROM identities i JOIN users u ON u.id = i.user_id
        WHERE i.source = 'bitbucket' AND i.source_table_id IN {ids$1}";
    /// Pull requests that have to be measured.
    MARK_UNMEASURED = "INSERT INTO sync_unmeasured (repository_id, pull_id)
        SELECT CAST($1 AS BIGINT), value FROM {ids$2} touched WHERE 1 = 1
        ON CONFLICT (repository_id, pull_id) DO NOTHING";
    /// Some of them, of one repository.
    UNMEASURED = "SELECT pull_id FROM sync_unmeasured WHERE repository_id = $1 ORDER BY pull_id LIMIT $2";
    /// The repositories that have any.
    UNMEASURED_REPOSITORIES = "SELECT DISTINCT repository_id FROM sync_unmeasured ORDER BY repository_id";
    /// Every pull request has to be measured.
    MARK_ALL_UNMEASURED = "INSERT INTO sync_unmeasured (repository_id, pull_id)
        SELECT repository_id, id FROM bitbucket_pulls WHERE 1 = 1
        ON CONFLICT (repository_id, pull_id) DO NOTHING";
    /// The pull requests that somebody opened, or had a part in, have to be measured.
    MARK_UNMEASURED_OF_ACCOUNTS = "INSERT INTO sync_unmeasured (repository_id, pull_id)
        SELECT p.repository_id, p.id FROM bitbucket_pulls p
        WHERE p.user_id IN {ids$1}
           OR p.id IN (SELECT pull_id FROM bitbucket_pull_events WHERE user_id IN {ids$1}
                       UNION SELECT pull_id FROM bitbucket_pull_comments WHERE user_id IN {ids$1} AND pull_id IS NOT NULL)
        ON CONFLICT (repository_id, pull_id) DO NOTHING";
    /// How many pull requests have to be measured.
    COUNT_UNMEASURED = "SELECT COUNT(*) FROM sync_unmeasured";
    /// Pull requests that were measured.
    FORGET_UNMEASURED = "DELETE FROM sync_unmeasured WHERE repository_id = $1 AND pull_id IN {ids$2}";
    /// Participants who are no longer listed.
    REMOVE_PARTICIPANTS = "UPDATE bitbucket_pull_reviewers SET removed_at = $3
        WHERE pull_id = $1 AND id NOT IN {ids$2} AND removed_at IS NULL
          AND (source_updated_at IS NULL OR source_updated_at <= $3)";
    /// Participants who are listed again.
    RESTORE_PARTICIPANTS = "UPDATE bitbucket_pull_reviewers SET removed_at = NULL
        WHERE pull_id = $1 AND id IN {ids$2} AND removed_at IS NOT NULL AND removed_at <= $3";
    /// Reviews that the activity no longer bears out.
    DELETE_REVIEWS = "DELETE FROM bitbucket_reviews WHERE pull_id IN {ids$1} AND id NOT IN {ids$2}";

    /// Pull requests whose newest version is not proven.
    UNPROVEN = "SELECT id FROM bitbucket_pulls WHERE repository_id = $1 AND updated_at IS NOT NULL
        AND deleted_at IS NULL AND (proven_to IS NULL OR proven_to < updated_at) ORDER BY number";
    /// Whether one of them changed later than everything that a feed was seen to tell, and was seen
    /// after that feed was last opened.
    UNTOLD = "SELECT COUNT(*) FROM bitbucket_pulls WHERE repository_id = $1 AND deleted_at IS NULL
        AND (proven_to IS NULL OR proven_to < updated_at) AND updated_at > $2 AND observed_at > $3";
    /// What could not be brought to agree.
    EXPLAINED = "SELECT r.full_name, p.number, p.proof_note FROM bitbucket_pulls p
        LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id
        WHERE p.proof = 'explained' AND r.workspace_id = $1 ORDER BY r.full_name, p.number";
    /// A pull request that is gone.
    DELETE_PULL = "UPDATE bitbucket_pulls SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
    /// Pull requests whose newest version was not measured by its size.
    DUE_SIZES = "SELECT p.id, p.number, p.source_commit_sha, p.updated_at FROM bitbucket_pulls p
        LEFT JOIN bitbucket_pull_sizes s ON s.pull_id = p.id
        WHERE p.repository_id = $1 AND p.deleted_at IS NULL AND p.updated_at IS NOT NULL
          AND (s.id IS NULL OR s.source_commit_sha IS DISTINCT FROM p.source_commit_sha)
        ORDER BY p.updated_at DESC, p.number";
    /// Pull requests are as large as what was found of them.
    COPY_SIZES = "UPDATE bitbucket_pulls SET size = (
            SELECT s.size FROM bitbucket_pull_sizes s WHERE s.pull_id = bitbucket_pulls.id)
        WHERE id IN {ids$1}";
    /// Pull requests the commits of whose newest version were not read.
    DUE_COMMITS = "SELECT p.id, p.number, p.source_commit_sha, p.updated_at FROM bitbucket_pulls p
        WHERE p.repository_id = $1 AND p.deleted_at IS NULL AND p.updated_at IS NOT NULL
          AND (p.commits_read_for IS NULL OR p.commits_read_for <> COALESCE(p.source_commit_sha, 'gone'))
        ORDER BY p.updated_at DESC, p.number";
    /// Runs whose steps were not read since they were first seen, or not since they ended.
    DUE_STEPS = "SELECT id, source_id, COALESCE(completed_at, created_at) FROM bitbucket_pipelines
        WHERE repository_id = $1 AND created_at IS NOT NULL
          AND (steps_read_for IS NULL OR steps_read_for <> COALESCE(completed_at, created_at))
        ORDER BY created_at DESC, id";
    /// Commits that are no longer part of a pull request.
    REMOVE_PULL_COMMITS = "UPDATE bitbucket_pull_commits SET removed_at = $3
        WHERE pull_id = $1 AND id NOT IN {ids$2} AND removed_at IS NULL";
    /// Commits that are part of it again.
    RESTORE_PULL_COMMITS = "UPDATE bitbucket_pull_commits SET removed_at = NULL
        WHERE pull_id = $1 AND id IN {ids$2} AND removed_at IS NOT NULL";
    /// Merge commits of which only twelve characters are known here.
    UNKNOWN_MERGE_COMMITS = "SELECT DISTINCT p.merge_commit_sha FROM bitbucket_pulls p
        WHERE p.repository_id = $1 AND p.merge_commit_sha IS NOT NULL AND p.deleted_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM bitbucket_commits c
                          WHERE c.repository_id = p.repository_id AND c.sha12 = p.merge_commit_sha)
        ORDER BY p.merge_commit_sha";
    /// Whether a pipeline changed after an instant.
    PIPELINES_CHANGED = "SELECT COUNT(*) FROM bitbucket_pipelines WHERE repository_id = $1 AND observed_at > $2";

    /// Repositories of a workspace that no live connection's listing has, and that were there before.
    UNLISTED_REPOSITORIES = "SELECT id, source_id, full_name, created_at, updated_at, default_branch
        FROM bitbucket_repositories WHERE workspace_id = $1 AND deleted_at IS NULL AND observed_at < $2
          AND id NOT IN (SELECT g.row_id FROM sync_sightings g JOIN sync_streams t ON t.id = g.stream_id
                         WHERE t.completed_at >= $3)
        ORDER BY full_name, id";
    /// A repository that is gone.
    DELETE_REPOSITORY = "UPDATE bitbucket_repositories SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
    /// Repositories that are listed again.
    RESTORE_REPOSITORIES = "UPDATE bitbucket_repositories SET deleted_at = NULL WHERE deleted_at IS NOT NULL
        AND id IN (SELECT row_id FROM sync_sightings WHERE stream_id = $1)";

    /// The newest runs that are still going on.
    UNFINISHED_PIPELINES = "SELECT COUNT(*), MIN(created_at) FROM bitbucket_pipelines
        WHERE repository_id = $1 AND (state IS NULL OR state <> 'COMPLETED')";
    /// How many rejects there are.
    COUNT_REJECTS = "SELECT COUNT(*) FROM import_rejects";
}

/// Whether rows of this table are written in bulk.
fn is_upserted(table: &Table) -> bool {
    table.group == Group::Imported || table.columns.iter().any(|column| column.role == Role::Id)
}

/// Every statement of the store in each engine's spelling, generated ones included, for the test
/// that prepares them all: `(name, SQLite, PostgreSQL)`.
pub fn statements() -> Vec<(String, String, String)> {
    let written = ALL
        .iter()
        .chain(people::ALL)
        .chain(places::ALL)
        .chain(access::ALL)
        .chain(packs::ALL)
        .chain(pages::ALL)
        .chain(queries::ALL)
        .chain(deployments::ALL)
        .chain(webhooks::ALL)
        .map(|(name, text)| {
            (
                (*name).to_owned(),
                Engine::Sqlite.sql(text).0,
                Engine::Postgres.sql(text).0,
            )
        });
    let generated = tables()
        .iter()
        .filter(|table| is_upserted(table))
        .flat_map(|table| {
            let of = |derived: bool| -> Vec<&str> {
                table
                    .columns
                    .iter()
                    .filter(|column| (column.role == Role::Derived) == derived)
                    .map(|column| column.name)
                    .collect()
            };
            let (columns, derived) = (of(false), of(true));
            let mut all = vec![
                (
                    format!("examine {}", table.name),
                    examine_sql(Engine::Sqlite, table, &columns),
                    examine_sql(Engine::Postgres, table, &columns),
                ),
                (
                    format!("upsert {}", table.name),
                    upsert_sql(Engine::Sqlite, table, &columns),
                    upsert_sql(Engine::Postgres, table, &columns),
                ),
            ];
            if !derived.is_empty() {
                all.push((
                    format!("derive {}", table.name),
                    set_derived_sql(Engine::Sqlite, table, &derived),
                    set_derived_sql(Engine::Postgres, table, &derived),
                ));
            }
            all
        });
    let calendar = std::iter::once((
        "calendar".to_owned(),
        calendar_sql(Engine::Sqlite),
        calendar_sql(Engine::Postgres),
    ));
    let deletions = deletion_sql(Engine::Sqlite)
        .into_iter()
        .zip(deletion_sql(Engine::Postgres))
        .map(|((name, sqlite), (_, postgres))| (name, sqlite, postgres));
    written
        .chain(generated)
        .chain(calendar)
        .chain(deletions)
        .collect()
}
