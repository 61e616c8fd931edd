//! Asking Bitbucket whose an address is.

use std::collections::{BTreeMap, BTreeSet};

use bitbucket::{Client, ClientError, MOST_ADDRESSES};
use model::{Clock, Id, Instant};
use store::{Db, Evidence, IdentitySource, StoreError};

use super::address::{normal, tells_a_person};

/// After how long an address that was nobody's is asked for again.
const AGAIN_SECONDS: i64 = 7 * 24 * 3_600;

/// After how long Bitbucket is asked again where it refused.
const REFUSED_SECONDS: i64 = 24 * 3_600;

/// How many addresses one run asks for at most: ten requests.
const MOST_OF_A_RUN: usize = 10 * MOST_ADDRESSES;

/// Asks whose the addresses are of which nothing else tells it, [`MOST_ADDRESSES`] with a request,
/// and keeps the answers. That it may not be asked is no failure: it is remembered for a day.
///
/// # Errors
/// What the client says, or the database.
pub(crate) async fn look_up(
    db: &Db,
    client: &Client,
    clock: &dyn Clock,
    workspace: Id,
) -> Result<(), LookupError> {
    let evidence = db.evidence().await?;
    let addresses = to_ask(&evidence, workspace, clock.now());
    for some in addresses.chunks(MOST_ADDRESSES) {
        let asked_at = clock.now();
        let answers: Vec<(String, Option<Id>)> = match client.accounts_of_addresses(some).await {
            Ok(found) => {
                let found: BTreeMap<String, Id> = found
                    .into_iter()
                    .filter_map(|(address, account)| Some((normal(&address)?, account)))
                    .collect();
                some.iter()
                    .map(|address| (address.clone(), found.get(address).copied()))
                    .collect()
            }
            Err(ClientError::Forbidden { .. } | ClientError::BadRequest { .. }) => {
                vec![(String::new(), None)]
            }
            Err(error) => return Err(error.into()),
        };
        let refused = answers.iter().any(|(address, _)| address.is_empty());
        let mut tx = db.write().await?;
        tx.save_lookups(workspace, &answers, asked_at).await?;
        tx.commit().await?;
        if refused {
            break;
        }
    }
    Ok(())
}

/// Why addresses could not be asked for.
#[derive(Debug)]
pub(crate) enum LookupError {
    /// Bitbucket.
    Client(ClientError),
    /// The database.
    Store(StoreError),
}

impl From<ClientError> for LookupError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<StoreError> for LookupError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The addresses that are worth a request, the most telling first.
fn to_ask(evidence: &Evidence, workspace: Id, now: Instant) -> Vec<String> {
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    for lookup in &evidence.lookups {
        let age = now.seconds_since(lookup.asked_at);
        if lookup.address.is_empty() {
            if lookup.workspace == workspace && age < REFUSED_SECONDS {
                return Vec::new();
            }
        } else if lookup.account.is_some() || (lookup.workspace == workspace && age < AGAIN_SECONDS)
        {
            asked.insert(&lookup.address);
        }
    }
    // An address that an account of Bitbucket stands beside is known already.
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut commits: BTreeMap<String, i64> = BTreeMap::new();
    for commit in &evidence.commits {
        let Some(address) = normal(&commit.address) else {
            continue;
        };
        if commit.account.is_some() {
            known.insert(address);
        } else if tells_a_person(&address) {
            *commits.entry(address).or_default() += commit.commits;
        }
    }
    let with_an_account: BTreeSet<i64> = evidence
        .identities
        .iter()
        .filter(|identity| identity.source == IdentitySource::Bitbucket)
        .map(|identity| identity.user)
        .collect();
    // Somebody named these people, and they have no account here so far.
    for decision in &evidence.decisions {
        if decision.link
            && decision.source == IdentitySource::Email
            && !with_an_account.contains(&decision.user)
        {
            commits.entry(decision.account.clone()).or_insert(i64::MAX);
        }
    }
    let of_bitbucket: BTreeSet<&str> = evidence
        .accounts
        .iter()
        .filter_map(|account| account.account_id.as_deref())
        .collect();
    for account in &evidence.jira {
        let is_person = account.account_type.as_deref() == Some("atlassian");
        let is_elsewhere = of_bitbucket.contains(account.source_id.as_str());
        if is_person
            && account.active
            && !is_elsewhere
            && let Some(address) = account.email.as_deref().and_then(normal)
        {
            commits.entry(address).or_insert(0);
        }
    }
    let mut wanted: Vec<(i64, String)> = commits
        .into_iter()
        .filter(|(address, _)| !asked.contains(address.as_str()) && !known.contains(address))
        .map(|(address, commits)| (-commits, address))
        .collect();
    wanted.sort();
    wanted.truncate(MOST_OF_A_RUN);
    wanted.into_iter().map(|(_, address)| address).collect()
}
