//! Everything that says who is who, as it is stored.

use std::collections::{BTreeMap, BTreeSet};

use model::rows::UserType;
use model::{Id, Instant};

use super::{IdentitySource, MatchedBy};
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::people::*;
use crate::{At, StoreError};

/// An account of Bitbucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its row (`bitbucket_users.id`).
    pub id: Id,
    /// Its UUID, in braces.
    pub source_id: String,
    /// Its Atlassian account id.
    pub account_id: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// The short name.
    pub nickname: Option<String>,
    /// What Bitbucket says it is.
    pub account_type: Option<String>,
    /// What it counts as now.
    pub user_type: Option<UserType>,
    /// The address that it is known by now.
    pub email: Option<String>,
    /// Whether it is a member of a workspace.
    pub active: bool,
}

/// An Atlassian account that Jira lists, or listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraAccount {
    /// Its row (`jira_users.id`).
    pub id: Id,
    /// The Atlassian account id.
    pub source_id: String,
    /// What Jira says it is.
    pub account_type: Option<String>,
    /// The name that people see.
    pub name: Option<String>,
    /// The address, where it is shown.
    pub email: Option<String>,
    /// Whether it may use the site, and is listed still.
    pub active: bool,
    /// The time zone, where it is shown.
    pub timezone: Option<String>,
}

/// An address under which commits were written, and the account that Bitbucket puts beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitAddress {
    /// The address as it was typed.
    pub address: String,
    /// The account (`bitbucket_users.id`).
    pub account: Option<Id>,
    /// A name that was typed with it.
    pub name: Option<String>,
    /// How many commits.
    pub commits: i64,
}

/// What Bitbucket said when it was asked whose an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressLookup {
    /// The workspace whose members were asked about.
    pub workspace: Id,
    /// The address, in lower case; empty where Bitbucket would not say anything.
    pub address: String,
    /// The account (`bitbucket_users.id`).
    pub account: Option<Id>,
    /// When it was asked.
    pub asked_at: Instant,
}

/// What somebody said of an account or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The person (`users.id`).
    pub user: i64,
    /// What kind of thing.
    pub source: IdentitySource,
    /// Which.
    pub account: String,
    /// Whether it is theirs; otherwise it never is.
    pub link: bool,
    /// Who said so.
    pub decided_by: String,
    /// When.
    pub decided_at: Instant,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The number (`users.id`).
    pub id: i64,
    /// The name.
    pub name: Option<String>,
    /// The address, in lower case.
    pub email: Option<String>,
    /// The time zone.
    pub timezone: Option<String>,
    /// The first day, as YYYY-MM-DD.
    pub started_on: Option<String>,
    /// Whether they count as a developer.
    pub developer: bool,
    /// Whether no address is known.
    pub provisional: bool,
    /// Whether an account of theirs is in use.
    pub active: bool,
    /// The columns that somebody has set.
    pub set_by_hand: BTreeSet<String>,
    /// When they were forgotten.
    pub forgotten_at: Option<Instant>,
}

impl Person {
    /// Whether somebody has set this column: no import changes it then.
    pub fn is_set_by_hand(&self, column: &str) -> bool {
        self.set_by_hand.contains(column)
    }
}

/// Which account or address is whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What kind of thing.
    pub source: IdentitySource,
    /// The account's row in its own table; an address has none.
    pub row: Option<Id>,
    /// What the source calls it.
    pub account: String,
    /// The person (`users.id`).
    pub user: i64,
    /// How it was matched.
    pub matched_by: MatchedBy,
    /// When.
    pub matched_at: Instant,
}

/// Everything that says who is who.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The accounts of Bitbucket.
    pub accounts: Vec<Account>,
    /// The accounts of Jira.
    pub jira: Vec<JiraAccount>,
    /// The addresses of commits.
    pub commits: Vec<CommitAddress>,
    /// Whose addresses are, as Bitbucket was asked.
    pub lookups: Vec<AddressLookup>,
    /// What somebody said.
    pub decisions: Vec<Decision>,
    /// What somebody said accounts are, by their UUID.
    pub types: BTreeMap<String, UserType>,
    /// The people that there are.
    pub people: Vec<Person>,
    /// Who is who so far.
    pub identities: Vec<Identity>,
}

#[derive(sqlx::FromRow)]
struct AccountRecord {
    id: i64,
    source_id: String,
    account_id: Option<String>,
    name: Option<String>,
    nickname: Option<String>,
    account_type: Option<String>,
    r#type: Option<String>,
    email: Option<String>,
    active: bool,
}

#[derive(sqlx::FromRow)]
struct JiraRecord {
    id: i64,
    source_id: String,
    account_type: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    active: bool,
    timezone: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PersonRecord {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    timezone: Option<String>,
    started_on: Option<String>,
    developer: bool,
    provisional: bool,
    active: bool,
    set_by_hand: String,
    forgotten_at: Option<At>,
}

impl From<PersonRecord> for Person {
    fn from(record: PersonRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            email: record.email,
            timezone: record.timezone,
            started_on: record.started_on,
            developer: record.developer,
            provisional: record.provisional,
            active: record.active,
            set_by_hand: columns(&record.set_by_hand),
            forgotten_at: record.forgotten_at.map(Instant::from),
        }
    }
}

/// Names with commas between them.
pub(super) fn columns(text: &str) -> BTreeSet<String> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

type IdentityRecord = (i64, String, Option<i64>, String, i64, String, At);
type DecisionRecord = (i64, i64, String, String, String, String, At);

fn identity(record: IdentityRecord) -> Result<Identity, StoreError> {
    let (id, source, row, account, user, matched_by, matched_at) = record;
    let inconsistent = |column| StoreError::Inconsistent {
        table: "identities",
        column,
        id,
    };
    Ok(Identity {
        source: IdentitySource::parse(&source).ok_or_else(|| inconsistent("source"))?,
        row: row.map(Id),
        account,
        user,
        matched_by: MatchedBy::parse(&matched_by).ok_or_else(|| inconsistent("matched_by"))?,
        matched_at: matched_at.0,
    })
}

fn decision(record: DecisionRecord) -> Result<Decision, StoreError> {
    let (id, user, source, account, decision, decided_by, decided_at) = record;
    let source = IdentitySource::parse(&source).ok_or(StoreError::Inconsistent {
        table: "user_link_decisions",
        column: "source",
        id,
    })?;
    Ok(Decision {
        user,
        source,
        account,
        link: decision == "link",
        decided_by,
        decided_at: decided_at.0,
    })
}

/// The same reading for a pool and for a transaction.
macro_rules! read {
    ($from:expr, $commits:expr) => {{
        let accounts: Vec<AccountRecord> = sqlx::query_as(ACCOUNTS).fetch_all($from).await?;
        let jira: Vec<JiraRecord> = sqlx::query_as(JIRA_ACCOUNTS).fetch_all($from).await?;
        let commits: Vec<CommitRecord> = $commits;
        let lookups: Vec<LookupRecord> = sqlx::query_as(ADDRESS_LOOKUPS).fetch_all($from).await?;
        let decisions: Vec<DecisionRecord> =
            sqlx::query_as(LINK_DECISIONS).fetch_all($from).await?;
        let types: Vec<(String, String)> = sqlx::query_as(TYPE_DECISIONS).fetch_all($from).await?;
        let people: Vec<PersonRecord> = sqlx::query_as(PEOPLE).fetch_all($from).await?;
        let identities: Vec<IdentityRecord> = sqlx::query_as(IDENTITIES).fetch_all($from).await?;
        Ok(Evidence {
            accounts: accounts.into_iter().map(Account::from).collect(),
            jira: jira.into_iter().map(JiraAccount::from).collect(),
            commits: commits.into_iter().map(commit_address).collect(),
            lookups: lookups.into_iter().map(lookup).collect(),
            decisions: decisions
                .into_iter()
                .map(decision)
                .collect::<Result<_, _>>()?,
            types: types
                .into_iter()
                .filter_map(|(account, word)| Some((account, UserType::parse(&word)?)))
                .collect(),
            people: people.into_iter().map(Person::from).collect(),
            identities: identities
                .into_iter()
                .map(identity)
                .collect::<Result<_, _>>()?,
        })
    }};
}

impl WriteTx {
    /// Everything that says who is who. Call [`WriteTx::lock_people`] first where anything is to be
    /// written that follows from it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn evidence(&mut self) -> Result<Evidence, StoreError> {
        on_tx!(self, |db| read!(
            &mut *db,
            sqlx::query_as(COMMIT_ADDRESSES).fetch_all(&mut *db).await?
        ))
    }
}

impl Db {
    /// Everything that says who is who, to be looked at.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn evidence(&self) -> Result<Evidence, StoreError> {
        Ok(Evidence {
            commits: self.commit_addresses().await?,
            ..self.known_people().await?
        })
    }

    /// The same without the addresses of commits, which are by far the most of it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn known_people(&self) -> Result<Evidence, StoreError> {
        on_pool!(self, |pool| read!(pool, Vec::new()))
    }

    /// Under which addresses commits were written, and which account stands beside each.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn commit_addresses(&self) -> Result<Vec<CommitAddress>, StoreError> {
        let records: Vec<CommitRecord> = on_pool!(self, |pool| sqlx::query_as(COMMIT_ADDRESSES)
            .fetch_all(pool)
            .await?);
        Ok(records.into_iter().map(commit_address).collect())
    }
}

type CommitRecord = (String, Option<i64>, Option<String>, i64);
type LookupRecord = (i64, String, Option<i64>, At);

fn commit_address((address, account, name, commits): CommitRecord) -> CommitAddress {
    CommitAddress {
        address,
        account: account.map(Id),
        name,
        commits,
    }
}

fn lookup((workspace, address, account, asked_at): LookupRecord) -> AddressLookup {
    AddressLookup {
        workspace: Id(workspace),
        address,
        account: account.map(Id),
        asked_at: asked_at.0,
    }
}

impl From<AccountRecord> for Account {
    fn from(record: AccountRecord) -> Self {
        Self {
            id: Id(record.id),
            source_id: record.source_id,
            account_id: record.account_id,
            name: record.name,
            nickname: record.nickname,
            account_type: record.account_type,
            user_type: record.r#type.as_deref().and_then(UserType::parse),
            email: record.email,
            active: record.active,
        }
    }
}

impl From<JiraRecord> for JiraAccount {
    fn from(record: JiraRecord) -> Self {
        Self {
            id: Id(record.id),
            source_id: record.source_id,
            account_type: record.account_type,
            name: record.display_name,
            email: record.email,
            active: record.active,
            timezone: record.timezone,
        }
    }
}
