//! Build statuses.

use serde_json::{Value, json};

use super::{Scene, date};
use crate::world::{Repository, Status};

impl Scene<'_> {
    /// A build status, with as much of its commit as is known.
    pub(crate) fn status(&self, repository: &Repository, status: &Status) -> Value {
        let commit = format!("/commit/{}", status.commit);
        let own = format!("{commit}/statuses/build/{}", status.key);
        json!({
            "type": "build",
            "key": status.key,
            "state": status.state,
            "name": status.name,
            "refname": status.refname,
            "url": status.url,
            "description": "",
            "created_on": date::core(status.created_on),
            "updated_on": date::core(status.updated_on),
            "commit": self.commit(repository, &status.commit),
            "repository": self.repository_in_short(repository),
            "links": {
                "self": self.api(&self.repository_path(repository, &own)),
                "commit": self.api(&self.repository_path(repository, &commit)),
            },
        })
    }
}
