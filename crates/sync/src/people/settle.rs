//! Writing who is who: only what differs from what is stored.

use std::collections::{BTreeMap, BTreeSet};

use model::rows::UserType;
use model::{Id, Instant};
use serde::Serialize;
use store::{
    Evidence, Identity, IdentitySource, Person, PersonEdit, PersonRef, PersonValues, PlanWritten,
    StoreError, WriteTx,
};

use super::plan::Plan;

/// What a match did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// People that were made.
    pub people_made: u64,
    /// People who turned out to be others.
    pub people_merged: u64,
    /// Accounts and addresses that found a person, another one, or a better reason.
    pub identities_set: u64,
    /// Accounts and addresses that are nobody's any more.
    pub identities_removed: u64,
    /// Accounts that are something else than was thought.
    pub types_changed: u64,
}

impl Settled {
    /// Whether anything was written.
    pub fn changed_anything(&self) -> bool {
        *self != Self::default()
    }
}

/// Writes a plan that was made from this evidence, in one transaction. Pull requests whose numbers
/// depend on what changed are marked to be measured again.
pub(super) async fn settle(
    tx: &mut WriteTx,
    evidence: &Evidence,
    plan: &Plan,
    now: Instant,
) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    let before = Standing::before(evidence);

    let types: Vec<(Id, UserType)> = evidence
        .accounts
        .iter()
        .filter_map(|account| {
            let user_type = *plan.types.get(&account.id)?;
            (account.user_type != Some(user_type)).then_some((account.id, user_type))
        })
        .collect();
    settled.types_changed = count(types.len());
    tx.set_account_types(&types).await?;

    let written = people(tx, evidence, plan, now).await?;
    settled.people_made = count(written.made.len());
    for (from, into) in &plan.merged {
        if let Some(into) = written.number(*into) {
            keep_edits(tx, evidence, *from, into).await?;
            tx.merge_people(*from, into).await?;
            settled.people_merged += 1;
        }
    }
    identities(tx, evidence, plan, &written, &mut settled, now).await?;
    emails(tx, evidence, plan).await?;
    for id in &plan.gone {
        tx.remove_nobody(*id).await?;
    }

    let after = Standing::after(evidence, plan, &written);
    let retyped: BTreeSet<Id> = types.iter().map(|(id, _)| *id).collect();
    let touched: Vec<Id> = evidence
        .accounts
        .iter()
        .filter(|account| {
            let id = account.id;
            (retyped.contains(&id) && account.user_type.is_some()) || before.of(id) != after.of(id)
        })
        .map(|account| account.id)
        .collect();
    tx.mark_unmeasured_of_accounts(&touched).await?;
    Ok(settled)
}

/// What the measures of an account's pull requests depend on.
#[derive(Default)]
struct Standing {
    people: BTreeMap<Id, i64>,
    accounts: BTreeMap<i64, BTreeSet<Id>>,
    zones: BTreeMap<i64, Option<String>>,
}

impl Standing {
    fn before(evidence: &Evidence) -> Self {
        let mut standing = Self::default();
        for identity in &evidence.identities {
            standing.add(identity.source, identity.row, identity.user);
        }
        standing.zones = evidence
            .people
            .iter()
            .map(|person| (person.id, person.timezone.clone()))
            .collect();
        standing
    }

    fn after(evidence: &Evidence, plan: &Plan, written: &PlanWritten) -> Self {
        let mut standing = Self {
            zones: Self::before(evidence).zones,
            ..Self::default()
        };
        for identity in &plan.identities {
            if let Some(user) = written.number(identity.person) {
                standing.add(identity.source, identity.row, user);
            }
        }
        for (person, values) in &plan.people {
            if let Some(user) = written.number(*person) {
                standing.zones.insert(user, values.timezone.clone());
            }
        }
        standing
    }

    fn add(&mut self, source: IdentitySource, row: Option<Id>, user: i64) {
        if let (IdentitySource::Bitbucket, Some(row)) = (source, row) {
            self.people.insert(row, user);
            self.accounts.entry(user).or_default().insert(row);
        }
    }

    /// The other accounts of the same person, and their time zone. Somebody of whom nothing but the
    /// account is known is as good as nobody.
    fn of(&self, account: Id) -> (BTreeSet<Id>, Option<String>) {
        let Some(user) = self.people.get(&account) else {
            return (BTreeSet::from([account]), None);
        };
        (
            self.accounts.get(user).cloned().unwrap_or_default(),
            self.zones.get(user).cloned().flatten(),
        )
    }
}

/// Makes the new people and writes what is new of the others.
async fn people(
    tx: &mut WriteTx,
    evidence: &Evidence,
    plan: &Plan,
    now: Instant,
) -> Result<PlanWritten, StoreError> {
    let known: BTreeMap<i64, &Person> = evidence
        .people
        .iter()
        .map(|person| (person.id, person))
        .collect();
    let mut new = vec![PersonValues::default(); plan.new_people];
    for (person, values) in &plan.people {
        match person {
            PersonRef::New(place) => {
                if let Some(slot) = new.get_mut(*place) {
                    slot.clone_from(values);
                }
            }
            PersonRef::Known(id) => {
                let differs = known.get(id).is_some_and(|held| {
                    held.name != values.name
                        || held.email != values.email
                        || held.timezone != values.timezone
                        || held.provisional != values.provisional
                        || held.active != values.active
                });
                if differs {
                    tx.set_person(*id, values).await?;
                }
            }
        }
    }
    tx.make_people(&new, now).await
}

/// What somebody has set of one of two people fills what nobody has set of the other.
pub(super) async fn keep_edits(
    tx: &mut WriteTx,
    evidence: &Evidence,
    from: i64,
    into: i64,
) -> Result<(), StoreError> {
    let find = |id: i64| evidence.people.iter().find(|person| person.id == id);
    let (Some(from), Some(into)) = (find(from), find(into)) else {
        return Ok(());
    };
    let moves = |column: &str| from.is_set_by_hand(column) && !into.is_set_by_hand(column);
    let text = |column: &str, value: &Option<String>| value.clone().filter(|_| moves(column));
    let edit = PersonEdit {
        name: text("name", &from.name),
        email: text("email", &from.email),
        timezone: text("timezone", &from.timezone),
        started_on: text("started_on", &from.started_on),
        developer: moves("developer").then_some(from.developer),
    };
    if edit == PersonEdit::default() {
        return Ok(());
    }
    tx.edit_person(into, &edit).await
}

async fn identities(
    tx: &mut WriteTx,
    evidence: &Evidence,
    plan: &Plan,
    written: &PlanWritten,
    settled: &mut Settled,
    now: Instant,
) -> Result<(), StoreError> {
    let held: BTreeMap<(IdentitySource, &str), &Identity> = evidence
        .identities
        .iter()
        .map(|identity| ((identity.source, identity.account.as_str()), identity))
        .collect();
    let planned: BTreeSet<(IdentitySource, &str)> = plan
        .identities
        .iter()
        .map(|identity| (identity.source, identity.account.as_str()))
        .collect();
    let gone: BTreeSet<(IdentitySource, String)> = held
        .keys()
        .filter(|key| !planned.contains(key))
        .map(|(source, account)| (*source, (*account).to_owned()))
        .collect();
    settled.identities_removed = count(gone.len());
    tx.remove_identities(&gone).await?;
    for identity in &plan.identities {
        let Some(user) = written.number(identity.person) else {
            continue;
        };
        let is_as_held = held
            .get(&(identity.source, identity.account.as_str()))
            .is_some_and(|held| {
                held.user == user
                    && held.matched_by == identity.matched_by
                    && held.row == identity.row
            });
        if !is_as_held {
            tx.set_identity(identity, user, now).await?;
            settled.identities_set += 1;
        }
    }
    Ok(())
}

/// The addresses that accounts are known by: those of their people.
async fn emails(tx: &mut WriteTx, evidence: &Evidence, plan: &Plan) -> Result<(), StoreError> {
    let of_accounts: BTreeMap<Id, &Option<String>> = plan
        .identities
        .iter()
        .filter(|identity| identity.source == IdentitySource::Bitbucket)
        .filter_map(|identity| Some((identity.row?, &plan.people.get(&identity.person)?.email)))
        .collect();
    let changed: Vec<(Id, Option<String>)> = evidence
        .accounts
        .iter()
        .filter_map(|account| {
            let email = of_accounts
                .get(&account.id)
                .and_then(|email| email.as_ref());
            (account.email.as_ref() != email).then(|| (account.id, email.cloned()))
        })
        .collect();
    tx.set_account_emails(&changed).await
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
