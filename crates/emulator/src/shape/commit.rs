//! Commits and how much they change.

use serde_json::{Value, json};

use super::{Scene, date, encoded, rendered, site};
use crate::world::{ChangedFile, Commit, Repository};

impl Scene<'_> {
    pub(crate) fn whole_commit(&self, repository: &Repository, commit: &Commit) -> Value {
        let mut value = self.commit(repository, &commit.hash);
        let Value::Object(members) = &mut value else {
            return value;
        };
        let mut author = json!({ "type": "author", "raw": commit.raw() });
        if let (Value::Object(author), Some(user)) = (&mut author, self.world.account(commit.user))
        {
            author.insert("user".to_owned(), self.known_account(user));
        }
        let parents: Vec<Value> = commit
            .parents
            .iter()
            .map(|hash| self.commit(repository, hash))
            .collect();
        let own = format!("/commit/{}", commit.hash);
        let below =
            |rest: &str| self.api(&self.repository_path(repository, &format!("{own}{rest}")));
        let beside = |what: &str| {
            let path = format!("/{what}/{}", commit.hash);
            self.api(&self.repository_path(repository, &path))
        };
        let full_name = self.world.full_name(repository);
        let more = json!({
            "date": date::commit(commit.at, commit.hours_ahead),
            "author": author,
            "committer": {},
            "message": commit.message,
            "summary": rendered(&commit.message),
            "rendered": { "message": rendered(&commit.message) },
            "parents": parents,
            "repository": self.repository_in_short(repository),
            "links": {
                "self": below(""),
                "html": site(&format!("{full_name}/commits/{}", commit.hash)),
                "diff": beside("diff"),
                "approve": below("/approve"),
                "comments": below("/comments"),
                "statuses": below("/statuses"),
                "patch": beside("patch"),
            },
        });
        if let Value::Object(more) = more {
            members.extend(more);
        }
        value
    }

    /// What a change does to one file, between two commits.
    pub(crate) fn changed_file(
        &self,
        repository: &Repository,
        (from, to): (&str, &str),
        file: &ChangedFile,
    ) -> Value {
        let version = |path: Option<&String>, commit: &str| {
            path.map(|path| {
                let place = format!("/src/{commit}/{}", encoded(path).replace("%2F", "/"));
                json!({
                    "type": "commit_file",
                    "path": path,
                    "escaped_path": path.replace(' ', "%20"),
                    "links": { "self": self.api(&self.repository_path(repository, &place)) },
                })
            })
        };
        json!({
            "type": "diffstat",
            "status": file.status,
            "lines_added": file.added,
            "lines_removed": file.removed,
            "old": version(file.old.as_ref(), from),
            "new": version(file.new.as_ref(), to),
        })
    }
}
