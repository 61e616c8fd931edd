//! What a delivery is about.

use std::fmt;

/// Declares the keys: variant, key, whether it is applied.
macro_rules! keys {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $key:literal, $applied:literal; )+) => {
        /// What a delivery is about: the header `X-Event-Key`.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKey {
            $( $(#[doc = $doc])+ $variant, )+
            /// A key that is not known yet. It is answered like the others and changes nothing.
            Unknown(String),
        }

        impl EventKey {
            /// Every key that is known.
            pub const ALL: &[Self] = &[$( Self::$variant, )+];

            /// Reads Bitbucket's word; every word is some key.
            pub fn parse(text: &str) -> Self {
                match text {
                    $( $key => Self::$variant, )+
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// Bitbucket's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $key, )+
                    Self::Unknown(text) => text,
                }
            }

            /// Whether a delivery with this key brings rows or tells of something to ask for. The
            /// others are read as nothing.
            pub fn is_applied(&self) -> bool {
                match self {
                    $( Self::$variant => $applied, )+
                    Self::Unknown(_) => false,
                }
            }
        }
    };
}

keys! {
    /// A pull request was opened.
    PullCreated = "pullrequest:created", true;
    /// A pull request was edited or pushed to; the payload does not say what changed.
    PullUpdated = "pullrequest:updated", true;
    /// A pull request was pushed to, as its name has it; documented by name alone.
    PullPushed = "pullrequest:push", true;
    /// A pull request was merged.
    PullFulfilled = "pullrequest:fulfilled", true;
    /// A pull request was declined.
    PullRejected = "pullrequest:rejected", true;
    /// Somebody approved.
    PullApproved = "pullrequest:approved", true;
    /// Somebody took an approval back.
    PullUnapproved = "pullrequest:unapproved", true;
    /// Somebody requested changes.
    PullChangesRequested = "pullrequest:changes_request_created", true;
    /// Somebody took a request for changes back.
    PullChangesRequestRemoved = "pullrequest:changes_request_removed", true;
    /// A comment on a pull request was written.
    CommentCreated = "pullrequest:comment_created", true;
    /// A comment on a pull request was edited.
    CommentUpdated = "pullrequest:comment_updated", true;
    /// A comment on a pull request was deleted.
    CommentDeleted = "pullrequest:comment_deleted", true;
    /// The thread of a comment was resolved.
    CommentResolved = "pullrequest:comment_resolved", true;
    /// The thread of a comment was opened again.
    CommentReopened = "pullrequest:comment_reopened", true;
    /// Branches or tags were made, moved or deleted.
    Push = "repo:push", true;
    /// A build reported a state of a commit for the first time.
    CommitStatusCreated = "repo:commit_status_created", true;
    /// A build reported another state of a commit.
    CommitStatusUpdated = "repo:commit_status_updated", true;
    /// A repository was created.
    RepositoryCreated = "repo:created", true;
    /// A repository was imported into Bitbucket.
    RepositoryImported = "repo:imported", true;
    /// A repository was renamed or its properties were edited.
    RepositoryUpdated = "repo:updated", true;
    /// A repository came from or went to another workspace.
    RepositoryTransferred = "repo:transfer", true;
    /// A repository was deleted.
    RepositoryDeleted = "repo:deleted", true;
    /// A repository was forked.
    RepositoryForked = "repo:fork", true;
    /// A project was edited.
    ProjectUpdated = "project:updated", true;
    /// A comment on a commit was written; these are not imported.
    CommitCommentCreated = "repo:commit_comment_created", false;
    /// An issue was opened; issues are not imported.
    IssueCreated = "issue:created", false;
    /// An issue was edited; issues are not imported.
    IssueUpdated = "issue:updated", false;
    /// A comment on an issue was written; issues are not imported.
    IssueCommentCreated = "issue:comment_created", false;
    /// A part of a pipeline run ended, as OpenTelemetry tells it. States of commits tell as much of
    /// a run as is needed.
    PipelineSpanCreated = "pipeline:span_created", false;
}

impl EventKey {
    /// The keys that a webhook is registered for: all that are applied.
    pub fn to_register() -> impl Iterator<Item = &'static Self> {
        Self::ALL.iter().filter(|key| key.is_applied())
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        for key in EventKey::ALL {
            assert_eq!(&EventKey::parse(key.as_str()), key);
        }
        let unknown = EventKey::parse("pullrequest:merged");
        assert_eq!(unknown, EventKey::Unknown("pullrequest:merged".to_owned()));
        assert_eq!(unknown.to_string(), "pullrequest:merged");
        assert!(!unknown.is_applied());
    }

    #[test]
    fn all_documented_keys_are_known() {
        assert_eq!(EventKey::ALL.len(), 29);
        assert_eq!(EventKey::to_register().count(), 24);
        assert!(EventKey::to_register().all(|key| !key.as_str().starts_with("issue:")));
    }
}
