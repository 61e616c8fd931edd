//! The tables that say how the import itself goes.

use super::describe;
use crate::{Id, Instant};

describe! {
    /// A connection to a workspace.
    CONNECTIONS is "connections" in Control, from "windlass import" {
        id: Id, "", "sequence", "The connection's number.";
        kind: String, "", "", "`bitbucket_cloud`.";
        name: String, "", "", "Its name: the workspace, unless another was given.";
        workspace: String, "", "", "The workspace's slug.";
        base_url: String, "", "", "The address of the API.";
        created_at: Instant, "", "", "When it was first used.";
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
    }
}
