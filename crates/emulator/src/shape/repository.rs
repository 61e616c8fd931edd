//! Repositories.

use serde_json::{Value, json};

use super::{Scene, date, encoded, site};
use crate::world::Repository;

impl Scene<'_> {
    /// A repository as it is shown inside other things.
    pub(crate) fn repository_in_short(&self, repository: &Repository) -> Value {
        let full_name = self.world.full_name(repository);
        json!({
            "type": "repository",
            "full_name": full_name,
            "name": repository.name,
            "uuid": repository.uuid,
            "links": {
                "self": self.api(&self.repository_path(repository, "")),
                "html": site(&full_name),
                "avatar": avatar(repository),
            },
        })
    }

    pub(crate) fn repository(&self, repository: &Repository) -> Value {
        let world = self.world;
        let full_name = world.full_name(repository);
        let slug = &world.workspace.slug;
        let below = |rest: &str| self.api(&self.repository_path(repository, rest));
        let project = repository
            .project
            .and_then(|index| world.projects.get(index));
        json!({
            "type": "repository",
            "uuid": repository.uuid,
            "full_name": full_name,
            "name": repository.name,
            "slug": repository.slug,
            "description": "",
            "scm": "git",
            "website": null,
            "is_private": repository.private,
            "fork_policy": "no_public_forks",
            "language": repository.language,
            "size": repository.size,
            "has_issues": false,
            "has_wiki": false,
            "created_on": date::core(repository.created_on),
            "updated_on": date::core(repository.updated_on),
            "owner": self.owner(),
            "workspace": self.workspace_in_short(),
            "project": project.map(|project| self.project_in_short(project)),
            "mainbranch": repository
                .main_branch
                .as_ref()
                .map(|name| json!({ "type": "branch", "name": name })),
            "override_settings": { "default_merge_strategy": false, "branching_model": false },
            "parent": world
                .repository_by_id(repository.parent)
                .map(|parent| self.repository_in_short(parent)),
            "links": {
                "self": below(""),
                "html": site(&full_name),
                "avatar": avatar(repository),
                "pullrequests": below("/pullrequests"),
                "commits": below("/commits"),
                "forks": below("/forks"),
                "watchers": below("/watchers"),
                "branches": below("/refs/branches"),
                "tags": below("/refs/tags"),
                "downloads": below("/downloads"),
                "source": below("/src"),
                "clone": [
                    { "name": "https", "href": format!("https://{slug}@bitbucket.org/{full_name}.git") },
                    { "name": "ssh", "href": format!("git@bitbucket.org:{full_name}.git") },
                ],
                "hooks": below("/hooks"),
            },
        })
    }
}

fn avatar(repository: &Repository) -> Value {
    json!({ "href": format!("https://avatars.example.net/r/{}", encoded(&repository.uuid)) })
}
