//! Who is who: what an identity match has to find out.

use serde_json::{Map, Value, json};

use super::sorted;
use crate::world::{AccountKind, JiraUserKind, Shown, World};

impl World {
    /// All that there is to know: [`truth`](Self::truth), [`truth_of_more`](Self::truth_of_more),
    /// `jira_users` and `people`.
    pub fn whole_truth(&self) -> Value {
        let mut tables = Map::new();
        for part in [self.truth(), self.truth_of_more()] {
            if let Value::Object(part) = part {
                tables.extend(part);
            }
        }
        tables.insert("jira_users".to_owned(), self.truth_of_jira());
        tables.insert("people".to_owned(), self.truth_of_people());
        Value::Object(tables)
    }

    /// Rows of `jira_users`: the people of the Jira site, as it tells of them. What privacy
    /// settings hide is null here.
    pub fn truth_of_jira(&self) -> Value {
        let people = self.jira.users.iter();
        let people = people.filter(|user| user.kind == JiraUserKind::Atlassian);
        let rows = people.map(|user| {
            let told = user.email_shown == Shown::Plainly;
            json!({
                "account_id": user.account_id,
                "name": user.display_name,
                "email": user.email.as_ref().filter(|_| told),
                "active": user.active,
                "timezone": user.time_zone,
            })
        });
        sorted(rows.collect())
    }

    /// Every person with all that belongs to it, whether or not any answer tells it: the UUID of
    /// its Bitbucket account, the Atlassian account id, all addresses, whether Jira has an account
    /// of that id.
    pub fn truth_of_people(&self) -> Value {
        let people = self.accounts.iter();
        let people = people.filter(|account| account.kind == AccountKind::User);
        let rows = people.map(|account| {
            let id = account.account_id.as_deref();
            json!({
                "bitbucket_uuid": account.uuid,
                "account_id": id,
                "name": account.display_name,
                "emails": account.emails,
                "timezone": account.timezone,
                "member": account.member,
                "in_jira": id.is_some_and(|id| self.jira.user(id).is_some()),
            })
        });
        sorted(rows.collect())
    }
}
