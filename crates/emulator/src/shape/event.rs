//! What webhooks tell: the bodies of deliveries.

use serde_json::{Map, Value, json};

use super::{Scene, date, encoded, site};
use crate::world::{AccountId, Comment, Project, PullRequest, Push, Repository, Status, short};

/// What a repository says of itself in a delivery. Neither its slug nor any of its dates is there.
const REPOSITORY: [&str; 12] = [
    "type",
    "full_name",
    "links",
    "name",
    "scm",
    "website",
    "owner",
    "workspace",
    "is_private",
    "project",
    "uuid",
    "parent",
];

/// How many commits of a push are told.
const MOST_COMMITS: usize = 5;

impl Scene<'_> {
    fn repository_in_event(&self, repository: &Repository) -> Value {
        let Value::Object(mut whole) = self.repository(repository) else {
            return Value::Null;
        };
        whole.retain(|name, _| REPOSITORY.contains(&name.as_str()));
        if let Some(Value::Object(links)) = whole.get_mut("links") {
            links.retain(|name, _| ["self", "html", "avatar"].contains(&name.as_str()));
        }
        Value::Object(whole)
    }

    /// A body with its repository, and who did it, where that is known.
    fn event(&self, repository: &Repository, actor: Value) -> Map<String, Value> {
        let repository = self.repository_in_event(repository);
        let mut body = Map::from_iter([("repository".to_owned(), repository)]);
        if !actor.is_null() {
            body.insert("actor".to_owned(), actor);
        }
        body
    }

    /// Something about a pull request; `more` says what, beside the pull request as it is now.
    pub(crate) fn pull_request_event(
        &self,
        repository: &Repository,
        pull: &PullRequest,
        actor: Option<AccountId>,
        more: Option<(&str, Value)>,
    ) -> Value {
        let mut body = self.event(repository, self.account(actor));
        let mut whole = self.pull_request(repository, pull);
        if let Some(Value::Object(merge)) = whole.get_mut("merge_commit") {
            merge.remove("date");
        }
        if more
            .as_ref()
            .is_some_and(|(name, _)| *name == "changes_request")
        {
            self.forget_verdict(&mut whole, actor);
        }
        body.insert("pullrequest".to_owned(), whole);
        if let Some((name, value)) = more {
            body.insert(name.to_owned(), value);
        }
        Value::Object(body)
    }

    /// Who has just asked for changes is still shown without a verdict.
    fn forget_verdict(&self, pull: &mut Value, actor: Option<AccountId>) {
        let uuid = self
            .world
            .account(actor)
            .map(|account| account.uuid.as_str());
        let participants = pull.get_mut("participants").and_then(Value::as_array_mut);
        for participant in participants.into_iter().flatten() {
            let own = participant.pointer("/user/uuid").and_then(Value::as_str) == uuid;
            if let (true, Value::Object(members)) = (own, participant) {
                members.insert("state".to_owned(), Value::Null);
                members.insert("approved".to_owned(), json!(false));
                members.insert("participated_on".to_owned(), Value::Null);
            }
        }
    }

    /// A verdict or its end, as `approval` or `changes_request`.
    pub(crate) fn verdict(&self, at: model::Instant, by: Option<AccountId>) -> Value {
        json!({ "date": date::core(at), "user": self.account(by) })
    }

    /// A comment says more about its place here than in its own list.
    pub(crate) fn comment_in_event(
        &self,
        repository: &Repository,
        pull: &PullRequest,
        comment: &Comment,
    ) -> Value {
        let mut value = self.comment_in_activity(repository, pull, comment);
        if let Some(Value::Object(inline)) = value.get_mut("inline") {
            let hash = |hash: Option<&str>| hash.map(|hash| short(hash).to_owned());
            let source = hash(pull.standing.source_commit.as_deref());
            let destination = hash(pull.opened.destination.commit.as_deref());
            inline.insert("src_rev".to_owned(), json!(source));
            inline.insert("dest_rev".to_owned(), json!(destination));
        }
        value
    }

    /// One change of one branch.
    pub(crate) fn push_event(&self, repository: &Repository, push: &Push) -> Value {
        let full_name = self.world.full_name(repository);
        let branch = |hash: &String| {
            let below = |what: &str| {
                let path = format!("/{what}/{}", encoded(&push.branch));
                self.api(&self.repository_path(repository, &path))
            };
            json!({
                "type": "branch",
                "name": push.branch,
                "target": self.commit_in_event(repository, hash),
                "links": {
                    "self": below("refs/branches"),
                    "commits": below("commits"),
                    "html": site(&format!("{full_name}/branch/{}", push.branch)),
                },
            })
        };
        let commits: Vec<Value> = push
            .commits
            .iter()
            .take(MOST_COMMITS)
            .map(|hash| self.commit_in_event(repository, hash))
            .collect();
        let change = json!({
            "old": push.old.as_ref().map(branch),
            "new": push.new.as_ref().map(branch),
            "created": push.old.is_none(),
            "closed": push.new.is_none(),
            "forced": push.forced,
            "truncated": push.commits.len() > MOST_COMMITS,
            "commits": commits,
            "links": {
                "commits": self.api(&self.repository_path(repository, "/commits")),
                "html": site(&format!("{full_name}/branches/compare")),
                "diff": self.api(&self.repository_path(repository, "/diff")),
            },
        });
        let mut body = self.event(repository, self.account(push.by));
        body.insert("push".to_owned(), json!({ "changes": [change] }));
        Value::Object(body)
    }

    /// A commit with as much as the world knows of it.
    fn commit_in_event(&self, repository: &Repository, hash: &str) -> Value {
        let world = self.world;
        let known = world
            .commit_named(repository, hash)
            .and_then(|place| world.commit(repository, &place));
        let Some(commit) = known else {
            return self.commit(repository, hash);
        };
        let mut value = self.whole_commit(repository, &commit);
        if let Value::Object(members) = &mut value {
            members.remove("repository");
            members.remove("committer");
        }
        value
    }

    /// A build that began, went on or ended. It is the workspace that tells of it.
    pub(crate) fn status_event(&self, repository: &Repository, status: &Status) -> Value {
        let mut body = self.event(repository, self.owner());
        let mut value = self.status(repository, status);
        if let Value::Object(members) = &mut value {
            let commit = self.commit_in_event(repository, &status.commit);
            members.insert("commit".to_owned(), commit);
        }
        body.insert("commit_status".to_owned(), value);
        Value::Object(body)
    }

    /// What befell a repository itself.
    pub(crate) fn repository_event(
        &self,
        repository: &Repository,
        actor: Option<AccountId>,
        changes: Option<Value>,
    ) -> Value {
        let mut body = self.event(repository, self.account(actor));
        if let Some(changes) = changes {
            body.insert("changes".to_owned(), changes);
        }
        Value::Object(body)
    }

    /// What befell a project.
    pub(crate) fn project_event(
        &self,
        project: &Project,
        actor: Option<AccountId>,
        changes: &Value,
    ) -> Value {
        json!({
            "project": self.project(project),
            "actor": self.account(actor),
            "changes": changes,
        })
    }
}
