//! What nobody can know for sure, for a person to accept or not.

use std::collections::{BTreeMap, BTreeSet};

use model::Id;
use store::{Evidence, IdentitySource, PersonRef};

use super::address::{is_of_a_machine, may_be_a_persons, normal};
use super::carriers::Carriers;
use super::clusters::Clusters;
use super::persons::FORMER_USER;

/// Why two may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuggestedBy {
    /// An address that both carry.
    SharedAddress,
    /// The same name.
    Name,
}

impl SuggestedBy {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SharedAddress => "shared_address",
            Self::Name => "name",
        }
    }
}

/// That an account or an address may be a person's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suggestion {
    /// What kind of thing.
    pub source: IdentitySource,
    /// Which.
    pub account: String,
    /// The person that it may belong to.
    pub person: PersonRef,
    /// Why.
    pub by: SuggestedBy,
    /// The address or the name.
    pub on: String,
}

/// Names by which nobody is told apart.
fn is_a_name(name: &str) -> bool {
    !name.trim().is_empty() && name != FORMER_USER
}

fn plain(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// What may belong together and was not put together. Nothing that somebody has said no to.
pub(super) fn suggestions(
    evidence: &Evidence,
    clusters: &Clusters,
    carriers: &BTreeMap<String, Carriers>,
    places: &BTreeMap<Id, usize>,
    people_of: &BTreeMap<usize, PersonRef>,
) -> Vec<Suggestion> {
    let mut found = Found {
        clusters,
        people_of,
        suggestions: BTreeSet::new(),
    };
    for (address, carried) in carriers {
        let accounts: BTreeSet<usize> = (carried.commits.keys())
            .filter_map(|account| places.get(account).copied())
            .chain(carried.members.iter().copied())
            .chain(carried.jira.iter().copied())
            .chain(carried.decided)
            .collect();
        for one in &accounts {
            for other in &accounts {
                found.pair(*one, *other, SuggestedBy::SharedAddress, address);
            }
        }
    }
    let by_name = by_name(evidence, clusters);
    for (name, places) in &by_name {
        for one in places {
            for other in places {
                found.pair(*one, *other, SuggestedBy::Name, name);
            }
        }
    }
    let nobodys = carriers.iter().filter_map(|(address, carried)| {
        let is_nobodys = carried.loose > 0
            && carried.commits.is_empty()
            && carried.jira.is_empty()
            && carried.members.is_empty()
            && carried.decided.is_none();
        let name = carried.name.as_deref().filter(|_| is_nobodys)?;
        Some((address.clone(), name))
    });
    for (address, name) in nobodys.chain(of_machines(evidence)) {
        found.by_the_name_beside(evidence, &by_name, &address, name);
    }
    found.suggestions.into_iter().collect()
}

/// Addresses that only name a machine, and the names that were typed with them on commits without an
/// account. They tell nobody by themselves.
fn of_machines(evidence: &Evidence) -> impl Iterator<Item = (String, &str)> {
    evidence
        .commits
        .iter()
        .filter(|commit| commit.account.is_none())
        .filter_map(|commit| Some((normal(&commit.address)?, commit.name.as_deref()?)))
        .filter(|(address, _)| is_of_a_machine(address) && may_be_a_persons(address))
        .filter(|(address, _)| {
            let mut decisions = evidence.decisions.iter();
            !decisions.any(|one| {
                one.link && one.source == IdentitySource::Email && one.account == *address
            })
        })
}

/// The accounts of each name.
fn by_name(evidence: &Evidence, clusters: &Clusters) -> BTreeMap<String, BTreeSet<usize>> {
    let of_bitbucket = evidence
        .accounts
        .iter()
        .map(|one| (IdentitySource::Bitbucket, &one.source_id, &one.name));
    let of_jira = evidence
        .jira
        .iter()
        .map(|one| (IdentitySource::Jira, &one.source_id, &one.name));
    let mut names: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (source, account, name) in of_bitbucket.chain(of_jira) {
        let place = clusters.place(source, account);
        if let (Some(place), Some(name)) = (place, name.as_deref().filter(|name| is_a_name(name))) {
            names.entry(plain(name)).or_default().insert(place);
        }
    }
    names
}

struct Found<'a> {
    clusters: &'a Clusters,
    people_of: &'a BTreeMap<usize, PersonRef>,
    suggestions: BTreeSet<Suggestion>,
}

impl Found<'_> {
    /// Suggests that an address is whoever's who has the name that was typed with it.
    fn by_the_name_beside(
        &mut self,
        evidence: &Evidence,
        by_name: &BTreeMap<String, BTreeSet<usize>>,
        address: &str,
        name: &str,
    ) {
        let forbidden: BTreeSet<i64> = evidence
            .decisions
            .iter()
            .filter(|one| {
                !one.link && one.source == IdentitySource::Email && one.account == *address
            })
            .map(|one| one.user)
            .collect();
        for place in by_name.get(&plain(name)).into_iter().flatten() {
            if let Some(person) = self.people_of.get(&self.clusters.of(*place))
                && !matches!(person, PersonRef::Known(id) if forbidden.contains(id))
            {
                self.suggestions.insert(Suggestion {
                    source: IdentitySource::Email,
                    account: address.to_owned(),
                    person: *person,
                    by: SuggestedBy::Name,
                    on: name.to_owned(),
                });
            }
        }
    }

    /// Suggests that an account is the person's of another one. Of two people with accounts of
    /// Bitbucket the later account is suggested for the earlier person, and not the other way too.
    fn pair(&mut self, one: usize, other: usize, by: SuggestedBy, on: &str) {
        let (here, there) = (self.clusters.of(one), self.clusters.of(other));
        if here == there || self.clusters.are_kept_apart(here, there) {
            return;
        }
        let Some(node) = self.clusters.node(one) else {
            return;
        };
        let (Some(theirs), mine) = (self.people_of.get(&there), self.people_of.get(&here)) else {
            return;
        };
        if mine.is_some_and(|mine| mine < theirs) || node.source == IdentitySource::Email {
            return;
        }
        self.suggestions.insert(Suggestion {
            source: node.source,
            account: node.account.clone(),
            person: *theirs,
            by,
            on: on.to_owned(),
        });
    }
}
