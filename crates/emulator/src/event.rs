//! The events that webhooks can subscribe to.

use crate::access::Requirement;

/// A kind of event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventKind {
    pub(crate) key: &'static str,
    pub(crate) category: &'static str,
    pub(crate) label: &'static str,
    pub(crate) description: &'static str,
}

/// What only a workspace can be subscribed to: a repository cannot tell of its own beginning.
const OF_WORKSPACES: [&str; 3] = ["project:updated", "repo:created", "repo:imported"];

/// Every event that the description names.
const ALL: [EventKind; 29] = [
    event(
        "issue:comment_created",
        "Issue",
        "Comment created",
        "An issue was commented on",
    ),
    event("issue:created", "Issue", "Created", "An issue was opened"),
    event("issue:updated", "Issue", "Updated", "An issue was changed"),
    event(
        "pipeline:span_created",
        "Pipeline",
        "Span created",
        "A part of a pipeline ended",
    ),
    event(
        "project:updated",
        "Project",
        "Updated",
        "A project was changed",
    ),
    event(
        "pullrequest:approved",
        "Pull Request",
        "Approved",
        "Somebody approved",
    ),
    event(
        "pullrequest:changes_request_created",
        "Pull Request",
        "Changes requested",
        "Somebody asked for changes",
    ),
    event(
        "pullrequest:changes_request_removed",
        "Pull Request",
        "Changes request removed",
        "A request for changes was taken back",
    ),
    event(
        "pullrequest:comment_created",
        "Pull Request",
        "Comment created",
        "A pull request was commented on",
    ),
    event(
        "pullrequest:comment_deleted",
        "Pull Request",
        "Comment deleted",
        "A comment was deleted",
    ),
    event(
        "pullrequest:comment_reopened",
        "Pull Request",
        "Comment reopened",
        "A resolved thread was opened again",
    ),
    event(
        "pullrequest:comment_resolved",
        "Pull Request",
        "Comment resolved",
        "A thread was resolved",
    ),
    event(
        "pullrequest:comment_updated",
        "Pull Request",
        "Comment updated",
        "A comment was changed",
    ),
    event(
        "pullrequest:created",
        "Pull Request",
        "Created",
        "A pull request was opened",
    ),
    event(
        "pullrequest:fulfilled",
        "Pull Request",
        "Merged",
        "A pull request was merged",
    ),
    event(
        "pullrequest:push",
        "Pull Request",
        "Push",
        "Commits were pushed to a pull request",
    ),
    event(
        "pullrequest:rejected",
        "Pull Request",
        "Declined",
        "A pull request was declined",
    ),
    event(
        "pullrequest:unapproved",
        "Pull Request",
        "Approval removed",
        "An approval was taken back",
    ),
    event(
        "pullrequest:updated",
        "Pull Request",
        "Updated",
        "A pull request was changed",
    ),
    event(
        "repo:commit_comment_created",
        "Repository",
        "Commit comment created",
        "A commit was commented on",
    ),
    event(
        "repo:commit_status_created",
        "Repository",
        "Build status created",
        "A build began",
    ),
    event(
        "repo:commit_status_updated",
        "Repository",
        "Build status updated",
        "A build went on or ended",
    ),
    event(
        "repo:created",
        "Repository",
        "Created",
        "A repository was made",
    ),
    event(
        "repo:deleted",
        "Repository",
        "Deleted",
        "A repository was deleted",
    ),
    event("repo:fork", "Repository", "Fork", "A repository was forked"),
    event(
        "repo:imported",
        "Repository",
        "Imported",
        "A repository was imported",
    ),
    event("repo:push", "Repository", "Push", "Something was pushed"),
    event(
        "repo:transfer",
        "Repository",
        "Transfer accepted",
        "A repository went to another workspace",
    ),
    event(
        "repo:updated",
        "Repository",
        "Updated",
        "A repository's details were changed",
    ),
];

const fn event(
    key: &'static str,
    category: &'static str,
    label: &'static str,
    description: &'static str,
) -> EventKind {
    EventKind {
        key,
        category,
        label,
        description,
    }
}

/// The events that a workspace, or else a repository, can be subscribed to.
pub(crate) fn of_subject(workspace: bool) -> Vec<EventKind> {
    let offered = |event: &EventKind| workspace || !OF_WORKSPACES.contains(&event.key);
    ALL.into_iter().filter(offered).collect()
}

/// What one must be allowed to read to be told of these events, besides webhooks.
pub(crate) fn requirement(keys: &[String]) -> Requirement {
    let mut requirement = Requirement::default();
    for key in keys {
        let (classic, granular) = match key.split(':').next() {
            Some("pullrequest") => ("pullrequest", "read:pullrequest:bitbucket"),
            Some("project") => ("project", "read:project:bitbucket"),
            Some("issue") => ("issue", "read:issue:bitbucket"),
            Some("pipeline") => ("pipeline", "read:pipeline:bitbucket"),
            _ => ("repository", "read:repository:bitbucket"),
        };
        if !requirement.classic.contains(&classic) {
            requirement.classic.push(classic);
            requirement.granular.push(granular);
        }
    }
    requirement
}
