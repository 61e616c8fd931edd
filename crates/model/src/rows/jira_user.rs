//! Accounts as Jira knows them.

use super::table;
use crate::Instant;

table! {
    /// An Atlassian account that a Jira site lists: a person, an app, or a customer of a service
    /// desk. One row per account, however many sites list it. Bitbucket tells no addresses; this is
    /// where they come from, joined by the account id.
    JiraUserRow is "jira_users", newest by ObservedAt, from "GET /rest/api/3/users/search" {
        Key source_id: String, "", "accountId", "The Atlassian account id, as in `bitbucket_users.account_id`.";
        Content account_type: String, "", "accountType", "What Jira says it is: `atlassian` (a person), `app`, `customer` or `unknown`.";
        Content display_name: String, "", "displayName", "The name that people see.";
        Content email: String, "", "emailAddress", "The address; NULL where the account's owner hides it. One that was told before stays until Jira says that there is none.";
        Content active: bool, "", "active", "False once the account is closed or may not use the site.";
        Content timezone: String, "", "timeZone", "The time zone that its owner chose, such as `Europe/Lisbon`; NULL where it is hidden, and for apps.";
    }
    derived {
        deleted_at: Instant, "", "a complete listing lacks it", "When a complete listing was first without it; NULL while a site lists it.";
    }
}
