//! The tables that say how the import itself goes.

use super::describe;
use crate::{Id, Instant};

describe! {
    /// A connection to a workspace of Bitbucket, or to a site of Jira.
    CONNECTIONS is "connections" in Control, from "windlass connection" {
        id: Id, "", "sequence", "The connection's number.";
        kind: String, "", "", "`bitbucket_cloud` or `jira_cloud`.";
        name: String, "", "", "Its name: the workspace, unless another was given.";
        workspace: String, "", "", "The workspace's slug; of a Jira connection the site.";
        base_url: String, "", "", "The address of the API.";
        created_at: Instant, "", "", "When it was first used.";
        state: String, "", "", "`verified`, `failing` (the last verification or import was refused) or `unverified`.";
        problem: String, "", "", "What is wrong, in words; NULL when nothing is.";
        verified_at: Instant, "", "", "When it was last verified with success.";
        paused_at: Instant, "", "", "Since when nothing is imported because somebody said so; NULL while it goes on.";
        last_synced_at: Instant, "", "", "When an import of it last came to its end.";
        filter_mode: String, "", "", "Which repositories are imported: `allow_all`, `allowlist` or `denylist`.";
    }
}

describe! {
    /// One stream of one connection or repository: how far it is, and what stopped it.
    SYNC_STREAMS is "sync_streams" in Control, from "the import" {
        id: Id, "", "computed", "The stream's number.";
        connection_id: Id, "", "", "The connection (`connections.id`).";
        stream: String, "", "", "The stream's name, as `windlass import --stream` takes it.";
        repository_id: Id, "", "", "The repository (`bitbucket_repositories.id`); NULL for a stream of the workspace.";
        state: String, "", "", "`due`, `running`, `complete`, `unavailable` (Bitbucket does not offer it to this token) or `failed`.";
        cursor: String, "", "", "Where an unfinished walk goes on; NULL when none is under way.";
        watermark: Instant, "", "", "Everything up to here is imported.";
        head: String, "", "", "The newest commit that a complete walk has seen; only for the stream `commits`.";
        opened_at: Instant, "", "", "When it was last read, even if a gate stayed shut since.";
        completed_at: Instant, "", "", "When a walk last reached its end.";
        problem: String, "", "", "What stopped it, in words; NULL when nothing did.";
        lease_token: String, "", "", "The run that works on it.";
        lease_until: Instant, "", "", "Until when that run may; past this, another may take over.";
        credential_id: Id, "", "", "The credential whose listing it is; NULL for streams that any credential may read.";
        tried_at: Instant, "", "", "When it was last looked at, even if nothing was to be read, or something stopped it.";
        requested_at: Instant, "", "", "When somebody asked that it be read at once.";
        upstream_rows: i64, "", "", "How many rows Bitbucket said there are.";
        upstream_at: Instant, "", "", "When Bitbucket said so.";
    }
}

describe! {
    /// One run of the import.
    IMPORT_RUNS is "import_runs" in Control, from "the import" {
        id: Id, "", "sequence", "The run's number.";
        connection_id: Id, "", "", "The connection (`connections.id`).";
        started_at: Instant, "", "", "When it began.";
        resumes_from: Instant, "", "", "When the work began that it goes on with: its own beginning, unless the run before it was killed.";
        finished_at: Instant, "", "", "When it ended; NULL while it runs, or when it was killed.";
        outcome: String, "", "", "`running`, `complete`, `incomplete` or `failed`.";
        requests: i64, "", "", "Requests sent to Bitbucket.";
        rows_added: i64, "", "", "Rows that were new.";
        rows_changed: i64, "", "", "Rows that differed.";
        rows_unchanged: i64, "", "", "Rows that were seen again as they were.";
        rejects: i64, "", "", "Records that could not be read.";
        problem: String, "", "", "What stopped it, in words.";
        reason: String, "", "", "Why it ran: `asked` (a command), `schedule` or `requested` (sync now).";
        streams: String, "", "", "The streams that it was to read, with commas between them; NULL for the usual ones.";
        progress: String, "", "", "How far a running one is, as JSON by stream: pages, rows, the share that is done.";
    }
}
