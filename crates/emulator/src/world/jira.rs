//! The Jira site of the same people.

use super::account::{Account, AccountKind};
use super::derived::Derived;
use super::spec::Shape;
use super::{WorldSpec, names};

/// A Jira Cloud site. Tests may change it at any time.
#[derive(Debug, Clone)]
pub struct JiraSite {
    /// The id under which `/ex/jira/{cloudId}` serves it.
    pub cloud_id: String,
    /// All its accounts, in the order in which it lists them.
    pub users: Vec<JiraUser>,
    /// Every nth place of the list holds an account that is not shown, so that pages come up
    /// short before the end.
    pub hide_every_nth: Option<usize>,
}

/// An account of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JiraUser {
    /// The Atlassian account id: the same as the person's in Bitbucket.
    pub account_id: String,
    /// What kind of account it is.
    pub kind: JiraUserKind,
    /// The name that is shown.
    pub display_name: String,
    /// False once the account was deactivated.
    pub active: bool,
    /// Its address, shown or not.
    pub email: Option<String>,
    /// How the address is told to others.
    pub email_shown: Shown,
    /// Its time zone; None where the privacy settings hide it.
    pub time_zone: Option<String>,
}

/// The kinds of account, as `accountType` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JiraUserKind {
    /// A person.
    Atlassian,
    /// A bot or an integration.
    App,
    /// Somebody who writes to a help desk.
    Customer,
}

/// How a value that privacy settings may hide is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Plainly,
    /// There is no such member.
    Omitted,
    /// As null.
    Null,
    /// As an empty text.
    Empty,
}

impl JiraUserKind {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Atlassian => "atlassian",
            Self::App => "app",
            Self::Customer => "customer",
        }
    }
}

impl JiraSite {
    /// The account of this Atlassian account id.
    pub fn user(&self, account_id: &str) -> Option<&JiraUser> {
        self.users.iter().find(|user| user.account_id == account_id)
    }

    /// The same, to change it.
    pub fn user_mut(&mut self, account_id: &str) -> Option<&mut JiraUser> {
        let mut users = self.users.iter_mut();
        users.find(|user| user.account_id == account_id)
    }

    /// The site of the people of a world. Some have no account there, one has two.
    pub(super) fn of(spec: &WorldSpec, workspace: &str, accounts: &[Account]) -> Self {
        let plain = spec.shape == Shape::Uniform;
        let mut derived = Derived::of(workspace, "jira", 0);
        let mut users = Vec::new();
        for (index, account) in accounts.iter().enumerate() {
            match account.kind {
                AccountKind::User if plain || index % 9 != 4 => {
                    users.extend(person(account, index, plain));
                }
                AccountKind::AppUser => users.extend(app(account)),
                _ => {}
            }
            if !plain && index % 8 == 5 && account.kind == AccountKind::User {
                users.push(second(account, derived.hash()));
            }
        }
        if !plain {
            for name in names::CUSTOMERS {
                let local = name.to_lowercase().replace(' ', ".");
                users.push(JiraUser {
                    account_id: format!("qm:{}", derived.uuid().trim_matches(['{', '}'])),
                    kind: JiraUserKind::Customer,
                    display_name: name.to_owned(),
                    active: true,
                    email: Some(format!("{local}@customer.example.org")),
                    email_shown: Shown::Plainly,
                    time_zone: None,
                });
            }
        }
        Self {
            cloud_id: derived.uuid().trim_matches(['{', '}']).to_owned(),
            users,
            hide_every_nth: (!plain).then_some(7),
        }
    }
}

/// The account of a person, if it has an Atlassian account at all. Privacy settings differ.
fn person(account: &Account, index: usize, plain: bool) -> Option<JiraUser> {
    let former = account.display_name.starts_with("Former user");
    let shown = [Shown::Plainly, Shown::Omitted, Shown::Null, Shown::Empty];
    let shown = shown.get(index % 4).copied().unwrap_or(Shown::Omitted);
    let tells_zone = plain || (index % 3 != 2 && !former);
    Some(JiraUser {
        account_id: account.account_id.clone()?,
        kind: JiraUserKind::Atlassian,
        display_name: account.display_name.clone(),
        active: account.member,
        email: account.emails.first().filter(|_| !former).cloned(),
        email_shown: if plain { Shown::Plainly } else { shown },
        time_zone: account.timezone.clone().filter(|_| tells_zone),
    })
}

/// Somebody's other account: the same name at another address.
fn second(account: &Account, hash: String) -> JiraUser {
    let local = account.nickname.as_deref().unwrap_or("somebody");
    JiraUser {
        account_id: hash.get(..24).unwrap_or_default().to_owned(),
        kind: JiraUserKind::Atlassian,
        display_name: account.display_name.clone(),
        active: true,
        email: Some(format!("{local}@second.example.org")),
        email_shown: Shown::Plainly,
        time_zone: account.timezone.clone(),
    }
}

fn app(account: &Account) -> Option<JiraUser> {
    Some(JiraUser {
        account_id: account.account_id.clone()?,
        kind: JiraUserKind::App,
        display_name: account.display_name.clone(),
        active: true,
        email: None,
        email_shown: Shown::Omitted,
        time_zone: Some("Etc/UTC".to_owned()),
    })
}
