//! Removing somebody's name and addresses for good, and keeping them away.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::Field;
use model::rows::Batch;
use serde::Serialize;
use serde_json::Value;
use store::{Evidence, ForgetKey, Forgettable, IdentitySource, StoreError, Vault, WriteTx};

use super::address::normal;
use super::persons::FORMER_USER;
use super::{Decider, match_in};

/// What stands where a name or an address was.
const REMOVED: &str = "(forgotten)";

/// What was removed of somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Accounts of Bitbucket and Jira that have no name any more.
    pub accounts: u64,
    /// Addresses.
    pub addresses: u64,
    /// Deliveries that told of them.
    pub deliveries: u64,
    /// Entries of the log of changes that named them.
    pub log_entries: u64,
}

/// Removes name and addresses of a person from everything that is stored, and sees to it that no
/// import brings them back. Pull requests, reviews and commits keep their person, who has no name.
///
/// The transaction must hold the lock: see [`WriteTx::lock_people`]. What people wrote, titles and
/// messages for example, is not searched.
///
/// # Errors
/// A delivery or the digests' key does not open, or whatever the database says.
pub async fn forget(
    tx: &mut WriteTx,
    evidence: &Evidence,
    user: i64,
    vault: &Vault,
    decider: &Decider<'_>,
) -> Result<Forgotten, StoreError> {
    let traces = Traces::of(evidence, user);
    let key = tx.ensure_forget_key(vault).await?;
    let digests = traces.digests(&key);
    let mut forgotten = Forgotten {
        accounts: count(traces.person.accounts.len() + traces.person.jira.len()),
        addresses: count(traces.normal.len()),
        ..Forgotten::default()
    };
    forgotten.deliveries = tx
        .rewrite_deliveries(vault, |body| traces.without_them(body))
        .await?;
    forgotten.log_entries = tx.rewrite_audit(|text| traces.redacted(text)).await?;
    tx.forget_person(&traces.person, &digests, decider.clock.now())
        .await?;
    match_in(tx, decider.bots, decider.clock).await?;
    Ok(forgotten)
}

/// Which of these addresses, in lower case, belong to people who were forgotten.
///
/// # Errors
/// The digests' key does not open, or whatever the database says.
pub async fn forgotten_addresses<'a>(
    tx: &mut WriteTx,
    vault: Option<&Vault>,
    addresses: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeSet<&'a str>, StoreError> {
    let Some((digests, key)) = known(tx, vault).await? else {
        return Ok(BTreeSet::new());
    };
    Ok(addresses
        .into_iter()
        .filter(|address| digests.contains(&key.digest(IdentitySource::Email, address)))
        .collect())
}

/// The digests of all who were forgotten, and their key; nothing where nobody was.
async fn known(
    tx: &mut WriteTx,
    vault: Option<&Vault>,
) -> Result<Option<(BTreeSet<String>, ForgetKey)>, StoreError> {
    let digests = tx.forgotten_digests().await?;
    if digests.is_empty() {
        return Ok(None);
    }
    let missing = || StoreError::ForgetKey("there is none".to_owned());
    let key = tx.forget_key(vault.ok_or_else(missing)?).await?;
    Ok(Some((digests, key.ok_or_else(missing)?)))
}

/// A batch without names and addresses of people who were forgotten.
///
/// # Errors
/// Somebody was forgotten and there is no key that tells who, or whatever the database says.
pub(crate) async fn strip<'b>(
    tx: &mut WriteTx,
    vault: Option<&Vault>,
    batch: &'b Batch,
) -> Result<Cow<'b, Batch>, StoreError> {
    if batch.users.is_empty() && batch.jira_users.is_empty() && batch.commits.is_empty() {
        return Ok(Cow::Borrowed(batch));
    }
    let Some((digests, key)) = known(tx, vault).await? else {
        return Ok(Cow::Borrowed(batch));
    };
    let is_forgotten =
        |source: IdentitySource, what: &str| digests.contains(&key.digest(source, what));
    let mut batch = batch.clone();
    for row in &mut batch.users {
        if is_forgotten(IdentitySource::Bitbucket, &row.id.to_string()) {
            clear(&mut row.name);
            clear(&mut row.nickname);
            clear(&mut row.source_url);
        }
    }
    for row in &mut batch.jira_users {
        let of_address = (row.email.as_value().and_then(|email| normal(email)))
            .is_some_and(|email| is_forgotten(IdentitySource::Email, &email));
        if is_forgotten(IdentitySource::Jira, &row.id.to_string()) {
            clear(&mut row.display_name);
            clear(&mut row.email);
        } else if of_address {
            clear(&mut row.email);
        }
    }
    for row in &mut batch.commits {
        let of_account = (row.user_id.as_value())
            .is_some_and(|id| is_forgotten(IdentitySource::Bitbucket, &id.to_string()));
        let of_address = (row.author_email.as_value().and_then(|email| normal(email)))
            .is_some_and(|email| is_forgotten(IdentitySource::Email, &email));
        if of_account || of_address {
            clear(&mut row.author_name);
            clear(&mut row.author_email);
        } else if (row.user_id.as_value().is_none())
            && let Some(name) = row.author_name.as_value()
            && digests.contains(&key.digest_of_name(&name.trim().to_lowercase()))
        {
            clear(&mut row.author_name);
        }
    }
    Ok(Cow::Owned(batch))
}

fn clear(field: &mut Field<String>) {
    if !field.is_absent() {
        *field = Field::Null;
    }
}

/// By what somebody is known anywhere.
struct Traces {
    person: Forgettable,
    /// Addresses in lower case.
    normal: BTreeSet<String>,
    /// Names in lower case, long ones first.
    names: Vec<String>,
    /// UUIDs and Atlassian account ids.
    ids: BTreeSet<String>,
}

impl Traces {
    fn of(evidence: &Evidence, user: i64) -> Self {
        let mut person = Forgettable {
            user,
            ..Forgettable::default()
        };
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut spelt: BTreeSet<String> = BTreeSet::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for held in evidence.people.iter().filter(|person| person.id == user) {
            names.extend(held.name.clone());
            spelt.extend(held.email.clone());
        }
        for identity in evidence.identities.iter().filter(|one| one.user == user) {
            match (identity.source, identity.row) {
                (IdentitySource::Bitbucket, Some(row)) => person.accounts.push(row),
                (IdentitySource::Jira, Some(row)) => person.jira.push(row),
                _ => {
                    spelt.insert(identity.account.clone());
                }
            }
        }
        for decision in &evidence.decisions {
            if decision.user == user && decision.link && decision.source == IdentitySource::Email {
                spelt.insert(decision.account.clone());
            }
        }
        for account in &evidence.accounts {
            if person.accounts.contains(&account.id) {
                names.extend(account.name.clone());
                names.extend(account.nickname.clone());
                ids.insert(account.source_id.clone());
                ids.extend(account.account_id.clone());
            }
        }
        for account in &evidence.jira {
            if person.jira.contains(&account.id) {
                names.extend(account.name.clone());
                spelt.extend(account.email.clone());
                ids.insert(account.source_id.clone());
            }
        }
        for lookup in &evidence.lookups {
            if lookup
                .account
                .is_some_and(|id| person.accounts.contains(&id))
            {
                spelt.insert(lookup.address.clone());
            }
        }
        let normal: BTreeSet<String> = spelt.iter().filter_map(|one| normal(one)).collect();
        for commit in &evidence.commits {
            let address = super::address::normal(&commit.address);
            if address.is_some_and(|address| normal.contains(&address)) {
                spelt.insert(commit.address.clone());
                names.extend(commit.name.clone());
            }
        }
        person.addresses = spelt.union(&normal).cloned().collect();
        // A single word is somebody else's name as well.
        person.names = (names.iter())
            .filter(|name| name.trim().contains(' ') && *name != FORMER_USER)
            .cloned()
            .collect();
        let mut names: Vec<String> = names
            .iter()
            .map(|name| name.trim().to_lowercase())
            // Shorter ones are words of their own.
            .filter(|name| name.chars().count() >= 4 && *name != "former user")
            .collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.dedup();
        Self {
            person,
            normal,
            names,
            ids,
        }
    }

    fn digests(&self, key: &ForgetKey) -> BTreeSet<String> {
        let of = |source: IdentitySource, what: &str| key.digest(source, what);
        let accounts = self.person.accounts.iter();
        let accounts = accounts.map(|id| of(IdentitySource::Bitbucket, &id.to_string()));
        let jira = self.person.jira.iter();
        let jira = jira.map(|id| of(IdentitySource::Jira, &id.to_string()));
        let addresses = self.normal.iter();
        let addresses = addresses.map(|address| of(IdentitySource::Email, address));
        let names = self.person.names.iter();
        let names = names.map(|name| key.digest_of_name(&name.trim().to_lowercase()));
        accounts.chain(jira).chain(addresses).chain(names).collect()
    }

    /// A text without their names and addresses; nothing where it has none of them.
    fn redacted(&self, text: &str) -> Option<String> {
        let mut redacted = text.to_owned();
        for word in self.normal.iter().chain(&self.names) {
            redacted = without(&redacted, word);
        }
        (redacted != text).then_some(redacted)
    }

    /// A delivery's body without them; nothing where it does not tell of them, or is no JSON.
    fn without_them(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut json: Value = serde_json::from_slice(body).ok()?;
        if !self.clean(&mut json) {
            return None;
        }
        serde_json::to_vec(&json).ok()
    }

    /// Cleans a value; says whether anything was to be cleaned.
    fn clean(&self, value: &mut Value) -> bool {
        match value {
            Value::Object(members) => {
                let is_them = ["uuid", "account_id"].iter().any(|name| {
                    let id = members.get(*name).and_then(Value::as_str);
                    id.is_some_and(|id| self.ids.contains(id))
                });
                let before = members.len();
                if is_them {
                    // Their page and their picture have the name in their addresses.
                    members.retain(|name, _| {
                        !matches!(
                            name.as_str(),
                            "display_name" | "nickname" | "username" | "links" | "email"
                        )
                    });
                }
                let mut cleaned = members.len() != before;
                for (name, member) in members.iter_mut() {
                    // A name before an address is theirs, however it is spelt.
                    let is_theirs = name == "raw"
                        && member
                            .as_str()
                            .is_some_and(|raw| self.redacted(raw).is_some());
                    if is_theirs && member != REMOVED {
                        *member = Value::String(REMOVED.to_owned());
                        cleaned = true;
                    } else {
                        cleaned |= self.clean(member);
                    }
                }
                cleaned
            }
            Value::Array(values) => {
                let mut cleaned = false;
                for value in values {
                    cleaned |= self.clean(value);
                }
                cleaned
            }
            Value::String(text) => match self.redacted(text) {
                Some(redacted) => {
                    *text = redacted;
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}

/// A text in which something else stands in the place of a word or of words, whatever their case.
fn without(text: &str, word: &str) -> String {
    let lower = text.to_lowercase();
    // Where lower case has another length, places do not fit; such a text is given up whole.
    if lower.len() != text.len() {
        return if lower.contains(word) {
            REMOVED.to_owned()
        } else {
            text.to_owned()
        };
    }
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut rest = 0;
    let mut written = String::with_capacity(text.len());
    for (at, _) in lower.match_indices(word) {
        let end = at + word.len();
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        if at < rest || is_part(before) || is_part(after) {
            continue;
        }
        written.push_str(text.get(rest..at).unwrap_or_default());
        written.push_str(REMOVED);
        rest = end;
    }
    written.push_str(text.get(rest..).unwrap_or_default());
    written
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_taken_out_and_parts_of_others_stay() {
        assert_eq!(
            without("Ada Lovelace wrote", "ada lovelace"),
            "(forgotten) wrote"
        );
        assert_eq!(
            without("<ADA@x.org>, ada@x.organ", "ada@x.org"),
            "<(forgotten)>, ada@x.organ"
        );
        assert_eq!(without("Adapter", "adap"), "Adapter");
        assert_eq!(without("nothing", "ada"), "nothing");
        assert_eq!(without("İ ada@x.org", "ada@x.org"), "(forgotten)");
    }
}
