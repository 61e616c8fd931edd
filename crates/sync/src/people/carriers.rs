//! Who carries an address: by which accounts it is vouched for, and beside which it was typed.

use std::collections::{BTreeMap, BTreeSet};

use model::Id;
use store::{Evidence, IdentitySource};

use super::address::{normal, tells_a_person};
use super::clusters::Clusters;

/// Everything that carries one address.
#[derive(Clone, Debug, Default)]
pub(super) struct Carriers {
    /// The node of the address itself, where somebody has spoken of it.
    pub(super) decided: Option<usize>,
    /// The accounts of Jira that show it.
    pub(super) jira: BTreeSet<usize>,
    /// The accounts that Bitbucket names for it, where they are people's.
    pub(super) members: BTreeSet<usize>,
    /// The accounts that Bitbucket puts beside it on commits, programs among them, and how many
    /// commits. Nothing of an address that tells no person.
    pub(super) commits: BTreeMap<Id, i64>,
    /// Commits beside which there is no account.
    pub(super) loose: i64,
    /// A name that was typed with it on those.
    pub(super) name: Option<String>,
}

impl Carriers {
    /// The one account that it was typed beside, if it is a person's and there is no other.
    pub(super) fn sole_author(&self, places: &BTreeMap<Id, usize>) -> Option<usize> {
        let mut accounts = self.commits.keys();
        match (accounts.next(), accounts.next()) {
            (Some(account), None) => places.get(account).copied(),
            _ => None,
        }
    }
}

/// The places of people's accounts of Bitbucket, by their rows.
pub(super) fn places(clusters: &Clusters, evidence: &Evidence) -> BTreeMap<Id, usize> {
    evidence
        .accounts
        .iter()
        .filter_map(|account| {
            let place = clusters.place(IdentitySource::Bitbucket, &account.source_id)?;
            Some((account.id, place))
        })
        .collect()
}

/// Every address, with all that carries it.
pub(super) fn carriers(
    clusters: &Clusters,
    evidence: &Evidence,
    places: &BTreeMap<Id, usize>,
) -> BTreeMap<String, Carriers> {
    let mut carriers: BTreeMap<String, Carriers> = BTreeMap::new();
    for decision in &evidence.decisions {
        if decision.link && decision.source == IdentitySource::Email {
            carriers
                .entry(decision.account.clone())
                .or_default()
                .decided = clusters.place(IdentitySource::Email, &decision.account);
        }
    }
    for account in &evidence.jira {
        let place = clusters.place(IdentitySource::Jira, &account.source_id);
        if let (Some(address), Some(place)) = (account.email.as_deref().and_then(normal), place) {
            carriers.entry(address).or_default().jira.insert(place);
        }
    }
    for lookup in &evidence.lookups {
        let place = lookup.account.and_then(|account| places.get(&account));
        if let Some(place) = place {
            carriers
                .entry(lookup.address.clone())
                .or_default()
                .members
                .insert(*place);
        }
    }
    for commit in &evidence.commits {
        let Some(address) = normal(&commit.address).filter(|address| tells_a_person(address))
        else {
            continue;
        };
        let carried = carriers.entry(address).or_default();
        match commit.account {
            Some(account) => *carried.commits.entry(account).or_default() += commit.commits,
            None => {
                carried.loose += commit.commits;
                carried.name = commit.name.clone().or(carried.name.take());
            }
        }
    }
    carriers
}
