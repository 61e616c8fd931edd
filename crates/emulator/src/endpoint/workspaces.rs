//! The workspace, its members and projects, and who one is.

use serde_json::{Value, json};

use super::Call;
use crate::access::CredentialKind;
use crate::answer::{Answer, Outcome};
use crate::fields::Fields;
use crate::paging;

impl Call<'_> {
    /// The answer with the parts that `fields` asks for.
    pub(super) fn shown(&self, value: &Value, hidden: &[&str]) -> Outcome {
        let fields = Fields::parse(self.request.parameter("fields"));
        Ok(Answer::ok(fields.apply(value, hidden)))
    }

    pub(super) fn workspace(&self) -> Outcome {
        self.check_workspace()?;
        self.shown(&self.scene.workspace(), &[])
    }

    pub(super) fn members(&self) -> Outcome {
        self.check_workspace()?;
        let members: Vec<_> = self.world().members().collect();
        let page = paging::numbered(self.request, &members, 100, |member| {
            self.scene.membership(member)
        })?;
        self.shown(&page, &[])
    }

    pub(super) fn projects(&self) -> Outcome {
        self.check_workspace()?;
        let page = paging::numbered(self.request, &self.world().projects, 100, |project| {
            self.scene.project(project)
        })?;
        self.shown(&page, &[])
    }

    /// An access token is not a person: it has an identity of its own.
    pub(super) fn user(&self) -> Outcome {
        let first = self
            .world()
            .members()
            .next()
            .map(|user| self.scene.known_account(user));
        let bot = || {
            json!({
                "type": "app_user",
                "uuid": "{0b7f2a58-33c1-4d0e-9a77-51d2c40e8f10}",
                "display_name": "Workspace access token",
                "account_status": "active",
                "kind": "workspace_access_token",
                "links": {},
            })
        };
        let user = match self.credential.map(|credential| &credential.kind) {
            Some(CredentialKind::ApiToken { .. }) => first.unwrap_or_else(bot),
            _ => bot(),
        };
        self.shown(&user, &[])
    }

    pub(super) fn user_workspaces(&self) -> Outcome {
        let page = paging::numbered(self.request, &[()], 100, |()| self.scene.workspace_access())?;
        self.shown(&page, &[])
    }

    pub(super) fn hook_events(&self) -> Outcome {
        let events = |kind: &str| {
            let href = format!("{}/2.0/hook_events/{kind}", self.request.origin);
            json!({ "links": { "events": { "href": href } } })
        };
        let subjects =
            json!({ "repository": events("repository"), "workspace": events("workspace") });
        self.shown(&subjects, &[])
    }
}
