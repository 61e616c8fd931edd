//! Accounts and memberships.

use super::table;
use crate::Id;

table! {
    /// A Bitbucket account: a user, a team or an app. One row per account, whoever it belongs to.
    UserRow is "bitbucket_users", newest by ObservedAt, from "every answer that names an account" {
        Key source_id: String, "", "uuid", "Bitbucket's UUID, in braces.";
        Content account_id: String, "", "account_id", "The Atlassian account id, the same in Jira; teams have none.";
        Content name: String, "", "display_name", "The name that people see; `Former user` once the account is closed.";
        Content nickname: String, "", "nickname", "The short name.";
        Content account_type: String, "", "type", "What Bitbucket says it is: `user`, `team` or `app_user`.";
        Content source_url: String, "", "links.html", "Its page in Bitbucket.";
    }
    derived {
        r#type: String, "", "account_type, the name, or somebody's word", "`human`, `bot` or `ai_bot`.";
        bot: bool, "", "type", "Whether `type` is not `human`.";
        email: String, "", "Jira, the members filter, or commits", "The address, once it is known from elsewhere; NULL where it is not sure whose it is.";
        active: bool, "", "GET /workspaces/{workspace}/members", "Whether the latest complete listing of members had it.";
    }
}

table! {
    /// The membership of an account in a workspace.
    MemberRow is "bitbucket_workspace_members", newest by ObservedAt, from "GET /workspaces/{workspace}/members" {
        Key workspace_id: Id, "", "workspace.uuid", "The workspace (`bitbucket_workspaces.id`).";
        Key user_id: Id, "", "user.uuid", "The account (`bitbucket_users.id`).";
        Content active: bool, "", "listed", "False once a complete listing lacks it.";
    }
    derived {}
}

/// What Bitbucket says an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountType {
    /// A person's account, or one that a person made for a program.
    User,
    /// A group of accounts.
    Team,
    /// The account of an app.
    AppUser,
}

impl AccountType {
    /// The word that Bitbucket uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
            Self::AppUser => "app_user",
        }
    }
}

/// Whether an account counts as a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserType {
    /// A person.
    Human,
    /// A program.
    Bot,
    /// A program that writes or reviews code by itself.
    AiBot,
}

impl UserType {
    /// The word in `bitbucket_users.type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
            Self::AiBot => "ai_bot",
        }
    }

    /// The type that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Human, Self::Bot, Self::AiBot]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}
