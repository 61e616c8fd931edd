//! Entries of the activity.

use serde_json::{Map, Value, json};

use super::{Scene, date};
use crate::world::{Act, Deed, EntryKind, Moment, PullRequest, Repository};

impl Scene<'_> {
    /// The entry at this place. It has no id and no date of its own: both are inside.
    pub(crate) fn entry(&self, repository: &Repository, moment: &Moment) -> Option<Value> {
        let pull = repository.pull_request(moment.number)?;
        let act = pull.acts.get(moment.act as usize)?;
        let short = self.pull_request_in_short(repository, pull);
        let verdict = || {
            json!({
                "date": date::core(act.at),
                "user": self.account(act.by),
                "pullrequest": short,
            })
        };
        let (kind, inner) = match (act.deed.entry()?, &act.deed) {
            (EntryKind::Approval, _) => ("approval", verdict()),
            (EntryKind::ChangesRequested, _) => ("changes_requested", verdict()),
            (EntryKind::Comment, Deed::Commented(index)) => {
                let comment = pull.comments.get(*index as usize)?;
                (
                    "comment",
                    self.comment_in_activity(repository, pull, comment),
                )
            }
            _ => ("update", self.update(repository, pull, moment.act, act)),
        };
        Some(Value::Object(Map::from_iter([
            ("pull_request".to_owned(), short),
            (kind.to_owned(), inner),
        ])))
    }

    /// The whole pull request as it was then, and by whom it was made so.
    fn update(&self, repository: &Repository, pull: &PullRequest, index: u32, act: &Act) -> Value {
        let then = pull.standing_after(index);
        let opened = &pull.opened;
        json!({
            "state": then.state.word(),
            "draft": then.draft,
            "title": &*then.title,
            "description": &*opened.description,
            "reviewers": self.accounts(&then.reviewers),
            "changes": self.changes(&act.deed),
            "reason": &*then.reason,
            "author": self.account(act.by),
            "date": date::core(act.at),
            "destination":
                self.side(repository, &opened.destination, opened.destination.commit.as_deref()),
            "source": self.side(repository, &opened.source, then.source_commit.as_deref()),
        })
    }

    fn changes(&self, deed: &Deed) -> Value {
        let status = |new: &str| json!({ "status": { "old": "open", "new": new } });
        match deed {
            Deed::Merged(_) => status("fulfilled"),
            Deed::Declined(_) => status("rejected"),
            Deed::Superseded => status("superseded"),
            Deed::Retitled { old, new } => json!({ "title": { "old": &**old, "new": &**new } }),
            Deed::DraftChanged(draft) => json!({ "draft": { "old": !draft, "new": draft } }),
            Deed::ReviewersChanged(change) => {
                let mut lists = Map::new();
                for (name, ids) in [("added", &change.added), ("removed", &change.removed)] {
                    if !ids.is_empty() {
                        lists.insert(name.to_owned(), self.accounts(ids).into());
                    }
                }
                json!({ "reviewers": lists })
            }
            // A push shows only in the commit of the source.
            _ => json!({}),
        }
    }
}
