//! Which person a cluster of accounts is, and what is known of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use store::{Evidence, IdentitySource, JiraAccount, Person, PersonRef, PersonValues};

use super::clusters::{Clusters, Node};
use super::plan::Owned;

/// The name that Bitbucket gives closed accounts.
pub(super) const FORMER_USER: &str = "Former user";

/// Gives each cluster its person: whom somebody named, else who had its accounts before, else a new
/// one. A person goes on in one cluster alone.
pub(super) fn assign(
    clusters: &Clusters,
    relevant: &BTreeSet<usize>,
) -> BTreeMap<usize, PersonRef> {
    let mut given: BTreeMap<usize, PersonRef> = BTreeMap::new();
    let mut taken: BTreeSet<i64> = BTreeSet::new();
    for cluster in relevant {
        if let Some(user) = clusters.pinned(*cluster) {
            given.insert(*cluster, PersonRef::Known(user));
            taken.insert(user);
        }
    }
    // Who was matched first keeps the number.
    let mut claims: Vec<_> = relevant
        .iter()
        .flat_map(|cluster| clusters.members(*cluster).map(move |node| (*cluster, node)))
        .filter_map(|(cluster, node)| {
            let (user, at) = node.anchor?;
            Some((node.source, at, node.account.as_str(), cluster, user))
        })
        .collect();
    claims.sort_unstable();
    for (_, _, _, cluster, user) in claims {
        let is_forbidden = clusters
            .members(cluster)
            .any(|node| node.forbidden.contains(&user));
        if !is_forbidden && !taken.contains(&user) && !given.contains_key(&cluster) {
            given.insert(cluster, PersonRef::Known(user));
            taken.insert(user);
        }
    }
    let mut new = 0;
    for cluster in relevant {
        given.entry(*cluster).or_insert_with(|| {
            new += 1;
            PersonRef::New(new - 1)
        });
    }
    given
}

/// People whose accounts all went to another person: they were two, and are one.
pub(super) fn successors(
    evidence: &Evidence,
    clusters: &Clusters,
    people_of: &BTreeMap<usize, PersonRef>,
) -> Vec<(i64, PersonRef)> {
    let present: BTreeSet<i64> = people_of
        .values()
        .filter_map(|person| match person {
            PersonRef::Known(id) => Some(*id),
            PersonRef::New(_) => None,
        })
        .collect();
    let mut merged = Vec::new();
    for person in &evidence.people {
        if present.contains(&person.id) {
            continue;
        }
        let mut into: BTreeSet<PersonRef> = BTreeSet::new();
        for (cluster, other) in people_of {
            let was_theirs = |node: &Node| {
                node.anchor.is_some_and(|(user, _)| user == person.id)
                    && !node.forbidden.contains(&person.id)
            };
            if clusters.members(*cluster).any(was_theirs) {
                into.insert(*other);
            }
        }
        let mut into = into.into_iter();
        if let (Some(into), None) = (into.next(), into.next()) {
            merged.push((person.id, into));
        }
    }
    merged
}

/// People of whom nothing is left: their accounts turned out to be programs' and nobody has said
/// anything of them. Whoever is in a team stays all the same, which is for the store to see.
pub(super) fn nobodies(
    evidence: &Evidence,
    people_of: &BTreeMap<usize, PersonRef>,
    merged: &[(i64, PersonRef)],
) -> Vec<i64> {
    let is_there = |id: i64| {
        people_of
            .values()
            .any(|person| *person == PersonRef::Known(id))
            || merged.iter().any(|(from, _)| *from == id)
            || evidence.decisions.iter().any(|one| one.user == id)
    };
    evidence
        .people
        .iter()
        .filter(|person| person.set_by_hand.is_empty() && person.forgotten_at.is_none())
        .map(|person| person.id)
        .filter(|id| !is_there(*id))
        .collect()
}

/// What is known of each person. What somebody has set, and what was forgotten, stays as it is.
pub(super) fn values(
    evidence: &Evidence,
    clusters: &Clusters,
    owned: &BTreeMap<String, Owned>,
    people_of: &BTreeMap<usize, PersonRef>,
) -> BTreeMap<PersonRef, PersonValues> {
    let accounts: BTreeMap<&str, &store::Account> = evidence
        .accounts
        .iter()
        .map(|account| (account.source_id.as_str(), account))
        .collect();
    let jira: BTreeMap<&str, &JiraAccount> = evidence
        .jira
        .iter()
        .map(|account| (account.source_id.as_str(), account))
        .collect();
    let people: BTreeMap<i64, &Person> = evidence
        .people
        .iter()
        .map(|person| (person.id, person))
        .collect();
    let mut all = BTreeMap::new();
    for (cluster, person) in people_of {
        let earlier = match person {
            PersonRef::Known(id) => people.get(id).copied(),
            PersonRef::New(_) => None,
        };
        let of = |source: IdentitySource| {
            clusters
                .members(*cluster)
                .filter(move |node| node.source == source)
                .map(|node| node.account.as_str())
        };
        let mut of_jira: Vec<&JiraAccount> = of(IdentitySource::Jira)
            .filter_map(|account| jira.get(account).copied())
            .collect();
        // One in use says more than one that is closed.
        of_jira.sort_by_key(|account| (Reverse(account.active), account.source_id.as_str()));
        let mut of_bitbucket: Vec<&store::Account> = of(IdentitySource::Bitbucket)
            .filter_map(|account| accounts.get(account).copied())
            .collect();
        of_bitbucket.sort_by_key(|account| (Reverse(account.active), account.source_id.as_str()));
        let active = if of_bitbucket.is_empty() {
            of_jira.is_empty() || of_jira.iter().any(|account| account.active)
        } else {
            of_bitbucket.iter().any(|account| account.active)
        };
        if let Some(earlier) = earlier.filter(|person| person.forgotten_at.is_some()) {
            let values = PersonValues {
                name: None,
                email: None,
                timezone: earlier.timezone.clone(),
                provisional: true,
                active,
            };
            all.insert(*person, values);
            continue;
        }
        let by_hand = |column: &str| earlier.is_some_and(|person| person.is_set_by_hand(column));
        let held = |value: fn(&Person) -> &Option<String>| earlier.and_then(|it| value(it).clone());
        let name = if by_hand("name") {
            held(|person| &person.name)
        } else {
            name(&of_jira, &of_bitbucket)
                .or_else(|| held(|person| &person.name))
                .or_else(|| of_bitbucket.iter().find_map(|account| account.name.clone()))
        };
        let email = if by_hand("email") {
            held(|person| &person.email)
        } else {
            email(owned, *cluster)
        };
        let timezone = if by_hand("timezone") {
            held(|person| &person.timezone)
        } else {
            (of_jira.iter().find_map(|account| account.timezone.clone()))
                .or_else(|| held(|person| &person.timezone))
        };
        let values = PersonValues {
            provisional: email.is_none(),
            name,
            email,
            timezone,
            active,
        };
        all.insert(*person, values);
    }
    all
}

/// The name by which people know somebody. Closed accounts have lost theirs: an earlier one stays.
fn name(jira: &[&JiraAccount], bitbucket: &[&store::Account]) -> Option<String> {
    let names = jira.iter().map(|account| &account.name);
    names
        .chain(bitbucket.iter().map(|account| &account.name))
        .flatten()
        .find(|name| !name.trim().is_empty() && *name != FORMER_USER)
        .cloned()
}

/// Of several addresses the one that is known best; among equals the one with most commits.
fn email(owned: &BTreeMap<String, Owned>, cluster: usize) -> Option<String> {
    owned
        .iter()
        .filter(|(_, owner)| owner.cluster == cluster)
        .min_by_key(|(address, owner)| (owner.by, Reverse(owner.commits), (*address).clone()))
        .map(|(address, _)| address.clone())
}
