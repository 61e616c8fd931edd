//! Accounts, the workspace and its projects.

use serde_json::{Value, json};

use super::{Scene, date, encoded, site};
use crate::world::{Account, AccountId, AccountKind, Project};

impl Scene<'_> {
    /// An account, null where there is none.
    pub(crate) fn account(&self, id: Option<AccountId>) -> Value {
        self.world
            .account(id)
            .map_or(Value::Null, |account| self.known_account(account))
    }

    pub(crate) fn known_account(&self, account: &Account) -> Value {
        let place = encoded(&account.uuid);
        let links = json!({
            "self": self.api(&format!("/users/{place}")),
            "avatar": { "href": format!("https://avatars.example.net/{place}/128") },
            "html": site(&format!("{place}/")),
        });
        let mut value = json!({
            "type": account.kind.word(),
            "uuid": account.uuid,
            "display_name": account.display_name,
            "links": links,
        });
        let Value::Object(members) = &mut value else {
            return value;
        };
        if let Some(account_id) = &account.account_id {
            members.insert("account_id".to_owned(), json!(account_id));
        }
        if let Some(nickname) = &account.nickname {
            members.insert("nickname".to_owned(), json!(nickname));
        }
        match account.kind {
            AccountKind::User => {}
            AccountKind::Team => {
                let username = account.display_name.to_lowercase().replace(' ', "-");
                members.insert("username".to_owned(), json!(username));
            }
            AccountKind::AppUser => {
                members.insert("kind".to_owned(), json!("workspace_access_token"));
                members.insert("account_status".to_owned(), json!("active"));
            }
        }
        value
    }

    /// The workspace as it is shown inside other things.
    pub(crate) fn workspace_in_short(&self) -> Value {
        let workspace = &self.world.workspace;
        json!({
            "type": "workspace",
            "uuid": workspace.uuid,
            "name": workspace.name,
            "slug": workspace.slug,
            "links": {
                "avatar": site(&format!("workspaces/{}/avatar/", workspace.slug)),
                "html": site(&format!("{}/", workspace.slug)),
                "self": self.api(&format!("/workspaces/{}", workspace.slug)),
            },
        })
    }

    pub(crate) fn workspace(&self) -> Value {
        let workspace = &self.world.workspace;
        let path = format!("/workspaces/{}", workspace.slug);
        json!({
            "type": "workspace",
            "uuid": workspace.uuid,
            "name": workspace.name,
            "slug": workspace.slug,
            "is_private": true,
            "is_privacy_enforced": false,
            "forking_mode": "allow_forks",
            "created_on": date::core(workspace.created_on),
            "links": {
                "avatar": site(&format!("workspaces/{}/avatar/", workspace.slug)),
                "html": site(&format!("{}/", workspace.slug)),
                "self": self.api(&path),
                "members": self.api(&format!("{path}/members")),
                "owners": self.api(&format!("{path}/members?q=permission%3D%22owner%22")),
                "projects": self.api(&format!("{path}/projects")),
                "repositories": self.api(&format!("/repositories/{}", workspace.slug)),
                "snippets": self.api(&format!("/snippets/{}", workspace.slug)),
            },
        })
    }

    pub(crate) fn workspace_access(&self) -> Value {
        let mut workspace = self.workspace_in_short();
        if let Value::Object(members) = &mut workspace {
            members.insert("type".to_owned(), json!("workspace_base"));
            if let Some(Value::Object(links)) = members.get_mut("links") {
                links.remove("html");
            }
        }
        json!({ "type": "workspace_access", "administrator": true, "workspace": workspace })
    }

    pub(crate) fn membership(&self, account: &Account) -> Value {
        let path = format!(
            "/workspaces/{}/members/{}",
            self.world.workspace.slug,
            encoded(&account.uuid)
        );
        json!({
            "type": "workspace_membership",
            "user": self.known_account(account),
            "workspace": self.workspace_in_short(),
            "links": { "self": self.api(&path) },
        })
    }

    /// The team account behind the workspace, which owns everything in it.
    pub(crate) fn owner(&self) -> Value {
        let workspace = &self.world.workspace;
        let place = encoded(&workspace.uuid);
        json!({
            "type": "team",
            "uuid": workspace.uuid,
            "username": workspace.slug,
            "display_name": workspace.name,
            "links": {
                "self": self.api(&format!("/users/{place}")),
                "avatar": site(&format!("account/{}/avatar/", workspace.slug)),
                "html": site(&format!("{place}/")),
            },
        })
    }

    pub(crate) fn project_in_short(&self, project: &Project) -> Value {
        let slug = &self.world.workspace.slug;
        let key = &project.key;
        json!({
            "type": "project",
            "key": key,
            "uuid": project.uuid,
            "name": project.name,
            "links": {
                "self": self.api(&format!("/workspaces/{slug}/projects/{key}")),
                "html": site(&format!("{slug}/workspace/projects/{key}")),
                "avatar": site(&format!("{slug}/workspace/projects/{key}/avatar/32")),
            },
        })
    }

    pub(crate) fn project(&self, project: &Project) -> Value {
        let mut value = self.project_in_short(project);
        if let Value::Object(members) = &mut value {
            members.insert("description".to_owned(), json!(""));
            members.insert("is_private".to_owned(), json!(true));
            members.insert("owner".to_owned(), self.owner());
            members.insert(
                "created_on".to_owned(),
                json!(date::core(project.created_on)),
            );
            members.insert(
                "updated_on".to_owned(),
                json!(date::core(project.created_on)),
            );
            members.insert("has_publicly_visible_repos".to_owned(), json!(false));
        }
        value
    }
}
