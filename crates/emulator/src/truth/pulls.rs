//! Rows of pull requests and of what belongs to them.

use serde_json::{Value, json};

use crate::shape::SITE;
use crate::world::{EntryKind, PullRequest, PullState, Repository, Side, World, short};

impl World {
    pub(super) fn pull_rows(&self, repository: &Repository, pull: &PullRequest) -> Vec<Value> {
        let (opened, standing) = (&pull.opened, &pull.standing);
        let home = |side: &Side| {
            self.repository_by_id(side.repository)
                .map(|repository| repository.uuid.as_str())
        };
        let merged = standing.state == PullState::Merged;
        vec![json!({
            "repository": repository.uuid,
            "number": pull.number,
            "user": self.user_key(opened.author),
            "closed_by": self.user_key(standing.closed_by),
            "title": &*standing.title,
            "state": standing.state.word(),
            "draft": standing.draft,
            "source_branch": opened.source.branch.as_deref(),
            "target_branch": opened.destination.branch.as_deref(),
            "source_commit_sha": standing.source_commit.as_deref().map(short),
            "target_commit_sha": opened.destination.commit.as_deref().map(short),
            "merge_commit_sha": standing.merge_commit.as_deref().map(short),
            "source_repository": home(&opened.source),
            "comment_count": self.comment_count(standing),
            "task_count": opened.task_count,
            "close_source_branch": opened.close_source_branch,
            "created_at": opened.created_on,
            "updated_at": standing.updated_on,
            "merged_at": standing.closed_at.filter(|_| merged),
            "closed_at": standing.closed_at,
            "ready_at": standing.ready_at,
            "source_url": self.page(repository, pull),
        })]
    }

    pub(super) fn reviewer_rows(&self, repository: &Repository, pull: &PullRequest) -> Vec<Value> {
        let row = |participant: &crate::world::Participant| {
            json!({
                "repository": repository.uuid,
                "number": pull.number,
                "user": self.user_key(Some(participant.user)),
                "role": participant.role(),
                "approved": participant.approved(),
                "state": participant.verdict.map(|verdict| verdict.word()),
                "participated_at": participant.participated_on(),
            })
        };
        pull.standing.participants.iter().map(row).collect()
    }

    /// Entries of the activity but for comments, which have a table of their own.
    pub(super) fn event_rows(&self, repository: &Repository, pull: &PullRequest) -> Vec<Value> {
        let mut rows = Vec::new();
        for (index, act) in (0_u32..).zip(&pull.acts) {
            let (kind, then) = match act.deed.entry() {
                Some(EntryKind::Update) => ("update", Some(pull.standing_after(index))),
                Some(EntryKind::Approval) => ("approval", None),
                Some(EntryKind::ChangesRequested) => ("changes_requested", None),
                Some(EntryKind::Comment) | None => continue,
            };
            let branch = then.as_ref().and(pull.opened.destination.branch.as_deref());
            let commit = then.as_ref().and_then(|then| then.source_commit.as_deref());
            rows.push(json!({
                "repository": repository.uuid,
                "number": pull.number,
                "kind": kind,
                "user": self.user_key(act.by),
                "occurred_at": act.at,
                "state": then.as_ref().map(|then| then.state.word()),
                "source_commit_sha": commit.map(short),
                "target_branch": branch,
                "draft": then.as_ref().map(|then| then.draft),
            }));
        }
        rows
    }

    pub(super) fn comment_rows(&self, repository: &Repository, pull: &PullRequest) -> Vec<Value> {
        let row = |comment: &crate::world::Comment| {
            let parent = comment
                .parent
                .and_then(|index| pull.comments.get(index as usize));
            let anchor = comment.anchor.as_deref();
            json!({
                "source_id": comment.id.to_string(),
                "repository": repository.uuid,
                "number": pull.number,
                "user": self.user_key(comment.user),
                "parent": parent.map(|parent| parent.id.to_string()),
                "path": anchor.map(|anchor| &anchor.path),
                "line_from": anchor.and_then(|anchor| anchor.from),
                "line_to": anchor.and_then(|anchor| anchor.to),
                "deleted": comment.deleted,
                "created_at": comment.created_on,
                "updated_at": comment.updated_on,
                "resolved_at": comment.resolved.map(|(at, _)| at),
                "resolved_by": comment.resolved.and_then(|(_, by)| self.user_key(by)),
                "source_url": format!("{}/_/diff#comment-{}", self.page(repository, pull), comment.id),
            })
        };
        pull.comments.iter().map(row).collect()
    }

    fn page(&self, repository: &Repository, pull: &PullRequest) -> String {
        format!(
            "{SITE}/{}/pull-requests/{}",
            self.full_name(repository),
            pull.number
        )
    }
}
