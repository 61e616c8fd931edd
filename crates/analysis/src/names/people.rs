//! Accounts, the people that they belong to, and their teams.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use store::Db;

use super::{UNKNOWN, find, number, text};
use crate::AnalysisError;
use crate::period::Period;

/// Whoever did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Who {
    /// A person (`users.id`).
    Person(i64),
    /// An account (`bitbucket_users.id`) of nobody who is known.
    Account(i64),
    /// Nobody was named.
    Unknown,
}

impl Who {
    /// What somebody is known by, for programs; nothing where nobody is named.
    pub fn id(self) -> Option<String> {
        match self {
            Self::Person(id) => Some(id.to_string()),
            Self::Account(id) => Some(format!("account:{id}")),
            Self::Unknown => None,
        }
    }
}

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct People {
    accounts: HashMap<i64, Account>,
    persons: HashMap<i64, Person>,
    teams: HashMap<i64, Team>,
    memberships: HashMap<i64, Vec<Membership>>,
}

#[derive(Debug)]
struct Account {
    name: Option<String>,
    nickname: Option<String>,
    bot: bool,
    person: Option<i64>,
}

#[derive(Debug)]
struct Person {
    name: Option<String>,
    email: Option<String>,
    developer: bool,
}

#[derive(Debug)]
struct Team {
    name: String,
    parent: Option<i64>,
}

/// From when to when somebody was in a team, both included.
#[derive(Clone, Copy, Debug)]
struct Membership {
    team: i64,
    from: NaiveDate,
    to: NaiveDate,
}

impl People {
    pub(crate) async fn load(db: &Db) -> Result<Self, AnalysisError> {
        let mut people = Self::default();
        people.load_accounts(db).await?;
        people.load_teams(db).await?;
        Ok(people)
    }

    async fn load_accounts(&mut self, db: &Db) -> Result<(), AnalysisError> {
        let keys = [
            "a.id",
            "a.name",
            "a.nickname",
            "CASE WHEN a.bot THEN 1 ELSE 0 END",
            "i.user_id",
            "u.name",
            "u.email",
            "CASE WHEN u.developer THEN 1 ELSE 0 END",
        ];
        let accounts = "bitbucket_users a
            LEFT JOIN identities i ON i.source = 'bitbucket' AND i.source_table_id = a.id
            LEFT JOIN users u ON u.id = i.user_id";
        for part in db.groups(&keys, accounts, Vec::new()).await? {
            let Some(id) = number(&part, 0) else { continue };
            let person = number(&part, 4);
            let name = text(&part, 1);
            if let Some(person) = person {
                self.persons.entry(person).or_insert_with(|| Person {
                    name: text(&part, 5).or_else(|| name.clone()),
                    email: text(&part, 6),
                    developer: number(&part, 7) == Some(1),
                });
            }
            let account = Account {
                name,
                nickname: text(&part, 2),
                bot: number(&part, 3) == Some(1),
                person,
            };
            self.accounts.insert(id, account);
        }
        Ok(())
    }

    async fn load_teams(&mut self, db: &Db) -> Result<(), AnalysisError> {
        let keys = ["t.id", "t.name", "t.parent_id"];
        for part in db.groups(&keys, "teams t", Vec::new()).await? {
            if let Some((id, name)) = number(&part, 0).zip(text(&part, 1)) {
                let parent = number(&part, 2);
                self.teams.insert(id, Team { name, parent });
            }
        }
        let keys = ["m.user_id", "m.team_id", "m.from_on", "m.to_on", "m.id"];
        let mut found = db.groups(&keys, "team_members m", Vec::new()).await?;
        found.sort_by_key(|part| number(part, 4));
        for part in found {
            let Some((person, team)) = number(&part, 0).zip(number(&part, 1)) else {
                continue;
            };
            let day = |column| text(&part, column).and_then(|text| text.parse().ok());
            self.memberships
                .entry(person)
                .or_default()
                .push(Membership {
                    team,
                    from: day(2).unwrap_or(NaiveDate::MIN),
                    to: day(3).unwrap_or(NaiveDate::MAX),
                });
        }
        Ok(())
    }

    /// Whoever has this account.
    pub(crate) fn who(&self, account: Option<i64>) -> Who {
        let Some(id) = account else {
            return Who::Unknown;
        };
        match self.accounts.get(&id).and_then(|account| account.person) {
            Some(person) => Who::Person(person),
            None => Who::Account(id),
        }
    }

    /// Whether the account is a bot's. Nobody known is none.
    pub(crate) fn is_bot(&self, account: Option<i64>) -> bool {
        account
            .and_then(|id| self.accounts.get(&id))
            .is_some_and(|account| account.bot)
    }

    /// Whether somebody counts as a developer.
    pub(crate) fn is_developer(&self, who: Who) -> bool {
        match who {
            Who::Person(id) => self.persons.get(&id).is_none_or(|one| one.developer),
            Who::Account(_) => true,
            Who::Unknown => false,
        }
    }

    pub(crate) fn name(&self, who: Who) -> String {
        let name = match who {
            Who::Person(id) => self.persons.get(&id).and_then(|one| one.name.clone()),
            Who::Account(id) => self.accounts.get(&id).and_then(|one| one.name.clone()),
            Who::Unknown => None,
        };
        name.unwrap_or_else(|| UNKNOWN.to_owned())
    }

    pub(crate) fn team_name(&self, team: i64) -> String {
        self.teams
            .get(&team)
            .map_or_else(|| UNKNOWN.to_owned(), |team| team.name.clone())
    }

    /// The team that somebody was in on a day. Who was in several counts for the one joined last,
    /// so that every piece of work counts once.
    pub(crate) fn team_on(&self, who: Who, day: NaiveDate) -> Option<i64> {
        let Who::Person(id) = who else { return None };
        self.memberships
            .get(&id)?
            .iter()
            .filter(|one| one.from <= day && day <= one.to)
            .max_by_key(|one| one.from)
            .map(|one| one.team)
    }

    /// On how many days of a period somebody was in one of these teams.
    pub(crate) fn days_in(&self, who: Who, teams: &HashSet<i64>, period: Period) -> i64 {
        period
            .cut(self.changes())
            .into_iter()
            .filter(|piece| {
                self.team_on(who, piece.from)
                    .is_some_and(|team| teams.contains(&team))
            })
            .map(Period::days)
            .sum()
    }

    /// The days on which anybody's team changed: between two of them nobody's does.
    pub(crate) fn changes(&self) -> BTreeSet<NaiveDate> {
        self.memberships
            .values()
            .flatten()
            .flat_map(|one| [Some(one.from), one.to.succ_opt()])
            .flatten()
            .filter(|day| *day != NaiveDate::MIN)
            .collect()
    }

    /// Every name, nickname, address and number by which somebody is found.
    pub(crate) fn names(&self) -> Vec<(String, Who)> {
        let mut names: Vec<(String, Who)> = Vec::new();
        for (id, account) in &self.accounts {
            let who = self.who(Some(*id));
            let known = account.name.iter().chain(&account.nickname);
            names.extend(known.map(|name| (name.clone(), who)));
            names.extend(Who::Account(*id).id().map(|number| (number, who)));
        }
        for (id, person) in &self.persons {
            let who = Who::Person(*id);
            let known = person.name.iter().chain(&person.email);
            names.extend(known.map(|name| (name.clone(), who)));
            names.push((id.to_string(), who));
        }
        names
    }

    /// The names of all teams, in order.
    pub(crate) fn all_teams(&self) -> Vec<String> {
        let mut names: Vec<String> = self.teams.values().map(|team| team.name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// The accounts of the people who are in one of these teams on a day.
    pub(crate) fn members_on(&self, teams: &HashSet<i64>, day: NaiveDate) -> Vec<i64> {
        let is_in = |id: i64| {
            let team = self.team_on(self.who(Some(id)), day);
            team.is_some_and(|team| teams.contains(&team))
        };
        let all = self.accounts.keys().copied();
        all.filter(|id| is_in(*id)).collect()
    }

    /// The accounts of the people who were in one of these teams on any day.
    pub(crate) fn ever_in(&self, teams: &HashSet<i64>) -> Vec<i64> {
        self.with_memberships(|all| all.iter().any(|one| teams.contains(&one.team)))
    }

    /// The accounts of the people who were in none but these teams, and in one of them on every day.
    pub(crate) fn always_in(&self, teams: &HashSet<i64>) -> Vec<i64> {
        self.with_memberships(|all| {
            let is_endless =
                |one: &Membership| one.from == NaiveDate::MIN && one.to == NaiveDate::MAX;
            all.iter().all(|one| teams.contains(&one.team)) && all.iter().any(is_endless)
        })
    }

    fn with_memberships(&self, wanted: impl Fn(&[Membership]) -> bool) -> Vec<i64> {
        let is_wanted = |who| match who {
            Who::Person(id) => self.memberships.get(&id).is_some_and(|all| wanted(all)),
            _ => false,
        };
        let all = self.accounts.keys().copied();
        all.filter(|id| is_wanted(self.who(Some(*id)))).collect()
    }

    /// The accounts of bots.
    pub(crate) fn bots(&self) -> Vec<i64> {
        let bots = self.accounts.iter().filter(|(_, account)| account.bot);
        bots.map(|(id, _)| *id).collect()
    }

    /// The accounts whose names have this in them, in whatever case.
    pub(crate) fn like(&self, text: &str) -> Vec<i64> {
        let text = text.to_lowercase();
        let has = |name: &Option<String>| {
            name.as_ref()
                .is_some_and(|name| name.to_lowercase().contains(&text))
        };
        self.accounts
            .iter()
            .filter(|(id, account)| {
                let who = self.who(Some(**id));
                has(&account.name) || has(&account.nickname) || has(&Some(self.name(who)))
            })
            .map(|(id, _)| *id)
            .collect()
    }

    /// The teams with these very names.
    pub(crate) fn teams_themselves(
        &self,
        written: &[String],
    ) -> Result<HashSet<i64>, AnalysisError> {
        let names: Vec<(String, i64)> = self
            .teams
            .iter()
            .map(|(id, team)| (team.name.clone(), *id))
            .collect();
        let found = written.iter();
        found
            .map(|one| find("team", one, &names, |id| self.team_name(id)))
            .collect()
    }

    /// The accounts of the people with these names, addresses or nicknames; `None` where nobody is
    /// named.
    pub(crate) fn chosen(
        &self,
        noun: &'static str,
        written: &[String],
    ) -> Result<Option<Vec<i64>>, AnalysisError> {
        if written.is_empty() {
            return Ok(None);
        }
        let names = self.names();
        let mut chosen = HashSet::new();
        for one in written {
            let shown = |who| match who {
                Who::Person(id) => format!("{} (number {id})", self.name(who)),
                other => self.name(other),
            };
            chosen.insert(find(noun, one, &names, shown)?);
        }
        let all = self.accounts.keys();
        Ok(Some(
            all.filter(|id| chosen.contains(&self.who(Some(**id))))
                .copied()
                .collect(),
        ))
    }

    /// These teams and all below them; `None` where none is named.
    pub(crate) fn chosen_teams(
        &self,
        written: &[String],
    ) -> Result<Option<HashSet<i64>>, AnalysisError> {
        if written.is_empty() {
            return Ok(None);
        }
        let mut chosen = self.teams_themselves(written)?;
        // A tree is no deeper than it has teams.
        for _ in 0..self.teams.len() {
            let below: Vec<i64> = self
                .teams
                .iter()
                .filter(|(id, team)| {
                    !chosen.contains(*id)
                        && team.parent.is_some_and(|parent| chosen.contains(&parent))
                })
                .map(|(id, _)| *id)
                .collect();
            if below.is_empty() {
                break;
            }
            chosen.extend(below);
        }
        Ok(Some(chosen))
    }
}
