//! Which person, account or address somebody means.

use model::rows::{AccountType, UserType};
use store::{Account, Evidence, IdentitySource, Person};
use sync::people::{address, user_of};

use crate::failure::{Exit, Failure};
use crate::nearest::no_such;

/// What is said where there is nobody at all.
const EMPTY: &str = "nothing is imported yet";

/// An account or an address.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) source: IdentitySource,
    pub(crate) account: String,
}

/// The person of a number, an address or a name.
pub(crate) fn person<'a>(evidence: &'a Evidence, written: &str) -> Result<&'a Person, Failure> {
    let people = &evidence.people;
    let by_number = |id: i64| people.iter().find(|person| person.id == id);
    if let Ok(id) = written.trim().parse::<i64>() {
        by_number(id).ok_or_else(|| {
            usage(format!(
                "there is no person {id}: `windlass people list` lists all"
            ))
        })
    } else if let Some(address) = address::normal(written) {
        user_of(evidence, &address).and_then(by_number).ok_or_else(|| {
            usage(
                "nobody is known by this address: `windlass people list` lists all, and `windlass people import` adds people"
                    .to_owned(),
            )
        })
    } else {
        let called: Vec<&Person> = people
            .iter()
            .filter(|person| is_called(person.name.as_deref(), written))
            .collect();
        match called.as_slice() {
            [person] => Ok(*person),
            [] => {
                let names = people.iter().filter_map(|person| person.name.as_deref());
                Err(no_such(
                    "person",
                    written,
                    names,
                    "windlass people list",
                    EMPTY,
                ))
            }
            several => Err(usage(format!(
                "{} people are called `{written}`: name one by number ({})",
                several.len(),
                numbers(several.iter().map(|person| person.id.to_string()))
            ))),
        }
    }
}

/// The account or address of a UUID, an Atlassian account id, a nickname, a name or an address.
pub(crate) fn account(evidence: &Evidence, written: &str) -> Result<Chosen, Failure> {
    if let Some(address) = address::normal(written) {
        return Ok(Chosen {
            source: IdentitySource::Email,
            account: address,
        });
    }
    let of_bitbucket = |account: &Account| Chosen {
        source: IdentitySource::Bitbucket,
        account: account.source_id.clone(),
    };
    let wanted = written.trim();
    let bare = wanted.trim_matches(['{', '}']);
    if let Some(account) = evidence.accounts.iter().find(|account| {
        account
            .source_id
            .trim_matches(['{', '}'])
            .eq_ignore_ascii_case(bare)
            || account.account_id.as_deref() == Some(wanted)
    }) {
        return Ok(of_bitbucket(account));
    }
    if let Some(account) = evidence.jira.iter().find(|one| one.source_id == wanted) {
        return Ok(Chosen {
            source: IdentitySource::Jira,
            account: account.source_id.clone(),
        });
    }
    let called: Vec<&Account> = evidence
        .accounts
        .iter()
        .filter(|account| {
            is_called(account.nickname.as_deref(), wanted)
                || is_called(account.name.as_deref(), wanted)
        })
        .collect();
    match called.as_slice() {
        [account] => Ok(of_bitbucket(account)),
        [] => {
            let names = evidence
                .accounts
                .iter()
                .flat_map(|account| [account.nickname.as_deref(), account.name.as_deref()])
                .flatten();
            let all = "windlass query \"SELECT source_id, name FROM bitbucket_users\"";
            Err(no_such("account", written, names, all, EMPTY))
        }
        several => Err(usage(format!(
            "{} accounts are called `{written}`: name one by its UUID ({})",
            several.len(),
            numbers(several.iter().map(|account| account.source_id.clone()))
        ))),
    }
}

/// The account of Bitbucket that somebody means.
pub(super) fn account_of_bitbucket<'a>(
    evidence: &'a Evidence,
    written: &str,
) -> Result<&'a Account, Failure> {
    let chosen = account(evidence, written)?;
    let mut accounts = evidence.accounts.iter();
    accounts
        .find(|account| {
            chosen.source == IdentitySource::Bitbucket && account.source_id == chosen.account
        })
        .ok_or_else(|| usage(format!("`{written}` is no account of Bitbucket")))
}

/// Whether an account of Bitbucket is a team's: it stands for several people.
pub(crate) fn is_of_a_team(account: &Account) -> bool {
    account.account_type.as_deref() == Some(AccountType::Team.as_str())
}

/// Refuses an account that can be nobody's: a program's, or a team's.
pub(super) fn refuse_nobodys(evidence: &Evidence, chosen: &Chosen) -> Result<(), Failure> {
    let mut accounts = evidence.accounts.iter();
    let team = accounts.find(|account| {
        chosen.source == IdentitySource::Bitbucket
            && account.source_id == chosen.account
            && is_of_a_team(account)
    });
    if let Some(team) = team {
        return Err(usage(format!(
            "`{}` is a team's account, and stands for several people, who have accounts of their own",
            team.name.as_deref().unwrap_or("this")
        )));
    }
    let program = evidence.accounts.iter().find(|account| {
        chosen.source == IdentitySource::Bitbucket
            && account.source_id == chosen.account
            && account
                .user_type
                .is_some_and(|kind| kind != UserType::Human)
    });
    match program {
        None => Ok(()),
        Some(account) => Err(usage(format!(
            "`{}` is a program's account, and programs are nobody's: if it is a person's, say so first with `windlass people mark {} human`",
            account.name.as_deref().unwrap_or("this"),
            account.source_id
        ))),
    }
}

fn is_called(name: Option<&str>, written: &str) -> bool {
    name.is_some_and(|name| name.trim().to_lowercase() == written.trim().to_lowercase())
}

fn numbers(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

pub(super) fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}
