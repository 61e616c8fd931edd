//! Pull requests.

use serde_json::{Value, json};

use super::{Scene, date, rendered, site};
use crate::world::{Participant, PullRequest, Repository, Side, Standing, short};

impl Scene<'_> {
    /// A pull request with everything, also what lists leave out unless asked.
    pub(crate) fn pull_request(&self, repository: &Repository, pull: &PullRequest) -> Value {
        let (opened, standing) = (&pull.opened, &pull.standing);
        let participants: Vec<Value> = standing
            .participants
            .iter()
            .map(|one| self.participant(one))
            .collect();
        json!({
            "type": "pullrequest",
            "id": pull.number,
            "title": &*standing.title,
            "description": &*opened.description,
            "rendered": {
                "title": rendered(&standing.title),
                "description": rendered(&opened.description),
                "reason": rendered(&standing.reason),
            },
            "summary": rendered(&opened.description),
            "state": standing.state.word(),
            "draft": standing.draft,
            "queued": false,
            "author": self.account(opened.author),
            "comment_count": self.world.comment_count(standing),
            "task_count": opened.task_count,
            "close_source_branch": opened.close_source_branch,
            "closed_by": self.account(standing.closed_by),
            "reason": &*standing.reason,
            "merge_commit": self.merge_commit(repository, standing),
            "created_on": date::core(opened.created_on),
            "updated_on": date::core(standing.updated_on),
            "source": self.side(repository, &opened.source, standing.source_commit.as_deref()),
            "destination":
                self.side(repository, &opened.destination, opened.destination.commit.as_deref()),
            "reviewers": self.accounts(&standing.reviewers),
            "participants": participants,
            "links": self.pull_request_links(repository, pull),
        })
    }

    /// A pull request as it is shown inside other things.
    pub(crate) fn pull_request_in_short(
        &self,
        repository: &Repository,
        pull: &PullRequest,
    ) -> Value {
        let rest = format!("/pullrequests/{}", pull.number);
        json!({
            "type": "pullrequest",
            "id": pull.number,
            "title": &*pull.standing.title,
            "draft": pull.standing.draft,
            "links": {
                "self": self.api(&self.repository_path(repository, &rest)),
                "html": { "href": pull_request_page(self, repository, pull.number) },
            },
        })
    }

    pub(crate) fn accounts(&self, ids: &[crate::world::AccountId]) -> Vec<Value> {
        ids.iter().map(|id| self.account(Some(*id))).collect()
    }

    /// One side, at the commit that it had then.
    pub(crate) fn side(&self, repository: &Repository, side: &Side, commit: Option<&str>) -> Value {
        let home = self.world.repository_by_id(side.repository);
        json!({
            "branch": side.branch.as_ref().map(|name| json!({ "name": &**name })),
            "commit": commit.map(|hash| self.commit(home.unwrap_or(repository), short(hash))),
            "repository": home.map(|home| self.repository_in_short(home)),
        })
    }

    /// A commit by its hash, as short or long as it is given.
    pub(crate) fn commit(&self, repository: &Repository, hash: &str) -> Value {
        let full_name = self.world.full_name(repository);
        json!({
            "type": "commit",
            "hash": hash,
            "links": {
                "self": self.api(&self.repository_path(repository, &format!("/commit/{hash}"))),
                "html": site(&format!("{full_name}/commits/{hash}")),
            },
        })
    }

    /// Its `date` is left out of answers unless it is named in `fields`.
    fn merge_commit(&self, repository: &Repository, standing: &Standing) -> Value {
        let Some(hash) = &standing.merge_commit else {
            return Value::Null;
        };
        let mut commit = self.commit(repository, short(hash));
        let hours_ahead = self
            .world
            .account(standing.closed_by)
            .map_or(0, |account| account.hours_ahead);
        if let (Value::Object(members), Some(at)) = (&mut commit, standing.closed_at) {
            members.insert("date".to_owned(), date::commit(at, hours_ahead).into());
        }
        commit
    }

    fn participant(&self, participant: &Participant) -> Value {
        json!({
            "type": "participant",
            "user": self.account(Some(participant.user)),
            "role": participant.role(),
            "approved": participant.approved(),
            "state": participant.verdict.map(|verdict| verdict.word()),
            "participated_on": participant.participated_on().map(date::core),
        })
    }

    fn pull_request_links(&self, repository: &Repository, pull: &PullRequest) -> Value {
        let path = format!("/pullrequests/{}", pull.number);
        let below =
            |rest: &str| self.api(&self.repository_path(repository, &format!("{path}{rest}")));
        let compared = |what: &str| {
            let name = self.world.full_name(repository);
            let hash = |hash: Option<&str>| short(hash.unwrap_or_default()).to_owned();
            let source = hash(pull.standing.source_commit.as_deref());
            let destination = hash(pull.opened.destination.commit.as_deref());
            let spec = format!(
                "{name}:{source}%0D{destination}?from_pullrequest_id={}",
                pull.number
            );
            self.api(&self.repository_path(repository, &format!("/{what}/{spec}&topic=true")))
        };
        json!({
            "self": below(""),
            "html": { "href": pull_request_page(self, repository, pull.number) },
            "commits": below("/commits"),
            "approve": below("/approve"),
            "request-changes": below("/request-changes"),
            "diff": compared("diff"),
            "diffstat": compared("diffstat"),
            "comments": below("/comments"),
            "activity": below("/activity"),
            "merge": below("/merge"),
            "decline": below("/decline"),
            "statuses": below("/statuses"),
        })
    }
}

/// The page that people see.
pub(crate) fn pull_request_page(scene: &Scene<'_>, repository: &Repository, number: u64) -> String {
    format!(
        "{}/{}/pull-requests/{number}",
        super::SITE,
        scene.world.full_name(repository)
    )
}
