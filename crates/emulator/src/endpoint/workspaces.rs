//! The workspace, its members and projects, and who one is.

use serde_json::{Value, json};

use super::Call;
use crate::access::{Credential, CredentialKind};
use crate::answer::{Answer, Outcome};
use crate::fields::Fields;
use crate::filter::Query;
use crate::paging;
use crate::world::Account;

/// How many addresses one request may ask for.
const MOST_ADDRESSES: usize = 90;

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

    /// All members; or those with certain addresses, for who may ask that. A member is shown with
    /// the address that was asked for, and with no other.
    pub(super) fn members(&self) -> Outcome {
        self.check_workspace()?;
        let query = Query::of(self.request)?;
        if !query.filters() {
            let members: Vec<_> = self.world().members().collect();
            let page = paging::numbered(self.request, &members, 100, |member| {
                self.scene.membership(member)
            })?;
            return self.shown(&page, &[]);
        }
        let wanted = query.only_in("user.email").ok_or_else(|| {
            Answer::error(400, "Members can only be filtered by user.email IN (…)")
        })?;
        // The description names who may do this and not what others get. They are told so: an
        // empty list would look like people who are not there.
        if !self.credential.is_some_and(Credential::administers) {
            return Err(Answer::forbidden());
        }
        if wanted.len() > MOST_ADDRESSES {
            let message = format!("At most {MOST_ADDRESSES} email addresses can be queried");
            return Err(Answer::error(400, message));
        }
        let asked = |account: &'_ Account| {
            let known = account.emails.iter();
            let mut known = known.filter(|email| {
                wanted
                    .iter()
                    .any(|wanted| email.eq_ignore_ascii_case(wanted))
            });
            known.next().cloned()
        };
        let found: Vec<_> = self
            .world()
            .members()
            .filter_map(|member| Some((member, asked(member)?)))
            .collect();
        let page = paging::numbered(self.request, &found, 100, |(member, email)| {
            let mut value = self.scene.membership(member);
            if let Some(Value::Object(user)) = value.get_mut("user") {
                user.insert("email".to_owned(), json!(email));
            }
            value
        })?;
        self.shown(&page, &["values.user.email"])
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
        let owner = self
            .credential
            .and_then(|credential| self.owner_of(credential));
        let user = owner.map_or_else(bot, |user| self.scene.known_account(user));
        self.shown(&user, &[])
    }

    /// Whose API token it is: a member whose address it is, else the first of all.
    fn owner_of(&self, credential: &Credential) -> Option<&Account> {
        let CredentialKind::ApiToken { email, .. } = &credential.kind else {
            return None;
        };
        let mut members = self.world().members();
        let owner = members.find(|member| member.emails.contains(email));
        owner.or_else(|| self.world().members().next())
    }

    pub(super) fn user_workspaces(&self) -> Outcome {
        let page = paging::numbered(self.request, &[()], 100, |()| self.scene.workspace_access())?;
        self.shown(&page, &[])
    }
}
