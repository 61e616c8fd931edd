//! Who is who: a pure function of everything that says something about it.
//!
//! Accounts are put together in steps, the strongest reason first, and nothing that somebody has said
//! is ever overruled. An address that two accounts carry puts nobody together, and neither does a
//! name: both are suggestions at most.

use std::collections::{BTreeMap, BTreeSet};

use model::Id;
use model::rows::{AccountType, UserType};
use store::{Evidence, Identity, IdentityPlan, IdentitySource, MatchedBy, PersonRef, PersonValues};

use super::BotNames;
use super::carriers::{Carriers, carriers, places};
use super::clusters::{Clusters, Node};
use super::persons::{assign, nobodies, successors, values};
use super::suggestions::{Suggestion, suggestions};

/// Who is who.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What each account of Bitbucket is.
    pub types: BTreeMap<Id, UserType>,
    /// How many people have to be made.
    pub new_people: usize,
    /// Whose each account and address is.
    pub identities: Vec<IdentityPlan>,
    /// What is known of each person.
    pub people: BTreeMap<PersonRef, PersonValues>,
    /// People who turned out to be others.
    pub merged: Vec<(i64, PersonRef)>,
    /// People of whom nothing is left.
    pub gone: Vec<i64>,
    /// What a person could accept.
    pub suggestions: Vec<Suggestion>,
}

/// Whose an address is.
pub(super) struct Owned {
    pub(super) cluster: usize,
    pub(super) by: MatchedBy,
    /// Commits under it, by which one of several is chosen.
    pub(super) commits: i64,
}

/// Finds out who is who.
pub fn plan(evidence: &Evidence, bots: &BotNames) -> Plan {
    let types: BTreeMap<Id, UserType> = evidence
        .accounts
        .iter()
        .map(|account| {
            let names = [account.name.as_deref(), account.nickname.as_deref()];
            let said = evidence.types.get(&account.source_id).copied();
            let guessed = || bots.type_of(account.account_type.as_deref(), names);
            (account.id, said.unwrap_or_else(guessed))
        })
        .collect();
    let mut clusters = nodes(evidence, &types);
    join_decided(&mut clusters);
    join_account_ids(&mut clusters, evidence);
    let places = places(&clusters, evidence);
    let carriers = carriers(&clusters, evidence, &places);
    join_addresses(&mut clusters, &carriers, &places);

    let owned = owners(&clusters, &carriers, &places, &never_theirs(evidence));
    let relevant = relevant(&clusters, &owned, &carriers);
    let people_of = assign(&clusters, &relevant);
    let person = |cluster: usize| people_of.get(&cluster).copied();
    let mut identities = Vec::new();
    for cluster in &relevant {
        let Some(person) = person(*cluster) else {
            continue;
        };
        let best = best_address(&owned, *cluster);
        for node in clusters.members(*cluster) {
            identities.push(IdentityPlan {
                source: node.source,
                row: node.row,
                account: node.account.clone(),
                person,
                matched_by: reason(node, best),
            });
        }
    }
    for (address, owner) in &owned {
        // One that somebody has spoken of is among the nodes.
        let is_node = clusters.place(IdentitySource::Email, address).is_some();
        if let Some(person) = person(owner.cluster).filter(|_| !is_node) {
            identities.push(IdentityPlan {
                source: IdentitySource::Email,
                row: None,
                account: address.clone(),
                person,
                matched_by: owner.by,
            });
        }
    }
    identities
        .sort_by(|one, other| (one.source, &one.account).cmp(&(other.source, &other.account)));
    let people = values(evidence, &clusters, &owned, &people_of);
    let new_people = people_of
        .values()
        .filter(|person| matches!(person, PersonRef::New(_)))
        .count();
    let merged = successors(evidence, &clusters, &people_of);
    Plan {
        gone: nobodies(evidence, &people_of, &merged),
        merged,
        suggestions: suggestions(evidence, &clusters, &carriers, &places, &people_of),
        types,
        new_people,
        identities,
        people,
    }
}

/// The accounts of people, and the addresses that somebody has spoken of.
fn nodes(evidence: &Evidence, types: &BTreeMap<Id, UserType>) -> Clusters {
    let held: BTreeMap<(IdentitySource, &str), &Identity> = evidence
        .identities
        .iter()
        .map(|identity| ((identity.source, identity.account.as_str()), identity))
        .collect();
    let node = |source: IdentitySource, row: Option<Id>, account: &str, id: Option<&str>| {
        let said = || {
            evidence
                .decisions
                .iter()
                .filter(move |one| one.source == source && one.account == account)
        };
        Node {
            source,
            row,
            account: account.to_owned(),
            atlassian_id: id.map(str::to_owned),
            pinned: said().find(|one| one.link).map(|one| one.user),
            forbidden: said().filter(|one| !one.link).map(|one| one.user).collect(),
            anchor: held
                .get(&(source, account))
                .map(|identity| (identity.user, identity.matched_at)),
            reason: None,
        }
    };
    let mut clusters = Clusters::default();
    let mut programs: BTreeSet<&str> = BTreeSet::new();
    for account in &evidence.accounts {
        if account.account_type.as_deref() == Some(AccountType::Team.as_str()) {
            // Several people, who have accounts of their own.
            continue;
        }
        if types.get(&account.id) == Some(&UserType::Human) {
            clusters.add(node(
                IdentitySource::Bitbucket,
                Some(account.id),
                &account.source_id,
                account.account_id.as_deref(),
            ));
        } else {
            programs.extend(account.account_id.as_deref());
        }
    }
    for account in &evidence.jira {
        let is_person = account
            .account_type
            .as_deref()
            .is_none_or(|word| word == "atlassian");
        if is_person && !programs.contains(account.source_id.as_str()) {
            clusters.add(node(
                IdentitySource::Jira,
                Some(account.id),
                &account.source_id,
                Some(&account.source_id),
            ));
        }
    }
    for decision in &evidence.decisions {
        let source = IdentitySource::Email;
        let is_new = clusters.place(source, &decision.account).is_none();
        if decision.source == source && decision.link && is_new {
            clusters.add(node(source, None, &decision.account, None));
        }
    }
    clusters
}

/// What somebody said to be one person's.
fn join_decided(clusters: &mut Clusters) {
    let mut first: BTreeMap<i64, usize> = BTreeMap::new();
    for place in clusters.all().collect::<Vec<_>>() {
        let Some(user) = clusters.node(place).and_then(|node| node.pinned) else {
            continue;
        };
        let with = *first.entry(user).or_insert(place);
        clusters.join(with, place, MatchedBy::Decision);
    }
}

/// The same Atlassian account in Bitbucket and in Jira.
fn join_account_ids(clusters: &mut Clusters, evidence: &Evidence) {
    for account in &evidence.accounts {
        let here = clusters.place(IdentitySource::Bitbucket, &account.source_id);
        let there = account
            .account_id
            .as_deref()
            .and_then(|id| clusters.place(IdentitySource::Jira, id));
        if let (Some(here), Some(there)) = (here, there) {
            clusters.join(here, there, MatchedBy::Jira);
        }
    }
}

/// Accounts that one address leads to: by commits, by the filter of members, and by two sources that
/// vouch for it, in this order.
fn join_addresses(
    clusters: &mut Clusters,
    carriers: &BTreeMap<String, Carriers>,
    places: &BTreeMap<Id, usize>,
) {
    for step in [MatchedBy::Commit, MatchedBy::Members, MatchedBy::Address] {
        for carried in carriers.values() {
            let account = match step {
                MatchedBy::Commit => author(carried, places),
                MatchedBy::Members => member(carried, places),
                _ => None,
            };
            match (account, step) {
                (Some(account), _) => join_account(clusters, carried, account, step),
                (None, MatchedBy::Address) => {
                    if let (Some(decided), Some(jira)) = (carried.decided, sole(&carried.jira)) {
                        clusters.join(decided, jira, step);
                    }
                }
                (None, _) => {}
            }
        }
    }
}

/// The account of an address by its commits, where Bitbucket does not name another one for it.
fn author(carried: &Carriers, places: &BTreeMap<Id, usize>) -> Option<usize> {
    let author = carried.sole_author(places)?;
    let agrees = carried.members.iter().all(|member| *member == author);
    agrees.then_some(author)
}

/// The account that Bitbucket names for an address, where no other one stands beside it on commits.
fn member(carried: &Carriers, places: &BTreeMap<Id, usize>) -> Option<usize> {
    let member = sole(&carried.members)?;
    let agrees = carried
        .commits
        .keys()
        .all(|account| places.get(account) == Some(&member));
    agrees.then_some(member)
}

/// Puts an account of Bitbucket together with who else carries its address.
fn join_account(clusters: &mut Clusters, carried: &Carriers, account: usize, step: MatchedBy) {
    if let Some(decided) = carried.decided {
        clusters.join(decided, account, step);
    }
    let Some(jira) = sole(&carried.jira) else {
        return;
    };
    let (here, there) = (clusters.of(account), clusters.of(jira));
    // An address on old commits may be somebody else's by now, so that it never says that two
    // Atlassian accounts are one person's. What Bitbucket vouches for today does.
    let is_another = clusters
        .members(here)
        .any(|node| node.atlassian_id.is_some());
    let is_taken = clusters.has(there, IdentitySource::Bitbucket);
    if here != there && !is_taken && (step != MatchedBy::Commit || !is_another) {
        clusters.join(account, jira, step);
    }
}

fn sole(places: &BTreeSet<usize>) -> Option<usize> {
    let mut places = places.iter();
    match (places.next(), places.next()) {
        (Some(place), None) => Some(*place),
        _ => None,
    }
}

/// Of each address, the people whose it never is, as somebody said.
fn never_theirs(evidence: &Evidence) -> BTreeMap<&str, Vec<i64>> {
    let mut never: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for decision in &evidence.decisions {
        if !decision.link && decision.source == IdentitySource::Email {
            let users = never.entry(&decision.account).or_default();
            users.push(decision.user);
        }
    }
    never
}

/// Whose each address is. Where nobody vouches for one it is its author's, if there is but one; where
/// several people do it is nobody's.
fn owners(
    clusters: &Clusters,
    carriers: &BTreeMap<String, Carriers>,
    places: &BTreeMap<Id, usize>,
    never: &BTreeMap<&str, Vec<i64>>,
) -> BTreeMap<String, Owned> {
    let mut owned = BTreeMap::new();
    for (address, carried) in carriers {
        let commits = carried.commits.values().sum::<i64>() + carried.loose;
        let distinct = |places: &mut dyn Iterator<Item = usize>| {
            let of: BTreeSet<usize> = places.map(|place| clusters.of(place)).collect();
            let mut of = of.into_iter();
            match (of.next(), of.next()) {
                (Some(cluster), None) => Some(cluster),
                _ => None,
            }
        };
        let is_vouched_for = !carried.jira.is_empty() || !carried.members.is_empty();
        let owner = if let Some(decided) = carried.decided {
            Some((clusters.of(decided), MatchedBy::Decision))
        } else if is_vouched_for {
            let by = if carried.jira.is_empty() {
                MatchedBy::Members
            } else {
                MatchedBy::Jira
            };
            distinct(&mut carried.jira.iter().chain(&carried.members).copied())
                .map(|cluster| (cluster, by))
        } else if carried.commits.keys().all(|id| places.contains_key(id)) {
            let mut authors = carried
                .commits
                .keys()
                .filter_map(|id| places.get(id).copied());
            distinct(&mut authors).map(|cluster| (cluster, MatchedBy::Commit))
        } else {
            None
        };
        let never = never.get(address.as_str()).into_iter().flatten();
        if let Some((cluster, by)) = owner
            && !never.clone().any(|user| clusters.is_whose(cluster, *user))
        {
            owned.insert(
                address.clone(),
                Owned {
                    cluster,
                    by,
                    commits,
                },
            );
        }
    }
    owned
}

/// The clusters that are people here: who has an account in Bitbucket, has commits, was known
/// before, or is spoken of. A site of Jira lists many who have nothing to do with any of this.
fn relevant(
    clusters: &Clusters,
    owned: &BTreeMap<String, Owned>,
    carriers: &BTreeMap<String, Carriers>,
) -> BTreeSet<usize> {
    let with_commits = owned.iter().filter_map(|(address, owner)| {
        let carried = carriers.get(address)?;
        (carried.loose > 0).then_some(owner.cluster)
    });
    let of_themselves = clusters.all().filter(|cluster| {
        clusters.members(*cluster).any(|node| {
            node.source == IdentitySource::Bitbucket
                || node.pinned.is_some()
                || node.anchor.is_some()
        })
    });
    of_themselves.chain(with_commits).collect()
}

/// The strongest reason for which a cluster has an address.
fn best_address(owned: &BTreeMap<String, Owned>, cluster: usize) -> Option<MatchedBy> {
    owned
        .values()
        .filter(|owner| owner.cluster == cluster)
        .map(|owner| owner.by)
        .min()
}

/// How a node found its person.
fn reason(node: &Node, best_address: Option<MatchedBy>) -> MatchedBy {
    if node.pinned.is_some() {
        return MatchedBy::Decision;
    }
    let of_address = match node.source {
        // Jira tells its accounts' addresses itself.
        IdentitySource::Jira => best_address.map(|_| MatchedBy::Address),
        _ => best_address.filter(|by| matches!(by, MatchedBy::Commit | MatchedBy::Members)),
    };
    node.reason.or(of_address).unwrap_or(MatchedBy::Account)
}
