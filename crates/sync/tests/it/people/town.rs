//! People with their accounts, and a match that is written to memory.

use std::collections::{BTreeMap, BTreeSet};

use model::rows::UserType;
use model::{Id, Instant, Uuid};
use store::{
    Account, AddressLookup, CommitAddress, Decision, Evidence, Identity, IdentitySource,
    JiraAccount, MatchedBy, Person, PersonRef,
};
use sync::people::{BotNames, Plan, plan};

/// Everything that is known, with short names for accounts.
#[derive(Clone, Default)]
pub(super) struct Town {
    evidence: Evidence,
    plan: Option<Plan>,
    matches: i64,
    next: i64,
    /// Who really has what: account, id of Jira or address to a person's name.
    truth: BTreeMap<String, String>,
}

pub(super) struct AccountOf<'a>(&'a mut Account);
pub(super) struct JiraOf<'a>(&'a mut JiraAccount);
pub(super) struct CommitsOf<'a>(&'a mut CommitAddress);

impl AccountOf<'_> {
    pub(super) fn named(self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }
    pub(super) fn atlassian(self, id: &str) -> Self {
        self.0.account_id = Some(id.to_owned());
        self
    }
    pub(super) fn kind(self, kind: &str) -> Self {
        self.0.account_type = Some(kind.to_owned());
        self
    }
}

impl JiraOf<'_> {
    pub(super) fn named(self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }
    pub(super) fn email(self, email: &str) -> Self {
        self.0.email = Some(email.to_owned());
        self
    }
    pub(super) fn zone(self, zone: &str) -> Self {
        self.0.timezone = Some(zone.to_owned());
        self
    }
    pub(super) fn kind(self, kind: &str) -> Self {
        self.0.account_type = Some(kind.to_owned());
        self
    }
}

impl CommitsOf<'_> {
    pub(super) fn named(self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }
}

fn row(nickname: &str) -> Id {
    Id::user(&Uuid::parse(nickname).unwrap())
}

fn uuid(nickname: &str) -> String {
    Uuid::parse(nickname).unwrap().as_str().to_owned()
}

fn bare(uuid: &str) -> &str {
    uuid.trim_matches(['{', '}'])
}

fn names() -> BotNames {
    let list = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    BotNames::new(
        &list(&["renovate", "*[bot]"]),
        &list(&["rovo dev*"]),
        &list(&["claude*"]),
    )
}

impl Town {
    pub(super) fn account(&mut self, nickname: &str) -> AccountOf<'_> {
        self.evidence.accounts.push(Account {
            id: row(nickname),
            source_id: uuid(nickname),
            account_id: None,
            name: None,
            nickname: None,
            account_type: Some("user".to_owned()),
            user_type: None,
            email: None,
            active: true,
        });
        AccountOf(self.evidence.accounts.last_mut().unwrap())
    }

    pub(super) fn jira(&mut self, id: &str) -> JiraOf<'_> {
        self.evidence.jira.push(JiraAccount {
            id: Id::jira_user(id),
            source_id: id.to_owned(),
            account_type: Some("atlassian".to_owned()),
            name: None,
            email: None,
            active: true,
            timezone: None,
        });
        JiraOf(self.evidence.jira.last_mut().unwrap())
    }

    pub(super) fn commits(
        &mut self,
        address: &str,
        account: Option<&str>,
        commits: i64,
    ) -> CommitsOf<'_> {
        self.evidence.commits.push(CommitAddress {
            address: address.to_owned(),
            account: account.map(row),
            name: None,
            commits,
        });
        CommitsOf(self.evidence.commits.last_mut().unwrap())
    }

    pub(super) fn lookup(&mut self, address: &str, account: Option<&str>) {
        self.evidence.lookups.push(AddressLookup {
            workspace: Id(1),
            address: address.to_owned(),
            account: account.map(row),
            asked_at: Instant::EARLIEST,
        });
    }

    /// A person whom somebody named by an address.
    pub(super) fn imported(&mut self, address: &str) -> i64 {
        self.next += 1;
        let id = self.next;
        self.evidence.people.push(Person {
            id,
            name: None,
            email: Some(address.to_owned()),
            timezone: None,
            started_on: None,
            developer: true,
            provisional: false,
            active: true,
            set_by_hand: BTreeSet::from(["email".to_owned()]),
            forgotten_at: None,
        });
        self.decision(id, IdentitySource::Email, address, true);
        id
    }

    pub(super) fn decide(&mut self, user: i64, nickname: &str, link: bool) {
        self.decision(user, IdentitySource::Bitbucket, &uuid(nickname), link);
    }

    fn decision(&mut self, user: i64, source: IdentitySource, account: &str, link: bool) {
        self.evidence.decisions.push(Decision {
            user,
            source,
            account: account.to_owned(),
            link,
            decided_by: "somebody".to_owned(),
            decided_at: Instant::EARLIEST,
        });
    }

    pub(super) fn say(&mut self, nickname: &str, user_type: UserType) {
        self.evidence.types.insert(uuid(nickname), user_type);
    }

    pub(super) fn change(&mut self, nickname: &str, change: impl FnOnce(&mut Account)) {
        let id = row(nickname);
        let mut accounts = self.evidence.accounts.iter_mut();
        change(accounts.find(|account| account.id == id).unwrap());
    }

    pub(super) fn forget_jira(&mut self) {
        self.evidence.jira.clear();
    }

    /// Matches, and keeps the result as the database would.
    pub(super) fn settle(&mut self) {
        self.matches += 1;
        let plan = plan(&self.evidence, &names());
        let now = Instant::from_seconds(self.matches);
        let first = self.next + 1;
        self.next += i64::try_from(plan.new_people).unwrap();
        let number = |person: PersonRef| match person {
            PersonRef::Known(id) => id,
            PersonRef::New(place) => first + i64::try_from(place).unwrap(),
        };
        for (from, into) in &plan.merged {
            self.evidence.people.retain(|person| person.id != *from);
            for decision in &mut self.evidence.decisions {
                if decision.user == *from {
                    decision.user = number(*into);
                }
            }
        }
        self.evidence
            .people
            .retain(|person| !plan.gone.contains(&person.id));
        for (person, values) in &plan.people {
            let id = number(*person);
            let mut people = self.evidence.people.iter_mut();
            let person = match people.find(|person| person.id == id) {
                Some(person) => person,
                None => {
                    self.evidence.people.push(Person {
                        id,
                        name: None,
                        email: None,
                        timezone: None,
                        started_on: None,
                        developer: true,
                        provisional: true,
                        active: true,
                        set_by_hand: BTreeSet::new(),
                        forgotten_at: None,
                    });
                    self.evidence.people.last_mut().unwrap()
                }
            };
            person.name.clone_from(&values.name);
            person.email.clone_from(&values.email);
            person.timezone.clone_from(&values.timezone);
            person.provisional = values.provisional;
            person.active = values.active;
        }
        let held = std::mem::take(&mut self.evidence.identities);
        self.evidence.identities = plan
            .identities
            .iter()
            .map(|identity| {
                let user = number(identity.person);
                let earlier = held.iter().find(|held| {
                    (held.source, &held.account) == (identity.source, &identity.account)
                        && held.user == user
                        && held.matched_by == identity.matched_by
                });
                Identity {
                    source: identity.source,
                    row: identity.row,
                    account: identity.account.clone(),
                    user,
                    matched_by: identity.matched_by,
                    matched_at: earlier.map_or(now, |earlier| earlier.matched_at),
                }
            })
            .collect();
        self.plan = Some(plan);
    }

    fn identity(&self, source: IdentitySource, account: &str) -> Option<&Identity> {
        let mut identities = self.evidence.identities.iter();
        identities.find(|one| one.source == source && one.account == account)
    }

    pub(super) fn number_of(&self, source: IdentitySource, account: &str) -> Option<i64> {
        self.identity(source, account).map(|one| one.user)
    }

    pub(super) fn number(&self, nickname: &str) -> Option<i64> {
        self.number_of(IdentitySource::Bitbucket, &uuid(nickname))
    }

    pub(super) fn owner(&self, address: &str) -> Option<i64> {
        self.number_of(IdentitySource::Email, address)
    }

    pub(super) fn reason(&self, nickname: &str) -> Option<MatchedBy> {
        self.identity(IdentitySource::Bitbucket, &uuid(nickname))
            .map(|one| one.matched_by)
    }

    pub(super) fn person(&self, nickname: &str) -> Option<&Person> {
        let id = self.number(nickname)?;
        self.evidence.people.iter().find(|person| person.id == id)
    }

    pub(super) fn people(&self) -> &[Person] {
        &self.evidence.people
    }

    pub(super) fn identities(&self) -> &[Identity] {
        &self.evidence.identities
    }

    pub(super) fn type_of(&self, nickname: &str) -> Option<UserType> {
        self.plan.as_ref()?.types.get(&row(nickname)).copied()
    }

    /// Which account or address is suggested for whose person, and why.
    pub(super) fn suggested(&self) -> Vec<(&str, &str, &str)> {
        let plan = self.plan.as_ref().unwrap();
        let name_of = |person: PersonRef| {
            let mut found = plan.identities.iter().filter(|one| one.person == person);
            bare(&found.next().unwrap().account)
        };
        plan.suggestions
            .iter()
            .map(|one| (bare(&one.account), name_of(one.person), one.by.as_str()))
            .collect()
    }

    /// Same names, shared addresses, accounts and addresses that went from hand to hand, programs
    /// with people's names.
    pub(super) fn misleading() -> Self {
        let mut town = Self::default();
        // Two people of one name, both with addresses.
        town.account("kim-a").named("Kim Lee").atlassian("aa:1");
        town.account("kim-b").named("Kim Lee").atlassian("aa:2");
        town.jira("aa:1").named("Kim Lee").email("kim@example.org");
        town.jira("aa:2")
            .named("Kim Lee")
            .email("kim.lee@example.org");
        town.commits("kim.lee@example.org", Some("kim-a"), 7);
        town.commits("kim@example.org", Some("kim-a"), 7);
        // A mailbox of a team, typed by two, and shown by Jira for a third account.
        town.account("ben").named("Ben").atlassian("bb:1");
        town.account("cem").named("Cem").atlassian("cc:1");
        town.jira("tt:1")
            .named("Platform Team")
            .email("platform@example.org");
        town.commits("platform@example.org", Some("ben"), 5);
        town.commits("platform@example.org", Some("cem"), 5);
        town.commits("platform@example.org", None, 5);
        // An address that went on to somebody else.
        town.account("smith").named("Alex Smith").atlassian("ss:1");
        town.account("jones").named("Alex Jones").atlassian("jj:1");
        town.jira("jj:1")
            .named("Alex Jones")
            .email("alex@example.org");
        town.commits("alex@example.org", Some("smith"), 50);
        town.commits("alex@example.org", Some("jones"), 2);
        // And once more to somebody whom only Jira knows.
        town.account("left").named("Sam").atlassian("ll:1");
        town.jira("nn:1").named("Sam").email("sam@example.org");
        town.commits("sam@example.org", Some("left"), 9);
        // Programs with people's names and addresses.
        town.account("maria").named("Maria Lopez").atlassian("mm:1");
        town.account("bot")
            .named("Maria Lopez")
            .kind("app_user")
            .atlassian("mm:2");
        town.jira("mm:1").named("Maria Lopez");
        town.jira("mm:2")
            .named("Maria Lopez")
            .email("maria@example.org");
        town.commits("maria@example.org", Some("bot"), 12);
        town.commits("claude@example.org", None, 1)
            .named("Claude Martin");
        town.account("claude")
            .named("Claude Martin")
            .atlassian("cl:1");
        // A closed account, and somebody new under its name, whose address was another's before.
        town.account("closed").named("Former user");
        town.account("fresh").named("Former user").atlassian("ff:1");
        town.commits("old@example.org", Some("closed"), 3);
        town.lookup("old@example.org", Some("fresh"));
        for (thing, person) in [
            ("kim-a", "Kim the first"),
            ("aa:1", "Kim the first"),
            ("kim@example.org", "Kim the first"),
            ("kim-b", "Kim the second"),
            ("aa:2", "Kim the second"),
            ("kim.lee@example.org", "Kim the second"),
            ("ben", "Ben"),
            ("cem", "Cem"),
            ("tt:1", "a mailbox"),
            ("platform@example.org", "a mailbox"),
            ("smith", "Smith"),
            ("jones", "Jones"),
            ("jj:1", "Jones"),
            ("alex@example.org", "Jones"),
            ("left", "Sam who left"),
            ("nn:1", "Sam who came"),
            ("sam@example.org", "Sam who came"),
            ("maria", "Maria"),
            ("mm:1", "Maria"),
            ("claude", "Claude"),
            ("claude@example.org", "Claude"),
            ("closed", "closed"),
            ("fresh", "fresh"),
            ("old@example.org", "fresh"),
        ] {
            town.truth.insert(thing.to_owned(), person.to_owned());
        }
        town
    }

    /// Lets things come to be known bit by bit, in another order each turn, with a match after each.
    pub(super) fn reveal_step_by_step(&mut self, turn: usize) {
        let whole = std::mem::take(&mut self.evidence);
        let steps = [turn % 4, (turn / 4) % 4, (turn / 2) % 4, 0, 1, 2, 3];
        for step in steps {
            match step {
                0 => self.evidence.accounts.clone_from(&whole.accounts),
                1 => self.evidence.jira.clone_from(&whole.jira),
                2 => self.evidence.commits.clone_from(&whole.commits),
                _ => self.evidence.lookups.clone_from(&whole.lookups),
            }
            self.settle();
        }
    }

    /// Of all that one person is said to have, no two things are really two people's; and what is
    /// nobody's, or a program's, is not said to be anybody's.
    pub(super) fn assert_nobody_is_wrong(&self) {
        let mut people: BTreeMap<i64, (&str, &str)> = BTreeMap::new();
        for identity in &self.evidence.identities {
            let thing = bare(&identity.account);
            let truth = self
                .truth
                .get(thing)
                .unwrap_or_else(|| panic!("{thing} is nobody's"));
            let (first, person) = *people.entry(identity.user).or_insert((thing, truth));
            assert_eq!(person, truth, "{first} and {thing} are two people's");
        }
    }
}
