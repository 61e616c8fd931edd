//! Comments.

use serde_json::{Map, Value, json};

use super::pull_request::pull_request_page;
use super::{Scene, date, encoded, rendered};
use crate::world::{Comment, PullRequest, Repository, short};

impl Scene<'_> {
    /// A comment as its own list shows it.
    pub(crate) fn comment(
        &self,
        repository: &Repository,
        pull: &PullRequest,
        comment: &Comment,
    ) -> Value {
        let text = if comment.deleted { "" } else { &comment.text };
        let mut value = Map::from_iter([
            ("id".to_owned(), json!(comment.id)),
            ("type".to_owned(), json!("pullrequest_comment")),
            (
                "created_on".to_owned(),
                json!(date::core(comment.created_on)),
            ),
            (
                "updated_on".to_owned(),
                json!(date::core(comment.updated_on)),
            ),
            ("content".to_owned(), rendered(text)),
            ("user".to_owned(), self.account(comment.user)),
            ("deleted".to_owned(), json!(comment.deleted)),
            ("pending".to_owned(), json!(false)),
            (
                "pullrequest".to_owned(),
                self.pull_request_in_short(repository, pull),
            ),
            (
                "links".to_owned(),
                self.comment_links(repository, pull, comment),
            ),
        ]);
        let parent = comment
            .parent
            .and_then(|index| pull.comments.get(index as usize));
        if let Some(parent) = parent {
            let mut links = self.comment_links(repository, pull, parent);
            if let Value::Object(links) = &mut links {
                links.remove("code");
            }
            value.insert(
                "parent".to_owned(),
                json!({ "id": parent.id, "links": links }),
            );
        }
        if let Some(anchor) = &comment.anchor {
            let inline = json!({ "path": anchor.path, "from": anchor.from, "to": anchor.to });
            value.insert("inline".to_owned(), inline);
        }
        if let Some((at, by)) = comment.resolved {
            let resolution = json!({
                "type": "comment_resolution",
                "user": self.account(by),
                "created_on": date::core(at),
            });
            value.insert("resolution".to_owned(), resolution);
        }
        Value::Object(value)
    }

    /// A comment as the activity shows it: it says more about the place.
    pub(crate) fn comment_in_activity(
        &self,
        repository: &Repository,
        pull: &PullRequest,
        comment: &Comment,
    ) -> Value {
        let mut value = self.comment(repository, pull, comment);
        if let Some(Value::Object(inline)) = value.get_mut("inline") {
            inline.insert("outdated".to_owned(), json!(false));
            inline.insert("context_lines".to_owned(), json!(""));
        }
        value
    }

    fn comment_links(
        &self,
        repository: &Repository,
        pull: &PullRequest,
        comment: &Comment,
    ) -> Value {
        let path = format!("/pullrequests/{}/comments/{}", pull.number, comment.id);
        let page = comment_page(self, repository, pull.number, comment.id);
        let mut links = json!({
            "self": self.api(&self.repository_path(repository, &path)),
            "html": { "href": page },
        });
        if let (Value::Object(links), Some(anchor)) = (&mut links, &comment.anchor) {
            let hash = |hash: Option<&str>| short(hash.unwrap_or_default()).to_owned();
            let spec = format!(
                "/diff/{}:{}..{}?path={}",
                self.world.full_name(repository),
                hash(pull.standing.source_commit.as_deref()),
                hash(pull.opened.destination.commit.as_deref()),
                encoded(&anchor.path),
            );
            links.insert(
                "code".to_owned(),
                self.api(&self.repository_path(repository, &spec)),
            );
        }
        links
    }
}

/// The place on the page that people see.
pub(crate) fn comment_page(
    scene: &Scene<'_>,
    repository: &Repository,
    number: u64,
    id: i64,
) -> String {
    format!(
        "{}/_/diff#comment-{id}",
        pull_request_page(scene, repository, number)
    )
}
