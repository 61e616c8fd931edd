//! Commits: who made them and when, never what they change.

use super::table;
use crate::{Id, Instant};

table! {
    /// A commit of the default branch, of a pull request whose commits are imported, or of a push that
    /// a webhook told of.
    CommitRow is "bitbucket_commits", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/commits/{branch}" {
        Key repository_id: Id, "", "the address", "The repository (`bitbucket_repositories.id`).";
        Key sha: String, "", "hash", "The commit, 40 characters.";
        Content sha12: String, "", "hash", "Its first 12 characters, by which pull requests name it.";
        Content user_id: Id, "", "author.user.uuid", "The author's account (`bitbucket_users.id`); NULL when Bitbucket knows none for the address.";
        Content author_name: String, "", "author.raw", "The author's name as the commit has it.";
        Content author_email: String, "", "author.raw", "The author's address as the commit has it.";
        Content committed_at: Instant, "", "date", "The date of the commit; Bitbucket tells no date of the push.";
        Content message: String, "", "message", "The first line of the message; the whole of it if storing text is switched on.";
        Content parent_count: i64, "", "parents", "How many parents it has: a merge has more than one.";
        Content default_branch: bool, "", "the listing", "Whether it was seen in the default branch.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
    }
    derived {}
}

table! {
    /// A commit of a pull request.
    PullCommitRow is "bitbucket_pull_commits", newest by SourceUpdatedAt, from "GET /repositories/{workspace}/{repo}/pullrequests/{id}/commits" {
        Key pull_id: Id, "", "the address", "The pull request (`bitbucket_pulls.id`).";
        Key commit_id: Id, "", "hash", "The commit (`bitbucket_commits.id`).";
        Content sha: String, "", "hash", "The commit, 40 characters.";
        Content source_updated_at: Instant, "", "updated_on of the pull request", "Decides which of two versions is the newer.";
    }
    derived {
        removed_at: Instant, "", "updated_on of the first version without it", "When it was found to be no longer part of the pull request.";
    }
}

table! {
    /// How large a pull request's change is.
    PullSizeRow is "bitbucket_pull_sizes", newest by ObservedAt, from "GET /repositories/{workspace}/{repo}/pullrequests/{id}/diffstat" {
        Key pull_id: Id, "", "the address", "The pull request (`bitbucket_pulls.id`).";
        Content source_commit_sha: String, "", "source.commit.hash", "The version that was measured: the newest commit of the change, 12 characters.";
        Content files: i64, "", "values", "Files that the change touches; NULL when Bitbucket could not tell.";
        Content additions: i64, "lines", "values.lines_added", "Lines added.";
        Content deletions: i64, "lines", "values.lines_removed", "Lines removed.";
        Content size: i64, "lines", "lines_added + lines_removed", "Lines added and removed.";
        Content problem: String, "", "the answer", "Why it is not known: Bitbucket had `no common ancestor`, a `timeout` or `not found`, or its answer was `unreadable`; NULL when it is.";
    }
    derived {}
}
