//! People, teams and bots.

/// What kind of account it is, as the API's `type` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person.
    User,
    /// A team: it has no Atlassian account.
    Team,
    /// A bot, for example the identity of an access token.
    AppUser,
}

impl AccountKind {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
            Self::AppUser => "app_user",
        }
    }
}

/// Somebody who can act: a person, a team or a bot.
#[derive(Debug, Clone)]
pub struct Account {
    /// UUID in braces.
    pub uuid: String,
    /// The Atlassian account id; teams have none.
    pub account_id: Option<String>,
    /// Short name; only people have one.
    pub nickname: Option<String>,
    /// The name that is shown.
    pub display_name: String,
    /// Person, team or bot.
    pub kind: AccountKind,
    /// Whether the workspace lists it as a member; who has left is not listed.
    pub member: bool,
    /// The addresses that it has confirmed, that of its Atlassian account first. Only people have
    /// any, and the service hardly ever tells them.
    pub emails: Vec<String>,
    /// The name of its time zone; only people have one.
    pub timezone: Option<String>,
    /// Hours that its working day is ahead of UTC.
    pub(crate) hours_ahead: i64,
}

/// An account's place in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AccountId(pub(crate) u32);
