//! Lists of people and teams that somebody keeps elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use model::Instant;
use serde::Serialize;
use store::{
    Evidence, IdentitySource, NewDecision, Person, PersonEdit, PersonValues, StoreError, Team,
    TeamMember, WriteTx,
};

use super::{Decider, match_in};

/// Whether a time zone of this name is known, such as `Europe/Lisbon`.
pub fn is_timezone(name: &str) -> bool {
    name.parse::<chrono_tz::Tz>().is_ok()
}

/// A line of a list of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonEntry {
    /// The address that says who it is, in lower case.
    pub email: String,
    /// What is said of them; the address apart.
    pub edit: PersonEdit,
}

/// What a list of people comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PeopleImported {
    /// People nobody knew.
    pub made: u64,
    /// People of whom something else was known.
    pub changed: u64,
    /// People of whom all was known.
    pub unchanged: u64,
}

/// A line of a list of teams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeamEntry {
    /// The team.
    pub team: String,
    /// The team that it is part of; `None` says nothing.
    pub parent: Option<String>,
    /// Somebody in it, by an address in lower case.
    pub email: Option<String>,
    /// The first day, as YYYY-MM-DD.
    pub from_on: Option<String>,
    /// The last day.
    pub to_on: Option<String>,
}

/// What a list of teams comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TeamsImported {
    /// New teams, by name.
    pub made: Vec<String>,
    /// Teams that become part of another: the team and what it is part of.
    pub moved: Vec<(String, String)>,
    /// Who comes into a team, or was in it at other times than was known: the team and the address.
    pub members: Vec<(String, String)>,
    /// How many lines said what was known.
    pub unchanged: u64,
    /// Addresses that are nobody's here. Nobody was put into a team for them.
    pub unknown: Vec<String>,
}

/// Why a list of teams cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// A team would be part of itself.
    #[error(
        "the team `{0}` would be part of itself: look at the parents of the teams above it, and change one"
    )]
    Circle(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes in a list of people. What it says is set by hand: no import changes it.
///
/// The transaction must hold the lock: see [`WriteTx::lock_people`]. Dropped, it was a trial.
///
/// # Errors
/// Whatever the database says.
pub async fn import_people(
    tx: &mut WriteTx,
    entries: &[PersonEntry],
    decider: &Decider<'_>,
) -> Result<PeopleImported, StoreError> {
    let mut imported = PeopleImported::default();
    let now = decider.clock.now();
    let evidence = tx.evidence().await?;
    // The last line about somebody counts.
    let entries: BTreeMap<&str, &PersonEntry> = entries
        .iter()
        .map(|entry| (entry.email.as_str(), entry))
        .collect();
    for (email, entry) in entries {
        let held = user_of(&evidence, email)
            .and_then(|user| evidence.people.iter().find(|person| person.id == user));
        let is_decided = held.is_some_and(|person| {
            evidence.decisions.iter().any(|decision| {
                decision.link
                    && decision.user == person.id
                    && decision.source == IdentitySource::Email
                    && decision.account == email
            })
        });
        let person = match held {
            Some(person) => person.clone(),
            None => newcomer(tx, email, now).await?,
        };
        if !is_decided {
            tx.decide_link(NewDecision {
                user: person.id,
                source: IdentitySource::Email,
                account: email,
                link: true,
                decided_by: decider.name,
                decided_at: now,
            })
            .await?;
        }
        let edit = entry.edit.news_for(&person);
        if edit != PersonEdit::default() {
            tx.edit_person(&person, &edit).await?;
        }
        if held.is_none() {
            imported.made += 1;
        } else if is_decided && edit == PersonEdit::default() {
            imported.unchanged += 1;
        } else {
            imported.changed += 1;
        }
    }
    match_in(tx, decider.bots, decider.clock).await?;
    Ok(imported)
}

/// Somebody of whom only an address is known.
async fn newcomer(tx: &mut WriteTx, email: &str, now: Instant) -> Result<Person, StoreError> {
    let values = PersonValues {
        email: Some(email.to_owned()),
        active: true,
        ..PersonValues::default()
    };
    let made = tx.make_people(&[values], now).await?;
    Ok(Person {
        id: made.made.first().copied().unwrap_or_default(),
        name: None,
        email: Some(email.to_owned()),
        timezone: None,
        started_on: None,
        developer: true,
        provisional: false,
        active: true,
        set_by_hand: BTreeSet::new(),
        forgotten_at: None,
    })
}

/// The person of an address.
pub fn user_of(evidence: &Evidence, address: &str) -> Option<i64> {
    let identity = evidence
        .identities
        .iter()
        .find(|one| one.source == IdentitySource::Email && one.account == address)
        .map(|one| one.user);
    identity.or_else(|| {
        let mut people = evidence
            .people
            .iter()
            .filter(|person| person.email.as_deref() == Some(address));
        people.next().map(|person| person.id)
    })
}

/// Takes in a list of teams, by name. Of somebody in a team the list says the whole: the days that it
/// gives take the place of those that were known. Teams and people that it does not name stay as they
/// are. `today` is where somebody begins who was in the team before and is listed without days.
///
/// The transaction must hold the lock: see [`WriteTx::lock_people`]. Dropped, it was a trial.
///
/// # Errors
/// A circle of teams, or whatever the database says.
pub async fn import_teams(
    tx: &mut WriteTx,
    entries: &[TeamEntry],
    decider: &Decider<'_>,
    today: &str,
) -> Result<TeamsImported, RosterError> {
    let now = decider.clock.now();
    let evidence = tx.evidence().await?;
    let (teams, members) = tx.teams().await?;
    let mut imported = TeamsImported::default();
    let mut known: BTreeMap<String, Team> = teams
        .into_iter()
        .map(|team| (team.name.clone(), team))
        .collect();
    let named: BTreeSet<&String> = entries
        .iter()
        .flat_map(|entry| std::iter::once(&entry.team).chain(&entry.parent))
        .collect();
    for name in named {
        if known
            .get(name)
            .is_some_and(|team| team.archived_at.is_none())
        {
            continue;
        }
        let id = tx.make_team(name, now).await?;
        let parent = known.get(name).and_then(|team| team.parent);
        imported.made.push(name.clone());
        let team = Team {
            id,
            name: name.clone(),
            parent,
            archived_at: None,
        };
        known.insert(name.clone(), team);
    }
    for entry in entries {
        let parent = entry.parent.as_ref().and_then(|name| known.get(name));
        if let (Some(parent), Some(parent_name)) = (parent.map(|team| team.id), &entry.parent)
            && let Some(team) = known.get_mut(&entry.team)
            && team.parent != Some(parent)
        {
            team.parent = Some(parent);
            tx.set_team_parent(team.id, Some(parent)).await?;
            imported
                .moved
                .push((entry.team.clone(), parent_name.clone()));
        }
    }
    refuse_circles(known.values())?;
    let mut pairs: BTreeMap<(i64, i64), Vec<&TeamEntry>> = BTreeMap::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for entry in entries {
        let (Some(team), Some(email)) = (known.get(&entry.team), &entry.email) else {
            continue;
        };
        match user_of(&evidence, email) {
            Some(user) => pairs.entry((team.id, user)).or_default().push(entry),
            None => {
                unknown.insert(email.clone());
            }
        }
    }
    imported.unknown = unknown.into_iter().collect();
    for ((team, user), entries) in pairs {
        let held: Vec<&TeamMember> = members
            .iter()
            .filter(|one| one.team_id == team && one.user_id == user)
            .collect();
        if says_what_is_held(&entries, &held) {
            imported.unchanged += u64::try_from(entries.len()).unwrap_or(u64::MAX);
            continue;
        }
        let without_days = |entry: &&TeamEntry| entry.from_on.is_none() && entry.to_on.is_none();
        let comes_back = !held.is_empty() && entries.iter().all(without_days);
        if !comes_back {
            for member in &held {
                tx.remove_team_member(member.id).await?;
            }
        }
        for entry in entries {
            let from = entry.from_on.as_deref().or(comes_back.then_some(today));
            tx.add_team_member(team, user, from, entry.to_on.as_deref())
                .await?;
            let email = entry.email.clone().unwrap_or_default();
            imported.members.push((entry.team.clone(), email));
        }
    }
    Ok(imported)
}

/// Whether a list says of somebody in a team what is known: the same days, or no days of somebody who
/// is in it.
fn says_what_is_held(entries: &[&TeamEntry], held: &[&TeamMember]) -> bool {
    let days = |from: &Option<String>, to: &Option<String>| (from.clone(), to.clone());
    let said: BTreeSet<_> = entries
        .iter()
        .map(|entry| days(&entry.from_on, &entry.to_on))
        .collect();
    let known: BTreeSet<_> = held
        .iter()
        .map(|member| days(&member.from_on, &member.to_on))
        .collect();
    let is_in = held.iter().any(|member| member.to_on.is_none());
    said == known || (is_in && said.iter().all(|days| *days == (None, None)))
}

/// Refuses teams that are part of themselves.
///
/// # Errors
/// [`RosterError::Circle`] names one.
pub fn refuse_circles<'a>(teams: impl IntoIterator<Item = &'a Team>) -> Result<(), RosterError> {
    let teams: Vec<&Team> = teams.into_iter().collect();
    let parents: BTreeMap<i64, i64> = teams
        .iter()
        .filter_map(|team| Some((team.id, team.parent?)))
        .collect();
    for team in &teams {
        let mut above = team.id;
        // Nobody is further from the top than there are teams.
        for _ in 0..=teams.len() {
            let Some(parent) = parents.get(&above) else {
                break;
            };
            above = *parent;
            if above == team.id {
                return Err(RosterError::Circle(team.name.clone()));
            }
        }
    }
    Ok(())
}
