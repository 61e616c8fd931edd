//! `windlass people unmatched`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use analysis::{Work, work_of_accounts};
use model::Id;
use model::rows::UserType;
use serde::Serialize;
use store::{Evidence, IdentitySource};
use sync::people::address;

use crate::cli::{Global, PeopleJsonArguments};
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// What is missing, for programs.
#[derive(Serialize)]
pub(crate) struct Unmatched {
    pub(crate) coverage: Coverage,
    /// Accounts of whose people no address is known.
    pub(crate) accounts: Vec<Account>,
    /// Addresses of commits beside which no account stands, and that are nobody's.
    pub(crate) addresses: Vec<Address>,
}

/// How much of people's work has somebody who is known. Programs are left out.
#[derive(Default, Serialize)]
pub(crate) struct Coverage {
    pub(crate) pull_requests: Share,
    pub(crate) reviews: Share,
    pub(crate) commits: Share,
}

#[derive(Default, Serialize)]
pub(crate) struct Share {
    pub(crate) with_person: i64,
    pub(crate) all: i64,
}

impl Share {
    fn add(&mut self, number: i64, is_known: bool) {
        self.all += number;
        if is_known {
            self.with_person += number;
        }
    }

    fn text(&self) -> String {
        if self.all == 0 {
            return "none".to_owned();
        }
        format!(
            "{} of {} ({} %)",
            self.with_person,
            self.all,
            self.with_person * 100 / self.all
        )
    }
}

#[derive(Serialize)]
pub(crate) struct Account {
    pub(crate) account: String,
    pub(crate) name: Option<String>,
    pub(crate) person: Option<i64>,
    pub(crate) pull_requests: i64,
    pub(crate) reviews: i64,
    pub(crate) commits: i64,
}

#[derive(Serialize)]
pub(crate) struct Address {
    pub(crate) address: String,
    pub(crate) name: Option<String>,
    pub(crate) commits: i64,
}

impl Unmatched {
    pub(crate) fn of(evidence: &Evidence, work: &[(Option<Id>, Work)]) -> Self {
        let known: BTreeSet<i64> = evidence
            .people
            .iter()
            .filter(|person| !person.provisional || person.forgotten_at.is_some())
            .map(|person| person.id)
            .collect();
        let people: BTreeMap<Id, i64> = evidence
            .identities
            .iter()
            .filter(|one| one.source == IdentitySource::Bitbucket)
            .filter_map(|one| Some((one.row?, one.user)))
            .collect();
        let owners: BTreeMap<&str, i64> = evidence
            .identities
            .iter()
            .filter(|one| one.source == IdentitySource::Email)
            .map(|one| (one.account.as_str(), one.user))
            .collect();
        let work: BTreeMap<Option<Id>, Work> = work.iter().copied().collect();
        let mut unmatched = Self {
            coverage: Coverage::default(),
            accounts: Vec::new(),
            addresses: Vec::new(),
        };
        let coverage = &mut unmatched.coverage;
        for account in &evidence.accounts {
            if account
                .user_type
                .is_some_and(|kind| kind != UserType::Human)
            {
                continue;
            }
            let did = work.get(&Some(account.id)).copied().unwrap_or_default();
            let person = people.get(&account.id).copied();
            let is_known = person.is_some_and(|person| known.contains(&person));
            coverage.pull_requests.add(did.pull_requests, is_known);
            coverage.reviews.add(did.reviews, is_known);
            coverage.commits.add(did.commits, is_known);
            if !is_known {
                unmatched.accounts.push(Account {
                    account: account.source_id.clone(),
                    name: account.name.clone(),
                    person,
                    pull_requests: did.pull_requests,
                    reviews: did.reviews,
                    commits: did.commits,
                });
            }
        }
        // What nobody is known to have done.
        let nobodys = work.get(&None).copied().unwrap_or_default();
        coverage.pull_requests.add(nobodys.pull_requests, false);
        coverage.reviews.add(nobodys.reviews, false);
        let mut with_address = 0;
        let mut addresses: BTreeMap<String, Address> = BTreeMap::new();
        for commit in evidence.commits.iter().filter(|one| one.account.is_none()) {
            with_address += commit.commits;
            let spelt = address::normal(&commit.address).unwrap_or(commit.address.clone());
            let is_known = owners.contains_key(spelt.as_str());
            coverage.commits.add(commit.commits, is_known);
            if !is_known {
                let entry = addresses.entry(spelt.clone()).or_insert(Address {
                    address: spelt,
                    name: commit.name.clone(),
                    commits: 0,
                });
                entry.commits += commit.commits;
            }
        }
        coverage.commits.add(nobodys.commits - with_address, false);
        unmatched.addresses = addresses.into_values().collect();
        // What most hangs on comes first.
        unmatched.accounts.sort_by_key(|one| {
            let all = one.pull_requests + one.reviews + one.commits;
            (std::cmp::Reverse(all), one.account.clone())
        });
        unmatched
            .addresses
            .sort_by_key(|one| (std::cmp::Reverse(one.commits), one.address.clone()));
        unmatched
    }

    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Work of people who are known:")?;
        for (name, share) in [
            ("pull requests", &self.coverage.pull_requests),
            ("reviews", &self.coverage.reviews),
            ("commits", &self.coverage.commits),
        ] {
            writeln!(out, "  {name:<14} {}", share.text())?;
        }
        let (left, right) = (Align::Left, Align::Right);
        if !self.accounts.is_empty() {
            let rows = self.accounts.iter().map(|one| {
                vec![
                    one.name.clone().unwrap_or_default(),
                    one.account.clone(),
                    one.person.map_or_else(String::new, |id| id.to_string()),
                    one.pull_requests.to_string(),
                    one.reviews.to_string(),
                    one.commits.to_string(),
                ]
            });
            let header = [
                "account",
                "UUID",
                "person",
                "pull requests",
                "reviews",
                "commits",
            ];
            let align = [left, left, right, right, right, right];
            writeln!(out, "\nAccounts of people whose address is not known:")?;
            writeln!(out, "{}", plain(&header, &align, rows))?;
        }
        if !self.addresses.is_empty() {
            let rows = self.addresses.iter().map(|one| {
                vec![
                    one.address.clone(),
                    one.name.clone().unwrap_or_default(),
                    one.commits.to_string(),
                ]
            });
            let align = [left, left, right];
            writeln!(out, "\nAddresses that are nobody's:")?;
            writeln!(
                out,
                "{}",
                plain(&["address", "name", "commits"], &align, rows)
            )?;
        }
        if !(self.accounts.is_empty() && self.addresses.is_empty()) {
            writeln!(
                out,
                "\n`windlass people suggest` says whose they may be, and `windlass people link` says whose they are"
            )?;
        }
        Ok(())
    }
}

pub(super) async fn run(global: &Global, arguments: &PeopleJsonArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let evidence = session.db.evidence().await?;
    let unmatched = Unmatched::of(
        &evidence,
        &work_of_accounts(&session.db, session.now()).await?,
    );
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&unmatched, out);
    }
    Ok(unmatched.write_text(out)?)
}
